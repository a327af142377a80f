"""`labcoat extern status`: show which submodules and pinned images are behind their upstream."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Return 1 where one is behind, 2 where one cannot be resolved, else 0."""
    from labcoat.container.base_images import status

    found = status.pin_statuses(Project.here())
    for pin in found:
        print(pin)
    unknown = any(not pin.newest for pin in found)
    return 1 if any(pin.is_behind for pin in found) else 2 if unknown else 0
