"""`labcoat image size`: print where an image's bytes are, by layer and by package."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project

_WIDTH = 110


def add_arguments(parser: ArgumentParser) -> None:
    """Add the image."""
    parser.add_argument("image", nargs="?", default="", help="another image than the project's own")


def run(args: Namespace) -> int:
    """Print the size of each layer and each package."""
    from labcoat.container.inspect import image_archive, packages

    project = Project.here()
    with image_archive.open_image_archive(project, args.image or project.image) as image:
        history = image.config.get("history") or []
        steps = [step.get("created_by", "") for step in history if not step.get("empty_layer")]
        for number in range(len(image.layers)):
            size = sum(entry.size for entry in image.entries(number))
            step = (steps[number] if number < len(steps) else "") or "base"
            print(f"{_megabytes(size)}  layer {number}: {step}"[:_WIDTH])
        found = packages.image_distributions(image)
        for name, size in packages.package_sizes(image.merged_entries(), found).items():
            print(f"{_megabytes(size)}  {name or '(no package: the base, the project)'}")
    return 0


def _megabytes(size: int) -> str:
    return f"{size / 1e6:10.1f} MB"
