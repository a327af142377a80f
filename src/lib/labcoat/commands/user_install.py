"""`labcoat user-install`: install the lock into your own Python, as pip's --user does."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Install the lock."""
    from labcoat.levels import none

    return none.install_for_user(Project.here())
