"""What a build may read and must not keep: a certificate bundle, and how the package index is reached.

Both reach the build as BuildKit secrets, which are files under /run/secrets while one step runs: no layer holds them,
and neither the image's history nor its settings name them.
"""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from labcoat.container.engine.csv_option import csv_option
from labcoat.container.engine.run_config import certificates
from labcoat.core.project import Project
from labcoat.toolchain import index_config

_CARRIER = (
    "LABCOAT_BUILD_SETTINGS"  # the builder reads the secret from this variable of its own process
)
_CERTIFICATES = "/run/secrets/certificates"
_ADDRESSES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX")
_MANNERS = (
    "PIP_TRUSTED_HOST",
    "UV_INSECURE_HOST",
    "PIP_PROXY",
    "PIP_DEFAULT_TIMEOUT",
    "UV_HTTP_TIMEOUT",
)


@dataclass(frozen=True)
class BuildSecrets:
    """Words for the builder's command line, and what its environment needs for them."""

    flags: tuple[str, ...]
    environ: Mapping[str, str]


NONE = BuildSecrets((), {})


def build_secrets(project: Project, environ: Mapping[str, str] = os.environ) -> BuildSecrets:
    """The secrets of a build. Raises Failure where LABCOAT_CA_BUNDLE is no file."""
    exports = index_settings(environ)
    flags: tuple[str, ...] = ()
    if path := certificates(project):
        exports |= {"SSL_CERT_FILE": _CERTIFICATES, "PIP_CERT": _CERTIFICATES}
        flags += ("--secret", csv_option("id=certificates", f"src={path}"))
    if not exports:
        return BuildSecrets(flags, {})
    lines = "".join(
        f"export {name}={shlex.quote(value)}\n" for name, value in sorted(exports.items())
    )
    return BuildSecrets((*flags, "--secret", f"id=settings,env={_CARRIER}"), {_CARRIER: lines})


def index_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """What pip and uv are told about the index, the same as outside of the image; no folder of this machine."""
    known = index_config.installer_environment(environ)
    addresses = {
        name: known[name]
        for name in _ADDRESSES
        if known.get(name, "").startswith(("http://", "https://"))
    }
    return addresses | {name: known[name] for name in _MANNERS if known.get(name)}
