"""Check the lines of inputs before a locker reads them: it would drop or misread some of them."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from labcoat.core import process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project
from labcoat.locking import index_options, input_corrections, requirements_file, source_lines
from labcoat.locking.inputs import LockInput
from labcoat.locking.requirement_lines import FileLine, OptionLine, RequirementLine, parse_lines

# Options that say where packages come from. pip accepts them abbreviated (--extra), and with the
# value attached (-ihttps://…).
_SOURCE_OPTION = lazy_pattern(r"(?:^|\s)(--?(?:i|f|t|ex)[a-z-]*)")
_NO_INDEX = lazy_pattern(r"--no-in(?:d(?:ex?)?)?$")
_INCLUDES = {"--requirement", "--constraint"}
# Options of a single requirement: the hashes of what may be installed, and settings of its build.
_REQUIREMENT_OPTION = lazy_pattern(r"(?<=\s)(--?[A-Za-z][\w-]*)")
_EVERY_WHEEL = "labcoat takes wheels only, but for the packages in LABCOAT_NO_BINARY: remove it"
_ANSWERS = {
    "--no-index": "Remove it: a lock is made from a package index",
    "--require-hashes": "Remove it: every lock has hashes, and `make venv` requires them",
    "--pre": "Remove it, and ask for each pre-release by its version, as in `package>=2.0rc1`",
    "--prefer-binary": _EVERY_WHEEL,
    "--only-binary": _EVERY_WHEEL,
    "--hash": "Remove it: the lock gets the hashes of all files of each release",
    "--config-settings": "Remove it: labcoat passes no settings to builds",
}
_UNKNOWN = "Remove it: inputs have requirements, -r and -c lines, and nothing else"


def check_inputs(project: Project, lock_input: LockInput, text: str) -> None:
    """Raise LabcoatError if an input cannot be locked, or `text`, the lock's, would be lost.

    The error names the file, the line and its text, and what was probably meant.
    """
    lock, source = lock_input.lock, lock_input.source
    inputs = lock_input.texts()
    for file, written in inputs.items():
        is_numbered = lock_input.declared is None or file != source
        texts = list(inputs.values())
        errors = list(_check_lines(project, file, written, texts, is_numbered=is_numbered))
        if errors:
            more = len(errors) - 1
            rest = f"{more} more {'line is' if more == 1 else 'lines are'} wrong"
            hint = errors[0].hint + ("" if errors[0].hint.endswith("?") else ".")
            raise LabcoatError(errors[0].message, f"{hint} {rest}" if more else errors[0].hint)
    if lost := requirements_file.unlisted_requirements(
        text, "\n".join(inputs.values()), lock.parent
    ):
        raise LabcoatError(
            f"`{lock.name}` asks for more than `{source.name}` and would be replaced: "
            f"{terminal.join_some(lost)}",
            f"Add the rest to `{source.name}`, as `labcoat init` does, or remove it from"
            f" `{lock.name}`",
        )


def _check_lines(
    project: Project, file: Path, text: str, texts: Sequence[str], *, is_numbered: bool
) -> Iterator[LabcoatError]:
    """Yield an error for each line of an input that cannot be locked.

    `texts` are those of all inputs. The lines of a text that was taken from pyproject.toml and the
    like (not `is_numbered`) have no numbers that the user knows.
    """
    is_lock = file.suffix != ".in" and "--hash=" in text
    if _goes_on(text):
        number = text.removesuffix("\n").count("\n") + 1
        yield LabcoatError(f"{file.name}:{number}: nothing comes after the `\\`", "Remove the `\\`")
    for line in parse_lines(text):
        if found := _find_source_option(line):
            yield LabcoatError(
                f"`{file.name}` names a package index or folder with `{found}`",
                index_options.explain_option(found, line.text, texts),
            )
        elif error := check_line(
            line, file.name, project, is_lock=is_lock, is_numbered=is_numbered
        ):
            yield error


def _goes_on(text: str) -> bool:
    """Whether the last line goes on in one that is not there, which uv refuses without a word."""
    last = text.removesuffix("\n").rpartition("\n")[2]
    line = last.rstrip("\\")
    return (
        bool(line.strip()) and not line.lstrip().startswith("#") and (len(last) - len(line)) % 2 > 0
    )


def _find_source_option(line: FileLine) -> str:
    if isinstance(line, OptionLine) or not isinstance(line, RequirementLine):
        found = _SOURCE_OPTION.search(line.text) if line.text.startswith("-") else None
    else:
        found = _SOURCE_OPTION.search(line.text.removeprefix(line.body))
    return found[1] if found else ""


def check_line(  # noqa: PLR0911 - a line is one of many kinds
    line: FileLine,
    name: str,
    project: Project,
    *,
    is_lock: bool = False,
    is_numbered: bool = True,
) -> LabcoatError | None:
    """Return the error for a line of the input file `name`; None if it can be locked.

    Lines of another file's lock (`is_lock`) may have hashes.
    """
    where = f"{name}:{line.number}" if is_numbered else name
    text = process.redact(line.text)
    if source_lines.is_source_line(line):
        return _check_source(line, where, project)
    if isinstance(line, OptionLine):
        return _check_option(line, where, text, project)
    if not isinstance(line, RequirementLine):
        meant = input_corrections.explain_line(line.text)
        if meant.is_local:
            return _not_a_release(where, text, meant.hint)
        return LabcoatError(f"{where}: `{text}` is not a requirement", meant.hint)
    if line.url:
        if "://" not in line.url and not line.url.startswith("file:"):
            meant = input_corrections.explain_line(line.text)
            return LabcoatError(f"{where}: `{text}` is not a requirement", meant.hint)
        return _not_a_release(where, text, input_corrections.explain_address(line))
    if line.name == "python":
        return LabcoatError(
            f"{where}: `{text}` is not a requirement", input_corrections.PYTHON_HINT
        )
    rest = line.text.removeprefix(line.body)
    options = dict.fromkeys(_REQUIREMENT_OPTION.findall(rest))
    if is_lock:
        options.pop("--hash", None)
    if option := next(iter(options), ""):
        return _refuse(where, text, option)
    return None


def _check_source(line: FileLine, where: str, project: Project) -> LabcoatError | None:
    """Return the error for a line that asks for a package by its place; None if it can be had."""
    try:
        source_lines.read_source(line, project.root, where)
    except LabcoatError as error:
        if isinstance(line, RequirementLine) and line.url.startswith("file:/") and line.name:
            return LabcoatError(error.message, input_corrections.explain_address(line))
        return error
    return None


def _not_a_release(where: str, text: str, hint: str) -> LabcoatError:
    return LabcoatError(
        f"{where}: `{text}` is not a package index release and cannot be locked with a hash", hint
    )


def _check_option(  # noqa: PLR0911 - an option is one of many kinds
    line: OptionLine, where: str, text: str, project: Project
) -> LabcoatError | None:
    option = line.option
    if option in _INCLUDES:
        return None if line.value else _refuse(where, text, option)
    if option == "--editable":
        return _not_a_release(where, text, input_corrections.LOCAL_HINT)
    if option == "--no-binary":
        if ":all:" in line.value:
            return LabcoatError(
                f"{where}: `{text}` is not an option of an input",
                "Remove it, and name the packages to build in LABCOAT_NO_BINARY",
            )
        names = ",".join(dict.fromkeys([*project["NO_BINARY"].split(), *line.value.split(",")]))
        return LabcoatError(
            f"{where}: `{text}` is not an option of an input",
            f"Remove it, and set `LABCOAT_NO_BINARY={names}`, which builds from source and runs the"
            " package's code",
        )
    if option == "--only-binary" and line.value == ":all:" and not project["NO_BINARY"]:
        return None  # as labcoat does anyhow
    if re.match(r"-{3}", line.text):
        return LabcoatError(f"{where}: `{text}` is not a requirement", "Remove the line")
    if re.match(r"-+\s", line.text):
        meant = input_corrections.explain_line(line.text)
        return LabcoatError(f"{where}: `{text}` is not a requirement", meant.hint)
    return _refuse(where, text, option)


def _refuse(where: str, text: str, option: str) -> LabcoatError:
    name = next((known for known in _ANSWERS if _is_short_for(option, known)), option)
    return LabcoatError(
        f"{where}: `{text}` has an option that a lock cannot keep: {name}",
        _ANSWERS.get(name, _UNKNOWN),
    )


def _is_short_for(option: str, known: str) -> bool:
    """Whether pip reads `option` as `known`: it accepts the beginning of a name."""
    return len(option) > 4 and known.startswith(option)
