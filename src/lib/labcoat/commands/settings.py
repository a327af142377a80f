"""`labcoat settings`: check the settings; make calls it where one looks misspelt."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Fail where a setting has an unknown name or an impossible value."""
    Project.here()
    return 0
