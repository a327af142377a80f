"""`labcoat notebook`: run JupyterLab on a level of isolation."""

import shutil
import socket
from argparse import ArgumentParser, Namespace

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import replace

_PROGRAM = "jupyter-lab"
_PORT, _TRIES = 8888, 50  # Jupyter's own defaults


def add_arguments(parser: ArgumentParser) -> None:
    """Add the level."""
    parser.add_argument(
        "--in", dest="level", default="venv", metavar="LEVEL", help="none, venv, conda or docker"
    )


def run(args: Namespace) -> int:
    """Run JupyterLab, which prints its address with a token; return its exit status."""
    from labcoat.core.declared_variables import apply_declared
    from labcoat.levels.registry import get_level
    from labcoat.scaffold import dockerfile, notebook_lock

    project = Project.here()
    chosen = get_level(args.level)
    port = _choose_port(project)
    if chosen.is_isolated:
        project = notebook_lock.notebook_project(project)
        notebook_lock.provide_notebook_lock(project)
        if chosen.needs_dockerfile:
            dockerfile.provide_dockerfile(project)
        chosen.prepare(project)
    elif not shutil.which(_PROGRAM):
        raise LabcoatError(
            "your own Python has no JupyterLab",
            "Leave out IN=none, and labcoat makes an environment with it",
        )
    project = replace(project, settings={**project.settings, "LABCOAT_PORTS": str(port)})
    words = [
        _PROGRAM,
        "--no-browser",
        # In a container JupyterLab may run as root; only this machine reaches its port.
        "--allow-root",
        "-y",
        f"--ip={chosen.listen_address(project)}",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={project.root}",
        "--ServerApp.no_browser_open_file=True",
        f"--ServerApp.custom_display_url=http://127.0.0.1:{port}/lab",
    ]
    apply_declared(project)
    return chosen.run_command(project, words)


def _choose_port(project: Project) -> int:
    """Return the first of LABCOAT_PORTS, else the first free port from Jupyter's default on.

    Raise LabcoatError if the port in LABCOAT_PORTS is in use.
    """
    from labcoat.container.engine.resources import read_resources

    if ports := read_resources(project).ports:
        port = ports[0][0]
        if not _is_free(port):
            raise LabcoatError(
                f"port {port} is already in use",
                "Stop the program that listens there, or choose another port with LABCOAT_PORTS",
            )
        return port
    return next((port for port in range(_PORT, _PORT + _TRIES) if _is_free(port)), _PORT)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
