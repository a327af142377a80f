"""A project with an image, and calls of labcoat and the engine for it."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.git_commands import git
from support.session import unique_name

SIX = """six==1.17.0 \\
    --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274 \\
    --hash=sha256:ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81
"""
IMAGE = unique_name("labcoat-test/image-level")

NETWORK = "--network=host"  # a container's own network may not reach a package index


@dataclass(frozen=True)
class Workplace:
    """A project folder, and the environment variables for calls of labcoat in it."""

    root: Path
    environ: Mapping[str, str]

    def words(self, *words: str) -> list[str]:
        """Return the command line that calls labcoat."""
        return [sys.executable, "-m", "labcoat", *words]

    def labcoat(self, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Call labcoat and wait for its end."""
        environ = {**self.environ, **settings}
        return subprocess.run(
            self.words(*words),
            cwd=self.root,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def in_image(self, line: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in the image and wait for its end."""
        return self.labcoat("run", "--in", "docker", "--", *shlex.split(line), **settings)


def docker(*words: str) -> str:
    return subprocess.run(
        ["docker", *words], check=True, capture_output=True, text=True
    ).stdout.strip()


def containers_of(root: Path) -> str:
    return docker("ps", "--all", "--quiet", "--filter", f"label=org.labcoat.project={root}")


def create_project(root: Path, repository: Path) -> Path:
    """Create a project with one package and labcoat's Dockerfile, in a repository of one commit."""
    templates = repository / "src/lib/labcoat/scaffold/templates"
    root.mkdir(parents=True)
    shutil.copy(templates / "Dockerfile", root / "Dockerfile")
    shutil.copy(templates / "dockerignore", root / ".dockerignore")
    shutil.copy(templates / "install-lock.sh", root / "install-lock.sh")
    (root / "requirements.txt").write_text(SIX)
    (root / "main.py").write_text("import six\nprint('six', six.__version__)\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        git(root, *words)
    return root
