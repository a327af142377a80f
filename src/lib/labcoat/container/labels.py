"""What an image says of itself, in the OCI's terms and labcoat's own, and the one time that all its files carry.

All of it follows from the commit and the lock, so that two clones build the same image. Keys:
https://github.com/opencontainers/image-spec/blob/main/annotations.md
"""

import re
from datetime import UTC, datetime
from pathlib import Path

from labcoat.core import files, git, strip
from labcoat.core.project import Project

LOCK = "org.labcoat.lock.digest"
STRIP = "org.labcoat.strip"
BASE = "org.opencontainers.image.base.digest"
REVISION = "org.opencontainers.image.revision"
# Files that say which image was built, and so cannot be among what an image is built from.
_RECORDS = ":(exclude,glob)**/image*.lock.yaml"
EARLIEST = 315532800  # 1980, the first year that a zip archive can hold


def epoch(project: Project, dockerfile: str = "Dockerfile") -> int:
    """The time of the last commit of the lock or the `dockerfile`, in seconds since 1970 (SOURCE_DATE_EPOCH)."""
    time = git.last_commit_time(project.root, [project.requirements, dockerfile]) if git.top(project.root) else None
    return time or EARLIEST


def labels(project: Project, base: str, digest: str, time: int) -> dict[str, str]:
    """The labels of `project`'s image on the image `base`, of that `digest`; `time` is its epoch."""
    created = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        LOCK: files.digest(project.requirements.read_bytes()),
        BASE: digest,
        "org.opencontainers.image.base.name": base.partition("@")[0],
        "org.opencontainers.image.created": created,
        **({STRIP: " ".join(stripped)} if (stripped := strip.wanted(project)) else {}),
    } | {key: value for key, value in _origin(project.root).items() if value}


def _origin(root: Path) -> dict[str, str]:
    """The commit that last touched `root`, and the repository it is from."""
    revision = _git(root, "log", "-1", "--format=%H", "--", ".", _RECORDS)
    if revision and _git(root, "status", "--porcelain", "--", ".", _RECORDS):
        revision += "-dirty"
    return {
        REVISION: revision,
        "org.opencontainers.image.source": web_address(_git(root, "config", "--get", "remote.origin.url")),
    }


def _git(root: Path, *words: str) -> str:
    """What git answers in `root`; an empty string where it has no answer, or `root` is in no repository."""
    return git.run(root, *words, statuses=(0, 1, 128)).decode(errors="replace").strip() if git.top(root) else ""


def web_address(remote: str) -> str:
    """The address of a git `remote` for anybody: https, without credentials; empty where it is a folder."""
    found = re.fullmatch(r"(?:(?:https?|ssh|git)://)?(?:[^@/]*@)?([\w.-]+\.\w+)(?::\d+(?=/))?[:/]+(.+?)(?:\.git)?/?", remote)
    return f"https://{found[1]}/{found[2]}" if found and (":" in remote) else ""
