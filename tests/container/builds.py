"""Real builds: what the engine that is there sends and copies."""

import io
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

DOCKERFILE = "FROM scratch\nCOPY . /\n"


@dataclass(frozen=True)
class Built:
    """What a build brought into the image: each path that is no folder, with its size; or why it failed."""

    files: dict[str, int] = field(default_factory=dict)
    error: str = ""


def build(root: Path, dockerfile: str = DOCKERFILE, *, flags: tuple[str, ...] = ()) -> Built:
    """Build `root` with BuildKit, the Dockerfile given aside, and read the result."""
    command = ["docker", "build", "--quiet", "--no-cache", "--file=-", "--output=type=tar,dest=-", *flags, str(root)]
    done = subprocess.run(command, input=dockerfile.encode(), capture_output=True, timeout=300, check=False)
    if done.returncode:
        return Built(error=done.stderr.decode(errors="replace").strip() or "failed")
    with tarfile.open(fileobj=io.BytesIO(done.stdout), encoding="utf-8", errors="surrogateescape") as archive:
        return Built(_files(archive))


def _files(archive: tarfile.TarFile) -> dict[str, int]:
    return {member.name.removeprefix("./"): member.size for member in archive if not member.isdir()}
