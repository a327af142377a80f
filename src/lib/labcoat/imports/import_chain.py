"""Follow what importing a package runs: its modules that are imported whatever happens.

Only statements at the top of a module count, and no condition or `try` may be around them. Nothing
is executed.
"""

import ast
import re
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from labcoat.core import reading
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record

_MOST_SOURCE = 1 << 20  # bytes
_MOST_FOLLOWED = 300  # modules of one package
_STATEMENT = re.compile(
    rb"\n([ \t]*)(?:from|import)[ \t][^\n(\\]*(?:\([^)]{0,4000}\)|(?:\\\n[^\n\\]*)+)?"
)
_FIRST = lazy_pattern(rb"(?:from|import)\s+(\.*)(\w*)")
_SEVERAL = lazy_pattern(rb"[^#\n]*;|import\s[^#\n]*,")
_EXPECTS = lazy_pattern(r"suppress|raises|Error|ignored")
_NEWLINE = b"\n"


class Chain(Record):
    """An importable package `top` of a distribution, whose sources are `paths`."""

    site_packages: Path
    top: str
    paths: frozenset[str]

    def find_needed(
        self, is_lacking: Callable[[str], bool], start: Iterable[str] = (), *, parses: bool = False
    ) -> tuple[str, str] | None:
        """Return the lacking module that importing the package needs, and where; None if none.

        `is_lacking` says it of a name without a dot. `start` are modules of the package to import
        too. With `parses`, a source that this Python cannot parse counts, with an empty name.
        """
        first = [self.top, *(part for each in start for part in _with_parents(each))]
        importers = dict.fromkeys((each for each in first if self.find_source(each)), "")
        waiting = deque(importers)
        while waiting and len(importers) < _MOST_FOLLOWED:
            module = waiting.popleft()
            path = self.find_source(module)
            source = self._read(path)
            if parses and (line := _find_error(source)) and self._is_reached(module, importers):
                return "", f"{path}:{line}"
            for at, name, is_own in _scan_imports(source, module, path, self.top, is_lacking):
                top = name.partition(".")[0]
                if is_own:
                    new = [each for each in _with_parents(name) if each not in importers]
                    found = [each for each in new if self.find_source(each)]
                    importers |= dict.fromkeys(found, module)
                    waiting.extend(found)
                elif is_lacking(top) and self._is_certain(module, top, importers):
                    return top, f"{path}:{source.count(_NEWLINE, 0, at) + 1}"
        return None

    def find_source(self, module: str) -> str:
        """Return the path of a module's source; empty if it has none."""
        base = module.replace(".", "/")
        names = (f"{base}/__init__.py", f"{base}.py")
        return next((name for name in names if name in self.paths), "")

    def _is_reached(self, module: str, importers: Mapping[str, str]) -> bool:
        """Whether the chain of imports down to `module` stands in code, and not in texts."""
        return not importers[module] or self._is_certain(importers[module], module, importers)

    def _is_certain(self, module: str, name: str, importers: Mapping[str, str]) -> bool:
        """Whether `module` imports `name` in code, and the chain down to it does so too."""
        while module:
            path = self.find_source(module)
            nodes = _list_certain(_parse(self._read(path)).body)
            found = (each for node in nodes for each in _list_imported(node, module, path))
            if not any(name in _with_parents(each) for each in found):
                return False
            name, module = module, importers[module]
        return True

    def _read(self, path: str) -> bytes:
        data = reading.read_regular(f"{self.site_packages}/{path}", _MOST_SOURCE, follow=True)
        return data.replace(b"\r\n", _NEWLINE)  # an installer may have made links


def _scan_imports(
    source: bytes, module: str, path: str, top: str, is_wanted: Callable[[str], bool]
) -> Iterator[tuple[int, str, bool]]:
    """Yield what import statements import of `top` or of what `is_wanted`, and whether of `top`.

    Each with its place in the source. For `top`, unindented statements count alone. Nothing else
    is parsed.
    """
    for found in _STATEMENT.finditer(_NEWLINE + source):
        text = found[0].strip()
        first = _FIRST.match(text)
        name = first[2].decode("ascii", "replace") if first else ""
        is_own = bool(first and first[1]) or name == top
        if not (is_own or _SEVERAL.match(text) or is_wanted(name)):
            continue
        for node in _parse(text).body:
            for each in _list_imported(node, module, path):
                is_part = each.partition(".")[0] == top
                if not (is_part and found[1]):
                    yield found.start(), each, is_part


def _list_certain(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run whenever the others do: also those in a `with` of warnings."""
    for node in body:
        if isinstance(node, ast.With) and not _EXPECTS.search(ast.dump(node.items[0])):
            yield from _list_certain(node.body)
        else:
            yield node


def _list_imported(node: ast.stmt, module: str, path: str) -> Iterator[str]:
    """Yield the modules that a statement of `module` imports, and what may be one."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parents = module.split(".")
        if not path.endswith("/__init__.py"):
            parents.pop()
        parents = parents[: len(parents) + 1 - node.level] if node.level else []
        base = ".".join([*parents, *filter(None, [node.module])])
        yield from (base, *(f"{base}.{alias.name}" for alias in node.names))


def _parse(source: bytes) -> ast.Module:
    """Return the syntax tree; an empty one for what this Python cannot parse."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _find_error(source: bytes) -> int:
    """Return the line of the error that keeps this Python from parsing a source; 0 if none does."""
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(source)
    except SyntaxError as error:
        return error.lineno or 1
    except (ValueError, RecursionError, MemoryError):
        pass
    return 0


def _with_parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))
