"""The dependencies in setup.py, as far as they can be read without running it."""

import ast
from pathlib import Path
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.project_files.declared import Declared, Listing, read_file, requirement_lines
from labcoat.core.project_files.literal_code import Evaluator
from labcoat.core.project_files.literal_values import UnknownError

RUN_SETUP = "LABCOAT_RUN_SETUP"


def read_setup_script(path: Path) -> Declared:
    """Return what the setup.py at `path` passes to setup(), if the code shows it.

    What it computes is a listing with a problem. Raise LabcoatError if the file does not parse.
    """
    evaluator = Evaluator(path.parent, path.name)
    try:
        evaluator.run(ast.parse(read_file(path)).body)
    except (SyntaxError, ValueError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
        raise LabcoatError(
            f"cannot parse `{path.name}`: {reason}{line}",
            "Correct it, or list the dependencies in `requirements.in`",
        ) from None
    except (RecursionError, MemoryError):
        return Declared(dependencies=_computed(path, "nested code"))
    if len(evaluator.calls) != 1:
        reason = "several calls of setup()" if evaluator.calls else "no call of setup() in its code"
        return Declared(dependencies=_computed(path, reason))
    # A description is no dependency, whatever it is read for.
    files = tuple(file for file in evaluator.files if file.suffix not in {".md", ".rst"})
    return _read_arguments(path, evaluator.calls[0], files)


def _read_arguments(path: Path, given: dict[str, Any], files: tuple[Path, ...]) -> Declared:
    rest = given.get("**")
    wanted = given.get("install_requires", rest)
    extras = given.get("extras_require", {})
    items = extras.items() if isinstance(extras, dict) else ()
    name, python = given.get("name"), given.get("python_requires")
    return Declared(
        name if isinstance(name, str) else "",
        python if isinstance(python, str) else "",
        None if wanted is None else _listing(path, wanted, files),
        {key: _listing(path, value, files) for key, value in items if isinstance(key, str)},
    )


def _listing(path: Path, value: Any, files: tuple[Path, ...]) -> Listing:
    if isinstance(value, UnknownError):
        return _computed(path, f"`{_shorten(str(value))}`")
    if isinstance(value, str):
        value = requirement_lines(value)
    if isinstance(value, set):
        value = sorted(value)
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        return _computed(path, "a list of other things than strings")
    return Listing(path, tuple(requirement_lines("\n".join(value))), files)


def _computed(path: Path, what: str) -> Listing:
    problem = LabcoatError(
        f"cannot read the dependencies in `{path.name}` without running it: {what}",
        f"Set {RUN_SETUP}=1 to run it, or list the dependencies in `requirements.in`",
    )
    return Listing(path, problem=problem, computed=True)


def _shorten(code: str) -> str:
    line = " ".join(code.split())
    return line if len(line) <= 60 else f"{line[:57]}…"
