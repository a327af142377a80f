"""`labcoat mk`: print the path of include.python.mk, for the include line of a Makefile."""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Print the path, with the backslash that make wants before a space."""
    include = Path(__file__).parents[1] / "include.python.mk"
    print(str(include).replace(" ", "\\ "))
    return 0
