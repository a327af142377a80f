"""Select the program that builds: `docker build`, or directly the plugin that docker would start.

Docker starts its plugin buildx twice to ask for its metadata before it runs it, which is a third of
the time of a build without changes. If the plugin is certain, labcoat starts it directly, with the
arguments and variables that docker passes, and so with the same messages. Source: docker/cli,
cmd/docker/builder.go and cli-plugins/manager/manager.go; the folders are the Linux ones of
manager_unix.go.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labcoat.container.engine import client
from labcoat.core.project import Project

_PLUGIN = "docker-buildx"
_FOLDERS = tuple(
    f"/usr/{part}/docker/cli-plugins" for part in ("local/lib", "local/libexec", "lib", "libexec")
)


def select_builder(project: Project) -> tuple[list[str], dict[str, str]]:
    """Return the words that start a build, and the environment variables to add.

    Raise LabcoatError if the engine's command does not exist.
    """
    words = client.docker_command(project)
    # Unlike expanduser, Path.home raises if there is no home folder.
    home = Path(os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker"))  # noqa: PTH111
    settings = _read_settings(home)
    plugin = None if settings is None else _find_plugin(home, settings)
    if not _is_docker(words) or settings is None or not plugin:
        return [*words, "build"], {}
    environ = {"DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND": words[0]}
    # Like docker, use the builder of docker's context instead of `docker buildx use`'s, so that the
    # image ends up on this machine.
    if not os.environ.get("BUILDX_BUILDER"):
        context = os.environ.get("DOCKER_CONTEXT") or settings.get("currentContext") or "default"
        environ["BUILDX_BUILDER"] = "default" if os.environ.get("DOCKER_HOST") else str(context)
    return [plugin, "buildx", "build"], environ


def _is_docker(words: Sequence[str]) -> bool:
    """Whether `words` are docker's own program alone.

    A script or link of that name may call anything: sudo, ssh, podman.
    """
    path = Path(shutil.which(words[0]) or "")
    if (
        len(words) > 1
        or {path.name, path.resolve().name} != {"docker"}
        or not os.access(path, os.R_OK)
    ):
        return False
    with path.open("rb") as file:
        return file.read(2) != b"#!"


def _read_settings(home: Path) -> Mapping[str, Any] | None:
    """Return docker's settings from its folder `home`.

    None if they are unreadable or define aliases, which may select another builder.
    """
    try:
        settings = json.loads((home / "config.json").read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None
    return settings if isinstance(settings, dict) and not settings.get("aliases") else None


def _find_plugin(home: Path, settings: Mapping[str, Any]) -> str | None:
    """Return the path of the plugin that docker would start; None if it is not installed."""
    extra = settings.get("cliPluginsExtraDirs")
    folders = [*(extra if isinstance(extra, list) else ()), home / "cli-plugins", *_FOLDERS]
    return shutil.which(_PLUGIN, path=os.pathsep.join(map(str, folders)))
