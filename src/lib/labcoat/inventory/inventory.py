"""What is installed in an environment: names and versions, or all files as `scan` lists them."""

import hashlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.records import Record
from labcoat.inventory.file_finding import FileFinding
from labcoat.locking.requirement_lines import same_version

if TYPE_CHECKING:
    from importlib import metadata

# They install other packages. A project does not ask for them unless its lock names them.
INSTALLERS = frozenset({"pip", "setuptools", "wheel", "uv"})


class Distribution(Record):
    """One installed distribution, from its metadata.

    `requested` is whether it was installed by name (PEP 376's REQUESTED), `origin` the address or
    path it came from if that was not an index (PEP 610's direct_url.json), `requires` the names of
    its dependencies, `installer` the program that installed it (PEP 376's INSTALLER).
    """

    name: str
    version: str
    requested: bool
    origin: str
    requires: frozenset[str]
    installer: str = ""


class Contents(Record):
    """One installed distribution, file by file.

    `files` are digests by name, as `scan` gives both. Files in `edited` differ from RECORD, those
    in `gone` are in RECORD but missing, those in `stray` are beside RECORD but not in it. `tags`
    are the wheel's: python-abi-platform.
    """

    name: str
    version: str
    tags: tuple[str, ...]
    files: Mapping[str, str]
    edited: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    stray: tuple[str, ...] = ()
    has_record: bool = True
    installer: str = ""
    origin: str = ""

    @property
    def digest(self) -> str:
        """The SHA-256 of version and files."""
        lines = [self.version, *(f"{path} {value}" for path, value in sorted(self.files.items()))]
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


class InterpreterFacts(Record):
    """An environment's Python.

    The version is like `3.12.1`, the ABI like `cpython-312-…`, the platform like `linux-x86_64`;
    `markers` are the values of environment markers (PEP 508).
    """

    version: str
    abi: str
    platform: str
    markers: Mapping[str, str]

    @property
    def minor(self) -> str:
        """The version without its last part, such as `3.12`."""
        return ".".join(self.version.split(".")[:2])


class Inventory(Record):
    """All that one environment holds.

    Files in `stray` belong to no distribution; `stripped` are the kinds of files that an image
    leaves out (strip.KINDS). `findings` are what is wrong with other files (code_paths), `managed`
    the distributions that conda brought. `executable` are the files that may be executed, None
    where that is not known.
    """

    python: InterpreterFacts
    distributions: tuple[Contents, ...]
    stray: tuple[str, ...]
    stripped: tuple[str, ...] = ()
    findings: tuple[FileFinding, ...] = ()
    managed: frozenset[str] = frozenset()
    executable: frozenset[str] | None = None

    @classmethod
    def from_json(cls, text: str) -> "Inventory":
        """Return the inventory that `scan` printed. Raise ValueError if it is not JSON."""
        found = json.loads(text)
        distributions = tuple(parse_contents(one) for one in found["distributions"])
        return cls(
            InterpreterFacts(**found["python"]),
            distributions,
            tuple(found["stray"]),
            managed=frozenset(one.name for one in distributions if one.installer == "conda"),
        )


def parse_contents(found: dict[str, Any]) -> Contents:
    """Return one of the distributions that `scan` found."""
    listed = {key: tuple(found[key]) for key in ("tags", "edited", "gone", "stray")}
    kept = {key: value for key, value in found.items() if key not in {"recorded", "info"}}
    return Contents(**{**kept, **listed, "name": normalize_name(found["name"])})


def scan_command(
    python: str | Path, prefix: str | Path = "", sites: Sequence[str] = ()
) -> list[str]:
    """Return the command in which `python` prints the inventory of the environment in `prefix`.

    Inventory.from_json parses its output. An empty prefix is that of `python` itself.
    """
    return [
        str(python),
        "-ISB",
        "-c",
        scan_text("main()"),
        str(prefix),
        *sites,
    ]


def scan_text(call: str) -> str:
    """Return a program that calls a function of `scan` in a Python without labcoat."""
    names = ("regular_files", "programs", "records", "interpreter_facts", "scan")
    return program_text([f"labcoat.inventory.{name}" for name in names], call)


def program_text(modules: Sequence[str], call: str) -> str:
    """Return a program for a Python without labcoat, which calls a function of the last module.

    `modules` are in the order in which they import each other.
    """
    package = Path(__file__).parent.parent
    texts = {
        name: package.joinpath(*name.split(".")[1:]).with_suffix(".py").read_text("utf-8")
        for name in modules
    }
    return (
        "import sys, types\n"
        f"for name, text in {texts!r}.items():\n"
        "    sys.modules[name] = module = types.ModuleType(name)\n"
        "    exec(compile(text, name, 'exec'), module.__dict__)\n"
        f"module.{call}\n"
    )


def read_inventory(python: Path, prefix: Path | str = "", sites: Sequence[str] = ()) -> Inventory:
    """Return the inventory of an environment on this machine.

    Raise LabcoatError, status 2, if its Python fails.
    """
    try:
        done = subprocess.run(
            scan_command(python, prefix, sites), capture_output=True, text=True, check=True
        )
        return Inventory.from_json(done.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        lines = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        raise LabcoatError(
            f"cannot list the packages of `{python}`: {lines[-1] if lines else 'no output'}",
            "Recreate the environment",
            status=2,
        ) from None


def read_distributions(site_packages: Path) -> list[Distribution]:
    """Return the distributions in a site-packages directory, sorted by name.

    Those without readable metadata are left out.
    """
    from importlib import metadata

    infos = [site_packages / name for name in _list_metadata(site_packages)]
    readable = [metadata.PathDistribution(info) for info in infos if _is_readable(info)]
    found = [_read_distribution(one) for one in readable if one.metadata and one.metadata["Name"]]
    return sorted(found, key=lambda one: one.name)


def installed_versions(site_packages: Path) -> dict[str, str]:
    """Return names and versions, from the names of the metadata directories.

    That takes a hundredth of the time of read_distributions.
    """
    found = (name.rpartition(".")[0].split("-") for name in _list_metadata(site_packages))
    return {normalize_name(words[0]): words[1] for words in found if len(words) > 1}


def describe_changes(
    installed: Mapping[str, str], locked: Mapping[str, str], allowed: frozenset[str] = frozenset()
) -> str:
    """Describe how installed names and versions differ from those `locked`; empty if they agree.

    Packages in `allowed` may be installed though they are not locked.
    """
    added = sorted(installed.keys() - locked.keys() - allowed)
    removed = sorted(locked.keys() - installed.keys())
    moved = [
        f"{name} {installed[name]} (locked {locked[name]})"
        for name in sorted(locked)
        if not same_version(installed.get(name, locked[name]), locked[name])
    ]
    return ", ".join(
        [*(f"added {name}" for name in added), *(f"removed {name}" for name in removed), *moved]
    )


def _is_readable(info: Path) -> bool:
    """Return whether every file of a distribution's metadata is a regular one.

    importlib.metadata would wait for a writer of a pipe.
    """
    try:
        files = list(info.iterdir()) if info.is_dir() else [info]
        return all(path.is_file() or path.is_dir() for path in files if path.exists())
    except OSError:
        return False


def _list_metadata(folder: Path) -> list[str]:
    try:
        return [
            path.name
            for path in folder.iterdir()
            if path.name.endswith((".dist-info", ".egg-info"))
        ]
    except OSError:
        return []


def _read_distribution(one: "metadata.Distribution") -> Distribution:
    return Distribution(
        name=normalize_name(one.metadata["Name"]),
        version=one.version,
        requested=one.read_text("REQUESTED") is not None,
        origin=_describe_origin(one.read_text("direct_url.json")),
        requires=frozenset(
            normalize_name(_requirement_name(line))
            for line in one.requires or ()
            if "extra ==" not in line
        ),
        installer=(one.read_text("INSTALLER") or "").strip(),
    )


def _describe_origin(direct_url: str | None) -> str:
    """Return where a distribution came from (PEP 610); empty if it came from an index."""
    if not direct_url:
        return ""
    try:
        found = json.loads(direct_url)
        url = str(found.get("url", "?"))
        if vcs := found.get("vcs_info"):
            return f"{vcs.get('vcs', 'vcs')}+{url}@{vcs.get('commit_id', '?')}"
        return f"{url} (editable)" if found.get("dir_info", {}).get("editable") else url
    except (ValueError, AttributeError, RecursionError):
        return "an unreadable direct_url.json"


def _requirement_name(requirement: str) -> str:
    """Return the name in a requirement: `numpy` for `numpy>=2; python_version > "3.10"`."""
    for end, letter in enumerate(requirement):
        if not (letter.isalnum() or letter in "-_."):
            return requirement[:end]
    return requirement
