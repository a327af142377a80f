"""Explain a failed build: turn the builder's output into an error and a hint."""

from pathlib import Path

from labcoat.container.engine.errors import (
    IMAGE_NAME_FORM,
    ErrorTable,
    engine_error,
    explain_output,
)
from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.toolchain.installer_errors import explain_installer_error

_NO_BUILDKIT = (
    "the engine builds without BuildKit",
    "Install Docker 23 or newer, or its buildx plugin (docs.docker.com/go/buildx)",
)
_NO_CONTEXTS = (
    "the engine does not support `--build-context`, which the images in extern.toml need",
    "Install Docker 23 or newer",
)
_PYTHON_BASE = (
    "Choose a base image that has Python with pip: "
    "`LABCOAT_BASE_IMAGE=python:3.11-slim-bookworm@sha256:…`"
)
_NO_SHELL = ("the base image has no shell", _PYTHON_BASE)
_BAD_NAME = ("invalid image name `{0}`", f"Correct LABCOAT_IMAGE: {IMAGE_NAME_FORM}")
# docker's errors about its command line, before the first step.
_COMMAND_LINE: ErrorTable = (
    (r"unknown flag: --(?:secret|iidfile)", *_NO_BUILDKIT),
    (r"unknown flag: --build-context", *_NO_CONTEXTS),
    (
        r"unknown (?:shorthand )?flag: (.+)",
        "`docker build` has no option `{0}`",
        "Correct LABCOAT_DOCKER_FLAGS",
    ),
)
# Errors of the programs that a step runs.
_PROGRAMS: ErrorTable = (
    (
        r"labcoat: (cannot install \S+ \S+ of apt\.lock: [^\n]+)",
        "{0}",
        "Check the network and LABCOAT_APT_MIRROR; `make requirements AGAIN=1` locks the packages"
        " that the archive has now",
    ),
    (
        r"labcoat: the base image has (no python3|no pip)",
        "the base image has {0}",
        _PYTHON_BASE,
    ),
    (
        r"labcoat: the base image has (Python \S+, not \S+)",
        "the base image has {0}",
        "Choose a base image with the project's Python (LABCOAT_BASE_IMAGE), "
        "or change .python-version to that of the base image",
    ),
    (
        r"No module named '?(?:venv|ensurepip)\b",
        "the Python of the base image has no `venv` module",
        "Choose a base image that has it (Debian's package is python3-venv): "
        "`LABCOAT_BASE_IMAGE=IMAGE`",
    ),
    (r"/bin/sh: no such file", *_NO_SHELL),
    (
        r"(?:dns error|Temporary failure in name resolution|NewConnectionError"
        r"|Network is unreachable|tcp connect error)",
        "the build cannot reach the package index",
        "Check your network connection and proxy. If only containers cannot reach the index, "
        "set `LABCOAT_DOCKER_FLAGS=--network=host`",
    ),
)
# Errors of the builder itself.
_BUILDER: ErrorTable = (
    (
        r"invalid mountinput|unable to find groups for spec root|unable to find user root",
        *_NO_SHELL,
    ),
    (r"unsupported frontend capability moby.buildkit.frontend.contexts", *_NO_CONTEXTS),
    (r"mount option requires BuildKit|the buildx component is missing", *_NO_BUILDKIT),
    (r'invalid (?:tag|argument) "([^"]+)"', *_BAD_NAME),
    (r"(?m)^Error: tag (.+?): (?:invalid reference format|repository name)", *_BAD_NAME),  # podman
    (
        r"invalid reference format|repository name \S* ?must be lowercase"
        r"|failed to parse stage name",
        "invalid name of the base image",
        "Correct LABCOAT_BASE_IMAGE: use lowercase letters, digits and `. _ - / : @`",
    ),
    (
        r"(\S+@sha256:[0-9a-f]{64})(?:: not found|.*manifest unknown)",
        "base image `{0}` does not exist in its registry anymore",
        "Find the present digest with `labcoat extern pin IMAGE:TAG`, "
        "then set `LABCOAT_BASE_IMAGE=IMAGE@sha256:…`",
    ),
    (
        r"(?:failed to resolve source metadata for|pull access denied for"
        r"|failed to load metadata for|manifest for) "
        r"(?:docker\.io/(?:library/)?)?([^\s,]+?)[:,]?\s",
        "cannot resolve base image `{0}`",
        "Check the name, your network connection and `docker login`, or choose an image that "
        "`docker images` lists: `LABCOAT_BASE_IMAGE=IMAGE`, or the FROM of a Dockerfile of yours",
    ),
    (
        r'"/([^"]+)":? not found',
        "the build needs `{0}`, which is not in the build context",
        "Create the file, or remove the pattern in .dockerignore that excludes it",
    ),
    (
        r"(?i)dockerfile parse error((?: on line \d+)?)[^:]*: ([^\n]+)",
        "cannot parse the Dockerfile{0}: {1}",
        "",
    ),
)
# BuildKit's plain progress: `#5 0.156 output of a program`, `#5 [2/2] RUN …`, `#5 ERROR: …`.
# Other builders mark steps only.
_STEP = lazy_pattern(r"(?m)^(?:#\d+|STEP|Step) ")
_BUILDKIT_LINE = lazy_pattern(r"(?m)^#\d+ ")
_PROGRAM_LINE = lazy_pattern(r"(?m)^#\d+ \d+\.\d+ (.*)$")
# What the builder quotes: lines of a step and of its programs, lines of the Dockerfile, and the
# command that failed.
_QUOTED = lazy_pattern(
    r"(?ms)^#\d+ (?!ERROR: )[^\n]*$|^------$.*?^------$|^-{20}$.*?^-{20}$"
    r'|process "(?:[^"\\]|\\.)*"(?= did not complete)'
    r"|(?<=executor failed running )\[.*?\](?=: exit code)"  # Docker 20.10
)


def explain_build_error(output: str, log: Path) -> LabcoatError:
    """Return the error that explains `output` of a failed `docker build`, and save it to `log`."""
    programs, builder = "\n".join(_PROGRAM_LINE.findall(output)), builder_output(output)
    error = (
        engine_error(builder)
        or (None if _STEP.search(output) else explain_output(_COMMAND_LINE, builder))
        or explain_output(_BUILDER, builder)
        or explain_output(_PROGRAMS, programs or output)
        or explain_installer_error(programs or output, "cannot build the image", log)
    )
    files.write_log(log, output)
    return error


def builder_output(output: str) -> str:
    """Return `output` without what the builder quotes from programs; only BuildKit marks it."""
    return _QUOTED.sub("", output) if _BUILDKIT_LINE.search(output) else output
