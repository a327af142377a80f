"""Create a container of an image, without starting it, and read what the engine exports of it."""

import contextlib
import subprocess
import tarfile
from collections.abc import Iterator
from typing import IO

from labcoat.container.engine import client
from labcoat.container.engine.errors import engine_error, last_error_line
from labcoat.container.inspect.export_reader import Wanted, read_export
from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.core import terminal
from labcoat.core.errors import LabcoatError, UnavailableError
from labcoat.core.project import Project

_PIPE = 1 << 20


@contextlib.contextmanager
def created_container(project: Project, image: str, name: str) -> Iterator[str]:
    """Create a container of `image`, an id, and yield its own id; remove it at the end.

    It is never started. `name` is what errors call the image. Raise LabcoatError, status 2, if the
    engine cannot create one.
    """
    # Some engines refuse an image without a command unless one is given; it need not exist.
    words = ("create", "--pull=never", "--network=none", image, "labcoat")
    done = client.call_docker(project, *words)
    if done.returncode or not done.stdout.strip():
        raise _unreadable(name, last_error_line(done.stderr) or "no container can be created of it")
    container = done.stdout.split()[-1]
    try:
        yield container
    finally:
        try:
            client.call_docker(project, "rm", "--force", "--volumes", container)
        except LabcoatError as failure:
            terminal.print_warning(f"cannot remove container {container[:12]}: {failure.message}")


def read_container(project: Project, container: str, name: str, wanted: Wanted) -> ExportedFiles:
    """Return all files of a created container, and what is `wanted` of them.

    Raise LabcoatError, status 2, if that fails.
    """
    with stream_archive(project, name, "export", container) as stream:
        return read_export(stream, wanted)


@contextlib.contextmanager
def stream_archive(project: Project, name: str, *words: str) -> Iterator[IO[bytes]]:
    """Run the engine's command `words` and yield the archive that it prints.

    Raise LabcoatError, status 2, if the archive is damaged or the command fails: an engine that is
    stopped ends an archive early.
    """
    pipe = subprocess.PIPE
    command = [*client.docker_command(project), *words]
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, bufsize=_PIPE) as child:
        damage = ""
        try:
            assert child.stdout is not None  # noqa: S101  # PIPE was asked for
            yield child.stdout
            while child.stdout.read(_PIPE):
                pass  # what follows an archive's end
        except (tarfile.TarError, EOFError, OSError) as error:
            damage = str(error)
        except BaseException:
            child.terminate()
            raise
        if damage:
            child.terminate()
            if child.stdout:
                child.stdout.close()  # a program that a wrapper started may still write to it
        said = child.stderr.read().decode(errors="replace") if child.stderr else ""
        status = child.wait()
    if failure := engine_error(said) if status else None:
        raise UnavailableError(failure.message, failure.hint)
    if damage or status:
        reason = last_error_line(said) or f"the engine's archive ends early ({damage})"
        raise _unreadable(name, reason)


def _unreadable(name: str, reason: str) -> LabcoatError:
    return LabcoatError(
        f"cannot read the files of image `{name}`: {reason}",
        "Check the engine with `docker info`, then build the image again with `make docker`",
        status=2,
    )
