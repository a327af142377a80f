"""Files written aside and renamed, folders swapped, one labcoat at a time."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from labcoat.core.errors import LabcoatError


def write_file(path: Path, text: str) -> None:
    """Give `path` this text, whole or not at all; its mode stays, and where it is a symlink, so does that.

    Raises Failure where something is there that is no file, such as a folder, a device or a link that leads to itself.
    """
    path = Path(os.path.realpath(path))
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise LabcoatError(f"{path} is no file that can be written.", "Move it away.")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    aside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        aside.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o644)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_output(path: Path, text: str) -> None:
    """Write `text` where a person says: a file whole or not at all, a pipe or a device as it is; links are followed.

    Raises Failure where it cannot be written.
    """
    # What stands in these two is open already, as /dev/stdout: a new file of that name would not be the one that is meant.
    is_given = path.absolute().parts[1:2] in {("dev",), ("proc",)}
    try:
        if path.exists() and (is_given or not path.is_file()):
            with path.open("w", encoding="utf-8", newline="") as file:
                file.write(text)
        else:
            write_file(path, text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise LabcoatError(
            f"{path} cannot be written: {error.strerror}.",
            "Name another file, or see to its permissions.",
        ) from None


def text_digest(data: bytes) -> str:
    """`sha256:` and the hexadecimal digest; line endings count as git stores them."""
    return "sha256:" + hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


@contextlib.contextmanager
def file_lock(lock: Path) -> Iterator[None]:
    """Hold `lock`, a file, so that one process at a time is in here. The system lets go of it however we end."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("labcoat: waiting for another labcoat that works here", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def state_folder(folder: Path) -> Path:
    """Make labcoat's own folder in a project, which git passes over."""
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        write_file(ignore, "*\n")
    return folder


def remove_path(path: Path) -> None:
    """Remove a file, a link or a whole folder; nothing there is as good."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def swap_directory(folder: Path, is_whole: Callable[[Path], bool]) -> Iterator[None]:
    """Make room for a new `folder`; if what follows fails, put back what was there.

    A run that was killed leaves a folder that is not whole, and the one before aside: that one comes back first.
    """
    before = backup_path(folder)
    if is_whole(before) and not is_whole(folder):
        remove_path(folder)
        before.rename(folder)
    remove_path(before)
    if folder.exists():
        folder.rename(before)
    try:
        yield
    except BaseException:
        remove_path(folder)
        if before.exists():
            before.rename(folder)
        raise
    remove_path(before)


def backup_path(folder: Path) -> Path:
    """Where `folder` stands while a new one is made."""
    return folder.with_name(f"{folder.name}.before")
