"""LFS: large files, and git LFS where it is used."""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from labcoat.core import git
from labcoat.core.gitignore import git_pattern
from labcoat.lint.findings import (
    Append,
    BuildFamily,
    Finding,
    Replace,
    Rule,
    Severity,
    Untrack,
    unsafe,
)
from labcoat.lint.findings import safe as safe_fix
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import LFS_POINTER, Repository
from labcoat.lint.rules.ctx_context import mebibytes

_LINE = re.compile(
    r"^[ \t]*(?P<pattern>[^#\s\"]\S*)[ \t]+[^#\n]*\bfilter=lfs\b[^\n]*$", re.MULTILINE
)
_POINTER = LFS_POINTER.encode()
_LARGEST_POINTER = 1024  # bytes; git LFS's own limit


def check(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """What is raw and should be a pointer, a pointer and should be raw, large and neither; and patterns for nothing."""
    lines = list(_lines(repository))
    covered = _with_attribute(repository) if lines else set()
    yield from _raw(repository, covered)
    yield from _large(repository, covered)
    yield from _pointers_in_images(repository, builds)
    yield from _patterns_for_nothing(repository, lines)


def _lines(repository: Repository) -> Iterator[tuple[str, int, str, str]]:
    """Each line that hands a pattern to LFS: file, number, pattern, the line."""
    for path in repository.names.get(".gitattributes", ()):
        text = repository.text(path)
        for found in _LINE.finditer(text):
            yield path, text.count("\n", 0, found.start()) + 1, found["pattern"], found[0]


def _with_attribute(repository: Repository) -> set[str]:
    """The tracked paths that git hands to LFS."""
    given = "".join(f"{path}\0" for path in repository.tracked)
    out = git.split_nul(
        git.run_git(
            repository.root, "check-attr", "--stdin", "-z", "filter", stdin=os.fsencode(given)
        )
    )
    return {path for path, value in zip(out[::3], out[2::3], strict=True) if value == "lfs"}


def _raw(repository: Repository, covered: set[str]) -> Iterator[Finding]:
    blobs = (
        {entry.path: entry.id for entry in repository.entries(covered, mode="100")}
        if covered
        else {}
    )
    sizes = _sizes(repository, blobs)
    small = git.blob_contents(
        repository.root, (blobs[path] for path, size in sizes.items() if size <= _LARGEST_POINTER)
    )
    for path, size in sizes.items():
        if size and not small.get(blobs[path], b"").startswith(_POINTER):
            yield Finding(
                "LFS001",
                path,
                f"the attributes hand this file to LFS, but what is tracked is the file itself, {mebibytes(size)}: every "
                "clone shows it as changed",
                "With git-lfs installed: `git add --renormalize` the file, and commit.",
                fix=unsafe(Untrack((path,))),
            )


def _sizes(repository: Repository, blobs: dict[str, str]) -> dict[str, int]:
    if not blobs:
        return {}
    given = "".join(f"{blob}\n" for blob in blobs.values()).encode()
    answers = (
        git.run_git(repository.root, "cat-file", "--batch-check=%(objectsize)", stdin=given)
        .decode()
        .splitlines()
    )
    return {path: int(size) for path, size in zip(blobs, answers, strict=True) if size.isdigit()}


def _large(repository: Repository, covered: set[str]) -> Iterator[Finding]:
    limit = repository.settings.large_file
    if max(repository.tracked_sizes, default=0) <= limit:
        return
    found = {
        path: size
        for path, size in repository.tracked_with_sizes
        if size > limit and path not in covered
    }
    found = {path: size for path, size in found.items() if b"\0" in repository.read(path)[:8000]}
    others = (
        {_suffix(path) for path in repository.tracked if path not in found and path not in covered}
        if found
        else set()
    )
    for path, size in found.items():
        alone = not _suffix(path) or _suffix(path) in others  # git would show the others as changed
        pattern = git_pattern(path) if alone else f"*{_suffix(path)}"
        spaced = re.sub(r"\\? ", "[[:space:]]", pattern)
        line = f"{spaced} filter=lfs diff=lfs merge=lfs -text"
        yield Finding(
            "LFS002",
            path,
            f"a binary of {mebibytes(size)} is tracked without LFS: every version of it stays in every clone for ever",
            f"Keep it elsewhere and fetch it, or hand it to LFS with a line in .gitattributes: {line}",
            fix=safe_fix(Append(".gitattributes", line)),
        )


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :] if "." in name[1:] else ""


def _pointers_in_images(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    suspects = set(repository.suspects)
    for facts in builds:
        for path, line in facts.reaching.items() if suspects else ():
            place = facts.place(path)
            if place in suspects and repository.read(place)[: len(_POINTER)] == _POINTER:
                message = f"{place} is an LFS pointer, and that is what reaches the image, not the file it stands for"
                yield Finding(
                    "LFS003",
                    facts.dockerfile,
                    message,
                    "Run `git lfs pull` before the build.",
                    line,
                )


def _patterns_for_nothing(
    repository: Repository, lines: list[tuple[str, int, str, str]]
) -> Iterator[Finding]:
    used = _used_patterns(repository, lines)
    for index, (path, number, pattern, written) in enumerate(lines):
        if index in used:
            continue
        right = f"*{pattern}" if re.fullmatch(r"\.\w+", pattern) else ""
        fix = (
            unsafe(Replace(path, number, written, (written.replace(pattern, right, 1),)))
            if right
            else None
        )
        if not right and not _looks_wrong(pattern):
            continue  # a pattern for files to come
        message = f"the LFS pattern `{pattern}` matches nothing that is tracked: such files are committed whole"
        todo = f"Write `{right}`." if right else "Correct the pattern, or take it out."
        yield Finding("LFS004", path, message, todo, number, fix)


def _looks_wrong(pattern: str) -> bool:
    return pattern.startswith("./") or pattern.endswith("/") or "\\" in pattern or "{" in pattern


def _used_patterns(repository: Repository, lines: list[tuple[str, int, str, str]]) -> set[int]:
    """The indices of the lines whose pattern matches something tracked: git is asked, with attributes of our own."""
    if not lines or not repository.tracked:
        return set()
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "attributes"
        probe.write_text(
            "".join(
                f"{_rooted(path, pattern)} probe{i}\n"
                for i, (path, _, pattern, _) in enumerate(lines)
            )
        )
        names = [f"probe{index}" for index in range(len(lines))]
        command = ("-c", f"core.attributesFile={probe}", "check-attr", "--stdin", "-z", *names)
        given = os.fsencode("".join(f"{path}\0" for path in repository.tracked))
        out = git.split_nul(git.run_git(repository.root, *command, stdin=given))
    return {
        int(name[5:]) for name, value in zip(out[1::3], out[2::3], strict=True) if value == "set"
    }


def _rooted(path: str, pattern: str) -> str:
    """A pattern of the attributes file at `path`, as one at the root would write it."""
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
        Rule("LFS001", "meant for LFS, tracked whole", Severity.WARNING, "lfs"),
        Rule("LFS002", "a large binary without LFS", Severity.WARNING, "lfs"),
        Rule("LFS003", "a pointer instead of its file reaches the image", Severity.WARNING, "lfs"),
        Rule("LFS004", "an LFS pattern that matches nothing", Severity.WARNING, "lfs"),
    ),
    check=check,
    needs_git=True,
)
