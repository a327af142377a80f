"""The levels of isolation by name. A level's module is imported when that level is used.

mypy rejects a level here that lacks a method or property of Level: its class is abstract.
"""

from collections.abc import Callable

from labcoat.core.errors import LabcoatError
from labcoat.core.settings import suggest_name
from labcoat.levels.level import Level


def _create_none() -> Level:
    from labcoat.levels.none import NoneLevel

    return NoneLevel()


def _create_venv() -> Level:
    from labcoat.levels.venv import VenvLevel

    return VenvLevel()


def _create_conda() -> Level:
    from labcoat.levels.conda import CondaLevel

    return CondaLevel()


def _create_docker() -> Level:
    from labcoat.levels.docker import DockerLevel

    return DockerLevel()


# In the order of `make status` and of the rows of `make prove`.
_FACTORIES: dict[str, Callable[[], Level]] = {
    "none": _create_none,
    "venv": _create_venv,
    "conda": _create_conda,
    "docker": _create_docker,
}


def level_names() -> tuple[str, ...]:
    """Return the names that IN may have."""
    return tuple(_FACTORIES)


def all_levels() -> list[Level]:
    """Return all levels."""
    return [get_level(name) for name in _FACTORIES]


def get_level(name: str) -> Level:
    """Return the level called `name`. Raise LabcoatError, status 2, if it is unknown."""
    if name not in _FACTORIES:
        raise LabcoatError(
            f"unknown level of isolation `{name}`",
            suggest_name(name, _FACTORIES, f"IN is one of: {', '.join(_FACTORIES)}"),
            status=2,
        )
    return _FACTORIES[name]()
