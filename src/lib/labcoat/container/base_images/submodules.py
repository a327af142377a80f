"""Git submodules: their pinned commits, their URLs, and their files at those commits."""

import os
import shlex
import subprocess
from pathlib import Path

from labcoat.core import git, terminal
from labcoat.core.errors import LabcoatError


def pinned_commits(root: Path) -> dict[str, str]:
    """Return the pinned commit of each submodule below `root`, by its path relative to `root`."""
    if not git.git_root(root):
        return {}
    records = (
        line.split(maxsplit=3)
        for line in git.run_git(root, "ls-files", "--stage").decode().splitlines()
    )
    return {path: commit for mode, commit, _, path in records if mode == "160000"}


def fetch_submodule(root: Path, path: str) -> None:
    """Check out the submodule's files at its pinned commit, if they are not there.

    Raise LabcoatError if they cannot be fetched.
    """
    names = {each.name for each in (root / path).iterdir()} if (root / path).is_dir() else set()
    if (
        names > {".git"}
        and _git(root / path, "rev-parse", "HEAD").stdout.strip() == pinned_commits(root)[path]
    ):
        return
    # After an interrupted fetch git considers a repository without files complete.
    force = ["--force"] if names == {".git"} else []
    terminal.print_progress(f"fetching submodule {path}")
    options = ["--init", "--checkout", *force, "--", path]
    done = _git(root, *_allow_local(root, path), "submodule", "update", *options)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["git reported no reason"]
        fatal = next((line for line in lines if line.startswith("fatal: ")), lines[-1])
        reason = fatal.removeprefix("fatal: ")
        setting = shlex.quote(f"submodule.{_submodule_name(root, path)}.url")
        raise LabcoatError(
            f"cannot fetch submodule `{path}` from {submodule_url(root, path)}: {reason}",
            "Check your network connection, or choose a mirror: "
            f"`git config {setting} URL`, then `make extern`",
        )


def upstream_commit(root: Path, path: str) -> str:
    """Return the present commit of the submodule's upstream; "" if that is unreachable."""
    url = submodule_url(root, path)
    done = _git(_top(root), *_allow_local(root, path), "ls-remote", "--", url, "HEAD")
    return done.stdout.split("\t")[0] if done.returncode == 0 else ""


def submodule_url(root: Path, path: str) -> str:
    """Return the submodule's URL: in the user's git settings, else in .gitmodules, else ""."""
    return _configured_url(root, path) or _declared_url(root, path)


def _configured_url(root: Path, path: str) -> str:
    """Return the URL in the user's settings; a fetch copies it there from .gitmodules."""
    return _read_config(root, f"submodule.{_submodule_name(root, path)}.url")


def _declared_url(root: Path, path: str) -> str:
    """Return the URL in .gitmodules, absolute."""
    key = f"submodule.{_submodule_name(root, path)}.url"
    url = _read_config(root, "--file", ".gitmodules", key)
    return resolve_relative_url(_remote_url(root), url) if url.startswith(("./", "../")) else url


def _submodule_name(root: Path, path: str) -> str:
    """Return the name of the submodule at `path` in git's settings; it survives a `git mv`."""
    relative = os.path.relpath(root / path, _top(root))
    pattern = r"^submodule\..*\.path$"
    output = _git(
        _top(root), "config", "--file", ".gitmodules", "-z", "--get-regexp", pattern
    ).stdout
    records = (record.partition("\n") for record in output.split("\0"))
    keys = {value: key for key, _, value in records}
    key = keys.get(relative, f"submodule.{relative}.path")
    return key.removeprefix("submodule.").removesuffix(".path")


def _remote_url(root: Path) -> str:
    """Return what relative URLs start from: the branch's remote, else origin, else the folder."""
    branch = _git(root, "symbolic-ref", "--quiet", "--short", "HEAD").stdout.strip()
    remote = _read_config(root, f"branch.{branch}.remote") or "origin"
    return _read_config(root, f"remote.{remote}.url") or str(_top(root))


def resolve_relative_url(remote: str, relative: str) -> str:
    """Return the URL that `relative`, which starts with ./ or ../, has as seen from `remote`.

    The rules are those of relative_url in git's remote.c.
    """
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
        elif ":" in remote:  # host:project, which ssh resolves in the home folder
            remote, sign = remote.rpartition(":")[0], ":"
        else:
            remote = "."
    return f"{remote}{sign}{relative}".removesuffix("/").removeprefix("./")


def _allow_local(root: Path, path: str) -> tuple[str, ...]:
    """Return options that let git fetch a submodule from a folder, if the user configured one."""
    url = _configured_url(root, path)
    return ("-c", "protocol.file.allow=always") if url and url != _declared_url(root, path) else ()


def _top(root: Path) -> Path:
    return git.git_root(root) or root


def _read_config(root: Path, *words: str) -> str:
    *file, key = words
    return _git(_top(root), "config", *file, "--get", key).stdout.strip()


def _git(root: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run git with the user's settings: a fetch needs their credentials and proxies."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}
    }
    environ["GIT_TERMINAL_PROMPT"] = "0"
    return subprocess.run(
        ["git", *words], cwd=root, env=environ, capture_output=True, text=True, check=False
    )
