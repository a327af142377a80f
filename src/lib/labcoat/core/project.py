"""A project: its root folder, its settings, and the paths that follow from them."""

import errno
import os
import re
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labcoat.core.errors import LabcoatError

# Every setting a person can make, with its default: a make variable or an environment variable of this name.
# `include.python.mk` declares and documents the same ones; a test holds the two equal.
DEFAULTS: Mapping[str, str] = {
    "LABCOAT_PYTHON": "python3",
    "LABCOAT_VENV": ".venv",
    "LABCOAT_REQUIREMENTS": "requirements.txt",
    "LABCOAT_DEV_REQUIREMENTS": "",
    "LABCOAT_LOCKER": "pip-tools",
    "LABCOAT_INSTALLER": "uv",
    "LABCOAT_COOLDOWN": "0",
    "LABCOAT_NO_BINARY": "",
    "LABCOAT_CONDA": "",
    "LABCOAT_CONDA_ENV": ".conda",
    "LABCOAT_CONDA_PACKAGES": "",
    "LABCOAT_IMAGE": "",
    "LABCOAT_BASE_IMAGE": "",
    "LABCOAT_DOCKER": "docker",
    "LABCOAT_DOCKER_FLAGS": "",
    "LABCOAT_EXTERN": "",
    "LABCOAT_VARIANT": "",
    "LABCOAT_STRIP": "",
    "LABCOAT_PLATFORMS": "",
    "LABCOAT_GPU": "",
    "LABCOAT_MEMORY": "",
    "LABCOAT_CPUS": "",
    "LABCOAT_PORTS": "",
    "LABCOAT_CA_BUNDLE": "",
    "LABCOAT_MOUNTS": "",
    "LABCOAT_PROVE_RUNS": "",
    "LABCOAT_CLEAN": "",
    "LABCOAT_CACHE": "",
    "LABCOAT_OWN": "",
}
_DEV = "LABCOAT_DEV_REQUIREMENTS"
# Read by labcoat's own tests alone; no spelling mistake.
_TESTS = frozenset({"LABCOAT_REQUIRE_DOCKER", "LABCOAT_TEST_BASE_IMAGE"})
# What the include gives to be read, not set.
_DERIVED = frozenset({"LABCOAT_BIN", "LABCOAT_RUN", "LABCOAT_READY"})
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "LABCOAT_LOCKER": ("pip-tools", "uv"),
    "LABCOAT_INSTALLER": ("uv", "pip"),
}
_TAG = re.compile(r"\w[\w.-]{0,99}", re.ASCII)  # what an image's tag may be, and a file's name too
# Settings that are paths, and what parts several. make and the shell take ~ for the home folder, so it is that here as well.
_PATHS: Mapping[str, str] = {
    "LABCOAT_VENV": "",
    "LABCOAT_REQUIREMENTS": "",
    "LABCOAT_DEV_REQUIREMENTS": " ",
    "LABCOAT_CONDA": "",
    "LABCOAT_CONDA_ENV": "",
    "LABCOAT_MOUNTS": ":",
    "LABCOAT_CLEAN": " ",
}


@dataclass(frozen=True)
class Project:
    """One project folder and what its owner has set."""

    root: Path
    settings: Mapping[str, str] = field(default_factory=lambda: DEFAULTS)

    @classmethod
    def here(cls, environ: Mapping[str, str] = os.environ) -> "Project":
        """The project of the current folder, with the settings of `environ`. Raises Failure on one that cannot be."""
        root, settings = Path.cwd(), read_settings(environ)
        # As in the include: set to nothing is not the same as not set.
        if _DEV not in environ and (root / "requirements-dev.in").exists():
            settings[_DEV] = "requirements-dev.txt"
        project = cls(root, settings)
        for name in ("VENV", "CONDA_ENV"):
            _check_environment(project.root, name, project[name])
        for lock in project.locks:
            if lock.suffix == ".in":
                raise LabcoatError(
                    f"{lock.name} is set as a lock, and is what one is made of.",
                    f"Set {lock.stem}.txt instead.",
                )
        return project

    def __getitem__(self, name: str) -> str:
        """The setting LABCOAT_`name`, an empty string where there is none."""
        return self.settings[f"LABCOAT_{name}"]

    def no_lock_on_top(self, lock: Path) -> LabcoatError:
        """The failure of a `lock` in LABCOAT_DEV_REQUIREMENTS that is not there."""
        source = lock.with_suffix(".in").name
        return LabcoatError(
            f"There is no {lock.name}, which LABCOAT_DEV_REQUIREMENTS names.",
            f"Create {source}, or correct it.",
        )

    def words(self, name: str) -> tuple[str, ...]:
        """The words of the setting LABCOAT_`name`, parted as a shell does. Raises Failure where a quote is not closed."""
        try:
            return tuple(shlex.split(self[name]))
        except ValueError as error:
            raise LabcoatError(
                f"LABCOAT_{name} cannot be {self[name]!r}: {error}.",
                "Close the quote, or leave it out.",
            ) from None

    @property
    def venv(self) -> Path:
        """The virtual environment's folder."""
        return self.root / self["VENV"]

    @property
    def state(self) -> Path:
        """Where labcoat keeps what it has to remember about this project; never committed."""
        return self.root / ".labcoat"

    @property
    def requirements(self) -> Path:
        """The lock that every level holds: LABCOAT_REQUIREMENTS, or that of LABCOAT_VARIANT, as requirements-cpu.txt."""
        lock = self.root / self["REQUIREMENTS"]
        return lock.with_stem(f"{lock.stem}-{self['VARIANT']}") if self["VARIANT"] else lock

    @property
    def locks(self) -> tuple[Path, ...]:
        """What the virtual environment holds: the lock, then what development needs on top of it."""
        return self.requirements, *(self.root / name for name in self["DEV_REQUIREMENTS"].split())

    @property
    def image(self) -> str:
        """The image's name: LABCOAT_IMAGE, else one made of the folder's name; the variant is its tag, or its tag's end."""
        kept = "".join(
            c if c.isascii() and c.isalnum() else "-" for c in self.root.name.lower()
        ).strip("-")
        name = self["IMAGE"] or f"labcoat/{kept or 'project'}"
        has_tag = ":" in name.rpartition("/")[2]  # before the last slash it is a registry's port
        return f"{name}{'-' if has_tag else ':'}{self['VARIANT']}" if self["VARIANT"] else name


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where labcoat keeps what projects share, one per user: LABCOAT_CACHE, else the XDG base directory's.

    Raises Failure where it would be below the home folder of nobody.
    """
    try:
        if chosen := environ.get("LABCOAT_CACHE"):
            return Path(chosen).expanduser().absolute()
        return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "labcoat"
    except RuntimeError:
        what = (
            f"LABCOAT_CACHE cannot be {chosen!r}: there is no such home folder."
            if chosen
            else "There is no home folder."
        )
        raise LabcoatError(
            what, "Name labcoat's cache folder in full: LABCOAT_CACHE=FOLDER."
        ) from None


def read_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings in `environ` over the defaults. Raises Failure on a name or a value that there cannot be."""
    given = {name: value.strip() for name, value in environ.items() if name.startswith("LABCOAT_")}
    for name in given.keys() - DEFAULTS.keys() - _TESTS - _DERIVED:
        raise LabcoatError(
            f"There is no setting {name}.",
            suggest_name(name, DEFAULTS, "make help lists all settings."),
        )
    if not re.fullmatch(r"[0-9]{0,5}", days := given.get("LABCOAT_COOLDOWN", "")):
        raise LabcoatError(
            f"LABCOAT_COOLDOWN is {days!r}.", "It is a number of days, such as 7; 0 is none."
        )
    for name, choices in _CHOICES.items():
        if (value := given.get(name)) and value not in choices:
            raise LabcoatError(
                f"{name} cannot be {value!r}.",
                suggest_name(value, choices, f"It is one of: {', '.join(choices)}."),
            )
    if (variant := given.get("LABCOAT_VARIANT")) and not _TAG.fullmatch(variant):
        raise LabcoatError(
            f"LABCOAT_VARIANT cannot be {variant!r}.",
            "Write it with letters, digits, and . _ - within, such as cpu.",
        )
    for name in given.keys() & _PATHS:
        part = _PATHS[name]
        words = given[name].split(part) if part else [given[name]]
        given[name] = part.join(
            map(os.path.expanduser, words)
        )  # which leaves a ~ of nobody's, as make does
    if packages := given.get("LABCOAT_NO_BINARY"):
        given["LABCOAT_NO_BINARY"] = packages.replace(",", " ")  # as pip takes them
        for word in given["LABCOAT_NO_BINARY"].split():
            if not re.fullmatch(r":all:|[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?", word, re.ASCII):
                raise LabcoatError(
                    f"LABCOAT_NO_BINARY has {word!r}, which is no package.",
                    "Name packages, parted by spaces.",
                )
    return {name: given.get(name) or default for name, default in DEFAULTS.items()}


def _check_environment(root: Path, name: str, value: str) -> None:
    """Raises Failure where `value` cannot be an environment's folder, or has the project in it, which would go with it."""
    folder = root / value
    try:
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except FileNotFoundError:
        pass  # not made yet
    except OSError as error:
        raise LabcoatError(
            f"LABCOAT_{name} cannot be {value!r}: {error.strerror}.",
            "Name a folder for an environment.",
        ) from None
    if root.is_relative_to(folder.resolve()):
        raise LabcoatError(
            f"LABCOAT_{name} cannot be {value!r}: the project is in it.",
            "Name a folder for an environment.",
        )


def suggest_name(word: str, known: object, otherwise: str) -> str:
    """One line that names what `word` was probably meant to be, and what else there is."""
    import difflib  # a third of this module's import time, needed only here

    close = difflib.get_close_matches(word, list(known), n=1)  # type: ignore[call-overload]
    return f"Did you mean {close[0]}? {otherwise}" if close else otherwise
