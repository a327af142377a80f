"""IGN003: lines of ignore files in the syntax of another language."""

import re
from collections.abc import Iterator, Sequence

from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import path_exists
from labcoat.core.terminal import join_some
from labcoat.lint.findings import Finding, Replace, Severity, unsafe_fix
from labcoat.lint.repository.repository import Repository

_COMMENT = lazy_pattern(r"^(?P<pattern>[^#\s][^#]*?)\s+#\s.*$")
# What a template that many projects begin with says of a line of its own: gitignore.io's for Vim.
_OF_TEMPLATE = lazy_pattern(r"\s#\s*(?:un)?comment (?:out|this|the)\b")
_QUOTED = lazy_pattern(r"^(!?)(['\"])(.+)\2$")
_BRACES = lazy_pattern(r"^([^{}]*)\{([^{}]*,[^{}]*)\}([^{}]*)$")
_BACKSLASH = lazy_pattern(r"[\w.*]\\[A-Za-z0-9_]")
# A program wrote the escapes of line breaks; `a\new` is a path of Windows.
_BREAKS = lazy_pattern(r"/\\n|\\n[*.]")
_LEAST_BREAKS = 2
_SHOWN = 3  # patterns that a hint has


def check_syntax(
    repository: Repository, path: str, data: bytes, *, is_unread: bool
) -> Iterator[Finding]:
    """IGN003: inline comments, quotes, braces and Windows paths; notes where no build reads it."""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        intended = _intended_patterns(line)
        if intended is None or _names_a_file(repository, path, line):
            continue
        new, why = intended
        hint = ""
        if not path.endswith(".dockerignore"):
            below = [_find_below(repository, path, each) for each in new]
            if len(new) == 1 and below[0]:
                files = "a tracked file" if len(below[0]) == 1 else f"{len(below[0])} tracked files"
                hint = f"; `{new[0]}` is for {files} in folders below, too"
            new = tuple(
                f"/{each}" if found else each for each, found in zip(new, below, strict=True)
            )
        yield Finding(
            "IGN003",
            path,
            f"`{line.strip()}` {why}",
            f"Write {_list_patterns(new)} instead{hint}",
            number,
            unsafe_fix(Replace(path, number, line, new)),
            Severity.NOTE if is_unread or _OF_TEMPLATE.search(line) else Severity.WARNING,
            repeats=why,
        )


def _list_patterns(patterns: Sequence[str]) -> str:
    shown = [f"`{each}`" for each in patterns]
    if len(shown) > _SHOWN:
        return f"{join_some(shown, _SHOWN)}, each on its own line,"
    return " and ".join(shown)


def _intended_patterns(line: str) -> tuple[tuple[str, ...], str] | None:
    """Return what the author of a line probably intended, and what the line does instead."""
    if found := _COMMENT.match(line):
        why = "is one pattern including the comment, because comments need their own line"
        return (found["pattern"],), why
    if found := _QUOTED.match(line.strip()):
        return (found[1] + found[3],), "matches only names that contain the quotes"
    if found := _BRACES.match(line.strip()):
        why = "matches only names that contain the braces: ignore files have no alternatives"
        return tuple(f"{found[1]}{part.strip()}{found[3]}" for part in found[2].split(",")), why
    if len(_BREAKS.findall(line)) >= _LEAST_BREAKS:
        new = tuple(filter(None, (part.strip() for part in line.split(r"\n"))))
        return new, r"is one pattern with `\n` in it, which begins no line there"
    if _BACKSLASH.search(line):
        why = "contains a backslash, which escapes: folders are separated by `/`"
        return (line.strip().replace("\\", "/"),), why
    return None


def _find_below(repository: Repository, path: str, pattern: str) -> list[str]:
    """Return the tracked files that a pattern of git would ignore, and not with a slash before it.

    None if some are in the folder with this name beside the .gitignore: the pattern is for them.
    """
    name = pattern.strip("/")
    if "/" in name or re.search(r"[!*?\[\\]", name):
        return []
    top = path[: -len(".gitignore")]
    inside = [
        each for each in repository.tracked if f"/{name}/" in f"/{each}" and each.startswith(top)
    ]
    return [] if any(each.startswith(f"{top}{name}/") for each in inside) else inside


def _names_a_file(repository: Repository, path: str, line: str) -> bool:
    """Whether a file has exactly this odd name, so that the line does what it says."""
    folder = path.rpartition("/")[0]
    literal = line.strip().removeprefix("!").strip("/").replace("\\", "")
    place = f"{folder}/{literal}" if folder else literal
    return path_exists(repository.root / place)
