"""The Dockerfile that builds an image from a lock, for projects that have none."""

import sys
from pathlib import Path

from labcoat.container.context import build_flags
from labcoat.container.engine.flags import docker_flags
from labcoat.core import files
from labcoat.core.project import Project

TEMPLATES = Path(__file__).with_name("templates")
_NAMES = {"Dockerfile": "Dockerfile", "dockerignore": ".dockerignore"}


def provide_dockerfile(project: Project) -> None:
    """Where the project has no Dockerfile, nor LABCOAT_DOCKER_FLAGS names one, write one, and a .dockerignore if that is missing
    too. What is there stays.
    """
    if (project.root / "Dockerfile").exists() or build_flags.parse_build_flags(
        docker_flags(project)
    ).file != "Dockerfile":
        return
    missing = {
        template: name for template, name in _NAMES.items() if not (project.root / name).exists()
    }
    for template, name in missing.items():
        files.write_file(project.root / name, (TEMPLATES / template).read_text(encoding="utf-8"))
    print(
        f"labcoat: wrote {' and '.join(missing.values())}: yours to keep, change and commit",
        file=sys.stderr,
    )
