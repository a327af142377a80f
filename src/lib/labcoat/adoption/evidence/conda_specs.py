"""Read conda's specs, such as `numpy=1.21.2=py39h20f2e39_0`, as requirements of pip."""

import re
from collections.abc import Sequence

from labcoat.adoption.evidence.source import Skipped
from labcoat.adoption.plan import Wanted
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.names import conda

_SPEC = lazy_pattern(
    r"^(?:[\w./:-]+::)?(?P<name>[A-Za-z0-9_][\w.-]*)\s*(?:\[.*\])?\s*(?P<version>[<>=!~\d*].*)?$"
)
_RELEASE = lazy_pattern(r"\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.?post\d+)?(?:\.?dev\d+)?")
_DUMPED = 0.5  # the share of specs with a build, from which on conda wrote the file itself
_EXPORTED = lazy_pattern(r"[\w.-]+=[^=\s]+=[^=\s]+")


class Specs(Record):
    """What specs ask for, with the names that PyPI has, and what only conda has.

    `system` are the latter of a list by hand, and `python` is the version that they name.
    """

    wanted: tuple[Wanted, ...]
    system: tuple[str, ...]
    python: str
    skipped: tuple[Skipped, ...]
    is_dump: bool


def is_export(lines: Sequence[str]) -> bool:
    """Whether the lines of a file are those of `conda list --export`."""
    specs = [line for line in lines if line.strip() and not line.startswith("#")]
    found = sum(_EXPORTED.fullmatch(line.strip()) is not None for line in specs)
    return found > _DUMPED * len(specs)


def read_specs(specs: Sequence[tuple[int, str]], path: str) -> Specs:
    """Return what the `specs` of a file, each with the number of its line, ask for."""
    parsed = [(number, *split_spec(text)) for number, text in specs]
    builds = sum(1 for _, name, _, build in parsed if name and build)
    exact = sum(1 for _, name, version, _ in parsed if name and re.match(r"=?=?\d", version))
    is_dump = bool(parsed) and (
        builds > _DUMPED * len(parsed) or (len(parsed) > 20 and exact > 0.9 * len(parsed))
    )
    wanted: list[Wanted] = []
    system: list[str] = []
    skipped: list[Skipped] = []
    python = ""
    for number, name, version, build in parsed:
        if name == "python":
            python = version.strip("= ") if version[:1] not in "<>!~" else version
        elif build.startswith("pypi"):  # pip installed it
            wanted.append(Wanted(name + translate_version(version), path, number, "freeze"))
        elif package := conda.pypi_name(name, build):
            wanted.append(Wanted(package + translate_version(version), path, number, "conda"))
        elif not is_dump and name and conda.is_system(name):
            system.append(name)
        elif name and name != "pip":
            skipped.append(Skipped(name, "only conda has"))
    return Specs(tuple(wanted), tuple(system), python, tuple(skipped), is_dump)


def split_spec(text: str) -> tuple[str, str, str]:
    """Return the name, version and build of `name=version=build`, or of `name >=1,<2`."""
    found = _SPEC.match(text)
    if not found:
        return "", "", ""
    version = (found["version"] or "").strip()
    build = ""
    if exact := re.fullmatch(r"(={1,2}\s*[^=<>!~,|\s]+)=([^=\s]+)", version):
        version, build = exact[1], exact[2]
    elif spaced := re.fullmatch(r"([\d.]+\S*)\s+(\S+)", version):
        version, build = f"={spaced[1]}", spaced[2]
    return found["name"].lower(), version, build


def translate_version(version: str) -> str:
    """Return a version of conda's as a specifier (PEP 440); empty for one that has no equal."""
    if not version or "|" in version:
        return ""
    return ",".join(filter(None, map(_translate_part, version.split(","))))


def _translate_part(part: str) -> str:
    found = re.fullmatch(r"\s*([<>=!~]*)\s*(.*?)\s*", part)
    assert found is not None  # noqa: S101 - it matches everything
    operator, release = found[1], found[2]
    stem = release.removesuffix("*").rstrip(".")
    if not _RELEASE.fullmatch(stem):
        return ""
    is_open = release.endswith("*")
    if operator in {"=", ""}:
        exact = stem.count(".") > 1 and not is_open
        return f"=={stem}" if exact else f"=={stem}.*"
    if operator == "==":
        return f"=={stem}.*" if is_open else f"=={stem}"
    return f"{operator}{stem}" if operator in {">=", "<=", "<", ">", "!=", "~="} else ""
