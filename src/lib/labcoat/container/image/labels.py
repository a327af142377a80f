"""The labels of an image: OCI's and labcoat's.

All of it follows from the commit and the lock, so that two clones build the same image. Keys:
https://github.com/opencontainers/image-spec/blob/main/annotations.md
"""

import re
from datetime import UTC, datetime
from pathlib import Path

from labcoat.apt import apt_lock
from labcoat.core import files, git, git_status, reading
from labcoat.core.project import Project
from labcoat.inventory import strip
from labcoat.locking import sources_beside
from labcoat.sources import local_tree

LOCK = "org.labcoat.lock.digest"
STRIP = "org.labcoat.strip"
SOURCES = "org.labcoat.sources"
SYSTEM = "org.labcoat.apt.digest"
BASE = "org.opencontainers.image.base.digest"
REVISION = "org.opencontainers.image.revision"
# Files that record which image was built, and therefore cannot be inputs of a build.
_RECORDS = ":(exclude,glob)**/image*.lock.yaml"


def image_labels(project: Project, base: str, time: int) -> dict[str, str]:
    """Return the labels of `project`'s image on `base`, except the base's digest.

    `time` is in seconds since 1970.
    """
    created = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        LOCK: files.text_digest(reading.read_file(project.requirements)),
        "org.opencontainers.image.base.name": base.partition("@")[0],
        "org.opencontainers.image.created": created,
        **({SYSTEM: system} if (system := apt_lock.lock_digest(project.root)) else {}),
        **({SOURCES: held} if (held := _describe_sources(project)) else {}),
        **({STRIP: " ".join(stripped)} if (stripped := strip.strip_parts(project)) else {}),
    } | {key: value for key, value in _origin_labels(project.root).items() if value}


def _describe_sources(project: Project) -> str:
    listed = sources_beside.list_applying(project, [project.requirements])
    return local_tree.describe_sources(project, [*listed])


def _origin_labels(root: Path) -> dict[str, str]:
    """Return the labels with the last commit of `root` and its remote, if it has them."""
    if not git.git_root(root):
        return {}
    commands = (
        ("log", "-1", "--format=%H", "--", ".", _RECORDS),
        git_status.status_words(root, "--porcelain", "--", ".", _RECORDS),
        ("config", "--get", "remote.origin.url"),
    )
    started = [(git.start_git(root, *words), git.command_name(words)) for words in commands]
    outputs = (git.finish_git(child, name, root, statuses=(0, 1, 128)) for child, name in started)
    revision, changed, remote = (output.decode(errors="replace").strip() for output in outputs)
    dirty = "-dirty" if revision and changed else ""
    return {REVISION: revision + dirty, "org.opencontainers.image.source": web_address(remote)}


def web_address(remote: str) -> str:
    """Return the https URL, without credentials, of a git `remote`; "" if it is a folder."""
    found = re.fullmatch(
        r"(?:(?:https?|ssh|git)://)?(?:[^@/]*@)?([\w.-]+\.\w+)(?::\d+(?=/))?[:/]+(.+?)(?:\.git)?/?",
        remote,
    )
    return f"https://{found[1]}/{found[2]}" if found and (":" in remote) else ""
