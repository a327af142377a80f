"""The environment variables from which a program takes each package from the index it comes from.

Most projects have no named index, and need no proxy for them: it is imported where one has.
"""

import os
from collections.abc import Mapping

from labcoat.toolchain import index_config
from labcoat.toolchain.named_indexes import NamedIndex


def routed_environment(
    indexes: tuple[NamedIndex, ...], environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return the environment for pip and uv that gives them each package from its one index.

    Raise LabcoatError if a variable in an address is not set.
    """
    if not indexes:
        return index_config.installer_environment(environ)
    from labcoat.toolchain import index_router

    return index_router.proxy_environment(indexes, environ)


def loopback_environment(
    indexes: tuple[NamedIndex, ...], environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return the same for a program that itself uses the proxies in its environment."""
    if not indexes:
        return index_config.installer_environment(environ)
    from labcoat.toolchain import index_router

    return index_router.address_environment(indexes, environ)
