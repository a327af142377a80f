"""`labcoat extern pin`: write the digest that an image's tag has now to extern.toml."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Add the image."""
    parser.add_argument("image", help="such as debian:bookworm-slim")


def run(args: Namespace) -> int:
    """Print the image with its digest."""
    from labcoat.container.base_images import extern_pins

    print(f"{args.image}@{extern_pins.pin_image(Project.here(), args.image)}")
    return 0
