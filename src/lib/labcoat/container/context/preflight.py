"""Checks before a build: secrets stop it; large contexts and lost guarantees cause warnings."""

import os
import posixpath
from collections.abc import Iterator, Sequence

from labcoat.container.context.build_context import (
    BuildContext,
    file_sizes,
    is_sure_secret,
    secrets_reaching,
)
from labcoat.container.dockerfile.copy_sources import names_source
from labcoat.container.dockerfile.guarantees import lost_guarantees
from labcoat.container.dockerfile.parser import Dockerfile
from labcoat.core import reading
from labcoat.core.errors import LabcoatError
from labcoat.core.terminal import escape_control, join_some

BUDGET = 50 << 20  # bytes, the default of rule CTX007


def refuse_secrets(build: BuildContext, folder: str = "") -> None:
    """Raise LabcoatError if a secret would reach the image, where all its users can read it.

    `folder` names the build's root in messages, if that differs from the project's root.
    """
    from labcoat.secrets.names import is_program, is_read_by_name

    found = secrets_reaching(build)
    _refuse_written_secret(build)
    if not found:
        return
    secrets = join_some([f"`{escape_control(path)}`" for path in found], 3)
    if folder:
        raise LabcoatError(
            f"a secret would reach the image: {secrets} in `{folder}`",
            f"Remove it, or add it to `{folder}/.dockerignore`, and build again",
        )
    if any(names_source(build.parsed, path) for path in found):
        raise LabcoatError(
            f"a secret would reach the image: {secrets}",
            "Remove it from the COPY that names it, and give it to the build with `--secret`,"
            " or at run time",
        )
    if all(is_program(path) for path in found):
        raise LabcoatError(
            f"a secret would reach the image: {secrets}",
            "Take it out of the program, and give it to the build with `--secret`, or at run time",
        )
    ignore_file = _name_ignore_file(build)
    raise LabcoatError(
        f"a secret would reach the image: {secrets}",
        f"Add it to {ignore_file}, as `make fix` does, and build again"
        if all(map(is_read_by_name, found))
        else f"Take it out, or add the file to {ignore_file}, and build again",
    )


def _name_ignore_file(build: BuildContext) -> str:
    path = build.ignore_path
    return os.path.relpath(path, build.root) if path else ".dockerignore"


def _refuse_written_secret(build: BuildContext) -> None:
    """Raise LabcoatError if a secret is in an instruction, which the image's history shows."""
    from labcoat.secrets.look import find_secret

    secret = find_secret(build.dockerfile, build.text.encode())
    if secret and secret.sure:
        places = [f"{each.kind} in line {each.line}" for each in secret.all]
        raise LabcoatError(
            f"a secret would reach the image's history: {join_some(places)} of"
            f" `{build.dockerfile}`",
            "Revoke it, remove it from the Dockerfile, and give it to the build with `--secret` and"
            " `RUN --mount=type=secret`, or to the container at run time",
        )


def preflight_warnings(build: BuildContext) -> Iterator[str]:
    """Yield what users should know before a build; nothing if its files are malformed."""
    try:
        parsed, sent = build.parsed, build.sent_files()
    except (ValueError, OSError):  # which stops the build with its own error
        return
    total = sum(size for _, size in file_sizes(build.root, sent))
    if total > BUDGET:
        yield f"the build context is {total >> 20} MiB; `make context` lists its largest files"
    for path in _mounted_files(parsed, sent):
        if not is_sure_secret(build.root, path):
            continue
        yield (
            f"a RUN can read `{path}`: "
            "labcoat cannot guarantee that this secret stays out of the image"
        )
    for each in lost_guarantees(parsed, build.text + _mounted_scripts(build, parsed)):
        yield f"with this Dockerfile, labcoat cannot guarantee {each}"


def _mounted_scripts(build: BuildContext, parsed: Dockerfile) -> str:
    """Return the text of the context's files that a RUN mounts one by one, as programs are."""
    texts = (
        reading.read_inside(build.root, source.lstrip("/"))
        for source in sorted(_context_mounts(parsed))
        if source
    )
    return "".join(text.decode("utf-8", "replace") for text in texts)


def _mounted_files(parsed: Dockerfile, sent: Sequence[str]) -> Iterator[str]:
    """Yield the files of the context that a RUN mounts, and could copy."""
    sources = _context_mounts(parsed)
    folders = [posixpath.normpath("/" + source).lstrip("/") for source in sources]
    for path in sent:
        if any(not folder or f"{path}/".startswith(f"{folder}/") for folder in folders):
            yield path


def _context_mounts(parsed: Dockerfile) -> set[str]:
    """Return the sources that a RUN binds from the context; an empty one is all of it."""
    runs = (each for stage in parsed.stages for each in stage.instructions if each.name == "RUN")
    mounts = (mount for each in runs for mount in each.mounts)
    return {
        mount.get("source", "")
        for mount in mounts
        if mount["type"] == "bind" and not mount.get("from")
    }
