# make report   create the environment and render the sample incident to HTML and PDF
# make test     create what the tests need and run them all
# make lab      open the notebooks in JupyterLab
# make bench    measure every speed claim of the docs

# The first Python that really runs here and is new enough.
PYTHON := $(firstword $(foreach name,python3 python3.11 python3.12 python3.13,\
            $(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
VENV   := .venv
BIN    := $(VENV)/bin
SAMPLE := data/checkout-failure
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet install

.PHONY: report test quick lab bench lint lock clean
.DEFAULT_GOAL := report

# Kernels and commands that the tests start read compiled modules, also where a machine's environment says not to.
unexport PYTHONDONTWRITEBYTECODE

report: $(VENV)/.ready
	@echo "Rendering $(SAMPLE)"
	@$(BIN)/pmkit report $(SAMPLE) --at 2026-11-10T16:30:00Z

test: $(VENV)/.ready-dev
	@./.ci/browser
	@echo "Checking the code"
	@$(MAKE) --no-print-directory lint
	@echo "Running the tests that need no browser, on every core"
	@$(BIN)/python -m pytest -q -m "not browser" --slow
	@echo "Running the browser tests, one after another; this takes some minutes"
	@$(BIN)/python -m pytest -q -m browser -n 0 --slow

quick: $(VENV)/.ready-dev
	@$(BIN)/python -m pytest -q -m "not browser"

lint: $(VENV)/.ready-dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

lab: $(VENV)/.ready
	@$(BIN)/jupyter-lab --notebook-dir=notebooks

bench: $(VENV)/.ready-dev
	@$(BIN)/python benchmarks/report.py
	@$(BIN)/python benchmarks/evidence.py
	@$(BIN)/python benchmarks/widgets.py

# The environment: everything from a lock with digests, then this checkout itself.
$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing what pmkit needs (a minute or two, once)"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	@echo "Installing what the tests need"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.ready

$(VENV)/bin/pip:
	@test -n "$(PYTHON)" || { echo "pmkit needs Python 3.11 or newer: apt-get install python3.11"; exit 1; }
	@echo "Creating the environment in $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python cannot make an environment here: apt-get install python3-venv"; exit 1; }

# Renew the locks after a change of the dependencies in pyproject.toml.
lock: $(VENV)/.ready-dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --extra fonts pyproject.toml requirements-build.in --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --extra fonts --extra dev --constraint requirements.lock pyproject.toml requirements-build.in \
	  --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) data/*/report data/*/.cache
