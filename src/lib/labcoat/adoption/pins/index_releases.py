"""Which releases of many packages the index has, and which Pythons can install them here."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cached_property
from http.client import HTTPException

from labcoat._vendor.packaging.version import Version
from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.records import Record
from labcoat.locking import listed_files, wheel_platforms
from labcoat.toolchain import package_index
from labcoat.toolchain.package_index import ListedFile

_SOURCES = (".tar.gz", ".zip")
_AT_ONCE = 16  # listings that are read at the same time
_SECONDS = 90  # for all of them
# The first releases that run on Python 3.8 and newer, of packages whose wheels are for any Python.
# Keras before 2.4 runs on TensorFlow 1 to 2.1, which has no wheel for them, and joblib calls the
# constructor of code objects as 3.7 has it.
_RUNS_FROM = {"keras": "2.4.3", "joblib": "0.14.0"}
_PROGRESS = 12  # more packages than this take seconds


class PackageReleases(Record):
    """The `files` that the index has of one package."""

    name: str
    files: tuple[ListedFile, ...]

    @cached_property
    def by_version(self) -> Mapping[Version, list[ListedFile]]:
        """The wheels and sdists of each version, the oldest version first."""
        return listed_files.group_files(self.name, self.files)

    @property
    def has_wheels(self) -> bool:
        """Whether there is a wheel of any version, for whatever machine."""
        return any(file.name.endswith(".whl") for file in self.files)

    def installable(self, minor: str) -> list[Version]:
        """Return the versions of which Python `minor` can install a wheel here, oldest first.

        Yanked ones are left out.
        """
        return [
            version
            for version in self.by_version
            if self.has_wheel(version, minor) and not self._is_yanked(version)
        ]

    def has_wheel(self, version: Version, minor: str) -> bool:
        """Return whether Python `minor` can install and run a wheel of `version` here."""
        files = self.by_version.get(version, ())
        return not self.is_outgrown(version) and any(
            listed_files.is_installable(file, minor) for file in files
        )

    def is_outgrown(self, version: Version) -> bool:
        """Whether `version` runs on no Python of a project, although its wheel is for any."""
        first = _RUNS_FROM.get(self.name)
        return first is not None and version < Version(first)

    def sdist(self, version: Version, minor: str) -> ListedFile | None:
        """Return the sdist of `version` that Python `minor` may build; None if there is none.

        uv takes none of another kind: https://peps.python.org/pep-0625/.
        """
        for file in self.by_version.get(version, ()):
            if file.name.endswith(_SOURCES) and listed_files.allows_python(file, minor):
                return file
        return None

    def platforms(self, minor: str) -> list[str]:
        """Return the platforms of the wheels that Python `minor` can install there, in words."""
        wheels = [file for file in self.files if listed_files.allows_python(file, minor)]
        names = (file.name for file in wheels if file.name.endswith(".whl"))
        return wheel_platforms.wheel_platforms(
            name for name in names if wheel_platforms.is_for_python(name, minor)
        )

    def newest_before(self, moment: str) -> Version | None:
        """Return the newest version that was uploaded before `moment` (ISO 8601), if any."""
        known = [
            version
            for version, files in self.by_version.items()
            if not version.is_prerelease
            and min((file.uploaded for file in files if file.uploaded), default="~") <= moment
        ]
        return known[-1] if known else None

    def _is_yanked(self, version: Version) -> bool:
        return all(file.yanked is not None for file in self.by_version[version])


def fetch_releases(names: Iterable[str], before: str = "") -> dict[str, PackageReleases | None]:
    """Return the releases of each package in `names`; None for one that the index does not know.

    Files uploaded after `before` (ISO 8601) are left out. Packages whose listing takes too long
    are missing from the result. Raise LabcoatError if the index cannot be reached.
    """
    wanted = sorted(set(map(normalize_name, names)))
    if len(wanted) > _PROGRESS:
        terminal.print_progress(f"asking the package index about {len(wanted)} packages")
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        asked = {name: pool.submit(package_index.fetch_listing, name) for name in wanted}
        deadline = time.monotonic() + _SECONDS
        wait(asked.values(), max(0, deadline - time.monotonic()))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return _collect(asked, before)


def _collect(
    asked: Mapping[str, "Future[tuple[ListedFile, ...] | None]"], before: str
) -> dict[str, PackageReleases | None]:
    found: dict[str, PackageReleases | None] = {}
    errors: list[LabcoatError] = []
    for name, future in asked.items():
        if not future.done() or future.cancelled():
            continue
        try:
            listed = future.result()
        except LabcoatError as error:
            errors.append(error)
            continue
        except (OSError, ValueError, HTTPException):  # one answer that is not HTTP, or is cut off
            continue
        kept = tuple(file for file in listed or () if not before or _is_older(file, before))
        found[name] = PackageReleases(name, kept) if kept else None
    if errors and not found:
        raise errors[0]
    return found


def _is_older(file: ListedFile, before: str) -> bool:
    return not file.uploaded or file.uploaded <= before
