"""The inventory of an image's environment, from the image's files: nothing of it is run."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from labcoat.container.filesystem.configuration import TEXTS
from labcoat.container.filesystem.image_python import (
    ImagePython,
    claimed_version,
    describe_python,
    judge_start,
)
from labcoat.container.filesystem.new_environment import is_own_file
from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.core.records import Record
from labcoat.inventory import scan
from labcoat.inventory.code_paths import byte_code, interpreter
from labcoat.inventory.code_paths.byte_code import CompiledFile
from labcoat.inventory.code_paths.environment import list_installer_files, list_package_files
from labcoat.inventory.code_paths.layout import Layout, judge_entries
from labcoat.inventory.inventory import Inventory, parse_contents

_KEPT_METADATA = frozenset({
    "METADATA", "PKG-INFO", "WHEEL", "RECORD", "INSTALLER", "direct_url.json",
})  # fmt: skip
# The loader's and the users' lists (surroundings.py), and settings (configuration.py).
_SYSTEM = TEXTS | {"etc/ld.so.cache", "etc/passwd", "etc/group"}
_MOST_RECORD = 1 << 26
_MOST_TEXT = 1 << 20


class ImageEnvironment(Record):
    """The inventory of an image, and its byte code with sources, by paths in the image."""

    inventory: Inventory
    byte_code: tuple[CompiledFile, ...] = ()


def is_kept(path: str, size: int) -> bool:
    """Return whether the text of a file is needed: metadata and programs."""
    folder, _, name = path.rpartition("/")
    if folder.endswith(".dist-info") or ".egg-info/" in f"{folder}/":
        return name in _KEPT_METADATA and size <= _MOST_RECORD
    if name.endswith(".egg-info") or name in {"pyvenv.cfg", ".gitignore"}:
        return size <= _MOST_TEXT
    return size < _MOST_TEXT and (folder.endswith("/bin") or path in _SYSTEM)


def read_image_environment(  # noqa: PLR0913 - what the engine tells of an image
    files: ExportedFiles,
    base: ExportedFiles | None,
    python: ImagePython,
    variables: Mapping[str, str],
    architecture: str,
    *,
    is_labcoats: bool,
) -> ImageEnvironment:
    """Return what the environment of `python` holds, and what is wrong with its files.

    `base` are the files of the base image, None if they are not known. `is_labcoats` tells that
    labcoat's own Dockerfile made it, so that each file is root's.
    """
    prefix, site = python.prefix, python.site
    facts = describe_python(files, python, variables, architecture)
    if not prefix:
        home = f"/{python.home}".rstrip("/")
        programs = frozenset(
            f"{home}/bin/{name}" for name in interpreter.interpreter_names(python.minor)
        )
        found = scan.scan_packages(home, f"/{site}", programs, 1, files)
        stray = scan.list_stray(home, f"/{site}", found, files)
        distributions = tuple(parse_contents(one) for one in found)
        return ImageEnvironment(Inventory(facts, distributions, tuple(stray)))
    programs = interpreter.own_interpreters({f"/{prefix}"}, python.minor)
    found = scan.scan_packages(f"/{prefix}", f"/{site}", programs, 1, files)
    below = site.removeprefix(f"{prefix}/")
    packages = list_package_files(found, Path(f"/{prefix}"), below)
    layout = Layout(
        below,
        packages,
        installers=list_installer_files(Path(f"/{prefix}"), below, files),
        own=partial(_is_own, files, base, python, is_labcoats),
        links={
            "lib64": "lib",
            **{f"bin/{name}": "" for name in interpreter.interpreter_names(python.minor)},
        },
        executable=frozenset(path for path in packages if path.startswith("bin/")),
        owners={0} if is_labcoats else frozenset(),
        is_roots=is_labcoats,
        own_folders=("include", f"include/python{python.minor}"),
    )
    judged = judge_entries(layout, partial(files.list_entries, prefix))

    def is_file(path: str) -> bool:
        entry = files.entries.get(f"{prefix}/{path}")
        return entry is not None and entry.kind == "file"

    wrong, compiled = byte_code.pair_sources(judged.byte_code, python.minor, layout.name, is_file)
    inventory = Inventory(
        facts,
        tuple(parse_contents(one) for one in found),
        stray=(),
        findings=(*judge_start(files, base, python, variables), *judged.findings, *wrong),
        executable=judged.executable,
    )
    paths = tuple(
        CompiledFile(f"{prefix}/{one.path}", f"{prefix}/{one.source}", one.level)
        for one in compiled
    )
    return ImageEnvironment(inventory, paths)


def _is_own(
    files: ExportedFiles,
    base: ExportedFiles | None,
    python: ImagePython,
    is_labcoats: bool,
    path: str,
) -> bool | None:
    """Return whether a file is what the environment's maker writes; None if it is another file.

    A project's own steps may make the environment with uv or virtualenv, whose files are not known.
    """
    verdict = is_own_file(files, base, python, path)
    if verdict or is_labcoats or not scan.is_own_program(path.removeprefix("bin/")):
        return verdict
    values = dict(interpreter.parse_settings(_settings_text(files, python.prefix))[0])
    made_otherwise = bool(values.keys() & {"uv", "virtualenv"})
    return True if made_otherwise and claimed_version(files, python.prefix) else verdict


def _settings_text(files: ExportedFiles, prefix: str) -> str:
    try:
        return files.read(f"{prefix}/pyvenv.cfg").decode("utf-8", "replace")
    except OSError:
        return ""
