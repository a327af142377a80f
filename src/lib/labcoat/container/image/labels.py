"""What an image says of itself, in the OCI's terms and labcoat's own.

All of it follows from the commit and the lock, so that two clones build the same image. Keys:
https://github.com/opencontainers/image-spec/blob/main/annotations.md
"""

import re
from datetime import UTC, datetime
from pathlib import Path

from labcoat.core import files, git
from labcoat.core.project import Project
from labcoat.inventory import strip

LOCK = "org.labcoat.lock.digest"
STRIP = "org.labcoat.strip"
BASE = "org.opencontainers.image.base.digest"
REVISION = "org.opencontainers.image.revision"
# Files that say which image was built, and so cannot be among what an image is built from.
_RECORDS = ":(exclude,glob)**/image*.lock.yaml"


def image_labels(project: Project, base: str, time: int) -> dict[str, str]:
    """The labels of `project`'s image on the image `base`, whose digest is left out; `time` is its epoch."""
    created = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        LOCK: files.text_digest(project.requirements.read_bytes()),
        "org.opencontainers.image.base.name": base.partition("@")[0],
        "org.opencontainers.image.created": created,
        **({STRIP: " ".join(stripped)} if (stripped := strip.strip_parts(project)) else {}),
    } | {key: value for key, value in _origin(project.root).items() if value}


def _origin(root: Path) -> dict[str, str]:
    """The commit that last touched `root`, and the repository it is from; nothing where `root` is in none."""
    if not git.git_root(root):
        return {}
    questions = (
        ("log", "-1", "--format=%H", "--", ".", _RECORDS),
        ("status", "--porcelain", "--", ".", _RECORDS),
        ("config", "--get", "remote.origin.url"),
    )
    asked = [(git.start_git(root, *words), words[0]) for words in questions]
    answers = (git.finish_git(child, name, root, statuses=(0, 1, 128)) for child, name in asked)
    revision, changed, remote = (answer.decode(errors="replace").strip() for answer in answers)
    dirty = "-dirty" if revision and changed else ""
    return {REVISION: revision + dirty, "org.opencontainers.image.source": web_address(remote)}


def web_address(remote: str) -> str:
    """The address of a git `remote` for anybody: https, without credentials; empty where it is a folder."""
    found = re.fullmatch(
        r"(?:(?:https?|ssh|git)://)?(?:[^@/]*@)?([\w.-]+\.\w+)(?::\d+(?=/))?[:/]+(.+?)(?:\.git)?/?",
        remote,
    )
    return f"https://{found[1]}/{found[2]}" if found and (":" in remote) else ""
