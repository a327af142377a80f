"""The image's software bill of materials: CycloneDX (ECMA-424), reproducible byte for byte."""

from uuid import UUID, uuid5

from labcoat.container.engine.errors import missing_image_error
from labcoat.container.engine.local_images import image_details
from labcoat.container.inspect.packages import ImageDistribution, installed_packages
from labcoat.core.project import Project
from labcoat.toolchain import tool_env

_NAMESPACE = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")  # RFC 9562's for object identifiers


def sbom_document(project: Project) -> str:
    """Return the bill of `project`'s image, as JSON. Raise LabcoatError if it does not exist."""
    details = image_details(project, project.image)
    if details is None:
        raise missing_image_error(project.image)
    return sbom_text(project.image, details["Created"], installed_packages(project, project.image))


def sbom_text(image: str, created: str, distributions: list[ImageDistribution]) -> str:
    """Return the bill of an image, with one component for each distribution.

    `created` is its time in ISO format. Nothing in it depends on the clock or on chance.
    """
    tool_env.use_tools()
    from datetime import datetime

    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    lines = [image, created, *(f"{one.name} {one.content_digest}" for one in distributions)]
    bom = Bom(serial_number=uuid5(_NAMESPACE, "\n".join(lines)))
    bom.metadata.timestamp = datetime.fromisoformat(created.replace("Z", "+00:00"))
    bom.metadata.component = Component(name=image, type=ComponentType.CONTAINER, bom_ref=image)
    bom.components.update(_make_component(one) for one in distributions)
    bom.register_dependency(bom.metadata.component, bom.components)
    text: str = JsonV1Dot6(bom).output_as_string(indent=2)
    return text


def _make_component(one: ImageDistribution):  # type: ignore[no-untyped-def]
    from cyclonedx.factory.license import LicenseFactory
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    purl = PackageURL("pypi", name=one.name, version=one.version)
    licences = [LicenseFactory().make_from_string(one.licence)] if one.licence else []
    return Component(
        name=one.name,
        version=one.version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=purl.to_string(),
        description=one.summary or None,
        licenses=licences,
    )
