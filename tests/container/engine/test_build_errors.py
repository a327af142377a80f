"""What a builder says when it fails, in two lines."""

from pathlib import Path

import pytest

from labcoat.container.engine.build_errors import explain_build_error

# (what the builder said, a part of what happened, a part of what to do)
SAID = {
    "podman: tag": (
        "Error: tag A/B: invalid reference format: repository name must be lowercase",
        "A/B is no name",
        "LABCOAT_IMAGE",
    ),
    "stopped": (
        "ERROR: Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
        "does not answer",
        "Start it",
    ),
    "no context": (
        'Failed to initialize: unable to resolve docker endpoint: context "nope": context not found: open /x: no such file',
        "no docker context nope",
        "DOCKER_CONTEXT",
    ),
    "forbidden": (
        "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
        "may not use",
        "group",
    ),
    "no python": (
        "#7 0.4 labcoat: the base image has no python3\n",
        "has no python3",
        "LABCOAT_BASE_IMAGE",
    ),
    "other python": (
        "#7 0.4 labcoat: the base image has Python 3.12, not 3.11\n",
        "Python 3.12, not 3.11",
        ".python-version",
    ),
    "empty base": (
        'ERROR: failed to solve: invalid mountinput dest:"/run/secrets/x"',
        "no shell",
        "LABCOAT_BASE_IMAGE",
    ),
    "no venv": ("#9 0.2 /usr/bin/python3: No module named venv\n", "has no venv", "python3-venv"),
    "no users": (
        "did not complete successfully: unable to find groups for spec root: invalid argument",
        "no shell",
        "BASE_IMAGE",
    ),
    "gone": (
        f"ERROR: failed to resolve source metadata for h:5/a@sha256:{'0' * 64}: h:5/a@sha256:{'0' * 64}: not found",
        f"h:5/a@sha256:{'0' * 64} is gone",
        "labcoat extern pin",
    ),
    "no buildkit": (
        "the --mount option requires BuildKit. Refer to",
        "without BuildKit",
        "Docker 23",
    ),
    "no buildx": (
        "ERROR: BuildKit is enabled but the buildx component is missing or broken.",
        "without BuildKit",
        "buildx",
    ),
    "no contexts": (
        "ERROR: failed to solve: rpc error: code = Unknown desc = failed to solve with frontend dockerfile.v0: "
        "unsupported frontend capability moby.buildkit.frontend.contexts",
        "named apart",
        "Docker 23",
    ),
    "no option for contexts": (
        "unknown flag: --build-context\nSee 'docker build --help'.",
        "named apart",
        "Docker 23",
    ),
    "image name": (
        'invalid argument "Foo/Bar" for "-t, --tag" flag: invalid reference format',
        "Foo/Bar is no name",
        "LABCOAT_IMAGE",
    ),
    "base name": (
        "invalid reference format: repository name (library/Foo) must be lowercase",
        "base image's name",
        "LABCOAT_BASE_IMAGE",
    ),
    "option": (
        "unknown flag: --netwrk\nSee 'docker build --help'.",
        "no option --netwrk",
        "LABCOAT_DOCKER_FLAGS",
    ),
    "no base": (
        "ERROR: failed to resolve source metadata for docker.io/library/python:3.11@sha256:ab: no such host",
        "base image python:3.11@sha256:ab cannot be had",
        "network",
    ),
    "no access": (
        "pull access denied for nosuch/image, repository does not exist",
        "nosuch/image cannot be had",
        "name",
    ),
    "ignored by Docker 20.10": (
        'ERROR: failed to solve: failed to compute cache key: "/requirements.txt" not found: not found',
        "needs requirements.txt",
        ".dockerignore",
    ),
    "ignored": (
        'ERROR: failed to solve: "/requirements.txt": not found',
        "needs requirements.txt",
        ".dockerignore",
    ),
    "no network": (
        "#8 1.0 Caused by: dns error: failed to lookup address",
        "cannot reach the package index",
        "--network=host",
    ),
    "hash": (
        "#8 1.0   × Hash mismatch for `six==1.17.0`\n",
        "not the one that was locked",
        "make upgrade",
    ),
    "disk": ("#8 1.0 write /x: No space left on device\n", "disk is full", "Make room"),
}

# A build in which a program fails that says what docker also says.
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
DOCKERS = [
    "unknown flag: --foo",
    "unknown flag: --secret",
    "error during connect: Get http://x",
    "permission denied while trying to connect to unix:///var/run/docker.sock",
    "pull access denied for nosuch/image, repository does not exist",
    "invalid reference format",
    'failed to solve: \\"/x\\": not found',
    "dockerfile parse error on line 2: unknown instruction: X",
]
INSTRUCTION = """#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
Dockerfile:2
--------------------
   2 | >>> COPY --foo . .
--------------------
ERROR: failed to solve: dockerfile parse error on line 2: unknown flag: foo (did you mean from?)
"""


@pytest.mark.parametrize("line", DOCKERS)
def test_what_a_program_says_is_not_dockers(tmp_path: Path, line: str) -> None:
    """It is quoted, and nothing is concluded from it about docker, its options or the base image."""
    said = PROGRAM.format(line=line)
    by_docker_20 = said.replace(
        f'process "/bin/sh -c {line}" did not complete successfully: exit',
        f"executor failed running [/bin/sh -c {line}]: exit",
    )
    assert said != by_docker_20
    for each in (said, by_docker_20):
        assert (
            explain_build_error(each, tmp_path / "log").message
            == f"The image could not be built: {line}."
        )


def test_an_instruction_that_cannot_be_read_is_no_option_of_a_build(tmp_path: Path) -> None:
    """The Dockerfile is what has to be corrected."""
    failure = explain_build_error(INSTRUCTION, tmp_path / "log")
    assert (
        failure.message == "The Dockerfile cannot be read: unknown flag: foo (did you mean from?)."
    )


def test_podmans_steps_are_told_from_its_options(tmp_path: Path) -> None:
    """It does not mark what programs say; but an option that it does not know it names before the first step."""
    assert (
        "no option --foo"
        in explain_build_error(
            "Error: unknown flag: --foo\nSee 'podman build --help'", tmp_path / "log"
        ).message
    )
    said = 'STEP 1/2: FROM x\nSTEP 2/2: RUN y\nunknown flag: --foo\nError: building at STEP "RUN y": exit status 1\n'
    assert "no option" not in explain_build_error(said, tmp_path / "log").message


@pytest.mark.parametrize(("said", "what", "todo"), SAID.values(), ids=SAID.keys())
def test_a_failure_says_what_happened_and_what_to_do(
    tmp_path: Path, said: str, what: str, todo: str
) -> None:
    """Each way that a build is known to fail is named, in one line each."""
    failure = explain_build_error(said, tmp_path / "log")
    assert what in failure.message
    assert todo in failure.hint
    assert "\n" not in failure.message + failure.hint


def test_an_unknown_failure_quotes_the_last_that_a_program_said(tmp_path: Path) -> None:
    """What labcoat has no words for is passed on, without the builder's numbers."""
    assert (
        "Segmentation fault"
        in explain_build_error(
            "#8 1.0 Segmentation fault\n#8 ERROR: process sh\n", tmp_path / "log"
        ).message
    )
