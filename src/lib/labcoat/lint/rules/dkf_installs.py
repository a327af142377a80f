"""DKF002: what the RUN instructions of a Dockerfile install besides the lock with hashes."""

import posixpath
import re
import shlex
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from labcoat.container.dockerfile.own_steps import SCRIPT
from labcoat.container.dockerfile.parser import Dockerfile, Instruction
from labcoat.container.dockerfile.used_stages import (
    find_used_stages,
    is_for_tests,
)
from labcoat.container.dockerfile.words import parse_json_words
from labcoat.core.installations import Installation, find_installations
from labcoat.core.patterns import lazy_pattern
from labcoat.lint.findings import Finding, Severity
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.dkf_held import LOCAL, Held, find_pinned, is_constrained, is_held, keeps
from labcoat.lint.rules.dkf_lists import (
    find_causes,
    find_missing,
    find_misspelled,
    has_hashes,
    is_left_out,
    list_variables,
)
from labcoat.lint.rules.dkf_scripts import read_script, started_scripts
from labcoat.lint.rules.dkf_stages import DOWNLOADS, StageLists, find_stage_lists

_IS_LABCOATS = "labcoat wrote both"  # at the top of its install-lock.sh
_INSTALLERS = {"pip", "setuptools", "wheel"}  # what installs the lock
_TOOLS = _INSTALLERS | {
    *("uv", "pipenv", "poetry", "pdm", "hatch", "virtualenv", "pip-tools", "build", "pipx"),
    *("poetry-core", "poetry-plugin-export", "poetry-plugin-bundle", "poetry-dynamic-versioning"),
    *("hatchling", "flit-core", "setuptools-scm", "conda-lock", "micropipenv"),
    *("docutils", "sphinx", "meson", "ninja", "cmake", "scons"),
    *("pytest", "pytest-cov", "coverage", "tox", "nox", "ruff", "black", "flake8", "mypy"),
}
_REDIRECTED = lazy_pattern(r"(?:^|\s)([A-Za-z0-9][\w.\[\],-]*)>=?\d[^\s;|&\"']*")
_INSTALL_THE_LOCK = (
    "Copy the lock and install it with `pip install --require-hashes -r requirements.txt`, "
    "then the project with `--no-deps`"
)
_ANY_VERSION = "whatever versions the index has on the day of the build"
_LONGEST = 100  # characters of a command that a message has

# Programs that write a lock during the build, with hashes or without.
_EXPORT = lazy_pattern(
    r"\b(?:(?P<with>(?:uv|poetry)[ \t]+export)|(?P<without>pip-compile|uv[ \t]+pip[ \t]+compile))\b"
    r"(?P<rest>(?:[^\n;&|\\]|\\\r?\n|\\.)*)"
)
_NO_HASHES = lazy_pattern(r"--(?:no|without)-hashes\b")
_OUTPUT = lazy_pattern(r"(?:>|(?:^|\s)(?:-o|--output(?:-file)?))[\s=]*([^\s\\]+)")


class _Problem(NamedTuple):
    """What is wrong with an installation.

    `files` are lists without hashes that it installs; `loose` is a command that installs any
    version.
    """

    message: str
    severity: Severity
    files: tuple[str, ...] = ()
    loose: str = ""
    hint: str = _INSTALL_THE_LOCK


def check_installations(
    repository: Repository, facts: BuildFacts, parsed: Dockerfile
) -> Iterator[Finding]:
    """DKF002: a RUN that installs anything but the lock with hashes."""
    runs = [
        (stage, each)
        for stage in parsed.stages
        for each in (*stage.instructions, *stage.triggers)
        if each.name == "RUN"
    ]
    written = {name for _, each in runs for name in _written_locks(each.rest)}
    shipped = {stage.index for stage in find_used_stages(parsed, [facts.find_shipped(parsed)])}
    pinned: dict[int, set[Held]] = {}
    lists: dict[int, StageLists] = {}  # of each stage, which may have many RUNs
    for stage, each in runs:
        base = parsed.base_stage(stage)
        held = pinned.setdefault(stage.index, set(pinned.get(base.index, ())) if base else set())
        if stage.index not in lists:
            lists[stage.index] = find_stage_lists(repository, parsed, stage)
        steps, renamed, copied, downloads = lists[stage.index]
        for_tests = stage.index not in shipped and is_for_tests(stage)
        if downloads:
            held = set()
        variables = list_variables(parsed, stage, each)
        for problem in _unlocked_installs(repository, each, variables, written, renamed, held):
            if not downloads and is_left_out(
                repository, facts, steps, each, read_script(repository, each.rest), problem.files
            ):
                continue
            before = steps[: steps.index(each)] if each in steps else []
            problem = _correct_spelling(repository, before, problem)  # noqa: PLW2901
            copied_from = () if downloads else copied
            if missing := find_missing(repository, facts, problem.files, copied_from):
                problem = problem._replace(  # noqa: PLW2901
                    message=f"{missing} is installed, and the build context lacks it: what writes "
                    "it before the build decides which versions the image has",
                    hint=f"Track {missing} in the folder that is built, with hashes",
                    severity=Severity.NOTE,
                )
            kind = "packages" if problem.loose else "lists" if problem.files else problem.message
            yield Finding(
                "DKF002",
                facts.dockerfile,
                problem.message,
                problem.hint,
                each.line,
                severity=Severity.NOTE if for_tests else problem.severity,
                causes=() if downloads else find_causes(repository, facts, problem.files),
                repeats=kind,
            )


def _correct_spelling(
    repository: Repository, before: Sequence[Instruction], problem: _Problem
) -> _Problem:
    """Return the problem of a list whose name is misspelled; else `problem` as it is."""
    for file in problem.files:
        name, meant = find_misspelled(repository, before, file)
        if name:
            return problem._replace(
                message=f"{name} is installed, but {meant} is what the image has: the build fails",
                hint=f"Write {meant} in its place",
            )
    return problem


def _written_locks(script: str) -> Iterator[str]:
    """Yield the names of files with hashes that a script exports or compiles."""
    for found in _EXPORT.finditer(script):
        hashed = "--generate-hashes" in found["rest"] if found["without"] else True
        output = _OUTPUT.search(found["rest"])
        if output and hashed and not _NO_HASHES.search(found["rest"]):
            yield posixpath.basename(output[1].strip("\"'"))


def _unlocked_installs(  # noqa: PLR0913, PLR0917 - each is needed
    repository: Repository,
    each: Instruction,
    variables: Mapping[str, str],
    written: Container[str],
    copied: Mapping[str, str],
    held: set[Held],
) -> Iterator[_Problem]:
    """Yield the problem of each command of a RUN that installs unlocked packages.

    `variables` are those that it gets, `written` the names of locks with hashes that the build
    writes, `copied` the sources of those that it copies under another name, `held` the packages
    that lists have pinned before: what the RUN installs is added.
    """
    # `[ -n "$x" ] && …` is a command of the shell, no list.
    if parse_json_words(each.rest) is None:
        script = "\n".join([each.rest, *(f"{body}\n{name}" for name, body in each.heredocs)])
        found = list(find_installations(script, variables))
    else:
        script = ""
        found = list(find_installations(shlex.join(each.words)))
    found = [
        install._replace(files=tuple(_source_of(file, copied) for file in install.files))
        for install in found
        if not install.files
        or not all(posixpath.basename(file.strip("\"'")) in written for file in install.files)
    ]
    yield from _judge_installs(repository, found, script, held)
    for path in started_scripts(repository, script):
        inside = repository.read_text(path)
        if posixpath.basename(path) == SCRIPT and _IS_LABCOATS in inside:
            continue  # it installs the lock, and what the lock names by path or commit
        for problem in _judge_installs(repository, find_installations(inside), inside, held):
            message = f"in {path}, which this RUN starts: {problem.message}"
            files = () if DOWNLOADS.search(inside) else problem.files
            yield problem._replace(message=message, files=files)


def _source_of(file: str, copied: Mapping[str, str]) -> str:
    return copied.get(posixpath.basename(file.strip("\"'")), file)


def _judge_installs(
    repository: Repository, found: Iterable[Installation], script: str, held: set[Held]
) -> Iterator[_Problem]:
    """Yield the problem of each of `found`, in `script`, that is not locked.

    Those that install any version are one problem: one edit pins them all. So are bounds that the
    shell takes for redirections.
    """
    loose: list[_Problem] = []
    is_redirected = False
    for install in found:
        if install.tool == "apt":
            continue
        if install.tool not in ("pip", "uv"):
            if problem := _loose_packages(install):
                yield _Problem(problem, Severity.NOTE)
            continue
        held |= find_pinned(repository, install)
        if install.options & {"--require-hashes", "--no-index"}:
            continue
        for each in _check_pip(repository, install, script, held):
            if each.loose:
                loose.append(each)
            elif not (is_redirected and each.severity is Severity.ERROR):
                yield each
            is_redirected |= each.severity is Severity.ERROR
    if loose[1:]:
        more = f"`{loose[0].loose}` and {len(loose) - 1} more commands install"
        yield loose[0]._replace(message=f"{more} {_ANY_VERSION}")
    else:
        yield from loose


def _shorten(command: Installation | str) -> str:
    """Return a command; of a long one the beginning."""
    text = str(command)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rpartition(' ')[0]} …"


def _name_loose(install: Installation) -> str:
    """Return a command of pip; of a long one with dots in place of what gives one version."""
    text = str(install)
    if len(text) <= _LONGEST:
        return text
    words = ("…" if is_held(each) else each for each in text.split())
    return _shorten(" ".join(word for word, _ in groupby(words)))


def _loose_packages(install: Installation) -> str:
    """Return what is wrong with packages of conda or poetry that the Dockerfile names."""
    loose = [each for each in install.packages if not re.search(r"[=@]|^[./$]", each)]
    return (
        f"`{_shorten(install)}` installs whatever versions there are on the day of the build"
        * bool(loose)
    )


def _check_pip(
    repository: Repository, install: Installation, script: str, held: Container[Held]
) -> Iterator[_Problem]:
    if install.files:
        bare = [file for file in install.files if not has_hashes(repository, file)]
        if bare:
            yield _Problem(
                f"{bare[0]} is installed without hashes, "
                "so a changed package in the index goes unnoticed",
                Severity.WARNING,
                tuple(bare),
            )
        return
    names = install.packages
    if not names or {re.split(r"[\[<>=!~]", name)[0] for name in names} <= _INSTALLERS:
        return
    if all(LOCAL.fullmatch(name) for name in names) and "--no-deps" in install.options:
        return  # the project itself, on top of what is locked
    if keeps(install, held):
        return
    found = (each[0].strip() for each in _REDIRECTED.finditer(script) if each[1] in names)
    redirection = next(found, "")
    if redirection:
        name, _, rest = redirection.partition(">")
        yield _Problem(
            f"the shell takes `>{rest}` behind `{name}` for a redirection to a file `{rest}`, "
            f"so any version of {name} is installed",
            Severity.ERROR,
            hint=f'Write it in quotes, `"{redirection}"`, and the others too; the bound has not '
            "counted so far, so look whether there is such a version",
        )
    elif {re.split(r"[\[<>=!~]", name)[0] for name in names} <= _TOOLS:
        yield _Problem(
            f"`{_shorten(install)}` installs whatever version the index has", Severity.NOTE
        )
    elif is_constrained(repository, install) or all(map(is_held, names)):
        yield _Problem(
            f"`{_shorten(install)}` checks no hashes and installs dependencies that are not locked",
            Severity.NOTE,
        )
    else:
        yield _Problem(
            f"`{_name_loose(install)}` installs {_ANY_VERSION}",
            Severity.WARNING,
            loose=_name_loose(install),
        )
