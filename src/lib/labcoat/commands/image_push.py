"""`labcoat image push`: push the image to the registry in its name."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Push and print the address with its digest."""
    from labcoat.container.image import push
    from labcoat.levels import docker

    project = Project.here()
    if not project["PLATFORMS"]:  # with platforms, pushing builds
        docker.require_fresh_image(project)
    print(push.push_image(project))
    return 0
