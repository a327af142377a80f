"""The settings: names, defaults, and whether their values are valid."""

import os
import re
from collections.abc import Collection, Mapping

from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.terminal import escape_control

# Every setting with its default: a make variable or an environment variable of this name.
# `include.python.mk` declares and documents the same ones; a test holds the two equal.
DEFAULTS: Mapping[str, str] = {
    "LABCOAT_PYTHON": "python3",
    "LABCOAT_VENV": ".venv",
    "LABCOAT_REQUIREMENTS": "requirements.txt",
    "LABCOAT_DEV_REQUIREMENTS": "",
    "LABCOAT_LOCK_FROM": "",
    "LABCOAT_LOCKER": "pip-tools",
    "LABCOAT_INSTALLER": "uv",
    "LABCOAT_COOLDOWN": "0",
    "LABCOAT_AS_OF": "",
    "LABCOAT_NO_BINARY": "",
    "LABCOAT_RUN_SETUP": "",
    "LABCOAT_TIMEOUT": "1800",
    "LABCOAT_CONDA": "",
    "LABCOAT_CONDA_ENV": ".conda",
    "LABCOAT_CONDA_PACKAGES": "",
    "LABCOAT_IMAGE": "",
    "LABCOAT_BASE_IMAGE": "",
    "LABCOAT_DOCKER": "docker",
    "LABCOAT_DOCKER_FLAGS": "",
    "LABCOAT_EXTERN": "",
    "LABCOAT_APT_MIRROR": "",
    "LABCOAT_APT_SNAPSHOT": "http://snapshot.debian.org/archive",
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
    "LABCOAT_ENV": "",
    "LABCOAT_PORTABLE": "",
    "LABCOAT_CLEAN": "",
    "LABCOAT_CACHE": "",
    "LABCOAT_OWN": "",
}
# Read only by labcoat's own tests; not misspelt.
_TESTS = frozenset({"LABCOAT_REQUIRE_DOCKER", "LABCOAT_TEST_BASE_IMAGE"})
# Set by the include, for recipes to read.
_DERIVED = frozenset({"LABCOAT_BIN", "LABCOAT_RUN", "LABCOAT_READY"})
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "LABCOAT_LOCKER": ("pip-tools", "uv"),
    "LABCOAT_INSTALLER": ("uv", "pip"),
    "LABCOAT_RUN_SETUP": ("1",),
    "LABCOAT_PORTABLE": ("1",),
}
# What only locks, installations and images are made with: nothing that is removed depends on it.
OF_LOCKS = frozenset(
    {
        *("LABCOAT_LOCKER", "LABCOAT_INSTALLER", "LABCOAT_RUN_SETUP", "LABCOAT_COOLDOWN"),
        *("LABCOAT_AS_OF", "LABCOAT_TIMEOUT", "LABCOAT_NO_BINARY", "LABCOAT_PORTABLE"),
        *("LABCOAT_APT_MIRROR", "LABCOAT_APT_SNAPSHOT"),
    }
)
_ADDRESSES: Mapping[str, str] = {
    "LABCOAT_APT_MIRROR": "http://mirror.example/debian",
    "LABCOAT_APT_SNAPSHOT": "http://snapshot.debian.org/archive",
}
_TAG = lazy_pattern(r"\w[\w.-]{0,99}", re.ASCII)  # valid in an image's tag and in a file name
# Settings that are paths, and what separates several. ~ is the home directory, as in make and sh.
_PATHS: Mapping[str, str] = {
    "LABCOAT_VENV": "",
    "LABCOAT_REQUIREMENTS": "",
    "LABCOAT_DEV_REQUIREMENTS": " ",
    "LABCOAT_CONDA": "",
    "LABCOAT_CONDA_ENV": "",
    "LABCOAT_MOUNTS": ":",
    "LABCOAT_CLEAN": " ",
}


def time_limit(environ: Mapping[str, str] = os.environ) -> int:
    """Return the seconds after which a locker or an installer is ended."""
    return int(read_settings(environ)["LABCOAT_TIMEOUT"])


def read_settings(environ: Mapping[str, str], ignored: Collection[str] = ()) -> dict[str, str]:
    """Return the settings in `environ`, with defaults. Raise LabcoatError if one is invalid.

    Those that are `ignored` have their defaults, whatever their values are.
    """
    given = {
        name: value.strip()
        for name, value in environ.items()
        if name.startswith("LABCOAT_") and name not in ignored
    }
    for name in given.keys() - DEFAULTS.keys() - _TESTS - _DERIVED:
        raise LabcoatError(
            f"unknown setting {name}",
            suggest_name(name, DEFAULTS, "`make help SETTINGS=1` lists all settings"),
        )
    if not re.fullmatch(r"[0-9]{0,5}", days := given.get("LABCOAT_COOLDOWN", "")):
        raise LabcoatError(
            f"invalid LABCOAT_COOLDOWN `{days}`", "Set it to a number of days, such as 7; 0 is off"
        )
    if (day := given.get("LABCOAT_AS_OF")) and not is_day(day):
        raise LabcoatError(
            f"invalid LABCOAT_AS_OF `{day}`", "Set it to a day, such as 2021-03-31, or to nothing"
        )
    if (limit := given.get("LABCOAT_TIMEOUT")) and not re.fullmatch(r"[1-9][0-9]{0,6}", limit):
        raise LabcoatError(
            f"invalid LABCOAT_TIMEOUT `{limit}`", "Set it to a number of seconds, such as 1800"
        )
    _check_addresses(given)
    for name, choices in _CHOICES.items():
        if (value := given.get(name)) and value not in choices:
            raise LabcoatError(
                f"invalid {name} `{value}`",
                suggest_name(value, choices, f"Set it to one of: {', '.join(choices)}"),
            )
    if (variant := given.get("LABCOAT_VARIANT")) and not _TAG.fullmatch(variant):
        raise LabcoatError(
            f"invalid LABCOAT_VARIANT `{variant}`",
            "Use letters and digits, with `. _ -` between them, such as cpu",
        )
    for name in given.keys() & _PATHS:
        part = _PATHS[name]
        words = given[name].split(part) if part else [given[name]]
        given[name] = part.join(
            map(os.path.expanduser, words)
        )  # which keeps a ~ of an unknown user, as make does
    if packages := given.get("LABCOAT_NO_BINARY"):
        given["LABCOAT_NO_BINARY"] = packages.replace(",", " ")  # pip accepts both
        for word in given["LABCOAT_NO_BINARY"].split():
            if not re.fullmatch(r":all:|[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?", word, re.ASCII):
                raise LabcoatError(
                    f"invalid package `{word}` in LABCOAT_NO_BINARY",
                    "Name packages, separated by spaces",
                )
    return {name: given.get(name) or default for name, default in DEFAULTS.items()}


def _check_addresses(given: Mapping[str, str]) -> None:
    for name, example in _ADDRESSES.items():
        address = given.get(name, "")
        if address and not re.fullmatch(r"https?://[^\s'\"\\|&]+[^\s'\"\\|&/]/?", address):
            raise LabcoatError(
                f"invalid {name} `{escape_control(address)}`",
                f"Set it to the address of an archive, such as `{example}`",
            )


def is_day(text: str) -> bool:
    """Return whether `text` is a day of the calendar, such as `2021-03-31`."""
    from datetime import date

    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) and date.fromisoformat(text))
    except ValueError:
        return False


def suggest_name(word: str, known: object, otherwise: str) -> str:
    """Return a hint that names what `word` probably means, followed by `otherwise`."""
    import difflib  # a third of this module's import time

    close = difflib.get_close_matches(word, list(known), n=1)  # type: ignore[call-overload]
    return f"Did you mean `{close[0]}`? {otherwise}" if close else otherwise
