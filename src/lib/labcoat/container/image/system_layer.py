"""The layer of an image that has the packages of apt.lock."""

from labcoat.apt import apt_lock
from labcoat.container.dockerfile.own_steps import SCRIPT
from labcoat.container.inspect import debian_packages
from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.inventory.file_finding import FileFinding

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


def compare_system(project: Project) -> tuple[FileFinding, ...]:
    """Return how the image's Debian packages differ from apt.lock; nothing without a lock.

    Raise LabcoatError, status 2, if they cannot be read.
    """
    lock = apt_lock.read_lock(project.root)
    if lock is None or not lock.all_packages():
        return ()
    names = sorted({each.name for each in lock.all_packages()})
    found = debian_packages.read_debian_packages(project, project.image, names)
    return tuple(
        FileFinding("system", name, detail)
        for name, detail in debian_packages.compare_packages(lock, found)
    )
