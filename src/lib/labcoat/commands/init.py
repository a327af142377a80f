"""`labcoat init`: write what a repository needs so that `make venv` works in it."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Write the missing files, print a line for each and the next step; return 0."""
    from labcoat.scaffold import init

    project = Project.here()
    is_complete = True
    for change in init.init_project(project):
        print(f"{change.name}: {change.summary}")
        is_complete = False
    if is_complete:
        print("Nothing is missing.")
    if declared := init.declaring_files(project.root):
        print(f"{', '.join(declared)}: labcoat locks the dependencies that are listed there")
    first = "list your packages in requirements.in, then "
    is_empty = init.is_empty(project.root / "requirements.in")
    print(f"Next: {first if is_empty else ''}run `make venv`.")
    return 0
