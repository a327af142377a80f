"""Real builds: the files that this machine's Docker engine sends and copies."""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

DOCKERFILE = "FROM scratch\nCOPY . /\n"


@dataclass(frozen=True)
class Built:
    """The image that a build exported: contents of files, targets of symlinks; or its error."""

    contents: dict[str, bytes | Path] = field(default_factory=dict)
    error: str = ""

    @property
    def files(self) -> dict[str, int]:
        """The paths with their sizes in bytes."""
        return {
            path: 0 if isinstance(content, Path) else len(content)
            for path, content in self.contents.items()
        }


def build(
    root: Path, dockerfile: str = DOCKERFILE, *flags: str, again: Sequence[str] = ("--no-cache",)
) -> Built:
    """Build `root` with BuildKit and the text `dockerfile`, and read the exported image."""
    done = export_image(dockerfile, *flags, str(root), again=again)
    if done.returncode:
        return Built(error=done.stderr.decode(errors="replace").strip() or "failed")
    return Built(read_export(done.stdout))


def build_together(roots: list[Path]) -> list[set[str]] | None:
    """Return the files that BuildKit sends from each context; None if the build fails.

    Each is a named context, which BuildKit reads like that of a build.
    """
    dockerfile = "FROM scratch\n" + "".join(
        f"COPY --from=c{at} . /{at}/\n" for at in range(len(roots))
    )
    contexts = [f"--build-context=c{at}={root}" for at, root in enumerate(roots)]
    with tempfile.TemporaryDirectory() as empty:
        done = export_image(dockerfile, *contexts, empty)
    if done.returncode:
        return None
    found: list[set[str]] = [set() for _ in roots]
    for path in read_export(done.stdout):
        number, _, inner = path.partition("/")
        found[int(number)].add(inner)
    return found


def export_image(
    dockerfile: str, *words: str, again: Sequence[str] = ("--no-cache",)
) -> subprocess.CompletedProcess[bytes]:
    """Run `docker build` with the text `dockerfile` and these words; stdout is a tar archive."""
    options = ("--quiet", *again, "--file=-", "--output=type=tar,dest=-")
    command = ["docker", "build", *options, *words]
    return subprocess.run(
        command, input=dockerfile.encode(), capture_output=True, timeout=300, check=False
    )


def read_export(output: bytes) -> dict[str, bytes | Path]:
    """Return the files and symlinks in an exported image."""
    with tarfile.open(
        fileobj=io.BytesIO(output), encoding="utf-8", errors="surrogateescape"
    ) as archive:
        return {
            each.name.removeprefix("./"): _read_member(archive, each)
            for each in archive
            if not each.isdir()
        }


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes | Path:
    if member.issym():
        return Path(member.linkname)
    file = archive.extractfile(member)
    return file.read() if file else b""
