"""Packages to install from a directory or a repository, and repositories on the loopback.

Their build backend is one file in the package, so that a test needs no setuptools.
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from support.git_commands import git

BACKEND = """
import base64, hashlib, os, pathlib, tomllib, zipfile

here = pathlib.Path(__file__).parent
project = tomllib.loads((here / "pyproject.toml").read_text())["project"]
name, version = project["name"].replace("-", "_"), project["version"]


def requires():
    found = {"": (here / "needs.txt").read_text().split()} if "dependencies" in project.get(
        "dynamic", ()) else {"": project.get("dependencies", [])}
    return {**found, **project.get("optional-dependencies", {})}


def metadata():
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    for extra, needed in requires().items():
        lines += [f"Provides-Extra: {extra}"] if extra else []
        lines += [f"Requires-Dist: {one}" + (f" ; extra == '{extra}'" if extra else "")
                  for one in needed]
    return "\\n".join(lines) + "\\n"


def write(folder, contents):
    if (here / "broken").exists():
        raise RuntimeError((here / "broken").read_text())
    log = os.environ.get("BUILD_LOG")
    if log:
        with open(log, "a") as file:
            file.write(f"{name}\\n")
    info = f"{name}-{version}.dist-info"
    contents = {
        **contents,
        f"{info}/METADATA": metadata(),
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{info}/entry_points.txt": f"[console_scripts]\\n{name} = {name}:main\\n",
    }
    record = ""
    for path, text in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
        record += f"{path},sha256={digest.rstrip(b'=').decode()},{len(text.encode())}\\n"
    contents[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\\n"
    file = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / file, "w") as archive:
        for path, text in contents.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return file


def build_wheel(folder, settings=None, metadata=None):
    modules = sorted((here / "src").rglob("*.py"))
    return write(folder, {str(one.relative_to(here / "src")): one.read_text() for one in modules})


def build_editable(folder, settings=None, metadata=None):
    return write(folder, {f"__editable__.{name}.pth": f"{here / 'src'}\\n"})
"""


def write_package(
    folder: Path,
    name: str,
    requires: Sequence[str] = (),
    *,
    version: str = "0.1",
    extras: Mapping[str, Sequence[str]] | None = None,
    dynamic: bool = False,
) -> Path:
    """Write a package `name` whose module knows `value`; with `dynamic`, only a build tells all."""
    module = name.replace("-", "_")
    source = folder / "src" / f"{module}.py"
    source.parent.mkdir(parents=True)
    source.write_text("value = 1\ndef main(): print(value)\n")
    (folder / "backend.py").write_text(BACKEND)
    needs = 'dynamic = ["dependencies"]' if dynamic else f"dependencies = {[*requires]!r}"
    (folder / "needs.txt").write_text("\n".join(requires))
    listed = "".join(f"{extra} = {[*lines]!r}\n" for extra, lines in (extras or {}).items())
    (folder / "pyproject.toml").write_text(
        f'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        f'[project]\nname = "{name}"\nversion = "{version}"\n{needs}\n'
        f"[project.optional-dependencies]\n{listed}"
    )
    return folder


def commit(folder: Path, message: str = "one") -> str:
    """Commit all files of `folder`, which becomes a repository; return the commit."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", message)
    words = ["git", "rev-parse", "HEAD"]
    return subprocess.run(
        words, cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@contextmanager
def git_server(folder: Path) -> Iterator[str]:
    """Serve the repositories below `folder` on the loopback; the address of the server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["git", "daemon", "--export-all", "--reuseaddr", f"--base-path={folder}"]
    words += ["--listen=127.0.0.1", f"--port={port}", str(folder)]
    program = shutil.which("git") or "git"
    with subprocess.Popen([program, *words[1:]], stderr=subprocess.DEVNULL) as server:
        for _ in range(200):
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.02)
        try:
            yield f"git://127.0.0.1:{port}"
        finally:
            server.terminate()
