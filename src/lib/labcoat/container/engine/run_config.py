"""Where and as whom a program runs in a container: what it sees of this machine, and what it is told."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from labcoat.container.engine import client
from labcoat.container.engine.resources import NONE, Resources, read_resources
from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

# What a terminal's programs go by; and the person's way to the network.
_PASSED = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES", "TZ")
# What OpenSSL, and so Python, requests and curl take their certificates from.
_CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True)
class RunConfig:
    """Where and as whom a program runs in the container."""

    root: Path
    user: str
    environ: Mapping[str, str]
    data: tuple[Path, ...]
    network: str | None
    limits: Resources = NONE
    users: str | None = None  # podman without root: the person is the same person inside


def make_run_config(project: Project, environ: Mapping[str, str] = os.environ) -> RunConfig:
    """The place of `project`'s programs: as the owner of its folder, with a home that stays between runs."""
    owner = project.root.stat()
    home = files.state_folder(project.state) / "home"
    home.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        os.chown(home, owner.st_uid, owner.st_gid)
    data = data_folders(project)
    bundle = certificates(project)
    told = {name: environ[name] for name in (*_PASSED, *_PROXIES) if name in environ}
    told |= dict.fromkeys(_CERTIFICATES, str(bundle)) if bundle else {}
    # Kaggle's client looks in the home, which is another one there.
    kaggle = next((path.parent for path in data if path.name == "kaggle.json"), None)
    told |= {"KAGGLE_CONFIG_DIR": str(kaggle)} if kaggle else {}
    network = "host" if client.host_network(project) else None
    allowed = read_resources(project)
    return RunConfig(
        root=project.root,
        user=f"{owner.st_uid}:{owner.st_gid}",
        # A user without a line in the image's /etc/passwd has a name all the same, which Python's getpass asks for.
        environ=told
        | {"HOME": str(home), "USER": "labcoat", "LOGNAME": "labcoat", "PYTHONUNBUFFERED": "1"},
        data=(*data, bundle)
        if bundle and not bundle.is_relative_to(project.root) and bundle not in data
        else data,
        network=network,
        # This machine's own network has its ports already, and the SDK refuses to publish any.
        limits=replace(allowed, ports=()) if network else allowed,
        users="keep-id" if client.is_podman(project) and os.geteuid() else None,
    )


def data_folders(project: Project) -> tuple[Path, ...]:
    """The paths of LABCOAT_MOUNTS that exist and are not in the project already. A colon parts two, or is in a name."""
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


def certificates(project: Project) -> Path | None:
    """The bundle in LABCOAT_CA_BUNDLE, if any. Raises Failure where it is no file."""
    if not project["CA_BUNDLE"]:
        return None
    path = project.root / os.path.expanduser(project["CA_BUNDLE"])  # noqa: PTH111  # raises nothing where there is no such user
    if not path.is_file():
        raise LabcoatError(
            f"There is no certificate bundle {path}.", "Correct LABCOAT_CA_BUNDLE, or leave it out."
        )
    return path


def _exists(root: Path, name: str) -> bool:
    return os.path.exists(root / name)  # noqa: PTH110  # Path's own raises on a word too long to be a name
