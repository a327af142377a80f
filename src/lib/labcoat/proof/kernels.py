"""Which kernels the numeric libraries of each level choose: results depend on them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from labcoat.core.project import Project
from labcoat.proof.level_program import run_on_level

_PROGRAM = Path(__file__).with_name("kernels_program.py")
_ASKED = {"numpy", "scipy", "scipy-openblas32", "scipy-openblas64", "torch"}
# A library and its kernels.
Kernels = Mapping[str, str]


def read_kernels(project: Project, level: str, packages: Iterable[str]) -> Kernels:
    """Return the kernels that libraries on `level` choose with the variables of a proof's commands.

    Nothing is started if no package in `packages` can be asked. What is unknown is left out.
    """
    if _ASKED.isdisjoint(packages):
        return {}
    status, output = run_on_level(project, level, _PROGRAM)
    try:
        found = json.loads(output.splitlines()[-1]) if not status else {}
    except (ValueError, IndexError):
        return {}
    return {str(name): str(value) for name, value in found.items()}


def describe_kernels(names: tuple[str, str], kernels: tuple[Kernels, Kernels]) -> str:
    """Return how the kernels of two levels or proofs differ, or that they do not; empty if unknown.

    `names` say whose kernels they are.
    """
    ours, theirs = kernels
    if not ours or not theirs:
        return ""
    libraries = dict.fromkeys([*ours, *theirs])
    differing = [one for one in libraries if ours.get(one) != theirs.get(one)]
    if not differing:
        return f"{names[0]} and {names[1]} use the same kernels: {_list(ours, libraries)}"
    first, second = (_list(one, differing) for one in kernels)
    return f"kernels of {names[0]}: {first}; of {names[1]}: {second}"


def _list(kernels: Kernels, libraries: Iterable[str]) -> str:
    return ", ".join(f"{one} {kernels.get(one, 'absent')}" for one in libraries)
