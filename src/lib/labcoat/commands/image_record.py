"""`labcoat image record`: write image.lock.yaml, which later builds are compared with."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Write the file and print its name."""
    from labcoat.container.image import build, image_lock
    from labcoat.levels import docker

    project = Project.here()
    docker.require_fresh_image(project)
    record = image_lock.complete_image_lock(project, build.plan_build(project))
    print(image_lock.write_image_lock(project, record).name)
    return 0
