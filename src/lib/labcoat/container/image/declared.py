"""What the Dockerfile and its base image do not give the image of a project."""

from collections.abc import Mapping
from typing import Any

from labcoat.container.base_images.build import resolve_base_image
from labcoat.container.base_images.defaults import base_image
from labcoat.container.context import build_flags
from labcoat.container.context.build_context import BuildContext
from labcoat.container.dockerfile import image_settings
from labcoat.container.engine import client
from labcoat.container.engine.flags import docker_flags
from labcoat.container.engine.local_images import image_details
from labcoat.container.image.system_layer import system_arguments
from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.inventory.file_finding import FileFinding
from labcoat.toolchain import interpreters


def undeclared_settings(project: Project, image: Mapping[str, Any]) -> tuple[FileFinding, ...]:
    """Return each setting of `image`, as the engine has it, that no Dockerfile gives it.

    None without a Dockerfile. Raise LabcoatError, status 2, if it is malformed or unreadable.
    """
    flags = build_flags.parse_build_flags(docker_flags(project))
    base = resolve_base_image(project, base_image(project, interpreters.project_minor(project)))
    arguments = {**system_arguments(project), **flags.arguments, "BASE_IMAGE": base}
    context = BuildContext(project.root, flags.file, arguments=arguments, target=flags.target)
    if not context.dockerfile_path.is_file():
        return ()
    try:
        chain = image_settings.stage_chain(context.parsed, context.target)
        known = _base_details(project, chain[0].base)
        found = [*image_settings.compare_settings(image, known, chain)]
    except (ValueError, OSError) as error:
        raise LabcoatError(
            f"cannot compare image `{project.image}` with `{context.dockerfile}`: {error}",
            status=2,
        ) from None
    return tuple(FileFinding("setting", name, detail) for name, detail in found)


def _base_details(project: Project, base: str) -> dict[str, Any] | None:
    """Return what `docker image inspect` prints about `base`, which is fetched if it is missing.

    None with a warning if it cannot be. A builder need not keep it among the engine's images.
    """
    if base == "scratch":
        return {}
    if found := image_details(project, base):
        return found
    terminal.print_progress(f"fetching the base image {base}")
    client.call_docker(project, "pull", "--quiet", base)
    if found := image_details(project, base):
        return found
    terminal.print_warning(
        f"base image `{base}` is not on this machine: the layers of image"
        f" `{project.image}` are not compared with it",
        f"Run `docker pull {base}`",
    )
    return None
