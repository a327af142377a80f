"""The program that builds: `docker build`, or the plugin that it would become.

Docker asks its plugin buildx twice what it is before it becomes it, and each answer is a start of that program: a third of the
time that a build takes in which nothing changed. Where it is sure which plugin that is, labcoat starts it at once, with the
words, the variables and so the messages that docker gives it. Source: docker/cli, cmd/docker/builder.go and
cli-plugins/manager/manager.go; the plugin's folders are the Linux ones of manager_unix.go.
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
    f"/usr/{each}/docker/cli-plugins" for each in ("local/lib", "local/libexec", "lib", "libexec")
)


def select_builder(project: Project) -> tuple[list[str], dict[str, str]]:
    """The words that begin a build, and the variables that go with them. Raises Failure where there is no engine's command."""
    words = client.docker_command(project)
    home = Path(os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker"))  # noqa: PTH111 - a Path fails without a home
    settings = _settings(home)
    if not _is_docker(words) or settings is None or not (plugin := _plugin(home, settings)):
        return [*words, "build"], {}
    environ = {"DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND": words[0]}
    # The builder of docker's context, whatever `docker buildx use` chose: as docker does, so that the image is here afterwards.
    if not os.environ.get("BUILDX_BUILDER"):
        chosen = os.environ.get("DOCKER_CONTEXT") or settings.get("currentContext") or "default"
        environ["BUILDX_BUILDER"] = "default" if os.environ.get("DOCKER_HOST") else str(chosen)
    return [plugin, "buildx", "build"], environ


def _is_docker(words: Sequence[str]) -> bool:
    """Whether `words` are docker's own program and no more; a script or link of its name may call anything: sudo, ssh, podman."""
    path = Path(shutil.which(words[0]) or "")
    if (
        len(words) > 1
        or {path.name, path.resolve().name} != {"docker"}
        or not os.access(path, os.R_OK)
    ):
        return False
    with path.open("rb") as file:
        return file.read(2) != b"#!"


def _settings(home: Path) -> Mapping[str, Any] | None:
    """Docker's settings, in its folder `home`; None where they name another builder or cannot be read."""
    try:
        settings = json.loads((home / "config.json").read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None
    return settings if isinstance(settings, dict) and not settings.get("aliases") else None


def _plugin(home: Path, settings: Mapping[str, Any]) -> str | None:
    """The plugin that docker would become; None where there is none, and docker builds by itself or says so."""
    extra = settings.get("cliPluginsExtraDirs")
    folders = [*(extra if isinstance(extra, list) else ()), home / "cli-plugins", *_FOLDERS]
    return shutil.which(_PLUGIN, path=os.pathsep.join(map(str, folders)))
