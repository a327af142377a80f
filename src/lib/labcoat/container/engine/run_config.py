"""How a program runs in a container: user, folders, environment variables, network, limits."""

import os
from collections.abc import Mapping
from pathlib import Path

from labcoat.container.engine import client
from labcoat.container.engine.flags import uses_host_network
from labcoat.container.engine.resources import NO_LIMITS, Resources, read_resources
from labcoat.core import files
from labcoat.core.declared_variables import declared_variables
from labcoat.core.project import Project
from labcoat.core.records import Record, replace
from labcoat.core.result_variables import select_result_variables

_TERMINAL = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
# Where OpenSSL (and with it Python), requests and curl look for certificates.
_CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class RunConfig(Record):
    """How a program runs in a container.

    The container has the folder `root` and, read-only, the paths `data`, each at its own path.
    `user` is UID:GID, `userns` docker's --userns (only podman without root needs it).
    """

    root: Path
    user: str
    environ: Mapping[str, str]
    data: tuple[Path, ...]
    network: str | None
    limits: Resources = NO_LIMITS
    userns: str | None = None


def make_run_config(project: Project, environ: Mapping[str, str] = os.environ) -> RunConfig:
    """Return how the programs of `project` run: as its folder's owner, with a persistent home.

    Raise LabcoatError if a setting is invalid.
    """
    owner = project.root.stat()
    home = _make_home(project, owner)
    data = find_data_paths(project)
    bundle = certificate_bundle(project)
    if bundle and not bundle.is_relative_to(project.root) and bundle not in data:
        data = (*data, bundle)
    network = "host" if uses_host_network(project) else None
    limits = read_resources(project)
    return RunConfig(
        root=project.root,
        user=f"{owner.st_uid}:{owner.st_gid}",
        environ={
            **{name: environ[name] for name in (*_TERMINAL, *_PROXIES) if name in environ},
            **select_result_variables(environ),
            **declared_variables(project),
            **(dict.fromkeys(_CERTIFICATES, str(bundle)) if bundle else {}),
            **_kaggle_variable(data),
            "HOME": str(home),
            # Python's getpass needs a name; the image's /etc/passwd may have none for the user.
            "USER": "labcoat",
            "LOGNAME": "labcoat",
            "PYTHONUNBUFFERED": "1",
        },
        data=data,
        network=network,
        # All ports are open in the host's network, and the SDK refuses to publish any.
        limits=replace(limits, ports=()) if network else limits,
        userns="keep-id" if client.is_podman(project) and os.geteuid() else None,
    )


def _make_home(project: Project, owner: os.stat_result) -> Path:
    """Return the home directory in the project, or /tmp of the container if that is read-only."""
    try:
        home = files.state_folder(project.state) / "home"
        home.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            os.chown(home, owner.st_uid, owner.st_gid)
    except OSError as error:
        if files.is_read_only(error):
            return Path("/tmp")  # noqa: S108 - the container's own
        raise
    return home


def _kaggle_variable(data: tuple[Path, ...]) -> dict[str, str]:
    """Return the variable for a mounted kaggle.json; Kaggle's client looks in the home."""
    folder = next((path.parent for path in data if path.name == "kaggle.json"), None)
    return {"KAGGLE_CONFIG_DIR": str(folder)} if folder else {}


def find_data_paths(project: Project) -> tuple[Path, ...]:
    """Return the paths in LABCOAT_MOUNTS that exist outside of the project, absolute.

    They are separated by colons; a path may itself contain colons, and the longest one wins.
    """
    found, words = [], project["MOUNTS"].split(":")
    while words:
        lengths = range(len(words), 0, -1)
        length = next(
            (n for n in lengths if all(words[:n]) and _exists(project.root, ":".join(words[:n]))), 0
        )
        if length:
            found.append((project.root / ":".join(words[:length])).absolute())
        words = words[length or 1 :]
    unique = dict.fromkeys(Path(os.path.normpath(path)) for path in found)
    return tuple(path for path in unique if not path.is_relative_to(project.root))


def certificate_bundle(project: Project) -> Path | None:
    """Return the path in LABCOAT_CA_BUNDLE, if any. Raise LabcoatError if it is not a file."""
    if not project["CA_BUNDLE"]:
        return None
    # Unlike Path's method, this does not raise for an unknown user.
    path = project.root / os.path.expanduser(project["CA_BUNDLE"])  # noqa: PTH111
    if not path.is_file():
        from labcoat.toolchain.index_config import missing_bundle

        raise missing_bundle(path)
    return path


def _exists(root: Path, name: str) -> bool:
    return os.path.exists(root / name)  # noqa: PTH110  # Path's method raises for too long a name
