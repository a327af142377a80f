"""`labcoat init`: write what a repository needs so that `make venv` works in it."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Write the missing files and name each."""
    from labcoat.scaffold import init

    return init.init_project(Project.here())
