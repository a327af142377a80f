"""JupyterLab on any level of isolation: the lock's packages, and on top, locked as well, what notebooks need.

JupyterLab stays out of the project's own lock. requirements-notebook.in asks for it together with all that requirements.in
asks for, at the versions of the lock. Of that lock a level's notebook environment is made, beside the level itself.
"""

import shutil
import socket
from dataclasses import replace

from labcoat.container.engine.resources import read_resources
from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.levels.level import get_level
from labcoat.locking import compiler, requirements_file
from labcoat.scaffold import dockerfile

PACKAGES = ("jupyterlab", "notebook")  # Binder starts the second
_PROGRAM = "jupyter-lab"
_PORT, _TRIES = 8888, 50  # Jupyter's own
_INPUT = """# What notebooks need on top of {own}, at the versions of {lock}. Written by labcoat: yours to change and commit.
-r {own}
-c {lock}
{packages}
"""


def make(project: Project, level: str) -> int:
    """Run JupyterLab at IN=`level`; its exit status. Its address, with a token, is on the screen.

    Raises Failure where a port was asked for that is taken, or there is no lock to start from.
    """
    chosen = get_level(level)
    port = _port(project)
    if chosen.ISOLATED:
        project = of(project)
        provide_lock(project)
        if chosen.SCAFFOLD:
            dockerfile.provide_dockerfile(project)
        chosen.make(project)
    elif not shutil.which(_PROGRAM):
        raise LabcoatError(
            "There is no JupyterLab beside your own Python.",
            "Leave IN=none out, and labcoat makes an environment with it.",
        )
    project = replace(project, settings={**project.settings, "LABCOAT_PORTS": str(port)})
    # Root of a container is nobody else's root, and nothing but this machine reaches what listens.
    words = [
        _PROGRAM,
        "--no-browser",
        "--allow-root",
        "-y",
        f"--ip={chosen.address(project)}",
        f"--port={port}",
    ]
    words += [
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={project.root}",
        "--ServerApp.no_browser_open_file=True",
    ]
    words += [f"--ServerApp.custom_display_url=http://127.0.0.1:{port}/lab"]
    return chosen.run(project, words)


def of(project: Project) -> Project:
    """The project as its notebooks have it: lock, environments and image of their own, unless the lock has what they need."""
    if (
        project.requirements.exists()
        and set(PACKAGES)
        <= requirements_file.pins(requirements_file.read(project.requirements)).keys()
    ):
        return project
    name = "-".join(filter(None, (project["VARIANT"], "notebook")))
    changed = {
        "VARIANT": name,
        "DEV_REQUIREMENTS": "",
        "VENV": ".labcoat/notebook/venv",
        "CONDA_ENV": ".labcoat/notebook/conda",
    }
    return replace(
        project,
        settings={
            **project.settings,
            **{f"LABCOAT_{key}": value for key, value in changed.items()},
        },
    )


def provide_lock(notebooks: Project) -> None:
    """See to it that there is a fresh lock for notebooks. Raises Failure where there is nothing to lock, or it cannot be."""
    own = compiler.lock_source(notebooks.requirements)
    if not own.exists() and not notebooks.requirements.exists():
        main = notebooks.requirements.with_stem(
            notebooks.requirements.stem.removesuffix("-notebook")
        )
        if not compiler.lock_source(main).exists():
            raise LabcoatError(
                f"There is no {compiler.lock_source(main).name}.",
                "Create it, with a line for each package that the project uses.",
            )
        text = _INPUT.format(
            own=compiler.lock_source(main).name, lock=main.name, packages="\n".join(PACKAGES)
        )
        files.write_file(own, text)
    compiler.make_locks(notebooks)


def _port(project: Project) -> int:
    """The port to listen at: the first of LABCOAT_PORTS, else the first free one from Jupyter's own on.

    Raises Failure where the one asked for is taken.
    """
    if asked := read_resources(project).ports:
        port = asked[0][0]
        if not _is_free(port):
            raise LabcoatError(
                f"Port {port} is taken.",
                "End what listens there, or name another with LABCOAT_PORTS.",
            )
        return port
    return next((port for port in range(_PORT, _PORT + _TRIES) if _is_free(port)), _PORT)


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
