"""A project: its root directory, its settings, and the paths that follow from them."""

import errno
import os
import shlex
import stat
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.records import Record, field
from labcoat.core.settings import DEFAULTS, read_settings
from labcoat.core.terminal import escape_control

_DEV = "LABCOAT_DEV_REQUIREMENTS"
# Files of other kinds, which no lock may replace.
_OTHER_NAMES = frozenset(
    {"makefile", "dockerfile", "containerfile", "pipfile", "readme", "license"}
)
_OTHER_SUFFIXES = frozenset(
    {
        *(".cfg", ".csv", ".dockerfile", ".gz", ".ini", ".ipynb", ".json", ".md", ".mk", ".py"),
        *(".rst", ".sh", ".toml", ".whl", ".yaml", ".yml", ".zip"),
    }
)
# What the include passes where no one sets it: only the helper reads pyproject.toml.
_UNSET = "?"


class Project(Record):
    """A project directory and its settings."""

    root: Path
    settings: Mapping[str, str] = field(default_factory=lambda: DEFAULTS)
    chosen: frozenset[str] = frozenset()  # those that are known to be set, if only to the default

    @classmethod
    def here(
        cls, environ: Mapping[str, str] = os.environ, ignored: Collection[str] = ()
    ) -> "Project":
        """Return the project of the current directory.

        Raise LabcoatError if a setting is invalid, but for those that are `ignored`.
        """
        return cls.at(Path.cwd(), environ, ignored)

    @classmethod
    def at(cls, root: Path, environ: Mapping[str, str], ignored: Collection[str] = ()) -> "Project":
        """Return the project in the directory `root`.

        Raise LabcoatError if a setting is invalid, but for those that are `ignored`.
        """
        settings = read_settings(environ, ignored)
        # As in the include: set to nothing is not the same as not set.
        if environ.get(_DEV, _UNSET) == _UNSET:
            settings[_DEV] = default_dev_requirements(root)
        project = cls(root, settings, _chosen_settings())
        for name in ("VENV", "CONDA_ENV"):
            _check_environment(project.root, name, project[name])
        for lock in project.locks:
            if lock.suffix == ".in":
                raise LabcoatError(
                    f"{lock.name} is the input of a lock, not a lock",
                    f"Set the setting to {lock.stem}.txt",
                )
            if lock.name.lower() in _OTHER_NAMES or lock.suffix.lower() in _OTHER_SUFFIXES:
                name = "REQUIREMENTS" if lock == project.requirements else "DEV_REQUIREMENTS"
                raise LabcoatError(
                    f"LABCOAT_{name} names `{lock.name}`, which is not a requirements file",
                    "Set it to the name of a lock, such as requirements.txt",
                )
        return project

    def __getitem__(self, name: str) -> str:
        """Return the setting LABCOAT_`name`; empty if it has no value."""
        return self.settings[f"LABCOAT_{name}"]

    def is_set(self, name: str) -> bool:
        """Whether LABCOAT_`name` has been set, if only to its default."""
        setting = f"LABCOAT_{name}"
        return setting in self.chosen or self.settings[setting] != DEFAULTS[setting]

    def no_lock_on_top(self, lock: Path) -> LabcoatError:
        """Return the error for a missing `lock` that LABCOAT_DEV_REQUIREMENTS names."""
        source = lock.with_suffix(".in").name
        return LabcoatError(
            f"LABCOAT_DEV_REQUIREMENTS names {lock.name}, which does not exist",
            f"Create {source}, or correct the setting",
        )

    def words(self, name: str) -> tuple[str, ...]:
        """Split the setting LABCOAT_`name` like a shell. Raise LabcoatError if a quote is open."""
        try:
            return tuple(shlex.split(self[name]))
        except ValueError as error:
            raise LabcoatError(
                f"invalid LABCOAT_{name} `{self[name]}`: {error}",
                "Close or remove the quote",
            ) from None

    @property
    def venv(self) -> Path:
        """The virtual environment's directory."""
        return self.root / self["VENV"]

    @property
    def state(self) -> Path:
        """The directory of what labcoat remembers about this project; never committed."""
        return self.root / ".labcoat"

    @property
    def requirements(self) -> Path:
        """The lock that every level holds.

        LABCOAT_REQUIREMENTS, or the one of LABCOAT_VARIANT, such as requirements-cpu.txt.
        """
        lock = self.root / self["REQUIREMENTS"]
        return lock.with_stem(f"{lock.stem}-{self['VARIANT']}") if self["VARIANT"] else lock

    @property
    def locks(self) -> tuple[Path, ...]:
        """The locks of the virtual environment: the lock, then those for development."""
        return self.requirements, *(self.root / name for name in self["DEV_REQUIREMENTS"].split())

    @property
    def image(self) -> str:
        """The image's name: LABCOAT_IMAGE, else from the directory's name; the variant as tag."""
        kept = "".join(
            c if c.isascii() and c.isalnum() else "-" for c in self.root.name.lower()
        ).strip("-")
        name = self["IMAGE"] or f"labcoat/{kept or 'project'}"
        has_tag = (
            ":" in name.rpartition("/")[2]
        )  # before the last slash, a colon precedes a registry's port
        return f"{name}{'-' if has_tag else ':'}{self['VARIANT']}" if self["VARIANT"] else name


def _chosen_settings() -> frozenset[str]:
    """Return what start.sh was told by make: LABCOAT_PYTHON is set by the user."""
    return frozenset({"LABCOAT_PYTHON"} if "labcoat_python_is_set" in sys._xoptions else ())


def default_dev_requirements(root: Path) -> str:
    """Return LABCOAT_DEV_REQUIREMENTS where it is not set: the lock for `dev`, if there is one."""
    if (root / "requirements-dev.in").exists():
        return "requirements-dev.txt"
    from labcoat.core.project_files import lock_of_record  # parsers take 20 ms to import
    from labcoat.core.project_files.reader import declares_dev, names_locks

    record = lock_of_record.find_record(root / "requirements.txt")
    if record and not names_locks(root):
        groups = lock_of_record.default_groups(root, record)
        return " ".join(f"requirements-{name}.txt" for name in groups)
    if (root / "requirements.in").exists():
        return ""
    return "requirements-dev.txt" if declares_dev(root) else ""


def _check_environment(root: Path, name: str, value: str) -> None:
    """Raise LabcoatError if `value` cannot be an environment, or the project is inside it."""
    folder = root / value
    try:
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except FileNotFoundError:
        pass  # not created yet
    except OSError as error:
        raise LabcoatError(
            f"invalid LABCOAT_{name} `{value}`: {error.strerror}",
            f"Move it away, or set LABCOAT_{name} to a directory",
        ) from None
    if root.is_relative_to(folder.resolve()):
        raise LabcoatError(
            f"invalid LABCOAT_{name} `{value}`: it contains the project",
            "Name a directory for the environment",
        )


def check_environment_path(folder: Path, setting: str) -> None:
    """Raise LabcoatError if the programs of an environment in `folder` could not be started."""
    for path in (str(folder), str(folder.resolve())):
        if os.pathsep in path:
            reason = f"its path contains `{os.pathsep}`, which separates the directories in PATH"
        elif "\n" in path or "\r" in path:
            reason = "its path contains a line break, which ends a program's first line"
        elif not _is_utf8(path):
            reason = "its path is not UTF-8 text"
        else:
            continue
        raise LabcoatError(
            f"no environment can be used in `{escape_control(path)}`: {reason}",
            f"Rename the directory, or set {setting} to one outside the project",
        )


def check_project_path(root: Path) -> None:
    """Raise LabcoatError if no locker works in `root`: uv needs a path that is UTF-8 text."""
    if not _is_utf8(str(root)):
        raise LabcoatError(
            f"cannot lock in `{escape_control(str(root))}`: its path is not UTF-8 text",
            "Rename the directory",
        )


def _is_utf8(path: str) -> bool:
    """Whether a path has no bytes that Python decodes to surrogates (PEP 383)."""
    return not any("\ud800" <= letter <= "\udfff" for letter in path)
