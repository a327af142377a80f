"""What a build may read but must not keep: certificates, and the settings of the package index.

Both reach the build as BuildKit secrets, which are files under /run/secrets during one step: they
are in no layer, nor in the image's history or settings.
"""

import os
import shlex
from collections.abc import Mapping

from labcoat.container.dockerfile.own_steps import SCRIPT
from labcoat.container.engine.csv_option import csv_option
from labcoat.container.engine.run_config import certificate_bundle
from labcoat.core import reading
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.core.settings import DEFAULTS
from labcoat.locking import index_comments
from labcoat.toolchain import index_config

_VARIABLE = "LABCOAT_BUILD_SETTINGS"  # the builder reads the secret from its environment
_CERTIFICATES = "/run/secrets/certificates"
_INDEX_URLS = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX")
_CONNECTION = (
    "PIP_TRUSTED_HOST",
    "UV_INSECURE_HOST",
    "PIP_PROXY",
    "PIP_DEFAULT_TIMEOUT",
    "UV_HTTP_TIMEOUT",
)


class BuildSecrets(Record):
    """Flags for the builder's command line, and the environment variables that they refer to."""

    flags: tuple[str, ...]
    environ: Mapping[str, str]


NO_SECRETS = BuildSecrets((), {})


def build_secrets(project: Project, environ: Mapping[str, str] = os.environ) -> BuildSecrets:
    """Return the secrets of a build. Raise LabcoatError if LABCOAT_CA_BUNDLE is not a file."""
    exports = index_settings(environ) | named_settings(project, environ)
    if project["APT_MIRROR"]:
        exports["APT_MIRROR"] = project["APT_MIRROR"]
    if project["APT_SNAPSHOT"] != DEFAULTS["LABCOAT_APT_SNAPSHOT"]:
        exports["APT_SNAPSHOT"] = project["APT_SNAPSHOT"]
    flags: tuple[str, ...] = ()
    if path := certificate_bundle(project):
        exports |= {"SSL_CERT_FILE": _CERTIFICATES, "PIP_CERT": _CERTIFICATES}
        flags += ("--secret", csv_option("id=certificates", f"src={path}"))
    if not exports:
        return BuildSecrets(flags, {})
    lines = "".join(
        f"export {name}={shlex.quote(value)}\n" for name, value in sorted(exports.items())
    )
    return BuildSecrets((*flags, "--secret", f"id=settings,env={_VARIABLE}"), {_VARIABLE: lines})


def named_settings(project: Project, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variable that tells install-lock.sh the addresses of the lock's named indexes.

    Raise LabcoatError if one is not defined, or if the script is too old to know them.
    """
    indexes = index_comments.installed_indexes(project, [project.requirements])
    if not indexes:
        return {}
    if b"INDEXES" not in (script := reading.read_inside(project.root, SCRIPT)) and script:
        raise LabcoatError(
            f"an earlier labcoat wrote `{SCRIPT}`, which cannot install from the index"
            f" `{indexes[0].name}`",
            f"Remove `{SCRIPT}`: `make docker` writes it again",
        )
    addresses = (f"{each.name}={index_config.named_address(each, environ)}" for each in indexes)
    return {"INDEXES": " ".join(addresses)}


def index_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that tell pip and uv about the index, without folders of this machine.

    They are the same in a build as outside of it.
    """
    known = index_config.installer_environment(environ)
    urls = {
        name: known[name]
        for name in _INDEX_URLS
        if known.get(name, "").startswith(("http://", "https://"))
    }
    return urls | {name: known[name] for name in _CONNECTION if known.get(name)}
