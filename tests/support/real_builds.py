"""Real builds: what the engine that is there sends and copies."""

import io
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

DOCKERFILE = "FROM scratch\nCOPY . /\n"


@dataclass(frozen=True)
class Built:
    """What a build brought into the image: each file with its content, each symlink with its target; or why it failed."""

    contents: dict[str, bytes | Path] = field(default_factory=dict)
    error: str = ""

    @property
    def files(self) -> dict[str, int]:
        """The paths, with their bytes."""
        return {
            path: 0 if isinstance(content, Path) else len(content)
            for path, content in self.contents.items()
        }


def build(root: Path, dockerfile: str = DOCKERFILE, *flags: str) -> Built:
    """Build `root` with BuildKit, the Dockerfile given aside, and read the result."""
    command = [
        "docker",
        "build",
        "--quiet",
        "--no-cache",
        "--file=-",
        "--output=type=tar,dest=-",
        *flags,
        str(root),
    ]
    done = subprocess.run(
        command, input=dockerfile.encode(), capture_output=True, timeout=300, check=False
    )
    if done.returncode:
        return Built(error=done.stderr.decode(errors="replace").strip() or "failed")
    return Built(read(done.stdout))


def read(output: bytes) -> dict[str, bytes | Path]:
    """The files and symlinks in a build's tar output."""
    with tarfile.open(
        fileobj=io.BytesIO(output), encoding="utf-8", errors="surrogateescape"
    ) as archive:
        return {
            each.name.removeprefix("./"): _content(archive, each)
            for each in archive
            if not each.isdir()
        }


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes | Path:
    if member.issym():
        return Path(member.linkname)
    file = archive.extractfile(member)
    return file.read() if file else b""
