"""Which Python an image's programs start, and facts about it, from the image's files alone."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.inventory.code_paths import interpreter
from labcoat.inventory.code_paths.facts import assume_facts
from labcoat.inventory.file_finding import FileFinding
from labcoat.inventory.inventory import InterpreterFacts
from labcoat.toolchain import interpreters

_PROGRAM = lazy_pattern(r"python(3\.\d+)(t?)")
_FOLDER = lazy_pattern(r"python(3\.\d+)t?")
# The names that the engine gives processors, as platform.machine() names them.
MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "386": "i686", "arm": "armv7l"}
_CFG_MOST = 1 << 16


class ImagePython(Record):
    """The Python of an image's environment; paths have no leading slash.

    `prefix` is the environment, empty for the system's own Python. `program` is the file that
    runs, `site` the directory of its packages.
    """

    prefix: str
    program: str
    minor: str
    site: str

    @property
    def home(self) -> str:
        """The directory above the program's, with the standard library below it."""
        return posixpath.dirname(posixpath.dirname(self.program))

    @property
    def library(self) -> str:
        """The directory of the standard library."""
        return f"{self.home}/lib/python{self.minor}".lstrip("/")


def find_program(files: ExportedFiles, name: str, path: str) -> str:
    """Return the executable that `name` starts with this PATH, without following it; or empty."""
    for folder in path.split(":"):
        place = f"{folder.strip('/')}/{name}".lstrip("/")
        found = files.find(place)
        if found and found.kind == "file" and found.mode & 0o111:
            return place
    return ""


def find_python(files: ExportedFiles, variables: Mapping[str, str], minor: str) -> ImagePython:
    """Return the Python that VIRTUAL_ENV names, or the first on PATH.

    `minor` counts if nothing in the image tells the version. Raise ValueError if there is none.
    """
    prefix = variables.get("VIRTUAL_ENV", "").strip("/")
    start = f"{prefix}/bin/python" if prefix else ""
    if not prefix:
        start = find_program(files, "python3", variables.get("PATH", ""))
        if not start:
            raise ValueError("no `python3` is on its PATH")
    program = files.resolve(start)
    named = _PROGRAM.fullmatch(posixpath.basename(program))
    claimed = re.match(r"3\.\d+", claimed_version(files, prefix)) if prefix else None
    minor = (named or claimed or [minor])[1 if named else 0]
    if prefix:
        return ImagePython(prefix, program, minor, f"{prefix}/lib/python{minor}/site-packages")
    home = posixpath.dirname(posixpath.dirname(program))
    # Debian's own Python has its packages elsewhere.
    places = (
        f"{home}/lib/python{minor}/site-packages".lstrip("/"),
        f"usr/local/lib/python{minor}/dist-packages",
    )
    site = next((one for one in places if files.find(one)), places[0])
    return ImagePython("", program, minor, site)


def find_image_python(
    project: Project, files: ExportedFiles, variables: Mapping[str, str]
) -> ImagePython:
    """Return the Python of the project's image. Raise LabcoatError, status 2, if it has none."""
    try:
        return find_python(files, variables, interpreters.project_minor(project))
    except ValueError as error:
        raise LabcoatError(
            f"cannot read the packages of image `{project.image}`: {error}",
            "Set VIRTUAL_ENV in the Dockerfile to the environment, and PATH to its `bin`",
            status=2,
        ) from None


def claimed_version(files: ExportedFiles, prefix: str) -> str:
    """Return the version in pyvenv.cfg; empty if it states none."""
    values = dict(interpreter.parse_settings(_read_settings(files, prefix))[0])
    found = re.match(r"3\.\d+(\.\d+)?", values.get("version") or values.get("version_info") or "")
    return found[0] if found else ""


def _read_settings(files: ExportedFiles, prefix: str) -> str:
    try:
        return files.read(f"{prefix}/pyvenv.cfg", _CFG_MOST).decode("utf-8")
    except (OSError, ValueError):
        return ""


def describe_python(
    files: ExportedFiles, python: ImagePython, variables: Mapping[str, str], architecture: str
) -> InterpreterFacts:
    """Return the facts about the image's Python; `architecture` is as the engine names it."""
    version = claimed_version(files, python.prefix) if python.prefix else ""
    official = variables.get("PYTHON_VERSION", "")
    if not version and official.startswith(f"{python.minor}."):
        version = official
    facts = assume_facts(version or python.minor)
    machine = MACHINES.get(architecture, architecture)
    abi = next(
        (
            found[1]
            for name in _names(files, f"{python.library}/lib-dynload")
            if (found := re.search(r"\.(cpython-[\w-]+)\.so$", name))
        ),
        facts.abi,
    )
    markers = {**facts.markers, "platform_machine": machine, "sys_platform": "linux"}
    return InterpreterFacts(facts.version, abi, f"linux-{machine}", markers)


def _names(files: ExportedFiles, folder: str) -> Sequence[str]:
    try:
        return files.list_names(folder)
    except OSError:
        return ()


def judge_start(
    files: ExportedFiles,
    base: ExportedFiles | None,
    python: ImagePython,
    variables: Mapping[str, str],
) -> Iterator[FileFinding]:
    """Yield what is wrong with how the image's programs find the environment's Python.

    `base` are the files of the base image, None if they are not known.
    """
    prefix = python.prefix
    for name in ("python", "python3"):
        place = find_program(files, name, variables.get("PATH", ""))
        if place != f"{prefix}/bin/{name}" and (place or name == "python"):
            detail = f"`{name}` starts `/{place}`, not `/{prefix}/bin/{name}`"
            yield FileFinding("start", "", detail if place else f"no `{name}` is on its PATH")
    if files.resolve(prefix) != prefix:
        yield FileFinding("link", f"/{prefix}", f"/{files.resolve(prefix)}")
    for name in interpreter.interpreter_names(python.minor):
        entry = files.entries.get(f"{prefix}/bin/{name}")
        if entry is None:
            continue
        target = files.resolve(f"{prefix}/bin/{name}")
        if detail := _describe_target(files, base, python, target):
            yield FileFinding("start", "", f"`/{prefix}/bin/{name}` {detail}")
    if f"{prefix}/pyvenv.cfg" not in files.entries:
        yield FileFinding("removed-own", "{prefix}/pyvenv.cfg")
    elif files.entries[f"{prefix}/pyvenv.cfg"].kind == "file":
        yield from interpreter.compare_settings(
            _read_settings(files, prefix), _expects(files, python)
        )


def _describe_target(
    files: ExportedFiles, base: ExportedFiles | None, python: ImagePython, target: str
) -> str:
    """Describe why the file `target` is not the Python it should be; empty if it is."""
    entry = files.entries.get(target)
    if entry is None or entry.kind != "file":
        return f"leads to `/{target}`, which is no file"
    if target != python.program:
        return f"starts `/{target}`, not `/{python.program}`"
    inside = target.startswith(f"{python.prefix}/")
    if inside:  # a copy: venv makes one where it cannot link
        same = base and any(one.digest == entry.digest for one in base.entries.values())
        return "" if same else "starts a file in the environment itself"
    known = base.find(target) if base else None
    if known and known.digest != entry.digest:
        return f"starts `/{target}`, which is not the base image's"
    return ""


def _expects(files: ExportedFiles, python: ImagePython) -> Callable[[str, str], bool]:
    """Return whether pyvenv.cfg may have a key with a value."""

    def is_expected(key: str, value: str) -> bool:
        if key == "include-system-site-packages":
            return value.lower() == "false"
        if key == "home":
            names = ("python3", f"python{python.minor}", "python")
            return any(files.resolve(f"{value}/{name}") == python.program for name in names)
        if key == "executable":
            return files.resolve(value) == python.program
        if key in {"version", "version_info"}:
            return value.startswith(f"{python.minor}.")
        return interpreter.is_information(key, value)

    return is_expected
