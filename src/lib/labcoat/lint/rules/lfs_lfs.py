"""LFS: large files, and git LFS."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from labcoat.core import git
from labcoat.core.gitignore import git_pattern
from labcoat.core.patterns import lazy_pattern
from labcoat.core.terminal import join_some
from labcoat.lint.config import format_mebibytes
from labcoat.lint.findings import (
    Append,
    BuildFamily,
    Finding,
    Replace,
    Rule,
    Severity,
    Untrack,
    safe_fix,
    unsafe_fix,
)
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.git_view import LFS_POINTER
from labcoat.lint.repository.repository import Repository
from labcoat.secrets.searches import UNSEARCHED

_LINE = lazy_pattern(
    r"^[ \t]*(?P<pattern>[^#\s\"]\S*)[ \t]+[^#\n]*\bfilter=lfs\b[^\n]*$", re.MULTILINE
)
_POINTER = LFS_POINTER.encode()
_LARGEST_POINTER = 1024  # bytes; git LFS's own limit
_ATTRIBUTES = "filter=lfs diff=lfs merge=lfs -text"

Line = tuple[str, int, str, str]  # file, number, pattern, the whole line


def check_lfs(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """Check files that should be pointers, pointers that should be files, and the patterns."""
    lines = list(_find_lines(repository))
    covered = _find_covered(repository) if lines else set()
    yield from _check_committed_whole(repository, covered)
    yield from _check_large(repository, covered)
    yield from _check_pointers_in_images(repository, builds)
    yield from _check_unused_patterns(repository, lines)


def _find_lines(repository: Repository) -> Iterator[Line]:
    """Yield each line of a .gitattributes that gives a pattern to LFS."""
    for path in repository.files_by_name.get(".gitattributes", ()):
        text = repository.read_text(path)
        for found in _LINE.finditer(text):
            yield path, text.count("\n", 0, found.start()) + 1, found["pattern"], found[0]


def _find_covered(repository: Repository) -> set[str]:
    """Return the tracked paths that the attributes give to LFS, according to git."""
    paths = os.fsencode("".join(f"{path}\0" for path in repository.tracked))
    out = git.split_nul(
        git.run_git(repository.root, "check-attr", "--stdin", "-z", "filter", stdin=paths)
    )
    return {path for path, value in zip(out[::3], out[2::3], strict=True) if value == "lfs"}


def _check_committed_whole(repository: Repository, covered: set[str]) -> Iterator[Finding]:
    """LFS001: files for LFS that are tracked themselves, instead of a pointer."""
    blobs = (
        {entry.path: entry.id for entry in repository.index_entries(covered, mode="100")}
        if covered
        else {}
    )
    sizes = _blob_sizes(repository, blobs)
    small = git.blob_contents(
        repository.root, (blobs[path] for path, size in sizes.items() if size <= _LARGEST_POINTER)
    )
    for path, size in sizes.items():
        if size and not small.get(blobs[path], b"").startswith(_POINTER):
            yield Finding(
                "LFS001",
                path,
                f"the attributes give this file to LFS, but git tracks the file itself "
                f"({format_mebibytes(size)}) instead of a pointer: every clone shows it as changed",
                f"With git-lfs installed, run `git add --renormalize {path}` and commit",
                fix=unsafe_fix(Untrack((path,))),
            )


def _blob_sizes(repository: Repository, blobs: dict[str, str]) -> dict[str, int]:
    if not blobs:
        return {}
    ids = "".join(f"{blob}\n" for blob in blobs.values()).encode()
    answers = git.run_git(
        repository.root, "cat-file", "--batch-check=%(objectsize)", stdin=ids
    ).decode()
    return {
        path: int(size)
        for path, size in zip(blobs, answers.splitlines(), strict=True)
        if size.isdigit()
    }


def _check_large(repository: Repository, covered: set[str]) -> Iterator[Finding]:
    """LFS002: large binaries that are not in LFS."""
    limit = repository.settings.large_file
    if max(repository.tracked_sizes, default=0) <= limit:
        return
    found = {
        path: size
        for path, size in repository.tracked_with_sizes
        if size > limit and path not in covered
    }
    found = {
        path: size for path, size in found.items() if b"\0" in repository.read_bytes(path)[:8000]
    }
    others = (
        {_suffix(path) for path in repository.tracked if path not in found and path not in covered}
        if found
        else set()
    )
    for path, size in found.items():
        # A pattern for the suffix would make git show other files with it as changed.
        alone = not _suffix(path) or _suffix(path) in others
        pattern = git_pattern(path) if alone else f"*{_suffix(path)}"
        spaced = re.sub(r"\\? ", "[[:space:]]", pattern)
        line = f"{spaced} {_ATTRIBUTES}"
        yield Finding(
            "LFS002",
            path,
            f"this binary of {format_mebibytes(size)} is tracked without LFS: "
            "each of its versions stays in every clone forever",
            f"Store it elsewhere, or give it to LFS: add the line `{line}` to .gitattributes",
            fix=safe_fix(Append(".gitattributes", line)),
        )


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :] if "." in name[1:] else ""


def _check_pointers_in_images(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """LFS003: pointers that a COPY takes for the files they stand for, in one finding."""
    suspects = set(repository.suspects)
    # The search leaves out pictures.
    suspects.update(
        path
        for path, size in repository.tracked_with_sizes
        if 0 < size < _LARGEST_POINTER and path.lower().endswith(UNSEARCHED)
    )
    for facts in builds:
        pointers: dict[int, list[str]] = {}
        for path, line in facts.reaching.items() if suspects else ():
            place = facts.root_path(path)
            if place in suspects and repository.read_bytes(place)[: len(_POINTER)] == _POINTER:
                pointers.setdefault(line, []).append(place)
        for line, found in pointers.items():
            yield Finding(
                "LFS003",
                facts.dockerfile,
                f"{join_some(sorted(found), 1)} are LFS pointers, so the image gets the pointers "
                "instead of the files"
                if found[1:]
                else f"{found[0]} is an LFS pointer, so the image gets the pointer instead of the "
                "file's content",
                "Run `git lfs pull` before the build",
                line,
            )


def _check_unused_patterns(repository: Repository, lines: list[Line]) -> Iterator[Finding]:
    """LFS004: patterns that match nothing and look wrong; others may be for future files."""
    used = _used_patterns(repository, lines)
    for index, (path, number, pattern, written) in enumerate(lines):
        if index in used:
            continue
        right = f"*{pattern}" if re.fullmatch(r"\.\w+", pattern) else ""
        if not right and not _looks_wrong(pattern):
            continue
        yield Finding(
            "LFS004",
            path,
            f"the LFS pattern `{pattern}` matches no tracked file, "
            "so the files it is for are committed whole",
            f"Write `{right}`" if right else "Correct or remove the pattern",
            number,
            unsafe_fix(Replace(path, number, written, (written.replace(pattern, right, 1),)))
            if right
            else None,
        )


def _looks_wrong(pattern: str) -> bool:
    return pattern.startswith("./") or pattern.endswith("/") or "\\" in pattern or "{" in pattern


def _used_patterns(repository: Repository, lines: list[Line]) -> set[int]:
    """Return the indices of the lines whose pattern matches a tracked file, according to git.

    Git reads a temporary attributes file in which each pattern sets its own attribute.
    """
    if not lines or not repository.tracked:
        return set()
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "attributes"
        probe.write_text(
            "".join(
                f"{_pattern_from_root(path, pattern)} probe{i}\n"
                for i, (path, _, pattern, _) in enumerate(lines)
            )
        )
        names = [f"probe{index}" for index in range(len(lines))]
        command = ("-c", f"core.attributesFile={probe}", "check-attr", "--stdin", "-z", *names)
        paths = os.fsencode("".join(f"{path}\0" for path in repository.tracked))
        out = git.split_nul(git.run_git(repository.root, *command, stdin=paths))
    return {
        int(name[5:]) for name, value in zip(out[1::3], out[2::3], strict=True) if value == "set"
    }


def _pattern_from_root(path: str, pattern: str) -> str:
    """Return a pattern of the attributes file `path` as the root's file would write it."""
    folder = path.rpartition("/")[0]
    if not folder:
        return pattern
    return (
        f"/{folder}/{pattern.lstrip('/')}"
        if "/" in pattern.rstrip("/")
        else f"/{folder}/**/{pattern}"
    )


FAMILY = BuildFamily(
    rules=(
        Rule("LFS001", "file for LFS tracked whole", Severity.WARNING, "lfs"),
        Rule("LFS002", "large binary without LFS", Severity.WARNING, "lfs"),
        Rule("LFS003", "LFS pointer instead of its file in the image", Severity.WARNING, "lfs"),
        Rule("LFS004", "LFS pattern that matches nothing", Severity.WARNING, "lfs"),
    ),
    check=check_lfs,
    needs_git=True,
)
