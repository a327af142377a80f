"""Ask git, safely: nothing in the repository that it is asked about is executed.

Every call names the repository explicitly and overrides each setting through which a repository's
configuration could run a program: hooks, fsmonitor, transports, signature checks. None of the calls
makes git run filters. User settings are left out too, so that everyone gets the same answer.
"""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from labcoat.core import reading
from labcoat.core.errors import LabcoatError
from labcoat.core.git_wait import wait_for_git

# Settings with which a repository could make git run a program or read outside of it; safe values.
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
_NO_GIT = LabcoatError("git is not installed, or not on PATH", "Install git", status=2)


def git_root(folder: Path) -> Path | None:
    """Return the root of the working tree that contains `folder`, or None.

    It is the nearest directory upward with a `.git`.
    """
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
    """Return what `git args` prints in `root`.

    Raise LabcoatError if there is no git or no repository, or the exit status is not in `statuses`.
    """
    return finish_git(start_git(root, *args), command_name(args), root, stdin, statuses=statuses)


def command_name(args: Sequence[str]) -> str:
    """Return the command among the arguments of git, after its `-c name=value`."""
    pairs = zip(args, ("", *args), strict=False)
    return next((word for word, before in pairs if "-c" not in (word, before)), "")


def finish_git(
    process: "subprocess.Popen[bytes]",
    name: str,
    root: Path,
    stdin: bytes = b"",
    statuses: Sequence[int] = (0,),
) -> bytes:
    """Return what a started command printed, once it has ended.

    Raise LabcoatError like `run_git`.
    """
    return _checked(
        process, name, root, wait_for_git(process, git_root(root) or root, stdin), statuses
    )


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
            f"git {name} failed in {root}: {reason}",
            "Run the same command with git to see more",
            status=2,
        )
    return out


def start_git(
    root: Path, *args: str, personal: bool = False, stdout: IO[bytes] | int = subprocess.PIPE
) -> "subprocess.Popen[bytes]":
    """Start `git args` in `root` without waiting; its output goes to `stdout`.

    With `personal`, the user's own settings count, such as the global excludes file. Raise
    LabcoatError like `run_git`.
    """
    tree = git_root(root)
    if tree is None:
        raise LabcoatError(
            f"{root} is not in a git repository",
            "Run `git init`, or change to the repository",
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
            env=git_environment(personal=personal) | _commit_index(tree),
            stdin=pipe,
            stdout=stdout,
            stderr=pipe,
        )
    except FileNotFoundError as error:
        raise _NO_GIT from error


class BackgroundGit:
    """A git command that runs while labcoat does something else.

    It writes to a file: a pipe would need a thread that empties it.
    """

    def __init__(self, root: Path, *args: str) -> None:
        self._root, self._name = root, args[0]
        self._printed = _open_unnamed()
        self._process = start_git(root, *args, stdout=self._printed)

    def result(self, statuses: Sequence[int] = (0,)) -> bytes:
        """Return what it printed, once it has ended. Raise LabcoatError like `run_git`."""
        _, error = wait_for_git(self._process, git_root(self._root) or self._root)
        self._printed.seek(0)
        return _checked(
            self._process, self._name, self._root, (self._printed.read(), error), statuses
        )


def _open_unnamed() -> IO[bytes]:
    """Return an empty file without a name: in memory, or on disk where the system has no such."""
    try:
        return open(os.memfd_create("git"), "w+b")  # noqa: PTH123 - a descriptor
    except (AttributeError, OSError):
        import tempfile  # with what it imports it takes as long as git's answer

        return tempfile.TemporaryFile()


def _commit_index(tree: Path) -> dict[str, str]:
    """Return the variable that names the index of the commit that git is making, in a hook.

    `git commit -a` and `git commit FILE` commit an index of their own.
    """
    index = os.environ.get("GIT_INDEX_FILE")
    if not index or git_root(Path.cwd()) != tree:
        return {}
    return {"GIT_INDEX_FILE": str(tree / index)}


def index_file(root: Path) -> Path:
    """Return the index that git reads in `root`, which is in a git repository."""
    tree = git_root(root) or root
    if given := _commit_index(tree).get("GIT_INDEX_FILE"):
        return Path(given)
    folder = tree / ".git"
    if folder.is_file():  # of a worktree or a submodule
        target = reading.read_inside(tree, ".git").decode(errors="replace")
        folder = tree / target.removeprefix("gitdir:").strip()
    return folder / "index"


def git_environment(
    environ: Mapping[str, str] = os.environ, *, personal: bool = False
) -> dict[str, str]:
    """Return the environment for git: no GIT_ variables, and user settings only if `personal`."""
    kept = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
    mine = {"GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL"} if personal else set()
    return kept | {name: value for name, value in _ENVIRONMENT.items() if name not in mine}


def git_lines(
    root: Path, *args: str, stdin: Iterable[str] = (), statuses: Sequence[int] = (0,)
) -> list[str]:
    """Return the NUL-separated records that `git args` prints; `stdin` is passed the same way."""
    given = b"".join(os.fsencode(each) + b"\0" for each in stdin)
    return split_nul(run_git(root, *args, stdin=given, statuses=statuses))


def split_nul(output: bytes) -> list[str]:
    """Split NUL-separated records, decoded like file names so that they can be opened."""
    return os.fsdecode(output).split("\0")[:-1]


def blob_contents(root: Path, ids: Iterable[str]) -> dict[str, bytes]:
    """Return the contents of objects by id; missing ones, as in a partial clone, are left out."""
    return dict(each_blob(root, ids))


def each_blob(
    root: Path, ids: Iterable[str], most: int | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield the contents one by one, so that only one is in memory, at most `most` bytes each."""
    given = "".join(f"{each}\n" for each in dict.fromkeys(ids)).encode()
    if not given:
        return
    import tempfile

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
    """Return the commit that is checked out; empty before the first commit."""
    return (
        run_git(root, "rev-parse", "--verify", "--quiet", "HEAD", statuses=(0, 1)).decode().strip()
    )


def last_commit_time(root: Path, paths: Iterable[str | Path]) -> int | None:
    """Return the time of the last commit that changed any of `paths`, in seconds since 1970.

    None if there is no such commit.
    """
    if not head_commit(root):
        return None
    answer = run_git(root, "log", "-1", "--format=%ct", "--", *map(str, paths)).decode().strip()
    return int(answer) if answer else None


def earlier_versions(path: Path, most: int = 10) -> Iterator[str]:
    """Yield the committed texts of a file, the newest first; none without git or commits."""
    root = git_root(path.parent)
    if root is None:
        return
    try:
        relative = path.absolute().relative_to(root).as_posix()
        commits = run_git(root, "log", f"--max-count={most}", "--format=%H", "--", relative)
        for commit in commits.decode().split():
            found = run_git(root, "cat-file", "blob", f"{commit}:{relative}")
            yield found.decode("utf-8", "replace")
    except (LabcoatError, ValueError):  # no commit yet, or the file was removed in one
        return


def remote_url(root: Path, name: str = "origin") -> str:
    """Return the address of a remote without user name and password; empty if there is none."""
    url = (
        run_git(root, "config", "--get", f"remote.{name}.url", statuses=(0, 1))
        .decode(errors="replace")
        .strip()
    )
    scheme, found, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if found else url
