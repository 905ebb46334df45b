"""The cells of a notebook run in this very process, as a kernel would run them: for many reports in a row.

What a kernel costs, a process and its imports, is paid once. It is sound for notebooks that only read and
show, as the one that ships: names are new for each notebook, imported modules are not.
"""

from __future__ import annotations

import atexit
import io
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, Final, TextIO

ENGINE: Final = "pmkit-in-process"
_ONE_AT_A_TIME: Final = threading.Lock()  # the working directory and sys.stdout belong to the whole process


def register_engine() -> str:
    """Make the engine known to papermill, and return the name to ask for it by."""
    from papermill.engines import Engine, papermill_engines

    class InProcessEngine(Engine):  # type: ignore[misc]
        """Papermill's bookkeeping around cells that run here."""

        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_: Any) -> None:
            del kernel_name  # papermill hands it to every engine; there is no kernel
            with _ONE_AT_A_TIME, _shell() as shell:
                for index, cell in enumerate(nb_man.nb.cells):
                    nb_man.cell_start(cell, index)
                    is_whole = cell.cell_type != "code" or shell.run(cell)
                    if not is_whole:
                        nb_man.cell_exception(cell, cell_index=index)
                    nb_man.cell_complete(cell, cell_index=index)
                    if not is_whole:
                        return

    papermill_engines.register(ENGINE, InProcessEngine)
    return ENGINE


@contextmanager
def _shell() -> Iterator[_Shell]:
    import builtins

    hooks, before = sys.displayhook, vars(builtins).copy()
    # Entering forgets which warnings were shown already: each notebook tells its own.
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        shell = _Shell()
        try:
            yield shell
        finally:
            shell.close()
            sys.displayhook = hooks
            for name in ("get_ipython", "display", "exit", "quit"):
                if name in before:
                    setattr(builtins, name, before[name])
                elif hasattr(builtins, name):
                    delattr(builtins, name)


def _show_warning(  # noqa: PLR0917 - as warnings.showwarning is called
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    (file or sys.stderr).write(warnings.formatwarning(message, category, filename, lineno, line))


class _Shell:
    """An IPython shell whose every output becomes an output of the cell that runs, in order."""

    def __init__(self) -> None:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        kind: Any = InteractiveShell

        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        config.InteractiveShell.cache_size = 0
        self._main = sys.modules["__main__"]
        self._others = kind._instance
        self._shell = kind._instance = kind(config=config)  # whom `display` asks
        self._outputs: list[dict[str, Any]] = []
        self._shell.display_pub.publish = self._publish
        self._shell.displayhook.write_output_prompt = lambda: None
        self._shell.displayhook.write_format_data = self._result
        self._shell._showtraceback = self._error
        self._count = 0

    def run(self, cell: Any) -> bool:
        """Run a code cell; its outputs and count are put into it. False when it raised."""
        if not cell.source.strip():
            return True
        self._outputs = cell.outputs = []
        self._count += 1
        cell.execution_count = self._count
        out, error = _Stream("stdout", self._outputs), _Stream("stderr", self._outputs)
        with redirect_stdout(out), redirect_stderr(error):
            result = self._shell.run_cell(cell.source, store_history=False)
        cell.outputs = [_node(output) for output in self._outputs]
        return bool(result.success)

    def close(self) -> None:
        """Forget every name of the notebook, and give `__main__` back."""
        self._shell.reset(new_session=False)
        self._shell.atexit_operations()
        atexit.unregister(self._shell.atexit_operations)
        type(self._shell)._instance = self._others
        sys.modules["__main__"] = self._main

    def _publish(self, data: Any, metadata: Any = None, **_: Any) -> None:
        self._outputs.append({"output_type": "display_data", "data": data, "metadata": metadata or {}})

    def _result(self, data: Any, metadata: Any = None) -> None:
        count = {"execution_count": self._count}
        self._outputs.append(
            {"output_type": "execute_result", "data": data, "metadata": metadata or {}, **count}
        )

    def _error(self, kind: type[BaseException], value: BaseException, trace: list[str]) -> None:
        said = {"ename": kind.__name__, "evalue": str(value), "traceback": list(trace)}
        self._outputs.append({"output_type": "error", **said})


class _Stream(io.TextIOBase):
    """What is printed, as an output; lines that follow one another are one output."""

    def __init__(self, name: str, outputs: list[dict[str, Any]]) -> None:
        self._name, self._outputs = name, outputs

    def write(self, text: str) -> int:
        last = self._outputs[-1] if self._outputs else {}
        if last.get("name") == self._name:
            last["text"] += text
        elif text:
            self._outputs.append({"output_type": "stream", "name": self._name, "text": text})
        return len(text)

    def writable(self) -> bool:
        return True


def _node(output: dict[str, Any]) -> Any:
    from nbformat import from_dict

    return from_dict(output)  # type: ignore[no-untyped-call]
