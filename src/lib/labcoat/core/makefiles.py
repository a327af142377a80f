"""Read makefiles without running make: rules, literal variables, includes, lines make refuses.

Nothing is executed: `$(shell …)` stays as it is, and what only make can know is left out.
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from labcoat.core import reading
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import MutableRecord, field
from labcoat.core.text_encoding import decode_text

NAMES = ("GNUmakefile", "makefile", "Makefile")  # in the order in which make looks for them
FIRST_LINE = "# labcoat: reproducible Python environments from one line in a Makefile."
_BYTES = 1 << 20  # of a file that are read
_FILES = 64  # that are read
_INCLUDES = 256
_DEPTH = 8  # of includes and of variables in variables
_MOST = 10_000  # characters of a text in which variables are expanded
_LONGEST = 1000  # characters of a variable's value there

_ASSIGNMENT = lazy_pattern(
    r"^\s*(?P<words>(?:(?:export|override|private|unexport)\s+)*)"
    r"(?P<name>[^\s:#=+?!]+)\s*(?P<how>::?:?=|\?=|\+=|!=|=)\s*(?P<value>.*)$",
    re.DOTALL,
)
_INCLUDE = lazy_pattern(r"^\s*(?P<optional>-|s)?include\s+(?P<files>.+)$", re.DOTALL)
_DIRECTIVE = lazy_pattern(
    r"^\s*(?:export|unexport|override|private|undefine|vpath|load|-load)\b(?!\s*:)"
)
_DEFINE = lazy_pattern(r"^\s*(?:(?:override|export|private)\s+)*define\b(?!\s*[:=])")
_IF = lazy_pattern(r"^\s*(?:ifeq|ifneq|ifdef|ifndef)\b(?!\s*[:=])")
_TARGET_VARIABLE = lazy_pattern(
    r"^\s*(?:(?:export|override|private)\s+)*[\w.-]+\s*(?:::?:?=|\?=|\+=|!=|=)"
)
_CALL = lazy_pattern(r"\$\((?:[^()]|\([^()]*\))*\)|\$\{[^{}]*\}")
_REFERENCE = lazy_pattern(r"\$\(([\w.-]+)\)|\$\{([\w.-]+)\}")


class Include(NamedTuple):
    """A file that a makefile includes, as it is written there, and what its path leads to.

    `path` is None if only make knows it.
    """

    written: str
    path: Path | None
    file: Path  # the makefile that includes it
    optional: bool


class Makefile(MutableRecord):
    """What makefiles say together: a makefile and what it includes.

    `rules` are the names of targets, and whether a rule has a recipe. `settings` are variables
    with their literal values; `refused` are the lines at which make stops, with their numbers.
    """

    rules: dict[str, bool] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    includes: list[Include] = field(default_factory=list)
    refused: list[tuple[Path, int, str]] = field(default_factory=list)
    has_labcoat: bool = False  # one of the files is include.python.mk or calls `labcoat mk`


def makefile_name(root: Path) -> str:
    """Return the name of the makefile that make reads in `root`; a new one gets the usual name."""
    return next((name for name in NAMES if (root / name).exists()), "Makefile")


def read_makefile(root: Path, name: str = "") -> Makefile:
    """Return what the makefile in `root` and its includes say; nothing where there is none."""
    found = Makefile()
    _read_into(found, root, root / (name or makefile_name(root)), set())
    return found


def is_include(path: Path) -> bool:
    """Whether a file, or what a link leads to, is labcoat's include."""
    try:
        return reading.read_file(path).startswith(FIRST_LINE.encode())
    except (OSError, ValueError):
        return False


def _read_into(found: Makefile, root: Path, path: Path, seen: set[Path]) -> None:
    if len(seen) > _FILES or path.resolve() in seen:
        return
    seen.add(path.resolve())
    if is_include(path):
        found.has_labcoat = True
        return
    try:
        text = decode_text(reading.read_file(path)[:_BYTES])
    except (OSError, ValueError):
        return
    _Reader(found, root, path, seen).read(text)


class _Reader:
    def __init__(self, found: Makefile, root: Path, path: Path, seen: set[Path]) -> None:
        self.found, self.root, self.path, self.seen = found, root, path, seen
        self.prefix = "\t"
        self.targets: list[str] = []  # of the rule that a recipe would belong to
        self.nesting: list[tuple[int, str]] = []  # open conditionals

    def read(self, text: str) -> None:
        define: tuple[int, str] | None = None
        for number, line in _logical_lines(text):
            if define:
                define = None if re.match(r"^\s*endef\b", line) else define
            elif self.targets and line.startswith(self.prefix):
                if line[1:].strip():
                    self._set_rules(has_recipe=True)
                    self.targets = self.targets[:1]  # whose recipe goes on; the others are noted
            elif _DEFINE.match(line):
                define = (number, line)
            else:
                self._read_line(number, line)
        for number, line in [*self.nesting, *([define] if define else [])]:
            self._refuse(number, line)

    def _read_line(self, number: int, line: str) -> None:
        line = _without_comment(line)
        if not line.strip():
            return
        if _IF.match(line):
            self.nesting.append((number, line))
        elif re.match(r"^\s*else\b(?!\s*[:=])", line):
            if not self.nesting:
                self._refuse(number, line)
        elif re.match(r"^\s*endif\b(?!\s*[:=])", line):
            if self.nesting:
                self.nesting.pop()
            else:
                self._refuse(number, line)
        elif included := _INCLUDE.match(line):
            self.targets = []
            self._include(included["files"], optional=bool(included["optional"]))
        elif assigned := _ASSIGNMENT.match(line):
            self.targets = []
            self._assign(assigned["name"], assigned["how"], assigned["value"])
        elif ":" in (bare := _CALL.sub("", line)):
            self._read_rule(line, bare)
        elif "=" not in line and not _DIRECTIVE.match(line) and not line.lstrip().startswith("$"):
            self._refuse(number, line)

    def _assign(self, name: str, how: str, value: str) -> None:
        settings = self.found.settings
        if name == ".RECIPEPREFIX":
            # Its first character counts; make appends with a space.
            self.prefix = (" " if how == "+=" else value)[:1] or "\t"
        value = value.strip()
        if how == "!=" or (how == "?=" and name in settings):
            return
        if how == "+=" and name in settings:
            if len(settings[name]) > _LONGEST:
                return
            value = f"{settings[name]} {value}".strip()
        settings[name] = value

    def _read_rule(self, line: str, bare: str) -> None:
        head, _, rest = self.expand(line).partition(":")
        if not bare.partition(":")[0].strip():
            head = self.expand(line.partition(":")[0])
        if "$" in head:
            head = _CALL.sub("", head)
        rest = rest.removeprefix(":")
        self.targets = []
        if _TARGET_VARIABLE.match(rest):
            return
        self.targets = head.replace("&", " ").split()
        self._set_rules(has_recipe=";" in _CALL.sub("", rest))

    def _set_rules(self, *, has_recipe: bool) -> None:
        for target in self.targets:
            self.found.rules[target] = has_recipe or self.found.rules.get(target, False)

    def _include(self, written: str, *, optional: bool) -> None:
        expanded = self.expand(written)
        if len(self.found.includes) > _INCLUDES:
            return
        if re.search(r"\blabcoat\s+mk\b", expanded):
            self.found.has_labcoat = True
            return
        for word in re.findall(r"(?:\\ |\S)+", expanded):
            if "$" in word:
                self.found.includes.append(Include(word, None, self.path, optional))
                continue
            shown = word.replace("\\ ", " ")
            try:
                paths = self._find(shown)
            except (ValueError, NotImplementedError):
                continue
            for path in paths:
                self.found.includes.append(Include(shown, path, self.path, optional))
                _read_into(self.found, self.root, path, self.seen)

    def _find(self, name: str) -> list[Path]:
        if "*" not in name:
            return [self.root / name]
        return sorted(islice(self.root.glob(name), _FILES))

    def expand(self, text: str) -> str:
        """Return `text` with the variables whose values are known here."""
        for _ in range(_DEPTH):
            new = _REFERENCE.sub(lambda m: self._value(m[1] or m[2], m[0]), text[:_MOST])
            if new == text or len(text) > _MOST:
                break
            text = new
        return text

    def _value(self, name: str, otherwise: str) -> str:
        here = {"CURDIR": str(self.root)}
        value = self.found.settings.get(name, here.get(name, otherwise))
        return value if len(value) <= _LONGEST else otherwise

    def _refuse(self, number: int, line: str) -> None:
        self.found.refused.append((self.path, number, line.strip().partition("\n")[0]))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with their numbers; a backslash at the end joins the next one."""
    joined, first = "", 0
    for number, each in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        first = first or number
        if (len(each) - len(each.rstrip("\\"))) % 2:
            joined += each[:-1] + " "
            continue
        yield first, joined + each
        joined, first = "", 0
    if joined:
        yield first, joined


def _without_comment(line: str) -> str:
    return re.sub(r"(?<!\\)#.*$", "", line, flags=re.DOTALL) if "#" in line else line
