"""What the Dockerfile and its base image give the image of a project, and what they do not."""

from collections.abc import Mapping, Sequence
from typing import Any

from labcoat.container.base_images.build import resolve_base_image
from labcoat.container.base_images.defaults import base_image
from labcoat.container.context import build_flags
from labcoat.container.context.build_context import BuildContext
from labcoat.container.dockerfile import image_settings
from labcoat.container.dockerfile.own_steps import has_own_steps
from labcoat.container.dockerfile.parser import Stage
from labcoat.container.engine import client
from labcoat.container.engine.flags import docker_flags
from labcoat.container.engine.local_images import image_details
from labcoat.container.image.build_history import describe_other_steps
from labcoat.container.image.system_layer import system_arguments
from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.inventory.file_finding import FileFinding
from labcoat.toolchain import interpreters

_IMAGE = "the image"  # what findings about layers and steps name


class Declaration(Record):
    """The stages of an image, what the engine says of its base, and whose steps they are.

    `base` is None if the base image cannot be fetched, empty for `scratch`.
    """

    dockerfile: str
    chain: Sequence[Stage]
    base: Mapping[str, Any] | None
    has_own_steps: bool


def read_declaration(project: Project, *, fetches: bool = True) -> Declaration | None:
    """Return what the Dockerfile declares; None without a Dockerfile.

    A missing base image is fetched if `fetches`, or else not known. Raise LabcoatError, status 2,
    if the Dockerfile is malformed or unreadable.
    """
    flags = build_flags.parse_build_flags(docker_flags(project))
    base = resolve_base_image(project, base_image(project, interpreters.project_minor(project)))
    arguments = {**flags.arguments, "BASE_IMAGE": base, **system_arguments(project)}
    context = BuildContext(project.root, flags.file, arguments=arguments, target=flags.target)
    if not context.dockerfile_path.is_file():
        return None
    try:
        parsed = context.parsed
        chain = image_settings.stage_chain(parsed, context.target)
    except (ValueError, OSError) as error:
        raise _malformed(project, context.dockerfile, error) from None
    details = _base_details(project, chain[0].base, fetches=fetches)
    return Declaration(context.dockerfile, chain, details, has_own_steps(parsed, chain))


def undeclared_settings(
    project: Project, declared: Declaration, image: Mapping[str, Any]
) -> tuple[FileFinding, ...]:
    """Return each setting or step of `image`, as the engine has it, that no Dockerfile gives it.

    Raise LabcoatError, status 2, if an instruction is malformed.
    """
    # Without the base image its layers are unknown, and some engines make fewer than one a step.
    other = describe_other_steps(project, image.get("Id", ""), declared.chain)
    try:
        found = [
            *image_settings.compare_settings(
                image, declared.base, declared.chain, has_other_steps=other != ""
            )
        ]
    except (ValueError, OSError) as error:
        raise _malformed(project, declared.dockerfile, error) from None
    if other and all(name != _IMAGE for name, _ in found):
        # Without the base, variables of its own may be among the others: the step tells more.
        found.insert(len(found) if declared.base else 0, (_IMAGE, other))
    return tuple(FileFinding("setting", name, detail) for name, detail in found)


def _malformed(project: Project, dockerfile: str, error: Exception) -> LabcoatError:
    return LabcoatError(
        f"cannot compare image `{project.image}` with `{dockerfile}`: {error}", status=2
    )


def _base_details(project: Project, base: str, *, fetches: bool) -> dict[str, Any] | None:
    """Return what `docker image inspect` prints about `base`, which is fetched if it is missing.

    None with a warning if it cannot be. A builder need not keep it among the engine's images.
    """
    if base == "scratch":
        return {}
    found = image_details(project, base)
    if found or not fetches:
        return found
    terminal.print_progress(f"fetching the base image {base}")
    client.call_docker(project, "pull", "--quiet", base)
    if found := image_details(project, base):
        return found
    terminal.print_warning(
        f"base image `{base}` is not on this machine: the layers and files of image"
        f" `{project.image}` are not compared with it",
        f"Run `docker pull {base}`",
    )
    return None
