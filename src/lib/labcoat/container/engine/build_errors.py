"""What a builder says when it fails, in two lines a person can act on."""

import re
from collections.abc import Sequence
from pathlib import Path

from labcoat.container.engine.client import is_engine_stopped
from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.toolchain.installer_errors import explain_installer_error

# Tables of (what to look for, what happened, what to do); the first that is found counts. {0} is the first group.
_NO_BUILDKIT = (
    "This engine builds without BuildKit.",
    "Install Docker 23 or newer, or its buildx plugin (docs.docker.com/go/buildx).",
)
_NO_CONTEXTS = (
    "This engine builds nothing on images that are named apart, as those of extern.toml are (--build-context).",
    "Install Docker 23 or newer.",
)
_NO_SHELL = (
    "The base image has no shell, and so no Python that could be found.",
    "Name one that has Python with pip: LABCOAT_BASE_IMAGE=python:3.11-slim-bookworm@sha256:…",
)
_NO_NAME = (
    "{0} is no name for an image.",
    "Correct LABCOAT_IMAGE: lower-case letters, digits, and . _ - / within, such as team/project.",
)
# What docker says of how it was called, before any step.
_CALL = (
    (r"unknown flag: --(?:secret|iidfile)", *_NO_BUILDKIT),
    (r"unknown flag: --build-context", *_NO_CONTEXTS),
    (
        r"unknown (?:shorthand )?flag: (.+)",
        "docker build has no option {0}.",
        "Correct LABCOAT_DOCKER_FLAGS.",
    ),
)
# What the programs say that a step runs.
_PROGRAMS = (
    (
        r"labcoat: the base image has (no python3|no pip)",
        "The base image has {0}.",
        "Name one that has Python with pip: LABCOAT_BASE_IMAGE=python:3.11-slim-bookworm@sha256:…",
    ),
    (
        r"labcoat: the base image has (Python \S+, not \S+)",
        "The base image has {0}.",
        "Name a base of the project's Python (LABCOAT_BASE_IMAGE), or change .python-version to the base's.",
    ),
    (
        r"No module named '?(?:venv|ensurepip)\b",
        "The Python of the base image has no venv.",
        "Name a base that has it (Debian's Python needs the package python3-venv): LABCOAT_BASE_IMAGE=IMAGE.",
    ),
    (r"/bin/sh: no such file", *_NO_SHELL),
    (
        r"(?:dns error|Temporary failure in name resolution|NewConnectionError|Network is unreachable|tcp connect error)",
        "The build cannot reach the package index.",
        "See to the network and the proxy; if only a container cannot reach it, set LABCOAT_DOCKER_FLAGS=--network=host.",
    ),
)
# What the builder itself says.
_BUILDER = (
    (
        r"invalid mountinput|unable to find groups for spec root|unable to find user root",
        *_NO_SHELL,
    ),
    (r"unsupported frontend capability moby.buildkit.frontend.contexts", *_NO_CONTEXTS),
    (r"mount option requires BuildKit|the buildx component is missing", *_NO_BUILDKIT),
    (r'invalid (?:tag|argument) "([^"]+)"', *_NO_NAME),
    (r"(?m)^Error: tag (.+?): (?:invalid reference format|repository name)", *_NO_NAME),  # podman
    (
        r"invalid reference format|repository name \S* ?must be lowercase|failed to parse stage name",
        "The base image's name is not well formed.",
        "Correct LABCOAT_BASE_IMAGE: lower-case letters, digits, and . _ - / : @ within.",
    ),
    (
        r"(\S+@sha256:[0-9a-f]{64})(?:: not found|.*manifest unknown)",
        "The base image {0} is gone from its registry.",
        "Name the present one by its digest (labcoat extern pin IMAGE:TAG finds it): LABCOAT_BASE_IMAGE=IMAGE@sha256:…",
    ),
    (
        r"(?:failed to resolve source metadata for|pull access denied for|failed to load metadata for|manifest for) "
        r"(?:docker\.io/(?:library/)?)?([^\s,]+?)[:,]?\s",
        "The base image {0} cannot be had.",
        "See to its name and the network, or name one that this machine has (docker images): LABCOAT_BASE_IMAGE=IMAGE.",
    ),
    (
        r'"/([^"]+)":? not found',
        "The build needs {0}, which is not among the files it is sent.",
        "See to .dockerignore, or make the file.",
    ),
    (
        r"(?i)dockerfile parse error[^:]*: ([^\n]+)",
        "The Dockerfile cannot be read: {0}.",
        "Correct it.",
    ),
)
# BuildKit's plain progress: `#5 0.156 what a program says`, `#5 [2/2] RUN …`, `#5 ERROR: …`; other builders mark steps alone.
_STEP = re.compile(r"(?m)^(?:#\d+|STEP|Step) ")
_MARKED = re.compile(r"(?m)^#\d+ ")
_PROGRAM = re.compile(r"(?m)^#\d+ \d+\.\d+ (.*)$")
# What the builder repeats: lines of a step and of the programs in it, of the Dockerfile, and the command that failed.
_REPEATED = re.compile(
    r"""(?ms)^#\d+ (?!ERROR: )[^\n]*$|^------$.*?^------$|^-{20}$.*?^-{20}$|process "(?:[^"\\]|\\.)*"(?= did not complete)"""
    r"|(?<=executor failed running )\[.*?\](?=: exit code)"  # Docker 20.10
)


def explain_build_error(said: str, log: Path) -> LabcoatError:
    """A Failure made of what `docker build` said, which is kept in `log`."""
    programs, builder = "\n".join(_PROGRAM.findall(said)), builders(said)
    failure = (
        is_engine_stopped(builder)
        or ((not _STEP.search(said)) and _among(_CALL, builder))
        or _among(_BUILDER, builder)
        or _among(_PROGRAMS, programs or said)
        or explain_installer_error(programs or said, "The image could not be built", log)
    )
    files.write_file(log, said)
    return failure


def builders(said: str) -> str:
    """What of `said` the builder itself says, as far as it tells that from what programs in the build say: BuildKit does."""
    return _REPEATED.sub("", said) if _MARKED.search(said) else said


def _among(cases: Sequence[tuple[str, str, str]], said: str) -> LabcoatError | None:
    for pattern, what, todo in cases:
        if found := re.search(pattern, said):
            return LabcoatError(what.format(*found.groups()), todo)
    return None
