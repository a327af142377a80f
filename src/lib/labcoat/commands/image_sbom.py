"""`labcoat image sbom`: print what is in the image as a CycloneDX document."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from labcoat.core import files
from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Add where to write it."""
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write to FILE instead of standard output"
    )


def run(args: Namespace) -> int:
    """Print or write the document."""
    from labcoat.container.filesystem.dpkg_packages import is_list, read_packages
    from labcoat.container.inspect import sbom

    project = Project.here()
    text = sbom.sbom_document(project, is_list, read_packages)
    if args.output:
        files.write_output(args.output, f"{text}\n")
    else:
        print(text)
    return 0
