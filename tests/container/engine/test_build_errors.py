"""The output of a failed build is explained by a message and a hint."""

from pathlib import Path

import pytest

from labcoat.container.engine.build_errors import explain_build_error
from support.messages import engine as messages

DIGEST = f"sha256:{'0' * 64}"
# (the builder's output, the message or its start, a part of the hint)
OUTPUTS = {
    "podman: tag": (
        "Error: tag A/B: invalid reference format: repository name must be lowercase",
        messages.INVALID_IMAGE_NAME.format("A/B"),
        "LABCOAT_IMAGE",
    ),
    "stopped": (
        "ERROR: Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
        messages.NO_ENGINE,
        "Start it",
    ),
    "podman: stopped": (
        "Cannot connect to Podman. Please verify your connection to the Linux system",
        messages.NO_PODMAN,
        "podman machine start",
    ),
    "no context": (
        "Failed to initialize: unable to resolve docker endpoint: "
        'context "nope": context not found: open /x: no such file',
        messages.NO_CONTEXT.format("nope"),
        "DOCKER_CONTEXT",
    ),
    "forbidden": (
        "permission denied while trying to connect to the Docker daemon socket at "
        "unix:///var/run/docker.sock",
        messages.NO_PERMISSION,
        "group",
    ),
    "apt": (
        "#9 0.1 labcoat: cannot install libone1 1.0 of apt.lock: http://x: Could not resolve 'x'\n"
        "#9 ERROR: process x: dns error",
        "cannot install libone1 1.0 of apt.lock: http://x: Could not resolve 'x'",
        "LABCOAT_APT_MIRROR",
    ),
    "no python": (
        "#7 0.4 labcoat: the base image has no python3\n",
        messages.BASE_IMAGE_HAS.format("no python3"),
        "LABCOAT_BASE_IMAGE",
    ),
    "other python": (
        "#7 0.4 labcoat: the base image has Python 3.12, not 3.11\n",
        messages.BASE_IMAGE_HAS.format("Python 3.12, not 3.11"),
        ".python-version",
    ),
    "empty base": (
        'ERROR: failed to solve: invalid mountinput dest:"/run/secrets/x"',
        messages.NO_SHELL,
        "LABCOAT_BASE_IMAGE",
    ),
    "no venv": (
        "#9 0.2 /usr/bin/python3: No module named venv\n",
        messages.NO_VENV,
        "python3-venv",
    ),
    "no users": (
        "did not complete successfully: unable to find groups for spec root: invalid argument",
        messages.NO_SHELL,
        "BASE_IMAGE",
    ),
    "gone": (
        f"ERROR: failed to resolve source metadata for h:5/a@{DIGEST}: h:5/a@{DIGEST}: not found",
        messages.BASE_GONE.format(f"h:5/a@{DIGEST}"),
        "labcoat extern pin",
    ),
    "no buildkit": (
        "the --mount option requires BuildKit. Refer to",
        messages.NO_BUILDKIT,
        "Docker 23",
    ),
    "no buildx": (
        "ERROR: BuildKit is enabled but the buildx component is missing or broken.",
        messages.NO_BUILDKIT,
        "buildx",
    ),
    "no contexts": (
        "ERROR: failed to solve: rpc error: code = Unknown desc = failed to solve with frontend "
        "dockerfile.v0: unsupported frontend capability moby.buildkit.frontend.contexts",
        messages.NO_BUILD_CONTEXTS,
        "Docker 23",
    ),
    "no option for contexts": (
        "unknown flag: --build-context\nSee 'docker build --help'.",
        messages.NO_BUILD_CONTEXTS,
        "Docker 23",
    ),
    "image name": (
        'invalid argument "Foo/Bar" for "-t, --tag" flag: invalid reference format',
        messages.INVALID_IMAGE_NAME.format("Foo/Bar"),
        "LABCOAT_IMAGE",
    ),
    "base name": (
        "invalid reference format: repository name (library/Foo) must be lowercase",
        messages.INVALID_BASE_NAME,
        "LABCOAT_BASE_IMAGE",
    ),
    "option": (
        "unknown flag: --netwrk\nSee 'docker build --help'.",
        messages.UNKNOWN_OPTION.format("--netwrk"),
        "LABCOAT_DOCKER_FLAGS",
    ),
    "no base": (
        "ERROR: failed to resolve source metadata for "
        "docker.io/library/python:3.11@sha256:ab: no such host",
        messages.BASE_UNRESOLVED.format("python:3.11@sha256:ab"),
        "network",
    ),
    "no access": (
        "pull access denied for nosuch/image, repository does not exist",
        messages.BASE_UNRESOLVED.format("nosuch/image"),
        "docker login",
    ),
    "ignored by Docker 20.10": (
        "ERROR: failed to solve: failed to compute cache key: "
        '"/requirements.txt" not found: not found',
        messages.NOT_IN_CONTEXT.format("requirements.txt"),
        ".dockerignore",
    ),
    "ignored": (
        'ERROR: failed to solve: "/requirements.txt": not found',
        messages.NOT_IN_CONTEXT.format("requirements.txt"),
        ".dockerignore",
    ),
    "no network": (
        "#8 1.0 Caused by: dns error: failed to lookup address",
        messages.NO_PACKAGE_INDEX,
        "--network=host",
    ),
}
# (the output of an installer in the build, a word of the message)
INSTALLER_OUTPUTS = {
    "hash": ("#8 1.0   × Hash mismatch for `six==1.17.0`\n", "six==1.17.0"),
    "disk": ("#8 1.0 write /x: No space left on device\n", "disk"),
}

# A build in which a program fails whose output contains words of docker's own errors.
PROGRAM = """#0 building with "default" instance using docker driver
#5 [2/2] RUN {line}
#5 0.156 {line}
#5 ERROR: process "/bin/sh -c {line}" did not complete successfully: exit code: 1
------
 > [2/2] RUN {line}:
0.156 {line}
------
Dockerfile:2
--------------------
   1 |     FROM labcoat-test/python:3.11
   2 | >>> RUN {line}
   3 |
--------------------
ERROR: failed to solve: process "/bin/sh -c {line}" did not complete successfully: exit code: 1
"""
DOCKER_ERRORS = [
    "unknown flag: --foo",
    "unknown flag: --secret",
    "error during connect: Get http://x",
    "permission denied while trying to connect to unix:///var/run/docker.sock",
    "pull access denied for nosuch/image, repository does not exist",
    "invalid reference format",
    'failed to solve: \\"/x\\": not found',
    "dockerfile parse error on line 2: unknown instruction: X",
]
BAD_INSTRUCTION = """#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
Dockerfile:2
--------------------
   2 | >>> COPY --foo . .
--------------------
ERROR: failed to solve: dockerfile parse error on line 2: unknown flag: foo (did you mean from?)
"""


@pytest.mark.parametrize("line", DOCKER_ERRORS)
def test_output_of_a_program_is_not_taken_for_an_error_of_docker(tmp_path: Path, line: str) -> None:
    """It is quoted, and says nothing about docker, its options or the base image."""
    output = PROGRAM.format(line=line)
    output_of_docker_20 = output.replace(
        f'process "/bin/sh -c {line}" did not complete successfully: exit',
        f"executor failed running [/bin/sh -c {line}]: exit",
    )
    assert output != output_of_docker_20
    for each in (output, output_of_docker_20):
        error = explain_build_error(each, tmp_path / "log")
        assert error.message == messages.BUILD_FAILED.format(line)


def test_an_unknown_flag_of_an_instruction_is_an_error_in_the_dockerfile(tmp_path: Path) -> None:
    """It is not taken for an option of `docker build`; the message has its line."""
    error = explain_build_error(BAD_INSTRUCTION, tmp_path / "log")
    reason = "unknown flag: foo (did you mean from?)"
    assert error.message == messages.UNPARSABLE_DOCKERFILE.format(2, reason)


def test_options_are_distinguished_from_output_of_a_step_with_podman(tmp_path: Path) -> None:
    """Podman does not mark the output of programs, but reports an unknown option before step 1."""
    output = "Error: unknown flag: --foo\nSee 'podman build --help'"
    error = explain_build_error(output, tmp_path / "log")
    assert error.message == messages.UNKNOWN_OPTION.format("--foo")
    output = (
        "STEP 1/2: FROM x\nSTEP 2/2: RUN y\nunknown flag: --foo\n"
        'Error: building at STEP "RUN y": exit status 1\n'
    )
    error = explain_build_error(output, tmp_path / "log")
    assert messages.UNKNOWN_OPTION.format("--foo") not in error.message


@pytest.mark.parametrize(("output", "message", "hint"), OUTPUTS.values(), ids=OUTPUTS.keys())
def test_a_known_error_has_a_message_and_a_hint(
    tmp_path: Path, output: str, message: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is on one line."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    error = explain_build_error(output, tmp_path / "log")
    assert error.message.startswith(message)
    assert hint in error.hint
    assert "\n" not in error.message + error.hint


@pytest.mark.parametrize(
    ("output", "word"), INSTALLER_OUTPUTS.values(), ids=INSTALLER_OUTPUTS.keys()
)
def test_errors_of_installers_are_explained(tmp_path: Path, output: str, word: str) -> None:
    """As they are outside of a build."""
    error = explain_build_error(output, tmp_path / "log")
    assert word in error.message
    assert not error.message.startswith(messages.BUILD_FAILED.format(""))


def test_an_unknown_error_quotes_the_last_line_of_a_program(tmp_path: Path) -> None:
    """Without the builder's numbers; the whole output is in the log."""
    output = "#8 1.0 Segmentation fault\n#8 ERROR: process sh\n"
    error = explain_build_error(output, tmp_path / "log")
    assert "Segmentation fault" in error.message
    assert (tmp_path / "log").read_text() == output
