"""Which Python a project asks for: the decision, from the texts of the files that can say so.

An exact version comes from LABCOAT_PYTHON, `.python-version` or `runtime.txt`, a range from
`requires-python` in pyproject.toml or `python_requires` in setup.cfg.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record

OLDEST = 8  # 3.8: what the inventory and the installers run on
NEWEST = 15  # the newest minor that labcoat is tested with
OWN = "labcoat's own Python"

# pyenv and uv write cpython-3.12.1-linux-x86_64-gnu, python-3.12, 3.12.1, 3.13-dev and 3.14.0rc1.
_VERSION = lazy_pattern(
    r"(?:c?python[-@]?)?(?P<minor>[23]\.\d+)(?:\.(?P<patch>\d+)(?P<pre>(?:a|b|rc)\d+)?)?(?P<rest>.*)"
)
_MAJOR = lazy_pattern(r"(?:c?python[-@]?)?3")
_OTHERS = {"pypy": "PyPy", "graalpy": "GraalPy", "jython": "Jython", "stackless": "Stackless"}
_SPECIFIER = lazy_pattern(r"\s*[<>=!~]")
_LOWEST_AND_BELOW = lazy_pattern(r"\s*>=\s*3\.(\d+)(?:\.0)?\s*(?:,\s*<\s*(3\.(\d+)|4)(?:\.0)?\s*)?")


class NamedPython(Record):
    """The Python that one file or setting names: its minor, and the patch release if it is exact.

    `patch` is a full version such as `3.12.4`, or empty.
    """

    minor: str
    source: str
    patch: str = ""


class PythonRange(Record):
    """The Pythons that one file allows: version specifiers (PEP 440) such as `>=3.9,<3.13`."""

    specifiers: str
    source: str


class PythonChoice(Record):
    """The project's Python: its minor, an exact release if one is asked for, and who says so.

    `source` is a file or setting, or OWN. `note` names a range that LABCOAT_PYTHON is outside of.
    """

    minor: str
    source: str
    patch: str = ""
    note: str = ""


def choose_python(
    setting: NamedPython | None,
    named: Sequence[NamedPython],
    ranges: Sequence[PythonRange],
    own: str,
    find_minors: Callable[[], Sequence[str]],
) -> PythonChoice:
    """Return the project's Python.

    LABCOAT_PYTHON (`setting`) wins. Then comes what the files in `named` agree on, which every
    range must allow. Ranges alone leave it to labcoat's `own` minor or, if they exclude that, the
    newest of `find_minors()`, those of this machine. Raise LabcoatError if two sources contradict
    each other, or if labcoat does not support the version.
    """
    chosen = setting or _agree(named)
    if chosen is None:
        return _choose_in_ranges(ranges, own, find_minors)
    major, _, number = chosen.minor.partition(".")
    if major == "2" or int(number) < OLDEST:
        raise LabcoatError(
            f"`{chosen.source}` asks for Python {chosen.minor}, and labcoat supports 3.{OLDEST} and"
            " newer",
            f"Use Python 3.{OLDEST} or newer",
        )
    note = ""
    for one in ranges:
        if not allows(one, chosen.minor, chosen.patch):
            says = f"Python {chosen.patch or chosen.minor}, which `{one.source}` excludes"
            if setting is None:
                raise LabcoatError(
                    f"`{chosen.source}` asks for {says} with `{one.specifiers}`",
                    "Change one of them",
                )
            note = f"LABCOAT_PYTHON is {says} with `{one.specifiers}`"
    return PythonChoice(chosen.minor, chosen.source, chosen.patch, note)


def _agree(named: Sequence[NamedPython]) -> NamedPython | None:
    """Return what all of `named` say, the most exact one; None if there are none."""
    if not named:
        return None
    first = named[0]
    for other in named[1:]:
        exact = {one.patch for one in (first, other)} - {""}
        if other.minor != first.minor or len(exact) > 1:
            raise LabcoatError(
                f"`{first.source}` asks for Python {first.patch or first.minor}, and"
                f" `{other.source}` for {other.patch or other.minor}",
                "Change or remove one of them",
            )
    return next((one for one in named if one.patch), first)


def _choose_in_ranges(
    ranges: Sequence[PythonRange], own: str, find_minors: Callable[[], Sequence[str]]
) -> PythonChoice:
    if all(allows(one, own) for one in ranges):
        return PythonChoice(own, ranges[0].source if ranges else OWN)
    sources = " and ".join(f"`{one.source}`" for one in ranges)
    known = [f"3.{minor}" for minor in range(NEWEST, OLDEST - 1, -1)]
    allowed = [minor for minor in known if all(allows(one, minor) for one in ranges)]
    if not allowed:
        asked = " and ".join(f"`{one.specifiers}`" for one in ranges)
        raise LabcoatError(
            f"no Python that labcoat supports is in {asked} ({sources})",
            f"Allow one from 3.{OLDEST} to 3.{NEWEST}",
        )
    here = set(find_minors())
    # The newest two may still lack wheels and images: they come last.
    order = sorted(allowed, key=lambda minor: int(minor[2:]) >= NEWEST - 1)
    source = ranges[0].source
    return PythonChoice(next((one for one in order if one in here), order[0]), source)


def _complete_version(specifiers: str) -> str:
    """Return specifiers for a version alone, such as `3.11.5`, which other tools accept too."""
    if re.fullmatch(r"3\.\d+", specifiers.strip()):
        return f"=={specifiers.strip()}.*"
    return f"=={specifiers}" if re.fullmatch(r"\s*3(\.\d+){2}\s*", specifiers) else specifiers


def allows(one: PythonRange, minor: str, patch: str = "") -> bool:
    """Return whether a range allows a release of `minor`, or just `patch` if that is not empty.

    Raise LabcoatError if the range is not valid.
    """
    if common := _LOWEST_AND_BELOW.fullmatch(one.specifiers):  # without importing packaging
        number = int(minor[2:])
        return number >= int(common[1]) and (not common[3] or number < int(common[3]))
    from labcoat._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(_complete_version(one.specifiers))
    except InvalidSpecifier:
        raise LabcoatError(
            f"invalid Python version `{one.specifiers}` in `{one.source}`",
            "Write a specifier such as `>=3.10`",
        ) from None
    releases = [patch] if patch else [f"{minor}.{number}" for number in range(50)]
    return any(wanted.contains(release, prereleases=True) for release in releases)


def read_version_file(
    text: str,
    resolve: Callable[[str], str],
    source: str = ".python-version",
) -> NamedPython | PythonRange | None:
    """Return what a `.python-version` asks for; None if it leaves that to labcoat's own Python.

    The first of several versions counts, as for pyenv. `resolve` returns the version of pyenv's
    environment of a name, or of `system`; empty if there is none. Raise LabcoatError for a text
    that names no Python, or one that labcoat does not support.
    """
    word = next(_words(text), "")
    if not word:
        raise LabcoatError(f"`{source}` names no version", "Write a version such as 3.12")
    if _SPECIFIER.match(word):
        return PythonRange(word, source)
    if _MAJOR.fullmatch(word):
        return None
    if found := _parse_version(word, source):
        return found
    if other := next((name for key, name in _OTHERS.items() if word.startswith(key)), ""):
        raise LabcoatError(
            f"`{source}` asks for {other} (`{word}`), and labcoat supports CPython only",
            "Write a version such as 3.12",
        )
    if version := resolve(word):
        named = _parse_version(version, source)
        if named:
            return named
    if word == "system":
        return None
    raise LabcoatError(
        f"invalid version `{word}` in `{source}`: it is neither a version nor an environment of"
        " pyenv",
        "Write a version such as 3.12",
    )


def _words(text: str) -> Iterator[str]:
    """Yield the first word of each line that is not blank or a comment."""
    for line in text.lstrip("\ufeff").splitlines():
        if words := line.partition("#")[0].split():
            yield "".join(words) if _SPECIFIER.match(words[0]) else words[0]


def _parse_version(word: str, source: str) -> NamedPython | None:
    found = _VERSION.fullmatch(word)
    if not found:
        return None
    rest = found["rest"]
    if re.match(r"t\b|\+freethreaded", rest):
        raise LabcoatError(
            f"`{source}` asks for a free-threaded Python (`{word}`), and labcoat supports none",
            f"Write {found['minor']}",
        )
    if rest not in {"-dev", ".*"} and not re.match(r"$|[-+]", rest):
        return None
    # A pre-release, or a development version, is any release of its minor.
    is_exact = found["patch"] and not found["pre"]
    patch = f"{found['minor']}.{found['patch']}" if is_exact else ""
    return NamedPython(found["minor"], source, patch)


def read_runtime_file(text: str, source: str = "runtime.txt") -> NamedPython | None:
    """Return what a `runtime.txt` of Heroku or Binder asks for: `python-3.10.4`, `python-3.10`.

    None if it asks for another language, as Binder's `r-4.1-2022-01-01` does. Raise LabcoatError
    for a Python that is not valid.
    """
    word = next(_words(text), "")
    if not re.match(r"python", word, re.IGNORECASE):
        return None
    if found := _parse_version(word.lower(), source):
        return found
    raise LabcoatError(
        f"invalid version `{word}` in `{source}`", "Write a version such as python-3.12"
    )
