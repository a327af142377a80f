"""Write files safely: aside and renamed, directories swapped, one labcoat at a time."""

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.terminal import print_progress


def write_log(path: Path, output: str) -> None:
    """Write what a program printed, for its owner alone: it may show what should be secret."""
    if path.is_file() and not path.is_symlink():
        path.chmod(0o600)
    write_file(path, output, mode=0o600)


def write_file(path: Path, content: str | bytes, *, mode: int | None = None) -> None:
    """Replace the content of `path`, completely or not at all; its mode and a symlink stay.

    A new file gets the `mode`, by default the one that the umask gives. Raise LabcoatError if
    `path` is not a regular file, such as a directory, a device or a link to itself.
    """
    data = content.encode() if isinstance(content, str) else content
    path = Path(os.path.realpath(path))
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise LabcoatError(f"cannot write {path}: not a regular file", "Move it to another place")
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else mode
    aside = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    # Until it has the mode of the file that it replaces, only its owner can read it.
    create = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    handle = os.open(aside, create, 0o666 if mode is None else 0o600)
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(data)
            if mode is not None:
                os.fchmod(file.fileno(), mode)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_output(path: Path, text: str) -> None:
    """Write `text` where the user asked for it: a file completely or not at all, links followed.

    Pipes and devices are written directly. Raise LabcoatError if `path` cannot be written.
    """
    # Names in these two, such as /dev/stdout, are open already: no file may replace them.
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
            f"cannot write {path}: {error.strerror}",
            "Name another file, or check its permissions",
        ) from None


def text_digest(data: bytes) -> str:
    """Return `sha256:` and the hexadecimal digest; CRLF counts as LF, as git stores it."""
    import hashlib  # loads OpenSSL, which takes a twentieth of the time of a check

    return "sha256:" + hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


@contextlib.contextmanager
def file_lock(lock: Path) -> Iterator[None]:
    """Hold the file `lock`, so that one process at a time runs the block.

    The system releases it however the process ends.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print_progress("waiting for another labcoat in this project")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def directory_lock(folder: Path) -> Iterator[None]:
    """Hold `folder` itself, so that one process at a time runs the block and no file is left.

    On file systems that cannot lock a directory, such as NFS, the block runs without.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print_progress("waiting for another labcoat in this project")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            pass
        yield
    finally:
        os.close(descriptor)


def is_read_only(error: OSError) -> bool:
    """Whether `error` says that this user may not write: the project may belong to another."""
    return error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}


def require_writable(folder: Path) -> None:
    """Raise OSError, as the system would, if this user cannot create files in `folder`."""
    if not os.access(folder, os.W_OK | os.X_OK):
        is_sealed = os.statvfs(folder).f_flag & os.ST_RDONLY
        number = errno.EROFS if is_sealed else errno.EACCES
        raise OSError(number, os.strerror(number), str(folder))


def state_folder(folder: Path) -> Path:
    """Create labcoat's own directory in a project, with a .gitignore for all of it.

    Raise LabcoatError if it is a symlink, which could lead anywhere.
    """
    if folder.is_symlink():
        raise LabcoatError(
            f"`{folder.name}` is a symlink, and labcoat writes only into its own directory",
            "Remove the link",
        )
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        write_file(ignore, "*\n")
    return folder


def remove_path(path: Path) -> None:
    """Remove a file, a link or a directory tree; do nothing if there is none."""
    if path.is_dir() and not path.is_symlink():
        try:
            import shutil  # takes a while, and few commands remove folders

            shutil.rmtree(path)
        except OSError as error:  # rmtree names a file without its directory
            raise OSError(error.errno, error.strerror, str(path)) from None
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def swap_directory(folder: Path, is_whole: Callable[[Path], bool]) -> Iterator[None]:
    """Make room for a new `folder`; if the block fails, restore the old one.

    A killed run leaves an incomplete directory and the old one as backup: the backup is restored
    first.
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
    """Return where `folder` is while a new one is created."""
    return folder.with_name(f"{folder.name}.before")
