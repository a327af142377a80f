"""`labcoat image verify`: build the image twice without a cache and compare the two."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Print where the builds differ; return 1 where they do."""
    from labcoat.container.image import reproducibility

    verdict = reproducibility.verify_reproducible(Project.here())
    print("\n".join(verdict.lines()))
    return 0 if verdict.same else 1
