"""Fetch a commit of another repository, with its submodules.

Git asks the user's credential helper, and runs none of the hooks of what it fetches.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from labcoat.core import process
from labcoat.core.errors import LabcoatError
from labcoat.core.settings import time_limit
from labcoat.sources.asked import is_commit

_SETTINGS = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "advice.detachedHead=false")


def resolve_commit(url: str, revision: str) -> str:
    """Return the full commit that `revision`, a branch, a tag or a commit, means now.

    Without a revision it is the head. Raise LabcoatError if the repository does not have it.
    """
    if is_commit(revision):
        return revision
    wanted = revision or "HEAD"
    output = _run(["ls-remote", "--", url], Path.cwd(), f"cannot read `{process.redact(url)}`")
    pairs = (line.partition("\t") for line in output.splitlines() if "\t" in line)
    found = {name: commit for commit, _, name in pairs}
    names = (f"refs/tags/{wanted}^{{}}", f"refs/tags/{wanted}", f"refs/heads/{wanted}", wanted)
    if commit := next((found[name] for name in names if name in found), ""):
        return commit
    if re.fullmatch(r"[0-9a-f]{4,39}", wanted):
        hint = "Write all 40 digits of the commit, or a branch or tag"
    else:
        known = [name.rpartition("/")[2] for name in found if name.startswith("refs/heads/")]
        hint = f"Its branches are: {', '.join(sorted(known)[:5])}" if known else "Correct the name"
    raise LabcoatError(f"`{process.redact(url)}` has no branch or tag `{wanted}`", hint)


def fetch_commit(url: str, commit: str, folder: Path, name: str) -> None:
    """Write the files of a commit and its submodules to `folder`, which does not exist.

    Raise LabcoatError if the repository does not have the commit any more.
    """
    shown = process.redact(url)
    reason = f"cannot fetch `{name}` from `{shown}`"
    clone = ["clone", "--quiet", "--no-checkout", "--", url, str(folder)]
    _run(clone, folder.parent, reason)
    has_it = _status(["cat-file", "-e", f"{commit}^{{commit}}"], folder) == 0
    # A commit that no branch has any more may still be there to be asked for.
    if not has_it and _status(["fetch", "--quiet", "origin", commit], folder):
        raise LabcoatError(
            f"`{shown}` does not have the commit {commit[:12]} of `{name}` any more",
            f"Run `make upgrade PKG={name}` to take the present commit of its branch, or change the"
            " revision in the input",
        )
    _run(["checkout", "--quiet", "--detach", commit], folder, reason)
    if (folder / ".gitmodules").exists():
        update = ["submodule", "--quiet", "update", "--init", "--recursive"]
        _run(update, folder, f"cannot fetch the submodules of `{name}`")


def commit_time(folder: Path) -> str:
    """Return the time of the commit that is checked out, in seconds since 1970."""
    return _run(["log", "-1", "--format=%ct"], folder, "cannot read the commit").strip()


def _command(words: Sequence[str]) -> list[str]:
    return ["git", *(word for each in _SETTINGS for word in ("-c", each)), *words]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    asked = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("GIT_SSH", "GIT_SSL", "GIT_CONFIG"))
    }
    return {**kept, **asked, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _status(words: Sequence[str], folder: Path) -> int:
    return subprocess.run(
        _command(words), cwd=folder, env=_environment(), capture_output=True, check=False
    ).returncode


def _run(words: Sequence[str], folder: Path, reason: str) -> str:
    outcome = process.run_process(
        _command(words), _environment(), folder, show=process.show_none, limit=time_limit()
    )
    if outcome.status:
        lines = [line.strip() for line in outcome.output.splitlines() if line.strip()]
        told = [
            re.sub(r"^(fatal|error): ", "", line)
            for line in lines
            if line.startswith(("fatal: ", "error: "))
        ]
        said = (told or lines or [f"git ended with status {outcome.status}"])[0]
        raise LabcoatError(
            f"{reason}: {said}", "Check the address, your network and your access to it"
        )
    return outcome.output
