"""Read which packages pip, pip-tools and uv blame when they find no solution."""

import re

from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_EXTRAS = r"(?:\[[^\]]*\])?"
_ONE = r"(?:[<>=!~]=?=?\s?[0-9A-Za-z.*+!_-]*[0-9A-Za-z*])"
_SPECIFIER = rf"(?:{_ONE}(?:,\s?{_ONE})*)?"
# resolvelib's exception, as pip-tools shows it. Several for one package are a conflict.
_PIP_TOOLS = re.compile(
    rf"requirement=\w+\('({_NAME}){_EXTRAS}({_SPECIFIER})[^']*'\),"
    r" parent=(?:None|\w+\('([^' ]+))"
)
_PIP = lazy_pattern(
    rf"satisfies the requirement ({_NAME}){_EXTRAS}({_SPECIFIER})[^\n(]*"
    rf"(?:\(from ({_NAME})[^)]*\) )?\(from"
)
# What uv says of the package that it found no release of.
_UV = (
    rf"({_NAME}){_EXTRAS} was not found in the",
    rf"there (?:is|are) no versions? of ({_NAME}){_EXTRAS}{_SPECIFIER} and",
    rf"({_NAME}){_EXTRAS}{_SPECIFIER} (?:has|have) no (?:usable |`[^`]+`-compatible )?wheels",
    rf"({_NAME}){_EXTRAS}{_SPECIFIER} (?:was|were) yanked",
    rf"({_NAME}){_EXTRAS}{_SPECIFIER} depends? on Python",
    rf"(?:Wheels are required for|Wheels are available for) `({_NAME})`",
    rf"({_NAME}){_EXTRAS}{_SPECIFIER} (?:was|were) published after",
    rf"pre-releases? (?:are|were) available for `?({_NAME})",
    rf"only (?:the following versions of )?({_NAME}){_EXTRAS}{_SPECIFIER} (?:is|are) available",
)
# An address that uv could not read: the last part is the package's name, or a file's.
_FETCH = re.compile(r"Failed to (?:fetch|download)[^\n]*?://\S+?/([^/\s`]+)/?(?=[`\s]|$)")


class Fault(Record):
    """A package at fault: its normalized name, what was asked for (PEP 440), and who asked.

    `parent` is the package that needs it; empty where an input does, or it is not known.
    """

    name: str
    specifier: str = ""
    parent: str = ""


def parse_faults(output: str) -> list[Fault]:
    """Return the packages that `output` blames, the most certain first, each once."""
    text = re.sub(r"\s*\n\s+", " ", output)
    faults = [
        Fault(normalize_name(name), specifier, _distribution_name(parent))
        for name, specifier, parent in [*_PIP_TOOLS.findall(output), *_PIP.findall(output)]
    ]
    for name in (name for pattern in _UV for name in re.findall(pattern, text)):
        faults.append(_describe_uv_fault(text, name))
    faults += [Fault(normalize_name(_distribution_name(each))) for each in _FETCH.findall(output)]
    return list(dict.fromkeys(faults))


def is_conflict(output: str) -> bool:
    """Whether resolvelib (pip-tools) found several requirements of one package to contradict."""
    names = [name for name, _, _ in re.findall(_PIP_TOOLS, output)]
    return len(set(_PIP_TOOLS.findall(output))) > 1 and len(set(names)) == 1


def _describe_uv_fault(text: str, name: str) -> Fault:
    """Return what uv's sentences say about who asks for which versions of `name`."""
    asked = re.search(
        rf"(?:you require|depends? on) {re.escape(name)}{_EXTRAS}({_SPECIFIER})(?![\w.-])", text
    )
    parent = re.search(
        rf"({_NAME}){_EXTRAS}{_SPECIFIER} depends? on {re.escape(name)}{_EXTRAS}{_SPECIFIER}"
        r"(?![\w-])",
        text,
    )
    return Fault(
        normalize_name(name),
        asked[1].replace(" ", "") if asked else "",
        normalize_name(parent[1]) if parent else "",
    )


def _distribution_name(address: str) -> str:
    """Return the package of a wheel's or an sdist's address, or the name that `address` is."""
    file = address.rpartition("/")[2]
    found = re.match(r"(.+?)-\d[^/]*(?:\.whl|\.tar\.gz|\.zip)", file)
    return normalize_name(found[1] if found else file)


def parse_parents(compiled: str) -> dict[str, list[str]]:
    """Return who needs each package by the comments of a lock that uv compiled.

    A parent is a package, or an input as `-r requirements.in`.
    """
    parents: dict[str, list[str]] = {}
    name = ""
    for line in compiled.splitlines():
        if found := re.match(rf"({_NAME})==", line):
            name = normalize_name(found[1])
        elif found := re.match(r"\s+#\s+(?:via\s*)?(.*)", line):
            parents.setdefault(name, []).extend(each for each in [found[1].strip()] if each)
    return parents
