"""What is in the image, as a software bill of materials: CycloneDX (ECMA-424), the same bytes for the same image."""

from uuid import UUID, uuid5

from labcoat.container.engine import client
from labcoat.container.inspect.packages import ImageDistribution, installed_packages
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.toolchain import tool_env

_NAMESPACE = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")  # RFC 9562's for object identifiers


def sbom_document(project: Project) -> str:
    """The bill of `project`'s image, as JSON. Raises Failure where there is no image."""
    found = client.image_details(project, project.image)
    if found is None:
        raise LabcoatError(f"There is no image {project.image}.", "make docker builds it.")
    return sbom_text(project.image, found["Created"], installed_packages(project, project.image))


def sbom_text(image: str, created: str, found: list[ImageDistribution]) -> str:
    """The bill of an image of this name and time: one component per distribution, none of it from the clock or by chance."""
    tool_env.use_tools()
    from datetime import datetime

    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    bom = Bom(
        serial_number=uuid5(
            _NAMESPACE, "\n".join([image, created, *(f"{one.name} {one.record}" for one in found)])
        )
    )
    bom.metadata.timestamp = datetime.fromisoformat(created.replace("Z", "+00:00"))
    bom.metadata.component = Component(name=image, type=ComponentType.CONTAINER, bom_ref=image)
    bom.components.update(_component(one) for one in found)
    bom.register_dependency(bom.metadata.component, bom.components)
    made: str = JsonV1Dot6(bom).output_as_string(indent=2)
    return made


def _component(one: ImageDistribution):  # type: ignore[no-untyped-def]
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
