"""Read all of an image from outside: its environment, its settings and what is around it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labcoat.container.filesystem import image_byte_code
from labcoat.container.filesystem.base_files import read_base_files
from labcoat.container.filesystem.dpkg_packages import compare_locked, has_locked_packages
from labcoat.container.filesystem.dpkg_records import (
    DpkgRecords,
    is_record,
    may_be_packaged,
)
from labcoat.container.filesystem.image_byte_code import Compiler
from labcoat.container.filesystem.image_environment import read_image_environment
from labcoat.container.filesystem.image_python import ImagePython, find_image_python
from labcoat.container.filesystem.image_survey import is_surveyed, keep_files
from labcoat.container.filesystem.surroundings import Surroundings
from labcoat.container.image.declared import read_declaration, undeclared_settings
from labcoat.container.inspect.export import created_container, read_container
from labcoat.container.inspect.export_reader import Wanted
from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.core.files import text_digest
from labcoat.core.project import Project
from labcoat.core.records import replace
from labcoat.inventory.code_paths.byte_code import CompiledFile
from labcoat.inventory.file_finding import FileFinding
from labcoat.inventory.inventory import Inventory
from labcoat.toolchain import base_interpreters


def read_image_inventory(project: Project, details: Mapping[str, Any]) -> Inventory:
    """Return what the image of `details`, as the engine inspects it, holds.

    Findings are whatever neither the Dockerfile, nor the base image, nor the lock's packages give.
    Raise LabcoatError, status 2, if the image cannot be read.
    """
    declared = read_declaration(project)
    base_id = (declared.base or {}).get("Id", "") if declared else ""
    base = None
    if declared and base_id:
        base = read_base_files(project, base_id, declared.chain[0].base)
    variables = dict(
        line.partition("=")[::2] for line in (details.get("Config") or {}).get("Env") or ()
    )
    has_locked = has_locked_packages(project)
    is_labcoats = declared is not None and not declared.has_own_steps and not has_locked
    architecture = details.get("Architecture", "")
    own = f"{variables.get('VIRTUAL_ENV', '').strip('/') or '/'}/"  # no Debian package's
    with created_container(project, details["Id"], project.image) as container:
        wanted = Wanted(
            is_surveyed
            if is_labcoats
            else lambda path, size: is_surveyed(path, size) or is_record(path),
            lambda path: (
                not is_labcoats
                and (may_be_packaged(path) or (has_locked and not path.startswith(own)))
            ),
            surveys=True,
        )
        files = read_container(project, container, project.image, wanted)
    keep_files(details["Id"], files)
    python = find_image_python(project, files, variables)
    read = read_image_environment(
        files, base, python, variables, architecture, is_labcoats=is_labcoats
    )
    around, compiled = _compare_surroundings(files, base, python, details, is_labcoats)
    release = read.inventory.python.version
    compilers = _find_compilers(project, base_id, base, python, release)
    compiled = [*read.byte_code, *compiled]
    forged = [
        FileFinding("byte-code", _name(path, python.prefix), detail)
        for path, detail in _find_forged(files, compiled, compilers, release)
    ]
    found = undeclared_settings(project, declared, details) if declared else ()
    system = compare_locked(project, files)
    findings = (*found, *read.inventory.findings, *around, *forged, *system)
    return replace(read.inventory, findings=findings)


def _compare_surroundings(
    files: ExportedFiles,
    base: ExportedFiles | None,
    python: ImagePython,
    details: Mapping[str, Any],
    is_labcoats: bool,
) -> tuple[list[FileFinding], list[CompiledFile]]:
    if base is None:
        return [], []
    settings = details.get("Config") or {}
    variables = dict(line.partition("=")[::2] for line in settings.get("Env") or ())
    around = Surroundings(files, base, python, variables, settings.get("WorkingDir") or "")
    if is_labcoats:
        return [*around.compare_all()], []
    return around.compare_deciding(DpkgRecords(files))


def _find_compilers(
    project: Project, base_id: str, base: ExportedFiles | None, python: ImagePython, release: str
) -> Iterator[Compiler]:
    """Yield what can compile an image's sources: its base's Python, else one of this machine.

    That of a base for another processor starts where the engine emulates it.
    """
    if base and base.find(python.program):
        yield image_byte_code.base_compiler(project, base_id, python.program)
    own = base_interpreters.find_release(release, (project.root,))
    if own:
        identity = f"{own.version} {own.executable}"
        yield Compiler((str(own.executable),), text_digest(identity.encode()), own.version)


def _find_forged(
    files: ExportedFiles,
    compiled: Sequence[CompiledFile],
    compilers: Iterator[Compiler],
    release: str,
) -> Iterator[tuple[str, str]]:
    """Yield the byte code that is not what its source compiles to, and why it is not.

    Another release than the image's may compile a few sources otherwise.
    """
    if not compiled:
        return
    failure = None
    for compiler in compilers:
        try:
            forged = image_byte_code.find_forged(files, compiled, compiler)
        except image_byte_code.CompilerError as error:
            failure = error
            continue
        detail = "is not what its source compiles to"
        if compiler.release not in {"", release}:
            detail += f" in Python {compiler.release} of this machine; the image has {release}"
        for path in forged:
            yield path, detail
        return
    reason = failure or "there is no Python of its version"
    yield compiled[0].path, f"cannot be compared with its source: {reason}"


def _name(path: str, prefix: str) -> str:
    """Return the name of a path in a finding, as `scan` gives it."""
    if prefix and path.startswith(f"{prefix}/"):
        short = path.removeprefix(f"{prefix}/")
        head, found, rest = short.partition("/site-packages/")
        return rest if found and head.startswith("lib/") else f"{{prefix}}/{short}"
    return f"/{path}"
