"""Which settings matter to which command, for the commands' `--help` and the reference pages."""

from collections.abc import Mapping
from pathlib import Path

from labcoat.commands.makefile_comments import parse_entries

_INCLUDE = Path(__file__).parents[1] / "include.python.mk"
_LOCK = (
    "LABCOAT_PYTHON",
    "LABCOAT_TIMEOUT",
    "LABCOAT_REQUIREMENTS",
    "LABCOAT_DEV_REQUIREMENTS",
    "LABCOAT_LOCK_FROM",
    "LABCOAT_LOCKER",
    "LABCOAT_COOLDOWN",
    "LABCOAT_AS_OF",
    "LABCOAT_VARIANT",
    "LABCOAT_RUN_SETUP",
    "LABCOAT_CA_BUNDLE",
    "LABCOAT_APT_MIRROR",
    "LABCOAT_APT_SNAPSHOT",
)
_LEVELS = ("LABCOAT_VENV", "LABCOAT_CONDA_ENV", "LABCOAT_IMAGE", "LABCOAT_VARIANT")
_ENGINE = ("LABCOAT_DOCKER", "LABCOAT_DOCKER_FLAGS")
_VARIABLES = ("LABCOAT_ENV", "LABCOAT_PORTABLE")
_CONTAINER = ("LABCOAT_GPU", "LABCOAT_MEMORY", "LABCOAT_CPUS", "LABCOAT_PORTS", "LABCOAT_MOUNTS")
_BUILD = (
    "LABCOAT_IMAGE",
    "LABCOAT_BASE_IMAGE",
    "LABCOAT_VARIANT",
    "LABCOAT_STRIP",
    "LABCOAT_NO_BINARY",
    "LABCOAT_CA_BUNDLE",
    "LABCOAT_APT_MIRROR",
    "LABCOAT_APT_SNAPSHOT",
    *_ENGINE,
)
_IMAGE = ("LABCOAT_IMAGE", "LABCOAT_VARIANT", "LABCOAT_DOCKER")

# Every command of `labcoat`, and the settings that change what it does.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "init": (),
    "completion": (),
    "doctor": ("LABCOAT_PYTHON", "LABCOAT_CONDA", "LABCOAT_DOCKER", "LABCOAT_CACHE"),
    "lock": _LOCK,
    "venv": (
        "LABCOAT_PYTHON",
        "LABCOAT_VENV",
        "LABCOAT_REQUIREMENTS",
        "LABCOAT_DEV_REQUIREMENTS",
        "LABCOAT_VARIANT",
        "LABCOAT_INSTALLER",
        "LABCOAT_NO_BINARY",
        "LABCOAT_TIMEOUT",
        "LABCOAT_CA_BUNDLE",
        "LABCOAT_CACHE",
    ),
    "conda": (
        "LABCOAT_CONDA",
        "LABCOAT_CONDA_ENV",
        "LABCOAT_CONDA_PACKAGES",
        "LABCOAT_REQUIREMENTS",
        "LABCOAT_VARIANT",
        "LABCOAT_NO_BINARY",
        "LABCOAT_TIMEOUT",
    ),
    "user-install": (
        "LABCOAT_TIMEOUT",
        "LABCOAT_PYTHON",
        "LABCOAT_REQUIREMENTS",
        "LABCOAT_NO_BINARY",
    ),
    "freeze": ("LABCOAT_VENV", "LABCOAT_CONDA_ENV", *_LOCK),
    "status": ("LABCOAT_REQUIREMENTS", "LABCOAT_DEV_REQUIREMENTS", *_LEVELS, "LABCOAT_DOCKER"),
    "run": (*_VARIABLES, *_LEVELS, *_CONTAINER, *_ENGINE),
    "shell": (*_VARIABLES, *_LEVELS, *_CONTAINER, *_ENGINE),
    "notebook": (*_VARIABLES, *_LEVELS, "LABCOAT_DEV_REQUIREMENTS", *_CONTAINER, *_ENGINE),
    "prove": (
        "LABCOAT_PROVE_RUNS",
        *_VARIABLES,
        "LABCOAT_STRIP",
        *_LEVELS,
        "LABCOAT_DOCKER",
    ),
    "image build": _BUILD,
    "image verify": _BUILD,
    "image record": _IMAGE,
    "image show": _IMAGE,
    "image size": _IMAGE,
    "image audit": _IMAGE,
    "image push": ("LABCOAT_PLATFORMS", *_BUILD),
    "image sbom": _IMAGE,
    "extern build": ("LABCOAT_EXTERN", "LABCOAT_DOCKER", "LABCOAT_DOCKER_FLAGS"),
    "extern pin": ("LABCOAT_DOCKER",),
    "extern status": ("LABCOAT_EXTERN", "LABCOAT_DOCKER"),
    "context": (),
    "binder": ("LABCOAT_BASE_IMAGE", "LABCOAT_VARIANT", "LABCOAT_STRIP", "LABCOAT_NO_BINARY"),
    "check": (),
    "fix": (),
    "explain": (),
    "clean": ("LABCOAT_CLEAN", *_LEVELS),
    "help": ("LABCOAT_OWN",),
    "settings": (),
    "mk": (),
}


def format_settings(command: str) -> str:
    """Return the end of the help of `command`: its settings, and what each one does.

    The text is empty if no setting changes what the command does.
    """
    names = SETTINGS[command]
    if not names:
        return ""
    described = {
        entry.name: entry.text
        for entry in parse_entries(_INCLUDE.read_text(encoding="utf-8"))
        if entry.is_variable
    }
    lines = [f"  {name:<24} {described[name]}" for name in dict.fromkeys(names)]
    return "\n".join(["settings (environment variables, or variables of the Makefile):", *lines])
