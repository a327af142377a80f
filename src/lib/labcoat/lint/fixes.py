"""Mend what was found: the safe fixes, and the others where they are asked for.

A file is written aside and renamed; its mode, its line endings and what it says elsewhere stay.
"""

import os
import re
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from labcoat.core import git
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.lint.findings import (
    Append,
    Edit,
    Finding,
    PinDigest,
    Private,
    Reencode,
    Relock,
    Remove,
    Replace,
    Untrack,
)
from labcoat.lint.repository.repository import Repository, open_repository
from labcoat.lint.runner import Selection, run_rules

_ROUNDS = (
    3  # a fix can bring another finding to light, as a pattern in an ignore file that was UTF-16
)


def apply_fixes(root: Path, selection: Selection, *, unsafe: bool = False) -> list[str]:
    """Apply what can be mended in the repository at `root`; one line for each thing that was done, or was not and why."""
    done: list[str] = []
    for _ in range(_ROUNDS):
        repository = open_repository(root)
        edits = _edits(run_rules(repository, selection).findings, unsafe=unsafe)
        before = len(done)
        done += [line for edit in edits if (line := _apply(repository, edit)) and line not in done]
        if len(done) == before:
            break
    return done


def _edits(findings: Iterable[Finding], *, unsafe: bool) -> list[Edit]:
    """What is to be done, each once; replacements from the end of a file upward, so that lines keep their numbers."""
    chosen = [each.fix for each in findings if each.fix is not None and (each.fix.safe or unsafe)]
    edits = list(dict.fromkeys(edit for one in chosen for edit in one.edits))
    lines = [edit for edit in edits if isinstance(edit, Replace | PinDigest)]
    ordered = sorted(lines, key=lambda edit: (edit.path, -edit.line))
    return [*ordered, *(edit for edit in edits if not isinstance(edit, Replace | PinDigest))]


def _apply(repository: Repository, edit: Edit) -> str:
    """Do one thing and say what; an empty string where there was nothing to do."""
    try:
        return (
            _changed(repository, edit)
            if isinstance(edit, Append | Replace | Reencode | PinDigest)
            else _done(repository, edit)
        )
    except OSError as error:
        return f"{edit}: not done: {error.strerror or error}"


def _changed(repository: Repository, edit: Append | Replace | Reencode | PinDigest) -> str:
    match edit:
        case Append():
            return _written(
                repository,
                edit.path,
                f"added the line {edit.line}",
                lambda data: append_lines(data, edit.line),
            )
        case Replace():
            what = f"changed line {edit.line}"
            return _written(
                repository,
                edit.path,
                what,
                lambda data: replace_line(data, edit.line, edit.old, edit.new),
            )
        case Reencode():
            return _written(repository, edit.path, "written anew as UTF-8", reencode)
        case PinDigest():
            return _pin(repository, edit.path, edit.line, edit.image)


def _done(repository: Repository, edit: Untrack | Remove | Private | Relock) -> str:
    match edit:
        case Untrack(paths):
            named = [f":(literal){path}" for path in paths]
            git.run_git(
                repository.root, "rm", "-r", "-q", "--cached", "--ignore-unmatch", "--", *named
            )
            return f"{paths[0]}: taken out of the index{f', and {len(paths) - 1} more' if paths[1:] else ''}"
        case Remove(path):
            (repository.root / path).unlink()
            return f"{path}: removed"
        case Private(path):
            Path(path).chmod(0o600)
            return f"{path}: mode 600"
        case Relock(path):
            return _relock(repository, path)


def _written(repository: Repository, path: str, what: str, change: Callable[[bytes], bytes]) -> str:
    target = repository.root / path
    before = _content(repository, path)
    after = change(before)
    if after == before:
        return ""
    dirty = (
        " (it had changes that are not committed; they are kept)"
        if _dirty(repository, path)
        else ""
    )
    replace_file(target, after)
    return f"{path}: {what}{dirty}"


def _content(repository: Repository, path: str) -> bytes:
    target = repository.root / path
    if target.is_symlink() or any(
        (repository.root / parent).is_symlink() for parent in Path(path).parents
    ):
        raise OSError(None, "it is a symlink, or below one")
    return target.read_bytes() if target.exists() else b""


def _dirty(repository: Repository, path: str) -> bool:
    """Whether a tracked file differs from what is staged; no filter of the repository's is run to tell."""
    if not repository.entries({path}) or not git.head_commit(repository.root):
        return False
    now = git.run_git(repository.root, "hash-object", "--no-filters", "--", path).decode().strip()
    committed = git.run_git(
        repository.root, "rev-parse", "--verify", "--quiet", f"HEAD:./{path}", statuses=(0, 1, 128)
    )
    return now != committed.decode().strip()


def replace_file(target: Path, data: bytes) -> None:
    """Give `target` this content, whole or not at all, and the mode that it has."""
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
        os.replace(name, target)  # noqa: PTH105 - a name, not a path
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def append_lines(data: bytes, line: str) -> bytes:
    """`data` with `line` at its end, in its own line endings; as it is where a line is that already, and counts.

    A pattern counts where no negation comes after it, a negation where nothing does.
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
    """`data` with `new` in place of line `line`, if that still reads `old`."""
    lines = data.splitlines(keepends=True)
    if line > len(lines):
        return data
    body = lines[line - 1].rstrip(b"\r\n")
    if body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").strip() != old.strip():
        return data
    ending = lines[line - 1][len(body) :] or b"\n"
    lines[line - 1] = b"".join(each.encode("utf-8", "surrogateescape") + ending for each in new)
    return b"".join(lines)


def reencode(data: bytes) -> bytes:
    """An ignore file as UTF-8 text with line feeds, without NUL and no-break spaces."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    elif data.count(b"\0") * 3 > len(data):  # UTF-16 without a mark
        text = data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    else:
        text = data.decode("utf-8", "surrogateescape")
    text = re.sub("(?<!Icon)\r(?!\n|$)", "\n", text.replace("\0", "").replace("\xa0", " "))
    return text.encode("utf-8", "surrogateescape")


def _pin(repository: Repository, path: str, line: int, image: str) -> str:
    from labcoat.container.engine.local_images import local_digest

    try:
        digest = local_digest(Project.here(), image)
    except LabcoatError as error:
        return f"{path}: line {line} not pinned: {error.message}"
    if not digest:
        return f"{path}: line {line} not pinned: the local Docker engine knows no digest of {image}; `docker pull` it first"
    data = _content(repository, path)
    old = data.splitlines()[line - 1].decode("utf-8", "replace")
    if image not in old:
        return f"{path}: line {line} not pinned: {image} comes from an ARG; pin its default"
    new = (old.replace(image, f"{image}@{digest}", 1),)
    return _written(
        repository, path, f"pinned {image}", lambda data: replace_line(data, line, old, new)
    )


def _relock(repository: Repository, path: str) -> str:
    command = ["python3", str(Path(__file__).parent.parent), "lock"]
    done = subprocess.run(command, cwd=repository.root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabcoatError(
            f"{path} could not be locked: {' '.join(done.stderr.split())[:300]}",
            "Run `make requirements`.",
        )
    return f"{path}: locked anew"
