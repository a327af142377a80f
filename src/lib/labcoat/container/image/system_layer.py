"""The layer of an image that has the packages of apt.lock."""

from labcoat.apt import apt_lock
from labcoat.container.dockerfile.own_steps import SCRIPT
from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

# What labcoat's Dockerfile runs, and the script that it runs it with.
_STEP = "install-debs"


def system_arguments(project: Project) -> dict[str, str]:
    """Return the build argument that installs apt.lock; none if it has no packages.

    Raise LabcoatError if the lock is not valid.
    """
    lock = apt_lock.read_lock(project.root)
    return {"SYSTEM": "apt"} if lock and lock.all_packages() else {}


def warn_uninstalled(project: Project, dockerfile: str) -> None:
    """Warn if the text of the Dockerfile does not install the packages of apt.lock.

    Raise LabcoatError if an earlier labcoat wrote it: then no one else installs them.
    """
    if not system_arguments(project):
        return
    script = project.root / SCRIPT
    if SCRIPT in dockerfile:
        knows = script.is_file() and _STEP in script.read_text("utf-8", "replace")
        if _STEP not in dockerfile or not knows:
            raise LabcoatError(
                f"the Dockerfile does not install `{apt_lock.NAME}`: an earlier labcoat wrote it",
                f"Remove it and `{SCRIPT}`: `make docker` writes them again; keep your own steps",
            )
    else:
        terminal.print_warning(
            f"the Dockerfile is your own, and does not install `{apt_lock.NAME}`",
            "Take the stages `debs` and `apt` of the one that `labcoat init` writes",
        )
