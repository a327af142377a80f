"""The one time that all files of an image have (SOURCE_DATE_EPOCH)."""

from labcoat.core import git
from labcoat.core.project import Project

EARLIEST = 315532800  # 1980, the first year that a zip archive can hold


def source_date(project: Project, dockerfile: str = "Dockerfile") -> int:
    """Return when the lock or the `dockerfile` was last committed, in seconds since 1970.

    It is `EARLIEST` where neither is in a commit.
    """
    if not git.git_root(project.root):
        return EARLIEST
    time = git.last_commit_time(project.root, [project.requirements, dockerfile])
    return time or EARLIEST
