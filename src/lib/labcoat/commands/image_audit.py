"""`labcoat image audit`: find secrets in every layer, the configuration and the history."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project
from labcoat.core.terminal import escape_control, print_error, print_progress


def add_arguments(parser: ArgumentParser) -> None:
    """Add the image."""
    parser.add_argument("image", nargs="?", default="", help="another image than the project's own")


def run(args: Namespace) -> int:
    """Print each secret; return 1 where there is one."""
    from labcoat.container.inspect import image_archive, secret_scan

    project = Project.here()
    name = args.image or project.image
    with image_archive.open_image_archive(project, name) as image:
        found = 0
        for each in secret_scan.scan_image(image):
            print(escape_control(str(each)))
            found += 1
    if found:
        print_error(
            f"image `{name}` contains {found} secret{'s' if found > 1 else ''}, listed above",
            "Revoke each where it was issued, remove it from the sources, then run `make docker`",
        )
    else:
        print_progress(f"no secrets in image {name}")
    return 1 if found else 0
