"""`labcoat image show`: print what an image was built from and which packages are in it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Add the image."""
    parser.add_argument("image", nargs="?", default="", help="another image than the project's own")


def run(args: Namespace) -> int:
    """Print the image's configuration and packages."""
    from labcoat.container.engine import errors, local_images
    from labcoat.container.inspect import packages

    project = Project.here()
    image = args.image or project.image
    details = local_images.image_details(project, image)
    if details is None:
        raise errors.missing_image_error(image, project.image)
    print("\n".join(_configuration(details)))
    for one in packages.installed_packages(project, image):
        print(f"  {one.name} {one.version}")
    return 0


def _configuration(image: Mapping[str, Any]) -> list[str]:
    config = image.get("Config") or {}
    rows = {
        "id": image.get("Id", ""),
        "platform": f"{image.get('Os')}/{image.get('Architecture')}",
        "user": config.get("User") or "root",
        "folder": config.get("WorkingDir", ""),
        "command": " ".join([*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]),
        **dict(sorted((config.get("Labels") or {}).items())),
    }
    return [f"{name:<36} {value}".rstrip() for name, value in rows.items()]
