"""A project: its root folder, its settings, and the paths that follow from them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labcoat.core.errors import Failure

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


@dataclass(frozen=True)
class Project:
    """One project folder and what its owner has set."""

    root: Path
    settings: Mapping[str, str] = field(default_factory=lambda: DEFAULTS)

    @classmethod
    def here(cls, environ: Mapping[str, str] = os.environ) -> "Project":
        """The project of the current folder, with the settings of `environ`. Raises Failure on a misspelt one."""
        root, settings = Path.cwd(), read_settings(environ)
        # As in the include: set to nothing is not the same as not set.
        if _DEV not in environ and (root / "requirements-dev.in").exists():
            settings[_DEV] = "requirements-dev.txt"
        return cls(root, settings)

    def __getitem__(self, name: str) -> str:
        """The setting LABCOAT_`name`, an empty string where there is none."""
        return self.settings[f"LABCOAT_{name}"]

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
        """The lock that every rung holds: LABCOAT_REQUIREMENTS, or that of LABCOAT_VARIANT, as requirements-cpu.txt."""
        lock = self.root / self["REQUIREMENTS"]
        return lock.with_stem(f"{lock.stem}-{self['VARIANT']}") if self["VARIANT"] else lock

    @property
    def locks(self) -> tuple[Path, ...]:
        """What the virtual environment holds: the lock, then what development needs on top of it."""
        return self.requirements, *(self.root / name for name in self["DEV_REQUIREMENTS"].split())

    @property
    def image(self) -> str:
        """The image's name: LABCOAT_IMAGE, else one made of the folder's name, with the variant as its tag."""
        kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in self.root.name.lower()).strip("-")
        return self["IMAGE"] or f"labcoat/{kept or 'project'}" + (f":{self['VARIANT']}" if self["VARIANT"] else "")


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where labcoat keeps what projects share, one per user: LABCOAT_CACHE, else the XDG base directory's."""
    if chosen := environ.get("LABCOAT_CACHE"):
        return Path(chosen).expanduser().absolute()
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "labcoat"


def read_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings in `environ` over the defaults. Raises Failure on a name or a choice that does not exist."""
    given = {name: value.strip() for name, value in environ.items() if name.startswith("LABCOAT_")}
    for name in given.keys() - DEFAULTS.keys() - _TESTS - _DERIVED:
        raise Failure(f"There is no setting {name}.", nearest(name, DEFAULTS, "make help lists all settings."))
    for name, choices in _CHOICES.items():
        if (value := given.get(name)) and value not in choices:
            raise Failure(f"{name} cannot be {value!r}.", nearest(value, choices, f"It is one of: {', '.join(choices)}."))
    return {name: given.get(name) or default for name, default in DEFAULTS.items()}


def nearest(word: str, known: object, otherwise: str) -> str:
    """One line that names what `word` was probably meant to be, and what else there is."""
    import difflib  # a third of this module's import time, needed only here

    close = difflib.get_close_matches(word, list(known), n=1)  # type: ignore[call-overload]
    return f"Did you mean {close[0]}? {otherwise}" if close else otherwise
