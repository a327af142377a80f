"""The tools environment: pip-tools, uv, the docker SDK and PyYAML, locked with hashes.

There is one per user and lock.

It is in the user's cache directory, never in a project. It is built aside and renamed, so that one
that exists is complete.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from labcoat.core import process
from labcoat.core.cache import cache_folder
from labcoat.core.errors import LabcoatError
from labcoat.core.project import time_limit
from labcoat.core.terminal import print_progress
from labcoat.toolchain import index_config
from labcoat.toolchain.interpreters import Interpreter, own_interpreter

LOCK = Path(__file__).with_name("tools.txt")


def tool_environment(interpreter: Interpreter | None = None) -> Path:
    """Return the directory of the tools environment for `interpreter`, labcoat's own by default.

    Create it if it does not exist. Raise LabcoatError if that fails.
    """
    python = interpreter or own_interpreter()
    # The executable counts: two builds of one version (python.org's, Debian's) differ.
    key = sha256(
        LOCK.read_bytes() + os.fsencode(python.executable) + python.version.encode()
    ).hexdigest()[:16]
    folder = cache_folder() / "tools" / f"{python.minor}-{key}"
    if not (folder / "bin" / "python").exists():
        _build(python, folder)
    return folder


def uv_program() -> Path:
    """Return the uv program."""
    return tool_environment() / "bin" / "uv"


def use_tools() -> None:
    """Make the tools' libraries importable in this process: `import docker`, `import yaml`."""
    packages = tool_environment() / "lib" / f"python{own_interpreter().minor}" / "site-packages"
    if str(packages) not in sys.path:
        sys.path.insert(0, str(packages))  # before other installations of docker or yaml


def _build(python: Interpreter, folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    except OSError as error:
        raise LabcoatError(
            f"cannot write to the cache directory {folder.parent}: {error.strerror}",
            "Free some space there, or set LABCOAT_CACHE to another directory",
        ) from None
    try:
        print_progress("creating its tools environment (once per user)")
        _fill(python, aside)
        # Two runs may build at once: the first to rename wins, and both results are equal.
        if not folder.exists():
            aside.rename(folder)
    except OSError as error:
        if not (folder / "bin" / "python").exists():
            raise LabcoatError(
                f"cannot create the tools environment: {error.strerror or error}",
                f"Check {folder.parent}, or set LABCOAT_CACHE to another directory",
            ) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _fill(python: Interpreter, folder: Path) -> None:
    env = index_config.installer_environment()
    subprocess.run(
        [python.executable, "-Im", "venv", "--without-pip", "--clear", folder], env=env, check=True
    )
    installed = folder / "bin" / "python"
    if (
        process.run_process(
            [installed, "-Im", "ensurepip"], env, folder, show=process.show_none
        ).status
        == 0
    ):
        pip: list[str | Path] = [installed, "-Im", "pip"]
    else:
        pip = [installed, _fetch_pip(folder) / "pip"]
    outcome = process.run_process(
        [*pip, "install", "-q", "--require-hashes", "--only-binary=:all:", "-r", LOCK],
        env,
        folder,
        show=process.show_none,
        limit=time_limit(),
    )
    if outcome.status:
        from labcoat.toolchain.installer_errors import explain_installer_error

        raise explain_installer_error(
            outcome.output,
            "cannot install labcoat's tools",
            folder.parent / "tools.log",
        )


def _fetch_pip(folder: Path) -> Path:
    """Download the locked pip wheel for a Python without ensurepip, as Debian's is.

    Python runs a wheel, which is a zip file. The index says its address (PEP 691), the lock its
    hash.
    """
    import ssl
    import urllib.parse
    import urllib.request

    block = re.search(r"^pip==(\S+)((?:.*\\\n)+.*)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    assert block is not None  # noqa: S101  # the lock is part of this package, and a test reads it
    name = f"pip-{block[1]}-py3-none-any.whl"
    base = (index_config.index_url() or "https://pypi.org/simple").rstrip("/")
    context = ssl.create_default_context(cafile=index_config.certificate_bundle() or None)
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    try:
        with urllib.request.urlopen(  # noqa: S310
            urllib.request.Request(f"{base}/pip/", headers=accept),  # noqa: S310
            context=context,
            timeout=60,
        ) as page:
            listed = {file["filename"]: file["url"] for file in json.load(page)["files"]}
        with urllib.request.urlopen(  # noqa: S310
            urllib.parse.urljoin(f"{base}/pip/", listed[name]), context=context, timeout=60
        ) as wheel:
            data = wheel.read()
    except (OSError, ValueError, KeyError):
        data = b""
    if sha256(data).hexdigest() not in block[2]:
        raise LabcoatError(
            f"Python {own_interpreter().version} has no ensurepip, and pip cannot be downloaded",
            f"Run `sudo apt install python{own_interpreter().minor}-venv`, or check the network",
        )
    target = folder / name
    target.write_bytes(data)
    return target
