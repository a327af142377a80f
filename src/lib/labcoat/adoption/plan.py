"""What a repository asks for, with where it says so, and what labcoat makes of it."""

from typing import Literal

from labcoat.core.records import Record

Kind = Literal["demand", "freeze", "conda", "import", "own"]
Verdict = Literal["kept", "moved", "dropped", "added", "renamed"]


class Wanted(Record):
    """One requirement, as the line `line` of `file` has it.

    `kind` says how binding it is: its author wrote a demand; `pip freeze` or conda recorded a
    freeze or conda line, which is a limit; and of an import, only the package's name is known. The
    repository's own package is to be installed from its sources. A requirement on `python` says
    which Python: `python==3.9.*`. A `guess` is a package that is known by its module's name alone;
    with `is_removed`, a commit removed a module of that name from the repository.
    """

    requirement: str
    file: str
    line: int
    kind: Kind
    guess: bool = False
    is_removed: bool = False


class Decision(Record):
    """What becomes of one requirement: `after` is None if it is left out."""

    requirement: str
    after: str | None
    verdict: Verdict
    reason: str


class Plan(Record):
    """The Python to write to `.python-version`, None to leave it, and what becomes of each line.

    The repository asks for that Python, or else it has wheels for the most lines.

    The decisions are about what is wanted, in its order; after these come limits, which other
    packages need. `settings` are those of the make include, by name, without which the lines cannot
    be installed: LABCOAT_NO_BINARY, LABCOAT_AS_OF, LABCOAT_PYTHON. `brought` are the names of the
    packages that others need, without what imports need.
    """

    python: str | None
    decisions: tuple[Decision, ...]
    settings: tuple[tuple[str, str], ...] = ()
    brought: frozenset[str] = frozenset()
    is_python_declared: bool = False
