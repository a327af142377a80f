"""The files that sources have in an image: installed on this machine, for the image's environment.

Wheels are the same bytes as in the other environments; local packages are built, not editable.
"""

import base64
import csv
import hashlib
import io
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from labcoat.core import process
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import time_limit
from labcoat.sources import build_tools, built_wheels, sources_file
from labcoat.sources.sources_file import LockedSource, build_lock_path
from labcoat.toolchain import index_config, tool_env

ENVIRONMENT = "opt/venv"  # of the image
_LEFT_OUT = ("direct_url.json", "REQUESTED")  # which would have this machine's paths


def write_image_files(
    project: Project,
    sources: Mapping[LockedSource, Path],
    target: Path,
    platforms: Sequence[str] = (),
) -> None:
    """Write the installed files of `sources`, each with its lock, below the new folder `target`.

    Raise LabcoatError if one cannot be built, or only for another platform than the image's.
    """
    wheels = [_provide(project, source, lock) for source, lock in sources.items()]
    _check_platforms(wheels, platforms)
    with tempfile.TemporaryDirectory(prefix="labcoat-image-") as name:
        venv = Path(name) / "venv"
        python = build_tools.project_python(project)
        uv = tool_env.uv_program()
        create: list[str | Path] = [uv, "venv", "--quiet", "--no-project", "--python"]
        install: list[str | Path] = [uv, "pip", "install", "--quiet", "--offline", "--no-index"]
        install += ["--no-deps", "--link-mode", "copy", "--python", venv / "bin" / "python"]
        for command in ([*create, python.executable, venv], [*install, *wheels]):
            outcome = process.run_process(
                command,
                index_config.installer_environment(),
                project.root,
                show=process.show_none,
                limit=time_limit(),
            )
            if outcome.status:
                lines = outcome.output.strip().splitlines() or ["no output"]
                raise LabcoatError(f"cannot install the sources for the image: {lines[-1]}", "")
        site = next(iter(sorted(venv.glob("lib/python*/site-packages"))))
        for record in sorted(site.glob("*.dist-info/RECORD")):
            _copy_distribution(venv, site, record, target / ENVIRONMENT)


def _provide(project: Project, source: LockedSource, lock: Path) -> Path:
    tools = sources_file.read_text(build_lock_path(lock))
    if source.kind == "local":
        return built_wheels.provide_local_wheel(project, source, tools)
    return built_wheels.provide_wheel(project, source, tools)


def _check_platforms(wheels: Sequence[Path], platforms: Sequence[str]) -> None:
    import platform

    machine = {"x86_64": "linux/amd64", "aarch64": "linux/arm64"}.get(platform.machine(), "")
    others = [each for each in platforms if not each.startswith(machine or "linux/")]
    for wheel in wheels:
        if not wheel.name.endswith("-any.whl") and (sys.platform != "linux" or others):
            raise LabcoatError(
                f"`{wheel.name}` is built for this machine, and the image for"
                f" {', '.join(others) or 'linux'}",
                "Build the image on a machine of its platform",
            )


def _copy_distribution(venv: Path, site: Path, record: Path, target: Path) -> None:
    """Copy what a RECORD lists, with programs that start the image's Python."""
    lines = []
    for path, digest, size in _read_record(record):
        if path.rpartition("/")[2] in _LEFT_OUT and ".dist-info/" in path:
            continue
        source = (site / path).resolve()
        if not source.is_relative_to(venv.resolve()) or not source.is_file():
            continue
        copy = target / source.relative_to(venv.resolve())
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source == record.resolve():
            lines.append((path, "", ""))
            continue
        shutil.copy2(source, copy)
        if path.startswith("../") and (data := _restart(source.read_bytes(), venv)):
            copy.write_bytes(data)
            hashed = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
            digest, size = f"sha256={hashed.decode()}", str(len(data))  # noqa: PLW2901
        lines.append((path, digest, size))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    written = target / record.resolve().relative_to(venv.resolve())
    written.write_text(text.getvalue(), encoding="utf-8", newline="")


def _read_record(record: Path) -> Iterator[tuple[str, str, str]]:
    with record.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            if len(row) == 3:
                yield row[0], row[1], row[2]


def _restart(data: bytes, venv: Path) -> bytes:
    """Return a program with the image's Python in its first line; empty if it starts another."""
    python = str(venv / "bin" / "python").encode()
    first = rb"#!" + re.escape(python) + rb"[\d.]*(?=\s)"
    # A path that is too long for a first line is started by a shell.
    shell = rb"#!/bin/sh\n'''exec' \"?'?" + re.escape(python) + rb"[^\n]*\n' '''(?=\n)"
    found = re.match(rb"(?:%s|%s)" % (first, shell), data)
    return f"#!/{ENVIRONMENT}/bin/python".encode() + data[found.end() :] if found else b""
