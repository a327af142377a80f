"""Read each requirement that a repository has as one that an index can give, or say why not.

Nothing here asks an index.
"""

import re
from collections.abc import Collection, Sequence
from functools import cached_property

from labcoat._vendor.packaging.requirements import InvalidRequirement, Requirement
from labcoat._vendor.packaging.specifiers import SpecifierSet
from labcoat._vendor.packaging.version import InvalidVersion, Version
from labcoat.adoption.pins.own_names import repository_place
from labcoat.adoption.plan import Decision, Verdict, Wanted
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.process import redact
from labcoat.core.records import Record, replace
from labcoat.locking import input_corrections
from labcoat.locking.requirement_lines import OptionLine, RequirementLine, parse_lines
from labcoat.names import conda

ONLY_CONDA = "only conda has it, not the package index"
# What environments have without anybody asking for it; Debian's pip freeze invents the first one.
_NOT_PACKAGES = {
    "pkg-resources": "Debian's pip adds it to every freeze, and no index has it",
    "python": "it says which Python, which `.python-version` names",
}
_WINDOWS = """
comtypes menuinst pycaw pypiwin32 pyreadline pyreadline3 pywin32 pywin32-ctypes pywinauto pywinpty
tensorflow-intel win-inet-pton win-unicode-console win32-setctime wincertstore windows-curses
winkerberos winshell wmi xlwings
"""
_MACOS = """
applaunchservices appnope mlx pyobjc pyobjc-core pyobjc-framework-cocoa rumps tensorflow-macos
tensorflow-metal
"""
_SYSTEMS = {
    **dict.fromkeys(_WINDOWS.split(), ("Windows", "sys_platform == 'win32'")),
    **dict.fromkeys(_MACOS.split(), ("macOS", "sys_platform == 'darwin'")),
}
_REMOVED = (
    "a commit removed a module of this name from the repository: bring that back, or write the"
    " package that you mean here"
)
_CONDA_TIME = lazy_pattern(r"_(1[0-9]{9})(?:[0-9]{3})?(?:/|$)")
_BELOW = lazy_pattern(r"file:(?!/)(\S+)")
_CONDA_PIN = lazy_pattern(
    r"(?P<name>[A-Za-z0-9_][\w.-]*)\s*=(?P<version>[0-9][\w.+!]*)(?:=(?P<build>[\w.]+))?"
)
_EGG = lazy_pattern(r"[#&]egg=([A-Za-z0-9][\w.-]*)")
_ADDRESS_NAME = lazy_pattern(r"([^/@]+?)(?:\.git)?(?:@[^/]*)?(?:#.*)?$")


class Line(Record):
    """One requirement on its way to a decision.

    `text` is what is asked for now, `name` its normalized name, empty for an address without one.
    `before` is when conda built it (ISO 8601), which stands for its version. `reasons` say what has
    changed, `is_fixed` that no version of an index is meant. `asked` is the line before it was
    moved to a version that has a wheel.
    """

    wanted: Wanted
    text: str
    name: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    before: str = ""
    is_fixed: bool = False
    asked: "Line | None" = None

    @property
    def is_limit(self) -> bool:
        """Whether its version was recorded, rather than asked for by its author."""
        return self.wanted.kind in {"freeze", "conda"}

    @cached_property
    def requirement(self) -> Requirement:
        """The text, parsed."""
        return Requirement(self.text)

    @cached_property
    def specifier(self) -> SpecifierSet:
        """The versions that are asked for."""
        return SpecifierSet() if self.is_fixed else self.requirement.specifier

    @property
    def marker(self) -> str:
        """The marker, or nothing."""
        return "" if self.is_fixed else str(self.requirement.marker or "")

    @cached_property
    def pinned(self) -> Version | None:
        """The version, if just one is asked for."""
        return pinned_version(self.specifier)

    def change(self, verdict: Verdict, reason: str, **parts: str) -> "Line":
        """Return the line with another name, specifier or marker, and why."""
        asked = self.requirement
        text = format_requirement(
            parts.get("name", asked.name),
            asked.extras,
            parts.get("specifier", str(asked.specifier)),
            parts.get("marker", self.marker),
        )
        name = normalize_name(parts.get("name", asked.name))
        reasons = (*self.reasons, reason)
        return replace(self, text=text, name=name, verdict=verdict, reasons=reasons)

    def decide(self) -> Decision:
        """Return the decision to take the line as it is now."""
        default = "sources need it, and nothing asks for it" if self.wanted.kind == "import" else ""
        reason = "; ".join(self.reasons) or default
        return Decision(self.wanted.requirement, self.text, self.verdict, reason)

    def drop(self, reason: str) -> Decision:
        """Return the decision to leave the line out."""
        return Decision(self.wanted.requirement, None, "dropped", reason)


def pinned_version(specifier: SpecifierSet) -> Version | None:
    """Return the version that a specifier allows alone; None if it allows several."""
    found = list(specifier)
    if len(found) != 1 or found[0].operator not in {"==", "==="}:
        return None
    try:
        return Version(found[0].version)
    except InvalidVersion:
        return None


def format_requirement(name: str, extras: Collection[str], specifier: str, marker: str) -> str:
    """Return a requirement as people write it: `name[extra]==1.0 ; marker`."""
    extra = f"[{','.join(sorted(extras))}]" if extras else ""
    parts = sorted(filter(None, specifier.split(",")), key=lambda part: part[0] != ">")
    return f"{name}{extra}{','.join(parts)}" + (f" ; {marker}" if marker else "")


def read_line(wanted: Wanted, own_names: Collection[str]) -> Line | Decision:
    """Return `wanted` as a line to look for, or the decision to drop it.

    `own_names` are the normalized names of the repository's own packages.
    """
    text = wanted.requirement.strip()
    first: Verdict = "added" if wanted.kind == "import" else "kept"
    parsed = next(iter(parse_lines(text)), None)
    if wanted.kind == "own":
        return Line(wanted, text, ".", "kept", is_fixed=True)
    if isinstance(parsed, OptionLine):
        return _read_option(wanted, parsed, own_names)
    if wanted.kind == "conda" and text.startswith("_"):
        return _dropped(wanted, ONLY_CONDA)
    if wanted.kind == "conda" and (found := _CONDA_PIN.fullmatch(text)):
        spec = f"=={found['version']}" if found["build"] else f"=={found['version']}.*"
        try:
            Version(found["version"])
        except InvalidVersion:
            spec = ""  # such as conda's jpeg=9e
        line = Line(wanted, f"{found['name']}{spec}", "", first)
        return _name_line(line, found["build"] or "")
    if isinstance(parsed, RequirementLine) and parsed.url:
        return _read_address(Line(wanted, text, parsed.name, first, is_fixed=True), own_names)
    line = Line(wanted, text, "", first)
    return line.drop(_REMOVED) if wanted.is_removed else _read_body(line, parsed)


def _read_body(line: Line, parsed: object) -> Line | Decision:
    """Return the line for a requirement, which may have a slip of the pen."""
    body = parsed.body if isinstance(parsed, RequirementLine) else line.text
    try:
        Requirement(body)
    except InvalidRequirement:
        body = input_corrections.correct_line(line.text)
        if not body:
            is_local = input_corrections.explain_line(line.text).is_local
            path = "a path of this machine; import it without installing it"
            return _dropped(line.wanted, path if is_local else "not a requirement")
        line = replace(line, reasons=(f"read as `{body}`",))
    return _name_line(replace(line, text=body))


def _name_line(line: Line, build: str = "") -> Line | Decision:
    """Return a line with the right name, public version and marker; `build` is conda's."""
    try:
        name = normalize_name(line.requirement.name)
    except InvalidRequirement:
        return _dropped(line.wanted, "not a requirement")
    line = replace(line, name=name)
    if reason := _NOT_PACKAGES.get(name):
        return line.drop(reason)
    if line.wanted.kind == "conda":
        other = conda.pypi_name(name, build)
        if not other:
            return line.drop(ONLY_CONDA)
        if other != name:
            line = line.change("renamed", f"conda's name of {other}", name=other)
    pinned = line.pinned
    if pinned is not None and pinned.local:
        line = line.change(
            "moved", f"without `+{pinned.local}`, a local build", specifier=f"=={pinned.public}"
        )
    if line.name in _SYSTEMS and not line.marker:
        system, marker = _SYSTEMS[line.name]
        line = line.change(line.verdict, f"for {system} only", marker=marker)
    return line


def _read_option(wanted: Wanted, option: OptionLine, own_names: Collection[str]) -> Line | Decision:
    if option.option != "--editable":
        return _dropped(wanted, f"`{option.option}` is an option of pip, not a package")
    value = option.value
    if re.match(r"(?:\.{1,2}(?:[/\[\\].*)?|[/\\~].*|file:.*)$", value) and "#egg=" not in value:
        return _dropped(wanted, "this repository itself, or a directory of this machine")
    line = Line(wanted, wanted.requirement.strip(), address_name(value), "kept", is_fixed=True)
    return _read_address(line, own_names)


def _read_address(line: Line, own_names: Collection[str]) -> Line | Decision:
    """Return the line for an address: kept if it can be fetched, by name if conda built it."""
    text = line.text
    url = text.partition("@")[2].strip() if re.match(r"[\w.\[\],-]+\s*@", text) else text
    name = line.name or address_name(url)
    is_cloned = normalize_name(repository_place(url)) in own_names
    if is_cloned or (line.wanted.kind == "freeze" and name and name in own_names):
        return line.drop("this repository's own package, which its sources are")
    return _read_path(line, url, name) if url.startswith("file:") else line


def _read_path(line: Line, url: str, name: str) -> Line | Decision:
    """Return the line for a path: kept below the repository, by name if conda built it."""
    if found := _BELOW.match(url):
        return line.drop("this repository itself") if found[1] in {".", "./"} else line
    wheel = re.search(r"/([^/]+)-([^-/]+)(?:-[^-/]+)?-[^-/]+-[^-/]+-[^-/]+\.whl", url)
    if wheel:
        body = f"{name or wheel[1]}=={wheel[2].replace('%2B', '+')}"
        local = replace(line, text=body, is_fixed=False, reasons=("a file of one machine",))
        return _name_line(replace(local, verdict="moved"))
    if not name or "@" not in line.text:
        return line.drop("a file of one machine")
    if not conda.is_build_place(url):
        return line.drop("a folder of one machine; what an index has of this name may be another")
    built = _CONDA_TIME.search(url)
    line = Line(line.wanted, name, name, "moved", before=_iso_time(int(built[1])) if built else "")
    return _name_line(replace(line, reasons=("conda built it, and noted no version",)))


def _iso_time(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def address_name(url: str) -> str:
    """Return the normalized name of the package at an address: by its egg, or its last part."""
    if found := _EGG.search(url):
        return normalize_name(found[1])
    found = _ADDRESS_NAME.search(url.partition("#")[0].rstrip("/"))
    return normalize_name(found[1]) if found else ""


def _dropped(wanted: Wanted, reason: str) -> Decision:
    return Decision(redact(wanted.requirement), None, "dropped", reason)


def merge_lines(lines: Sequence[Line]) -> tuple[list[Line], list[tuple[Line, Decision]]]:
    """Return the lines without those that say again what a stronger one says, and these.

    What an author asks for is stronger than a recorded version, and that stronger than an import.
    A recorded version that an author's range allows stays beside it.
    """
    strength = {"own": 0, "demand": 0, "freeze": 1, "conda": 2, "import": 3}
    order = sorted(range(len(lines)), key=lambda at: (strength[lines[at].wanted.kind], at))
    first: dict[tuple[str, str], Line] = {}
    out: set[int] = set()
    dropped: list[tuple[Line, Decision]] = []
    for at in order:
        line = lines[at]
        known = first.setdefault((line.name, line.marker), line)
        if known is line or not line.name:
            continue
        if line.is_limit and _narrows(line, known):
            first[line.name, line.marker] = line
            continue
        is_weaker = line.is_limit or line.wanted.kind == "import"
        is_same = line.text == known.text or is_weaker
        both = line.pinned is not None and known.pinned is not None
        if is_same or (both and line.pinned != known.pinned):
            # The table lists together what has one reason, such as a list that says all of it too.
            where = known.wanted.file
            says = "has it already"
            if line.text != known.text:
                where, says = f"{where}:{known.wanted.line}", f"asks for `{known.text}`"
            dropped.append((line, line.drop(f"{where} {says}")))
            out.add(at)
    return [line for at, line in enumerate(lines) if at not in out], dropped


def _narrows(line: Line, known: Line) -> bool:
    """Whether `line` has one of the versions that `known` allows, which are several."""
    is_range = known.pinned is None and not known.is_fixed
    return is_range and line.pinned is not None and line.pinned in known.specifier
