"""The image's software bill of materials: CycloneDX (ECMA-424), reproducible byte for byte."""

from collections.abc import Callable, Sequence
from uuid import UUID, uuid5

from labcoat.apt import apt_lock
from labcoat.apt.apt_lock import AptPackage
from labcoat.container.engine.errors import missing_image_error
from labcoat.container.engine.local_images import image_details
from labcoat.container.inspect.debian_packages import DebianPackages, installed_of_lock
from labcoat.container.inspect.export import created_container, read_container
from labcoat.container.inspect.export_reader import Wanted
from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.container.inspect.packages import (
    ImageDistribution,
    is_metadata,
    list_distributions,
)
from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.toolchain import tool_env

_NAMESPACE = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")  # RFC 9562's for object identifiers


def sbom_document(
    project: Project,
    is_record: Callable[[str], bool],
    read_system: Callable[[ExportedFiles], DebianPackages],
) -> str:
    """Return the bill of `project`'s image, as JSON. Raise LabcoatError if it does not exist.

    `read_system` reads the image's Debian packages from those of its files that satisfy
    `is_record`; the project may lock some. The engine exports the image once.
    """
    details = image_details(project, project.image)
    if details is None:
        raise missing_image_error(project.image, project.image)
    wanted = Wanted(lambda path, size: is_metadata(path, size) or is_record(path), hashes=False)
    with created_container(project, details["Id"], project.image) as container:
        files = read_container(project, container, project.image, wanted)
    system = _system_packages(project, lambda: read_system(files))
    return sbom_text(project.image, details["Created"], list_distributions(files), system)


class SystemPackage(Record):
    """A package of apt.lock that the image has."""

    package: AptPackage
    distribution: str


def _system_packages(
    project: Project, read_system: Callable[[], DebianPackages]
) -> list[SystemPackage]:
    lock = apt_lock.read_lock(project.root)
    if lock is None or not lock.all_packages():
        return []
    found = read_system()
    return [SystemPackage(each, found.distribution) for each in installed_of_lock(lock, found)]


def sbom_text(
    image: str,
    created: str,
    distributions: list[ImageDistribution],
    system: Sequence[SystemPackage] = (),
) -> str:
    """Return the bill of an image, with one component for each distribution and system package.

    `created` is its time in ISO format. Nothing in it depends on the clock or on chance.
    """
    tool_env.use_tools()
    from datetime import datetime

    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    lines = [image, created, *(f"{one.name} {one.content_digest}" for one in distributions)]
    lines += [f"{one.package.name} {one.package.sha256}" for one in system]
    bom = Bom(serial_number=uuid5(_NAMESPACE, "\n".join(lines)))
    bom.metadata.timestamp = datetime.fromisoformat(created.replace("Z", "+00:00"))
    bom.metadata.component = Component(name=image, type=ComponentType.CONTAINER, bom_ref=image)
    bom.components.update(_make_component(one) for one in distributions)
    bom.components.update(_make_system_component(one) for one in system)
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


def _make_system_component(one: SystemPackage):  # type: ignore[no-untyped-def]
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    each = one.package
    deb = each.path.rpartition("_")[2].removesuffix(".deb")
    purl = PackageURL("deb", one.distribution, each.name, each.version, {"arch": deb})
    return Component(
        name=each.name,
        version=each.version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=purl.to_string(),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each.sha256.removeprefix("sha256:"))],
    )
