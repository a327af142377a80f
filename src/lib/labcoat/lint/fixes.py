"""Apply the fixes of findings: the safe ones, and with `unsafe` all of them.

A changed file is replaced as a whole; its mode, its line endings and its other lines stay.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from labcoat.core import files, git, git_status, reading
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.core.terminal import join_some
from labcoat.lint.findings import (
    Append,
    Edit,
    Finding,
    PinDigest,
    Reencode,
    Relock,
    Remove,
    Replace,
    RestrictMode,
    Untrack,
)
from labcoat.lint.repository.repository import Repository, open_repository
from labcoat.lint.runner import Selection, run_rules

# A fix can reveal another finding, as a bad pattern in an ignore file that was UTF-16.
_ROUNDS = 3
_KEPT = " (its uncommitted changes are kept)"
_UTF8_MARK = b"\xef\xbb\xbf"


class FixResults(Record):
    """A line for each fix that was made, and an error for each that could not be."""

    done: tuple[str, ...]
    failed: tuple[LabcoatError, ...]


def apply_fixes(root: Path, selection: Selection, *, unsafe: bool = False) -> FixResults:
    """Apply fixes in the repository at `root`; one that fails does not stop the others."""
    done: list[str] = []
    changed: set[str] = set()
    failed: dict[str, LabcoatError] = {}
    for _ in range(_ROUNDS):
        repository = open_repository(root)
        edits = _collect_edits(run_rules(repository, selection).findings, unsafe=unsafe)
        before = len(done)
        for edit in edits:
            try:
                line = _apply_edit(repository, edit)
            except (OSError, LabcoatError) as error:
                found = _name_edit(edit, error)
                failed[found.message] = found
                continue
            if line and not isinstance(edit, Untrack):
                if edit.path in changed:  # by the fix before
                    line = line.removesuffix(_KEPT)
                changed.add(edit.path)
            if line and line not in done:
                done.append(line)
        if len(done) == before:
            break
    return FixResults(tuple(done), tuple(failed.values()))


def _collect_edits(findings: Iterable[Finding], *, unsafe: bool) -> list[Edit]:
    """Return each edit once; those of lines from the end of a file upward, to keep line numbers."""
    chosen = [each.fix for each in findings if each.fix is not None and (each.fix.safe or unsafe)]
    # Named tuples are equal whatever their kind: to remove a file, and to save it again.
    edits = list({(type(edit), edit): edit for fix in chosen for edit in fix.edits}.values())
    of_lines = [edit for edit in edits if isinstance(edit, Replace | PinDigest)]
    of_lines.sort(key=lambda edit: (edit.path, -edit.line))
    return [*of_lines, *(edit for edit in edits if not isinstance(edit, Replace | PinDigest))]


def _apply_edit(repository: Repository, edit: Edit) -> str:
    """Apply one edit and return what was done; an empty string if there was nothing to do."""
    if isinstance(edit, Append | Replace | Reencode | PinDigest):
        return _apply_content_edit(repository, edit)
    return _apply_other_edit(repository, edit)


def _name_edit(edit: Edit, error: OSError | LabcoatError) -> LabcoatError:
    """Return the error of an edit that could not be made."""
    path = edit.paths[0] if isinstance(edit, Untrack) else edit.path
    if isinstance(error, LabcoatError):
        return LabcoatError(f"`{path}` is not fixed: {error.message}", error.hint)
    reason = error.strerror or str(error)
    return LabcoatError(f"`{path}` is not fixed: {reason}", "Check its permissions")


def _apply_content_edit(
    repository: Repository, edit: Append | Replace | Reencode | PinDigest
) -> str:
    match edit:
        case Append():
            what = f"added the line {edit.line}"
            return _rewrite_file(
                repository, edit.path, what, lambda data: append_line(data, edit.line)
            )
        case Replace():
            what = f"{'changed' if edit.new else 'removed'} line {edit.line}"
            return _rewrite_file(
                repository,
                edit.path,
                what,
                lambda data: replace_line(data, edit.line, edit.old, edit.new),
            )
        case Reencode(path):
            return _rewrite_file(repository, path, "saved as UTF-8", reencode_ignore_file)
        case PinDigest(path, line, image):
            return _pin_digest(repository, path, line, image)


def _apply_other_edit(
    repository: Repository, edit: Untrack | Remove | RestrictMode | Relock
) -> str:
    match edit:
        case Untrack(paths):
            words = git_status.filter_overrides(repository.root)
            words += ["rm", "-r", "-q", "--cached", "--ignore-unmatch", "--"]
            git.run_git(repository.root, *words, *(f":(literal){path}" for path in paths))
            return f"{join_some(paths, 1)}: removed from the index"
        case Remove(path):
            (repository.root / path).unlink()
            return f"{path}: removed"
        case RestrictMode(path):
            Path(path).chmod(0o600)
            return f"{path}: mode 600"
        case Relock(path):
            return _relock(repository, path)


def _rewrite_file(
    repository: Repository, path: str, what: str, change: Callable[[bytes], bytes]
) -> str:
    """Replace the content of `path` with what `change` returns; return `what` was done."""
    before = _read_target(repository, path)
    after = change(before)
    if after == before:
        return ""
    note = _KEPT if _has_uncommitted_changes(repository, path) else ""
    files.write_file(repository.root / path, after)
    return f"{path}: {what}{note}"


def _read_target(repository: Repository, path: str) -> bytes:
    target = repository.root / path
    if target.is_symlink() or any(
        (repository.root / parent).is_symlink() for parent in Path(path).parents
    ):
        raise LabcoatError("it is a symlink, or below one", "Edit the file that it leads to")
    return reading.read_file(target) if target.exists() else b""


def _has_uncommitted_changes(repository: Repository, path: str) -> bool:
    """Whether a tracked file differs from HEAD; runs no filter of the repository."""
    if not repository.index_entries({path}) or not git.head_commit(repository.root):
        return False
    now = git.run_git(repository.root, "hash-object", "--no-filters", "--", path).decode().strip()
    committed = git.run_git(
        repository.root, "rev-parse", "--verify", "--quiet", f"HEAD:./{path}", statuses=(0, 1, 128)
    )
    return now != committed.decode().strip()


def append_line(data: bytes, line: str) -> bytes:
    """Return `data` with `line` at its end, in the file's line endings.

    Return `data` itself if it has the line and the line takes effect: a pattern if no negation
    follows, a negation if no other line does.
    """
    ending = b"\r\n" if data.count(b"\r\n") * 2 > data.count(b"\n") else b"\n"
    added = os.fsencode(line)
    lines = data.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    after = lines[::-1].index(added) if added in lines else None
    if after == 0 or (
        after
        and not added.startswith(b"!")
        and not any(each.startswith(b"!") for each in lines[-after:])
    ):
        return data
    gap = b"" if not data or data.endswith(b"\n") else ending
    return data + gap + added + ending


def replace_line(data: bytes, line: int, old: str, new: tuple[str, ...]) -> bytes:
    """Return `data` with the lines `new` instead of line `line`, if that still reads `old`."""
    lines = data.splitlines(keepends=True)
    if line > len(lines):
        return data
    body = lines[line - 1].rstrip(b"\r\n")
    if body.removeprefix(_UTF8_MARK).decode("utf-8", "surrogateescape").strip() != old.strip():
        return data
    ending = lines[line - 1][len(body) :] or b"\n"
    lines[line - 1] = b"".join(each.encode("utf-8", "surrogateescape") + ending for each in new)
    return b"".join(lines)


def reencode_ignore_file(data: bytes) -> bytes:
    """Return an ignore file as UTF-8 with line feeds, without NUL and no-break spaces."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    elif data.count(b"\0") * 3 > len(data):  # UTF-16 without a byte order mark
        text = data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    else:
        text = data.decode("utf-8", "surrogateescape")
    text = re.sub("(?<!Icon)\r(?!\n|$)", "\n", text.replace("\0", "").replace("\xa0", " "))
    return text.encode("utf-8", "surrogateescape")


def _pin_digest(repository: Repository, path: str, line: int, image: str) -> str:
    from labcoat.container.engine.local_images import local_digest

    digest = local_digest(Project.here(), image)
    if not digest:
        raise LabcoatError(
            f"line {line}: the Docker engine has no digest of `{image}`",
            f"Run `docker pull {image}` first",
        )
    data = _read_target(repository, path)
    old = data.splitlines()[line - 1].decode("utf-8", "replace")
    if image not in old:
        raise LabcoatError(f"line {line}: `{image}` comes from an ARG", "Pin its default")
    new = (old.replace(image, f"{image}@{digest}", 1),)
    return _rewrite_file(
        repository, path, f"pinned {image}", lambda data: replace_line(data, line, old, new)
    )


def _relock(repository: Repository, path: str) -> str:
    # Isolated, and by this interpreter: PATH may have an older `python3`, or none.
    command = [sys.executable, "-IS", str(Path(__file__).parent.parent), "lock"]
    done = subprocess.run(command, cwd=repository.root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabcoatError(
            f"cannot lock `{path}`: {' '.join(done.stderr.split())[:300]}",
            "Run `make requirements`",
        )
    return f"{path}: locked again"
