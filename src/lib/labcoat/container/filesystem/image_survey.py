"""What an image's packages need of its system, from its files: nothing of it is run."""

from collections.abc import Mapping
from typing import Any

from labcoat.container.filesystem.image_environment import is_kept
from labcoat.container.filesystem.image_python import find_image_python
from labcoat.container.inspect.export import created_container, read_container, stream_archive
from labcoat.container.inspect.export_reader import Wanted, read_export
from labcoat.container.inspect.exported_files import ExportedFile, ExportedFiles
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.inventory.records import read_text
from labcoat.system.loader import read_cache
from labcoat.system.records import SystemSurvey
from labcoat.system.survey import survey_files

# The image that was read last in this process, by id: a proof needs its files twice.
_last: dict[str, ExportedFiles] = {}
_OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
_CACHE = "etc/ld.so.cache"


def keep_files(image: str, files: ExportedFiles) -> None:
    """Keep the files of the image with this id for survey_image."""
    _last.clear()
    _last[image] = files


def read_system(project: Project, image: str) -> SystemSurvey | None:
    """Return the libraries that the image's cache of ldconfig lists, without any packages.

    Only that file is copied out, so that it takes no time. None if the image has none, as with
    musl. Raise LabcoatError, status 2, if no container can be created of it.
    """
    entries: dict[str, ExportedFile] = {}
    wanted = Wanted(lambda path, size: True, hashes=False)  # noqa: ARG005
    with created_container(project, image, project.image) as container:
        for path in (_CACHE, *_OS_RELEASE):
            words = ("cp", f"{container}:/{path}", "-")
            try:
                with stream_archive(project, project.image, *words) as stream:
                    found = read_export(stream, wanted).entries
            except LabcoatError:
                continue  # the image may have only one of them
            entries |= {f"{path.rpartition('/')[0]}/{name}": one for name, one in found.items()}
    files = ExportedFiles(entries)
    libraries = read_cache(f"/{_CACHE}", files)
    text = read_text("os-release", "/etc", files)
    return SystemSurvey(text, 0, frozenset(libraries), ()) if libraries else None


def is_surveyed(path: str, size: int) -> bool:
    """Return whether the text of a file is needed for a survey."""
    return is_kept(path, size) or path in _OS_RELEASE or path.startswith("etc/ld-musl-")


def survey_image(project: Project, details: Mapping[str, Any]) -> SystemSurvey:
    """Return what the packages of the image of `details`, as the engine inspects it, need.

    Raise LabcoatError, status 2, if the image cannot be read.
    """
    files = _last.get(details["Id"])
    if files is None:
        with created_container(project, details["Id"], project.image) as container:
            wanted = Wanted(is_surveyed, surveys=True, hashes=False)
            files = read_container(project, container, project.image, wanted)
    settings = details.get("Config") or {}
    variables = dict(line.partition("=")[::2] for line in settings.get("Env") or ())
    python = find_image_python(project, files, variables)
    prefix = f"/{python.prefix or python.home}"
    return survey_files(prefix, [f"/{python.site}"], f"/{python.program}", variables, files)
