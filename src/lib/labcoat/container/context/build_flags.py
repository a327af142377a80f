"""Parse the flags that users add to `docker build`, as far as they decide what is built.

Source: `docker buildx build --help` (0.13). Of an option given twice, the last counts.
"""

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from labcoat.core.records import Record, field

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}  # uname's name: the builder's


class BuildFlags(Record):
    """The Dockerfile, the target stage, build arguments, other contexts' folders, and platforms."""

    file: str = "Dockerfile"
    target: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    contexts: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()


def locate_dockerfile(root: Path, name: str = "Dockerfile") -> Path:
    """Return the path of the Dockerfile `name` of a build; `dockerfile` stands in for the default.

    Source: buildx, build.go.
    """
    small = root / "dockerfile"
    if name == "Dockerfile" and not (root / name).exists() and small.is_file():
        return small
    return root / name


def parse_build_flags(words: Sequence[str]) -> BuildFlags:
    """Parse the `words`. Return the defaults if the builder will refuse them."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("-f", "--file", default="Dockerfile")
    parser.add_argument("-q", "--quiet", action="store_true")  # for -qf FILE
    parser.add_argument("--target", default="")
    parser.add_argument("--platform", default="")
    parser.add_argument("--build-arg", action="append", default=[])
    parser.add_argument("--build-context", action="append", default=[])
    try:
        found, _ = parser.parse_known_args(words)
    except argparse.ArgumentError:
        return BuildFlags()
    contexts = (each.partition("=")[2] for each in found.build_context)
    return BuildFlags(
        found.file,
        found.target,
        dict(_parse_build_args(found.build_arg)),
        tuple(context for context in contexts if "://" not in context),
        tuple(found.platform.split(",")) if found.platform else (),
    )


def _parse_build_args(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield build arguments; one without a value has that of the environment variable."""
    for word in words:
        name, equals, value = word.partition("=")
        if equals or name in os.environ:
            yield name, value if equals else os.environ[name]


def platform_arguments(platform: str = "") -> dict[str, str]:
    """Return the build arguments that the builder sets for a target platform.

    `platform` is for example `linux/arm/v7`; empty for this machine's. Source: Dockerfile
    reference, "Automatic platform ARGs in the global scope"; containerd's platforms.Normalize.
    """
    here = os.uname().machine
    return _platform_parts("BUILD", here) | _platform_parts("TARGET", platform or here)


def _platform_parts(which: str, platform: str) -> dict[str, str]:
    whole = platform if "/" in platform else f"linux/{platform}"
    system, machine, variant = [*whole.split("/"), ""][:3]
    machine = _MACHINES.get(machine, machine)
    variant = {("arm", ""): "v7", ("arm64", "v8"): ""}.get((machine, variant), variant)
    parts = {"OS": system, "ARCH": machine, "VARIANT": variant}
    parts["PLATFORM"] = "/".join(filter(None, parts.values()))
    return {f"{which}{part}": value for part, value in parts.items()}
