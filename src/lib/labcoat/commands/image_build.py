"""`labcoat image build`: build the image from the lock."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Write a Dockerfile where there is none, and build."""
    from labcoat.levels.docker import DockerLevel
    from labcoat.scaffold import dockerfile

    project = Project.here()
    dockerfile.provide_dockerfile(project)
    DockerLevel().prepare(project)
    return 0
