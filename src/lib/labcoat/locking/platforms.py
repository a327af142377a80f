"""The platforms that a lock holds for, and which of its packages have no wheel for one of them."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.locking.requirement_lines import marker_applies
from labcoat.locking.requirements_file import Pin

if TYPE_CHECKING:
    from labcoat._vendor.packaging.tags import Tag

# The newest C library and system whose wheels count. Debian 12, which the base images are built
# on, has glibc 2.36.
_GLIBC_MINORS = range(36, 4, -1)
_MACOS = (14, 0)
# The most common wheels, whose names need no packaging to be read.
_PURE = lazy_pattern(r"-(?:py2\.)?py3-none-any\.whl$")


class Platform(Record):
    """A platform: its name, and its values of `sys.platform` and `platform.machine()`."""

    name: str
    system: str
    machine: str

    def marker_values(self, minor: str) -> dict[str, str]:
        """Return the marker values (PEP 508) of CPython `minor` on this platform."""
        return {
            "sys_platform": self.system,
            "platform_machine": self.machine,
            "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}.get(
                self.system, self.system
            ),
            "os_name": "nt" if self.system == "win32" else "posix",
            "python_version": minor,
            "python_full_version": f"{minor}.9999",
            "implementation_name": "cpython",
            "implementation_version": f"{minor}.9999",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_version": "",
        }

    def platform_tags(self) -> Iterator[str]:
        """Yield the platform tags of the wheels that run on it.

        https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
        """
        from labcoat._vendor.packaging import tags

        if self.system == "linux":
            legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
            for minor in _GLIBC_MINORS:
                yield f"manylinux_2_{minor}_{self.machine}"
                if minor in legacy:
                    yield f"{legacy[minor]}_{self.machine}"
            yield f"linux_{self.machine}"
        elif self.system == "darwin":
            yield from tags.mac_platforms(_MACOS, self.machine)
        else:
            yield "win_amd64"


PLATFORMS: Sequence[Platform] = (
    Platform("Linux x86-64", "linux", "x86_64"),
    Platform("Linux arm64", "linux", "aarch64"),
    Platform("macOS arm64", "darwin", "arm64"),
    Platform("macOS x86-64", "darwin", "x86_64"),
    Platform("Windows x86-64", "win32", "AMD64"),
)
# Their values of `sys.platform`.
SYSTEMS: Sequence[str] = ("darwin", "linux", "win32")


class ReleaseFiles(Record):
    """The files of one release: the names of its wheels, and whether it may be built."""

    wheels: tuple[str, ...]
    has_source: bool = False


class ThisMachine(Platform):
    """The machine that labcoat runs on, with the C library or system version that it has."""

    def platform_tags(self) -> Iterator[str]:
        """Yield the platform tags of the wheels that run on this machine."""
        from labcoat._vendor.packaging import tags

        yield from tags.platform_tags()


def this_machine() -> Platform:
    """Return the platform of this machine."""
    return ThisMachine("this machine", sys.platform, os.uname().machine)


def missing_wheels(
    pins: Iterable[Pin],
    files: Mapping[tuple[str, str], ReleaseFiles],
    minor: str,
    platforms: Iterable[Platform] = PLATFORMS,
) -> dict[str, list[str]]:
    """Return, by platform name, the releases among `pins` that have no wheel for CPython `minor`.

    `files` are the files of each release, by name and version. A release that may be built from
    source lacks nothing.
    """
    listed = list(pins)
    missing = {
        platform.name: sorted(
            f"{pin.name} {pin.version}"
            for pin in listed
            if marker_applies(pin.marker, platform.marker_values(minor))
            and not _runs_on(files.get((pin.name, pin.version)), platform, minor)
        )
        for platform in platforms
    }
    return {name: releases for name, releases in missing.items() if releases}


def _runs_on(files: ReleaseFiles | None, platform: Platform, minor: str) -> bool:
    if files is None or files.has_source or any(map(_PURE.search, files.wheels)):
        return True
    from labcoat.locking.wheel_platforms import wheel_tags  # imports packaging

    accepted = _accepted_tags(platform, minor)
    return any(not accepted.isdisjoint(wheel_tags(name)) for name in files.wheels)


@lru_cache
def _accepted_tags(platform: Platform, minor: str) -> "frozenset[Tag]":
    from labcoat.locking.wheel_platforms import accepted_tags

    return accepted_tags(minor, platform.platform_tags())
