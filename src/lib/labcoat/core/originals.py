"""What files of a repository were before labcoat changed them, so that it can be undone.

`undo/record.json` in the project's state directory lists steps; each has, for the name of a file,
the digests of its bytes before and after. The bytes are in `undo/files`, named by their digests.
`labcoat clean` keeps both.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from labcoat.core import files, reading
from labcoat.core.records import Record
from labcoat.core.text_encoding import decode_text, encode_like
from labcoat.core.text_merge import merge_undo

FOLDER = "undo"
_RECORD = "record.json"
Step = dict[str, tuple[str | None, str | None]]  # name to digests before and after; None: no file


class UndoneFile(Record):
    """What `undo_steps` did with a file; for one that was `kept`, where its earlier bytes are."""

    name: str
    verdict: Literal["restored", "removed", "merged", "kept"]
    original: Path | None = None


def has_record(state: Path) -> bool:
    """Whether there is something to undo in a project with this state directory."""
    return (state / FOLDER / _RECORD).exists()


def has_written(state: Path, name: str) -> bool:
    """Whether labcoat wrote the file `name`, relative to the project, in a recorded step."""
    return any(name in step for step in _read_steps(state / FOLDER))


def record_step(state: Path, changes: Mapping[str, tuple[bytes | None, bytes | None]]) -> None:
    """Record what is about to be written: the name of a file to its bytes before and after."""
    folder = files.state_folder(state) / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)  # the files may have had narrower modes
    with files.directory_lock(folder):
        step = {
            name: (_keep(folder, before), _keep(folder, after))
            for name, (before, after) in changes.items()
        }
        _write_steps(folder, [*_read_steps(folder), step])


def record_replacement(state: Path, root: Path, path: Path, after: bytes, *, always: bool) -> None:
    """Record that labcoat is about to write `path`, which it has not planned with others.

    Without `always`, only where something else can be undone already. A file that labcoat wrote
    last keeps the bytes that it had before.
    """
    name = os.path.relpath(path, root)
    if not is_inside(name) or not (always or has_record(state)):
        return
    before = _read(path)
    if before == after:
        return
    folder = state / FOLDER
    steps = _read_steps(folder)
    latest = next((step for step in reversed(steps) if name in step), None)
    if latest is None or before is None or latest[name][1] != digest_bytes(before):
        record_step(state, {name: (before, after)})
        return
    with files.directory_lock(folder):
        latest[name] = (latest[name][0], digest_bytes(after))
        _write_steps(folder, steps)


def write_undoable(path: Path, text: str, *, always: bool = False) -> None:
    """Write a file of the project in its directory; `undo_steps` takes it back, as above."""
    state = path.parent / ".labcoat"
    record_replacement(state, path.parent, path, text.encode(), always=always)
    files.write_file(path, text)


def undo_steps(root: Path, state: Path, *, last_only: bool = False) -> list[UndoneFile]:
    """Give the files that labcoat wrote in `root` the bytes they had before; return each.

    What somebody has changed since stays: of a text, the lines that labcoat did not write. Files
    that stay as they are stay in the record.
    """
    folder = state / FOLDER
    done: dict[str, UndoneFile] = {}
    left: list[Step] = []
    if not has_record(state):
        return []
    with files.directory_lock(folder):
        steps = _read_steps(folder)
        kept, undone = (steps[:-1], steps[-1:]) if last_only else ([], steps)
        for step in reversed(undone):
            rest: Step = {}
            for name, (before, after) in reversed(step.items()):
                result = _undo_file(root, folder, name, before, after)
                if result and (name not in done or done[name].verdict != "kept"):
                    done[name] = result
                if result and result.verdict == "kept":
                    rest[name] = (before, after)
            left = [rest, *left] if rest else left
        _write_steps(folder, [*kept, *left])
    if not kept and not left:
        _remove_record(state)
    return sorted(done.values(), key=lambda each: each.name)


def _linked_file(path: Path, root: Path) -> Path:
    """Return the file that was written where `path` is a link in `root`, which stays."""
    target = path.resolve()
    return target if target.is_relative_to(root.resolve()) else path


def _undo_file(
    root: Path, folder: Path, name: str, before: str | None, after: str | None
) -> UndoneFile | None:
    path = root / name
    current = _read(path)
    digest = None if current is None else digest_bytes(current)
    if digest == before:
        return None
    if digest == after:
        if before is None:
            _linked_file(path, root).unlink()
            return UndoneFile(name, "removed")
        files.write_file(path, _original(folder, before).read_bytes())
        return UndoneFile(name, "restored")
    merged = None if current is None else _merge(folder, before, after, current)
    if merged is not None:
        files.write_file(path, merged)
        return UndoneFile(name, "merged")
    return UndoneFile(name, "kept", _original(folder, before) if before else None)


def _merge(folder: Path, before: str | None, after: str | None, current: bytes) -> bytes | None:
    """Return `current` without labcoat's lines; None if they cannot be told from others."""
    if before is None or after is None:
        return None
    try:
        old, new, now = (
            decode_text(data)
            for data in (
                _original(folder, before).read_bytes(),
                _original(folder, after).read_bytes(),
                current,
            )
        )
    except (ValueError, FileNotFoundError):
        return None
    merged = merge_undo(old, new, now)
    return None if merged is None else encode_like(merged, current)


def _remove_record(state: Path) -> None:
    files.remove_path(state / FOLDER)
    if not [each for each in state.iterdir() if each.name != ".gitignore"]:
        files.remove_path(state)


def _read_steps(folder: Path) -> list[Step]:
    """Return the steps; without names outside the project, for the record may be planted."""
    try:
        steps = json.loads((folder / _RECORD).read_bytes())["steps"]
        return [
            {
                name: (before, after)
                for name, (before, after) in step.items()
                if is_inside(name) and _is_digest(before) and _is_digest(after)
            }
            for step in steps
        ]
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return []


def is_inside(name: str) -> bool:
    """Whether a relative name leads to a file below the directory that it is relative to."""
    parts = Path(name).parts
    return bool(parts) and not Path(name).is_absolute() and os.pardir not in parts


def _is_digest(value: object) -> bool:
    return value is None or (isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{64}", value)))


def _write_steps(folder: Path, steps: list[Step]) -> None:
    files.write_file(folder / _RECORD, json.dumps({"version": 1, "steps": steps}, indent=1) + "\n")


def _keep(folder: Path, data: bytes | None) -> str | None:
    if data is None:
        return None
    digest = digest_bytes(data)
    if not _original(folder, digest).exists():
        files.write_file(_original(folder, digest), data)
    return digest


def _original(folder: Path, digest: str) -> Path:
    return folder / "files" / digest


def digest_bytes(data: bytes) -> str:
    """Return the name under which `data` is kept."""
    return hashlib.sha256(data).hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        return reading.read_file(path)
    except FileNotFoundError:
        return None
