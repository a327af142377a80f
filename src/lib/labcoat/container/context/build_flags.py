"""What the words that a person adds to a `docker build` say of it.

Source: `docker buildx build --help` (0.13). Of an option that is given twice the last counts.
"""

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}  # as uname has it, and as the builder


@dataclass(frozen=True)
class BuildFlags:
    """The Dockerfile, the stage to stop at, the build arguments, the folders that are contexts too, and the platforms."""

    file: str = "Dockerfile"
    target: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    contexts: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()


def parse_build_flags(words: Sequence[str]) -> BuildFlags:
    """Read the `words`; of those that the builder will refuse nothing is known."""
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
    return BuildFlags(
        found.file,
        found.target,
        dict(_given(found.build_arg)),
        tuple(
            folder
            for _, _, folder in (each.partition("=") for each in found.build_context)
            if "://" not in folder
        ),
        tuple(found.platform.split(",")) if found.platform else (),
    )


def _given(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Build arguments; one without a value has that of this machine's environment."""
    for word in words:
        name, assigned, value = word.partition("=")
        if assigned or name in os.environ:
            yield name, value if assigned else os.environ[name]


def platform_arguments(named: str = "") -> dict[str, str]:
    """The build arguments that the builder sets itself for a target platform such as `linux/arm/v7`; empty for this machine's.

    Source: Dockerfile reference, "Automatic platform ARGs in the global scope"; containerd's platforms.Normalize.
    """
    here = os.uname().machine
    return _platform("BUILD", here) | _platform("TARGET", named or here)


def _platform(which: str, named: str) -> dict[str, str]:
    system, machine, variant = [*(named if "/" in named else f"linux/{named}").split("/"), ""][:3]
    machine = _MACHINES.get(machine, machine)
    variant = {("arm", ""): "v7", ("arm64", "v8"): ""}.get((machine, variant), variant)
    parts = {"OS": system, "ARCH": machine, "VARIANT": variant}
    return {
        f"{which}{part}": value
        for part, value in {"PLATFORM": "/".join(filter(None, parts.values())), **parts}.items()
    }
