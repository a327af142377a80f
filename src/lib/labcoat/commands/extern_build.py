"""`labcoat extern build`: fetch the git submodules and build the base images in LABCOAT_EXTERN."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project
from labcoat.core.terminal import print_warning


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Print the tag of each image built."""
    from labcoat.container.base_images import build

    project = Project.here()
    for name in build.build_base_images(project):
        print(name)
    if not project["EXTERN"]:
        print_warning(
            "no base image to build: LABCOAT_EXTERN is empty",
            "Nothing is wrong if you have no custom base image; otherwise set, for example,"
            " LABCOAT_EXTERN=mybase=images/mybase/Dockerfile",
        )
    return 0
