"""What this machine has, of what some tests need."""

import functools
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from labcoat.toolchain import index_config


@functools.cache
def missing_engine() -> str:
    """Why there is no Docker engine to test with, in one line; empty where there is one."""
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no Docker engine: {error}"
    last_line = (asked.stderr.strip().splitlines() or ["it did not answer"])[-1]
    return "" if asked.returncode == 0 else f"no Docker engine: {last_line}"


@functools.cache
def missing_network() -> str:
    """Why no package index answers, in one line; empty where one does, whatever it answers."""
    context = ssl.create_default_context(cafile=index_config.certificate_bundle() or None)
    address = index_config.index_url() or "https://pypi.org/simple/"
    try:
        urllib.request.urlopen(address, timeout=20, context=context).close()  # noqa: S310
    except urllib.error.HTTPError:
        return ""
    except (OSError, ValueError) as error:
        return f"no package index at {urllib.parse.urlsplit(address).hostname}: {error}"
    return ""
