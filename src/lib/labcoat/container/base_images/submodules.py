"""Git submodules: the commit that each is pinned to, where it is had from, and its files at that commit."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from labcoat.core import git
from labcoat.core.errors import LabcoatError


def pinned_commit(root: Path) -> dict[str, str]:
    """The path, relative to `root`, of each submodule below it, with the commit that is pinned."""
    if not git.git_root(root):
        return {}
    records = (
        line.split(maxsplit=3)
        for line in git.run_git(root, "ls-files", "--stage").decode().splitlines()
    )
    return {path: commit for mode, commit, _, path in records if mode == "160000"}


def fetch_submodule(root: Path, path: str) -> None:
    """Have the submodule's files there, at its pinned commit. Raises Failure where they cannot be had."""
    held = {each.name for each in (root / path).iterdir()} if (root / path).is_dir() else set()
    if (
        held > {".git"}
        and _git(root / path, "rev-parse", "HEAD").stdout.strip() == pinned_commit(root)[path]
    ):
        return
    # A fetch that failed or was killed leaves a repository without files, which git then takes for complete.
    again = ["--force"] if held == {".git"} else []
    print(f"labcoat: fetching {path}", file=sys.stderr)
    done = _git(
        root, *_local(root, path), "submodule", "update", "--init", "--checkout", *again, "--", path
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["git did not say why"]
        reason = next((line for line in said if line.startswith("fatal: ")), said[-1]).removeprefix(
            "fatal: "
        )
        setting = shlex.quote(f"submodule.{_name(root, path)}.url")
        todo = (
            f"See to the network, or name a mirror: git config {setting} ADDRESS, then make extern."
        )
        raise LabcoatError(
            f"The submodule {path} cannot be fetched from {submodule_url(root, path)} ({reason}).",
            todo,
        )


def newest_commit(root: Path, path: str) -> str:
    """The commit that the submodule's upstream has now; empty where it cannot be reached."""
    said = _git(
        _top(root), *_local(root, path), "ls-remote", "--", submodule_url(root, path), "HEAD"
    )
    return said.stdout.split("\t")[0] if said.returncode == 0 else ""


def submodule_url(root: Path, path: str) -> str:
    """Where the submodule is had from: what the person's own settings say, else .gitmodules; empty where neither does."""
    return _own_url(root, path) or _given_url(root, path)


def _own_url(root: Path, path: str) -> str:
    """What the person's settings say; git copies there what .gitmodules says when it fetches."""
    return _config(root, f"submodule.{_name(root, path)}.url")


def _given_url(root: Path, path: str) -> str:
    given = _config(root, "--file", ".gitmodules", f"submodule.{_name(root, path)}.url")
    return seen_from(_remote(root), given) if given.startswith(("./", "../")) else given


def _name(root: Path, path: str) -> str:
    """The name of the submodule at `path` in git's settings; it stays when the submodule moves."""
    place = os.path.relpath(root / path, _top(root))
    said = _git(
        _top(root),
        "config",
        "--file",
        ".gitmodules",
        "-z",
        "--get-regexp",
        r"^submodule\..*\.path$",
    ).stdout
    keys = {value: key for key, _, value in (record.partition("\n") for record in said.split("\0"))}
    return (
        keys.get(place, f"submodule.{place}.path").removeprefix("submodule.").removesuffix(".path")
    )


def _remote(root: Path) -> str:
    """What a relative address is relative to: the remote of the branch, else origin, else the repository's own folder."""
    branch = _git(root, "symbolic-ref", "--quiet", "--short", "HEAD").stdout.strip()
    remote = _config(root, f"branch.{branch}.remote") or "origin"
    return _config(root, f"remote.{remote}.url") or str(_top(root))


def seen_from(remote: str, relative: str) -> str:
    """The address that `relative`, which begins with ./ or ../, is from `remote` (git's relative_url, remote.c)."""
    remote = remote.removesuffix("/")
    is_local = ":" not in remote.partition("/")[0]
    if is_local and not remote.startswith(("/", "./", "../")):
        remote = f"./{remote}"
    sign = "/"
    while relative.startswith(("./", "../")):
        step, _, relative = relative.partition("/")
        if step == ".":
            continue
        if "/" in remote:
            remote = remote.rpartition("/")[0]
        elif ":" in remote:  # host:project, which ssh reads from the home folder
            remote, sign = remote.rpartition(":")[0], ":"
        else:
            remote = "."
    return f"{remote}{sign}{relative}".removesuffix("/").removeprefix("./")


def _local(root: Path, path: str) -> tuple[str, ...]:
    """Words that let git fetch from a folder, which it refuses to a submodule, where the person named one as the mirror."""
    own = _own_url(root, path)
    return ("-c", "protocol.file.allow=always") if own and own != _given_url(root, path) else ()


def _top(root: Path) -> Path:
    return git.git_root(root) or root


def _config(root: Path, *words: str) -> str:
    *file, key = words
    return _git(_top(root), "config", *file, "--get", key).stdout.strip()


def _git(root: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Git as the person has it: fetching needs their credentials and proxies."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}
    }
    environ["GIT_TERMINAL_PROMPT"] = "0"
    return subprocess.run(
        ["git", *words], cwd=root, env=environ, capture_output=True, text=True, check=False
    )
