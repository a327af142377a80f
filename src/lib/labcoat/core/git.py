"""Git is asked, never imitated; and of the repository that it is asked about, nothing is run.

Every call names the repository explicitly and overrides each setting through which a repository's own configuration
could have a program run: hooks, fsmonitor, transports, signature checks. None of the calls makes git run filters. The
settings of the person are left out too, so that everybody gets the same answer.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from labcoat.core.errors import LabcoatError

# What a repository's configuration could have git run or read outside of it, with the value that prevents it.
_OVERRIDES: Mapping[str, str] = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.excludesFile": os.devnull,
    "core.attributesFile": os.devnull,
    "core.sshCommand": "false",
    "core.gitProxy": "false",
    "core.askPass": "false",
    "core.alternateRefsCommand": "false",
    "core.quotePath": "false",
    "credential.helper": "",
    "gpg.program": "false",
    "log.showSignature": "false",
    "protocol.allow": "never",
    "submodule.recurse": "false",
}
_ENVIRONMENT: Mapping[str, str] = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ALLOW_PROTOCOL": "none",  # a partial clone would fetch what it lacks
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_PATIENCE = 600  # seconds; a million files take less than one minute, a pipe in place of a .gitignore takes for ever
_NO_GIT = LabcoatError("There is no git on this machine's PATH.", "Install git.", status=2)


def git_root(folder: Path) -> Path | None:
    """The root of the working tree that holds `folder`: the nearest folder upward with a `.git`; None for none."""
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow symlinks
    for each in (folder, *folder.parents):
        if os.path.lexists(each / ".git"):
            return each
    return None


def is_bare(folder: Path) -> bool:
    """Whether `folder` looks like a repository without a working tree."""
    return (
        (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()
    )


def run_git(root: Path, *args: str, stdin: bytes = b"", statuses: Sequence[int] = (0,)) -> bytes:
    """What `git args` prints, run in `root`.

    Raises Failure where there is no git, no repository, or where git's exit status is not one of `statuses`.
    """
    return finish_git(start_git(root, *args), args[0], root, stdin, statuses=statuses)


def finish_git(
    process: "subprocess.Popen[bytes]",
    name: str,
    root: Path,
    stdin: bytes = b"",
    statuses: Sequence[int] = (0,),
) -> bytes:
    """What a command that was started prints, once it has ended. Raises Failure like `run`."""
    return _checked(process, name, root, _ended(process, stdin), statuses)


def _ended(process: "subprocess.Popen[bytes]", stdin: bytes = b"") -> tuple[bytes, bytes]:
    try:
        return process.communicate(stdin, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return b"", f"it did not answer in {_PATIENCE} s".encode()


def _checked(
    process: "subprocess.Popen[bytes]",
    name: str,
    root: Path,
    ended: tuple[bytes, bytes],
    statuses: Sequence[int],
) -> bytes:
    out, error = ended
    if process.returncode not in statuses:
        reason = (
            error.decode(errors="replace").strip().splitlines()
            or [f"exit status {process.returncode}"]
        )[0]
        raise LabcoatError(
            f"git {name} failed in {root}: {reason}", "Run the same with git to see more.", status=2
        )
    return out


def start_git(
    root: Path, *args: str, personal: bool = False, stdout: IO[bytes] | int = subprocess.PIPE
) -> "subprocess.Popen[bytes]":
    """Start `git args` in `root` and do not wait for it; what it prints goes to `stdout`.

    With `personal`, the settings of the person count too, as the global excludes file. Raises Failure like `run`.
    """
    tree = git_root(root)
    if tree is None:
        raise LabcoatError(
            f"{root} is not in a git repository.",
            "Run `git init`, or go to the repository.",
            status=2,
        )
    settings = {
        key: value
        for key, value in _OVERRIDES.items()
        if not (personal and key == "core.excludesFile")
    }
    command = ["git", f"--git-dir={tree / '.git'}", f"--work-tree={tree}", "--no-pager"]
    command += [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            [*command, *args],
            cwd=root,
            env=git_environment(personal=personal),
            stdin=pipe,
            stdout=stdout,
            stderr=pipe,
        )
    except FileNotFoundError as error:
        raise _NO_GIT from error


class BackgroundGit:
    """A command that goes on while something else is done.

    It prints to a file: a pipe would have to be emptied all the while, by a thread that takes turns with what else is done.
    """

    def __init__(self, root: Path, *args: str) -> None:
        self._root, self._name = root, args[0]
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - it goes with this object
        self._process = start_git(root, *args, stdout=self._printed)

    def result(self, statuses: Sequence[int] = (0,)) -> bytes:
        """What it printed, once it has ended. Raises Failure like `run`."""
        _, error = _ended(self._process)
        self._printed.seek(0)
        return _checked(
            self._process, self._name, self._root, (self._printed.read(), error), statuses
        )


def git_environment(
    environ: Mapping[str, str] = os.environ, *, personal: bool = False
) -> dict[str, str]:
    """The environment git is run in: without GIT_ variables, and unless `personal` without the person's settings."""
    kept = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
    mine = {"GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL"} if personal else set()
    return kept | {name: value for name, value in _ENVIRONMENT.items() if name not in mine}


def git_lines(
    root: Path, *args: str, stdin: Iterable[str] = (), statuses: Sequence[int] = (0,)
) -> list[str]:
    """The NUL-separated records that `git args` prints; `stdin` is given to it the same way."""
    given = b"".join(os.fsencode(each) + b"\0" for each in stdin)
    return split_nul(run_git(root, *args, stdin=given, statuses=statuses))


def split_nul(output: bytes) -> list[str]:
    """NUL-separated records as Python's `os` spells names, so that they can be opened."""
    return os.fsdecode(output).split("\0")[:-1]


def blob_contents(root: Path, ids: Iterable[str]) -> dict[str, bytes]:
    """The contents of objects, by their ids; what is not there, as in a partial clone, is left out."""
    return dict(each_blob(root, ids))


def each_blob(
    root: Path, ids: Iterable[str], most: int | None = None
) -> Iterator[tuple[str, bytes]]:
    """The same one after another, so that only one is held at a time; of each at most its first `most` bytes."""
    given = "".join(f"{each}\n" for each in dict.fromkeys(ids)).encode()
    if not given:
        return
    with tempfile.TemporaryFile() as printed:
        finish_git(start_git(root, "cat-file", "--batch", stdout=printed), "cat-file", root, given)
        printed.seek(0)
        while header := printed.readline():
            name, *_, size = header.decode().split()
            if size.isdecimal():
                end = printed.tell() + int(size) + 1
                yield name, printed.read(int(size) if most is None else min(int(size), most))
                printed.seek(end)


def head_commit(root: Path) -> str:
    """The commit that is checked out, an empty string before the first."""
    return (
        run_git(root, "rev-parse", "--verify", "--quiet", "HEAD", statuses=(0, 1)).decode().strip()
    )


def last_commit_time(root: Path, paths: Iterable[str | Path]) -> int | None:
    """Seconds since the epoch of the last commit that changed any of `paths`; None where none did."""
    if not head_commit(root):
        return None
    answer = run_git(root, "log", "-1", "--format=%ct", "--", *map(str, paths)).decode().strip()
    return int(answer) if answer else None


def remote_url(root: Path, name: str = "origin") -> str:
    """The address of a remote as it is configured, without a user name or password in it; empty for none."""
    url = (
        run_git(root, "config", "--get", f"remote.{name}.url", statuses=(0, 1))
        .decode(errors="replace")
        .strip()
    )
    scheme, found, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if found else url
