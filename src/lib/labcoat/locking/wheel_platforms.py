"""Which Pythons and platforms a wheel is for, by the tags in its name.

Format: https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/.
"""

from collections.abc import Iterable
from functools import lru_cache

from labcoat._vendor.packaging import tags
from labcoat._vendor.packaging.tags import Tag
from labcoat.core.patterns import lazy_pattern

# The Pythons that a message may name: those that projects use, and the two before.
MINORS = tuple(f"3.{number}" for number in range(6, 16))
PROJECT_MINORS = MINORS[2:]
_MACHINES = {
    "amd64": "x86-64",
    "x86_64": "x86-64",
    "arm64": "arm64",
    "aarch64": "arm64",
    "i686": "x86",
    "universal2": "x86-64 and arm64",
    "intel": "x86-64",
}
_SYSTEMS = {"win": "Windows", "macosx": "macOS", "manylinux": "Linux", "linux": "Linux"}
_PLATFORM = lazy_pattern(r"(win|macosx|manylinux|musllinux|linux)\d*_?(\d+_\d+)?_?(.*)")


def wheel_tags(name: str) -> frozenset[Tag]:
    """Return the tags of the wheel with this file name; none if it has no tags."""
    parts = name.removesuffix(".whl").rsplit("-", 3)
    return tags.parse_tag("-".join(parts[1:])) if len(parts) == 4 else frozenset()


@lru_cache
def supported_tags(minor: str) -> frozenset[Tag]:
    """Return the tags of wheels that CPython `minor` can install on this machine."""
    return accepted_tags(minor, tags.platform_tags())


def accepted_tags(minor: str, platform_tags: Iterable[str]) -> frozenset[Tag]:
    """Return the tags of wheels that CPython `minor` installs where `platform_tags` are valid."""
    version = tuple(map(int, minor.split(".")))
    interpreter = f"cp{version[0]}{version[1]}"
    platforms = list(platform_tags)
    return frozenset(tags.cpython_tags(version, [interpreter], platforms)) | frozenset(
        tags.compatible_tags(version, interpreter, platforms)
    )


def is_for_python(wheel: str, minor: str) -> bool:
    """Whether CPython `minor` can install the wheel with this file name on some machine."""
    found = wheel_tags(wheel)
    return not found.isdisjoint(accepted_tags(minor, {each.platform for each in found}))


def format_minors(minors: list[str]) -> str:
    """Return Pythons in words: `3.7 to 3.10`, `3.13 or newer`."""
    if len(minors) > 1 and minors[-1] == MINORS[-1]:
        return f"{minors[0]} or newer"
    return f"{minors[0]} to {minors[-1]}" if len(minors) > 1 else "".join(minors)


def this_platform() -> str:
    """Return this machine's platform in words."""
    return platform_name(next(iter(tags.platform_tags())))


def wheel_platforms(wheels: Iterable[str]) -> list[str]:
    """Return the platforms of `wheels` in words, such as `Windows x86-64`.

    One that is this machine's in name has the version of glibc or macOS that it asks for.
    """
    here = this_platform()
    found = set()
    for tag in frozenset[Tag]().union(*map(wheel_tags, wheels)):
        name = platform_name(tag.platform)
        found.add(f"{name}{_format_needs(tag.platform)}" if name == here else name)
    return sorted(found)


def platform_name(platform: str) -> str:
    """Return the platform of a tag in words; the tag itself if it is a rare one."""
    found = _PLATFORM.fullmatch(platform)
    if platform == "win32":
        return "Windows x86"
    if not found:
        return platform
    machine = _MACHINES.get(found[3], found[3])
    if found[1] == "musllinux":
        return f"Linux {machine} with musl"
    return f"{_SYSTEMS[found[1]]} {machine}".rstrip()


def _format_needs(platform: str) -> str:
    found = _PLATFORM.fullmatch(platform)
    if not found or not found[2] or found[1] not in {"manylinux", "macosx"}:
        return ""
    version = found[2].replace("_", ".")
    return f" with {'glibc' if found[1] == 'manylinux' else 'macOS'} {version} or newer"


def platform_marker(platforms: Iterable[str]) -> str:
    """Return the marker (PEP 508) that holds on `platforms` (in words); empty if none is simple."""
    systems = {name.partition(" ")[0] for name in platforms}
    markers = {
        frozenset({"Windows"}): "sys_platform == 'win32'",
        frozenset({"macOS"}): "sys_platform == 'darwin'",
        frozenset({"Linux"}): "sys_platform == 'linux'",
        frozenset({"Windows", "macOS"}): "sys_platform != 'linux'",
        frozenset({"Linux", "macOS"}): "sys_platform != 'win32'",
        frozenset({"Linux", "Windows"}): "sys_platform != 'darwin'",
    }
    here = this_platform().partition(" ")[0]
    return "" if here in systems else markers.get(frozenset(systems), "")
