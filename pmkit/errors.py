"""Every error pmkit raises on purpose, in one tree.

PmkitError
├── EvidenceError      a raw file cannot be used: which file, where in it, what is wrong, what to do
│   └── QuestionError  it can be used once one question is answered, such as the zone of its times
├── SchemaError        a table does not fit its schema: lists every bad cell
├── TemplateError      a workspace template does not fit: which file, which key, what to do
├── WorkspaceError     the incident folder cannot be opened or written
│   └── ConflictError  somebody else saved the same file since it was loaded
├── CheckError         a check cannot be run: a code that no rule has, a text that cannot be read
├── IntegrationError   an outside system refused or did not answer
│   ├── DoubtError     it was asked to change something, and nobody knows whether it did
│   └── NoAnswerError  it gave no answer in the time allowed; what came before is kept
└── RenderError        a report, chart or export could not be made whole

The command line prints the message of a `PmkitError` as it is, without a traceback, so each message
says which file and row, what was expected, what was found, and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class PmkitError(Exception):
    """Any error that pmkit raises on purpose."""


class EvidenceError(PmkitError):
    """A raw file that cannot be used.

    Parameters
    ----------
    path : the file
    where : the place in it (member, record, line); may be empty
    problem : what was expected and what was found
    hint : what to do about it; may be empty
    """

    def __init__(self, path: str | Path, where: str, problem: str, hint: str = "") -> None:
        self.path, self.where, self.problem, self.hint = str(path), where, problem, hint
        place = f"{path}: {where}" if where else f"{path}"
        super().__init__(f"{place}: {problem}" + (f" {hint}" if hint else ""))


class QuestionError(EvidenceError):
    """A raw file that can be used once one question about it is answered; `option` is where to answer it."""

    def __init__(self, path: str | Path, where: str, problem: str, *, option: str, hint: str) -> None:
        self.option = option
        super().__init__(path, where, problem, hint)


class SchemaError(PmkitError):
    """A table that does not fit its schema. `problems` holds one line for every bad cell."""

    def __init__(self, table: str, problems: Sequence[str]) -> None:
        self.table, self.problems = table, tuple(problems)
        count = f"{len(problems)} problem" + ("" if len(problems) == 1 else "s")
        super().__init__("\n  ".join([f"{table}: {count}", *problems]))


class TemplateError(PmkitError):
    """A workspace template that does not fit."""


class WorkspaceError(PmkitError):
    """An incident folder that cannot be opened or written."""


class ConflictError(WorkspaceError):
    """Somebody else saved the same file since it was loaded; nothing was overwritten."""


class CheckError(PmkitError):
    """A check that cannot be run."""


class IntegrationError(PmkitError):
    """An outside system that refused or did not answer."""


class DoubtError(IntegrationError):
    """An outside system was asked to change something, and its answer was lost: it may have done so."""


class NoAnswerError(IntegrationError):
    """An outside system that gave no answer in the time allowed; what came before is kept."""


class RenderError(PmkitError):
    """A report, chart or export that could not be made whole."""
