"""The lines of a requirements file, as pip reads them: requirements, options, and the rest.

Format: https://pip.pypa.io/en/stable/reference/requirements-file-format/. packaging parses what
stands in a requirement; its most common forms are recognized without importing it (50 ms).
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record

if TYPE_CHECKING:
    from labcoat._vendor.packaging.markers import Marker
    from labcoat._vendor.packaging.requirements import Requirement

_COMMENT = lazy_pattern(r"(?:^|\s)#.*$")
_OTHER_ENDS = "\0\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # of lines, for str.splitlines()
_OPTIONS = lazy_pattern(r"(?:^|(?<=\s))-")  # where the options of a requirement begin
_HASH = lazy_pattern(r"--hash[=\s]\s*([A-Za-z0-9]+:[0-9A-Fa-f]+)")
_OPTION = lazy_pattern(r"(--[A-Za-z][\w-]*|-[A-Za-z]?)[\s=]*(.*)", re.DOTALL)
_LONG_NAMES = {"-r": "--requirement", "-c": "--constraint", "-e": "--editable"}
_ADDRESS = lazy_pattern(r"(?:git|hg|svn|bzr)\+\S+|https?://\S+")
_COMMIT = lazy_pattern(r"@[0-9a-f]{40}(?:\W|$)")
_LEADING_NAME = lazy_pattern(r"([A-Za-z0-9][\w.-]*)\s*[\[<>=!~;@(]")

# The forms that packaging need not read: the part of PEP 508 that programs write. Quantifiers with
# a + give nothing back, so that no line takes long.
_S = r"[ \t]*+"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_INTEGER = "[0-9]{1,19}"
_RELEASE = rf"{_INTEGER}(?:\.{_INTEGER})*"
_VERSION = rf"{_RELEASE}(?:(?:a|b|rc){_INTEGER})?(?:\.post{_INTEGER})?(?:\.dev{_INTEGER})?"
_LOCAL = r"(?:\+[a-z0-9]+(?:\.[a-z0-9]+)*)?"
_RANGE = (
    rf"(?:[!=]={_S}{_RELEASE}\.\*|(?:[<>!]=|[<>]){_S}{_VERSION}|~={_S}{_INTEGER}(?:\.{_INTEGER})+)"
)
_VARIABLE = (
    "(?:os_name|sys_platform|python_version|python_full_version|implementation_name"
    "|platform_machine|platform_system|platform_python_implementation)"
)
_TERM = rf"""{_VARIABLE}{_S}(?:[<>=!]=|[<>]){_S}(?:'[^'"\\\s]*'|"[^'"\\\s]*")"""
_PROJECT = rf"(?P<name>{_NAME})(?:\[{_NAME}(?:,{_S}{_NAME})*\])?{_S}"
_RELEASES = rf"(?:==(?:{_S})(?P<version>{_VERSION}{_LOCAL})|{_RANGE}(?:{_S},{_S}{_RANGE})*)?"
_MARKER = rf"(?:{_S};{_S}(?P<marker>{_TERM}(?:[ \t]++(?:and|or)[ \t]++{_TERM})*))?"
_COMMON = lazy_pattern(rf"{_PROJECT}(?:@{_S}(?P<url>[^ \t]+)|{_RELEASES}){_MARKER}")
# A pin as it stands in a lock: with hashes, on lines that are continued, and comments below.
# `.` takes a quarter of the time of [0-9a-f].
_ENTRY = lazy_pattern(
    rf"(?m)^(?<!\\\n)(?P<body>{_PROJECT}=={_S}(?P<version>{_VERSION}{_LOCAL}){_MARKER})"
    r"(?P<hashes>(?:[ \t]*\\\n[ \t]+--hash=sha256:.{64})++)\n(?:[ \t]*+#.*\n)*+"
)


class FileLine(Record):
    """A logical line: its first line's `number`, and its `text`, joined and without comments.

    An object of this class itself is neither an option nor a valid requirement: a path, a template,
    a mistake. `name` is the normalized name at its start, or empty.
    """

    number: int
    text: str
    name: str = ""


class OptionLine(FileLine):
    """An option of pip, with its dashes (-r, -c and -e by their long names), and its value."""

    option: str = ""
    value: str = ""


class RequirementLine(FileLine):
    """A requirement that is valid by PEP 508, or an address, which may have no name.

    `body` is `text` without the options, `version` that of a single `==` or `===` as it is written.
    """

    body: str = ""
    version: str = ""
    url: str = ""
    marker: str = ""

    @cached_property
    def hashes(self) -> tuple[str, ...]:
        """The hashes, each after its algorithm and a colon; a lock may have 20,000."""
        return tuple(_HASH.findall(self.text, len(self.body)))

    @property
    def has_hashes(self) -> bool:
        """Whether there are any, which is quicker to say than which."""
        return _HASH.search(self.text, len(self.body)) is not None

    @property
    def is_pinned(self) -> bool:
        """Whether every installation gets the same release: by version, commit or hash."""
        if not self.url:
            return bool(self.version)
        if self.url.startswith(("git+", "hg+")) and _COMMIT.search(self.url):
            return True
        has_hash = any(each.startswith(("sha256=", "sha256:")) for each in _fragment(self.url))
        return bool(self.version) or has_hash

    @property
    def is_hashed(self) -> bool:
        """Whether it is limited to certain files: by their hashes, or by an address."""
        return self.has_hashes or bool(self.url)

    @property
    def is_address(self) -> bool:
        """Whether it is an address alone, as pip but not PEP 508 allows."""
        return self.url == self.body

    @property
    def is_local_file(self) -> bool:
        """Whether it is a file of one machine, as `pip freeze` writes conda's packages."""
        return self.url.startswith("file:")


@lru_cache(maxsize=64)
def parse_lines(text: str) -> tuple[FileLine, ...]:
    """Return a record for each line that is not blank or a comment."""
    if any(each in text for each in _OTHER_ENDS):
        return tuple(_parse_piece(text, 1))
    found: list[FileLine] = []
    number, at = 1, 0
    for entry in _ENTRY.finditer(text):  # locks have thousands of hashes
        parts = entry["hashes"].split("\\\n")
        hashes = "".join(parts)
        if "#" in hashes or "\\" in hashes:
            continue
        start, end = entry.span()
        if at < start:
            found += _parse_piece(text[at:start], number)
            number += text.count("\n", at, start)
        body, name, version, marker = entry.group("body", "name", "version", "marker")
        whole = f"{body}{hashes}"
        name = normalize_name(name)
        found.append(RequirementLine(number, whole, name, body, version, "", marker or ""))
        number += len(parts) - 1 + text.count("\n", entry.end("hashes"), end)
        at = end
    return (*found, *_parse_piece(text[at:], number))


def _parse_piece(text: str, first: int) -> Iterator[FileLine]:
    """Yield a record for each line of any text, whose first line has the number `first`."""
    return (_parse_line(number, line) for number, line in _logical_lines(text, first))


def parse_requirements(text: str) -> list[RequirementLine]:
    """Return the valid requirements of a file, without options, paths and mistakes."""
    return [line for line in parse_lines(text) if isinstance(line, RequirementLine)]


def marker_applies(marker: str, environment: Mapping[str, str]) -> bool:
    """Whether `marker` (PEP 508; empty is always true) holds; false for one that is not valid."""
    if not marker:
        return True
    try:
        return _parse_marker(marker).evaluate({**environment, "extra": ""})
    except (ValueError, RecursionError):
        return False


def satisfies_pin(pinned: str, installed: str) -> bool:
    """Whether `installed` meets `==pinned` (PEP 440): 1.0.0 meets 1.0, and 2.0+cpu meets 2.0.

    `installed` may have `_` for `-`, as in the names of .dist-info folders.
    """
    if pinned == installed:
        return True
    from labcoat._vendor.packaging.specifiers import Specifier

    try:
        return Specifier(f"=={pinned}").contains(installed.replace("_", "-"), prereleases=True)
    except ValueError:  # not a version, or one with more digits than Python converts
        return False


def _numbers(release: str) -> list[int]:
    """Return the numbers of a release, without zeros at its end."""
    found = [int(one) for one in release.split(".")]
    while found and not found[-1]:
        found.pop()
    return found


def same_version(first: str | None, second: str | None) -> bool:
    """Whether two versions are one release (PEP 440): 2024.1.2 and 2024.01.02, 1.0 and 1.0.0.

    A `_` counts as `-`, as in the names of .dist-info directories; what is not a version is
    compared as text. None, for a package that is missing, equals only None.
    """
    if first == second:
        return True
    if not first or not second:
        return False
    if re.fullmatch(_RELEASE, first) and re.fullmatch(_RELEASE, second):
        return _numbers(first) == _numbers(second)  # without packaging, which takes a while
    from labcoat._vendor.packaging.version import Version

    try:
        return Version(first.replace("_", "-")) == Version(second.replace("_", "-"))
    except ValueError:  # not a version, or one with more digits than Python converts
        return False


def _logical_lines(text: str, first: int) -> Iterator[tuple[int, str]]:
    """Join continuation lines, as pip does, and remove comments; yield first numbers and lines."""
    parts: list[str] = []
    for number, line in enumerate(text.splitlines(), first):
        is_comment = "#" in line and line.lstrip().startswith("#")
        # A comment ends a continued line, and is not continued itself.
        if line.endswith("\\") and not is_comment:
            parts.append(line.strip("\\"))
            continue
        if not is_comment or parts:
            yield from _without_comment(number - len(parts), [*parts, " " * is_comment + line])
        parts = []
    if parts:
        yield from _without_comment(number - len(parts) + 1, parts)


def _without_comment(number: int, parts: list[str]) -> Iterator[tuple[int, str]]:
    line = "".join(parts)
    if "#" in line:
        line = _COMMENT.sub("", line)
    if line := line.strip():
        yield number, line


def _parse_line(number: int, text: str) -> FileLine:
    if text.startswith("-"):
        option, value = _split_option(text)
        return OptionLine(number, text, "", option, value)
    options = _OPTIONS.search(text)
    body = text[: options.start()].strip() if options else text
    if found := _COMMON.fullmatch(body):
        version, url, marker = (each or "" for each in found.group("version", "url", "marker"))
        name = normalize_name(found["name"])
        return RequirementLine(number, text, name, body, version, url, marker)
    if _ADDRESS.fullmatch(body):
        eggs = [each[4:] for each in _fragment(body) if each.startswith("egg=")]
        name = normalize_name(eggs[0].partition("[")[0]) if eggs else ""
        return RequirementLine(number, text, name, body, url=body)
    return _parse_uncommon(FileLine(number, text), body)


def _parse_uncommon(line: FileLine, body: str) -> FileLine:
    """Have packaging read what `_COMMON` does not match; for those that match, both agree."""
    parsed = _parse_requirement(body)
    if parsed is None:
        name = _LEADING_NAME.match(line.text)
        return FileLine(line.number, line.text, normalize_name(name[1]) if name else "")
    only = next(iter(parsed.specifier)) if len(parsed.specifier) == 1 else None
    is_exact = only and only.operator in {"==", "==="} and not only.version.endswith(".*")
    version, marker = only.version if only and is_exact else "", str(parsed.marker or "")
    normalized, url = normalize_name(parsed.name), parsed.url or ""
    return RequirementLine(line.number, line.text, normalized, body, version, url, marker)


def _fragment(url: str) -> list[str]:
    """Return the parts after the `#` of an address, such as `egg=name`."""
    return url.partition("#")[2].split("&")


def _split_option(text: str) -> tuple[str, str]:
    found = _OPTION.match(text)
    if not found:
        return text, ""
    value = found[2].strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return _LONG_NAMES.get(found[1], found[1]), value


def _parse_requirement(body: str) -> "Requirement | None":
    """Return packaging's requirement, or None for what is not one."""
    from labcoat._vendor.packaging.requirements import Requirement

    try:
        return Requirement(body)
    except (ValueError, RecursionError):  # InvalidRequirement is a ValueError
        return None


@lru_cache(maxsize=256)
def _parse_marker(marker: str) -> "Marker":
    from labcoat._vendor.packaging.markers import Marker

    return Marker(marker)
