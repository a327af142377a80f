"""A container that does not start is explained by a message and a hint."""

import pytest

from labcoat.container.engine.errors import engine_error, missing_image_error
from labcoat.container.engine.run import explain_execution_error, explain_start_error
from support.messages import engine as messages

# (the engine's explanation, the message, a part of the hint)
ERRORS = {
    "no GPU": (
        'could not select device driver "" with capabilities: [[gpu]]',
        messages.NO_GPU,
        "Container Toolkit",
    ),
    "too many CPUs": (
        "Range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available",
        messages.START_FAILED.format("Range of CPUs is from 0.01 to 4.00"),
        "LABCOAT_CPUS",
    ),
    "too little memory": (
        "Minimum memory limit allowed is 6MB",
        messages.START_FAILED.format("Minimum memory limit allowed is 6MB"),
        "LABCOAT_MEMORY",
    ),
    "port in use": (
        "driver failed: Bind for 127.0.0.1:8888 failed: port is already allocated",
        messages.PORT_IN_USE,
        "LABCOAT_PORTS=",
    ),
    "no program": (
        'exec: "train": executable file not found in $PATH: unknown',
        messages.NO_PROGRAM.format("team/image", "train"),
        "in the Dockerfile",
    ),
    "unknown": (
        "something else\nwith details",
        messages.START_FAILED.format("something else"),
        "journalctl -u docker",
    ),
}


@pytest.mark.parametrize(("explanation", "message", "hint"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_of_the_engine_has_a_message_and_a_hint(
    explanation: str, message: str, hint: str
) -> None:
    """A missing program may be missing from the Dockerfile; an unknown error is in which log."""
    error = explain_start_error("team/image", ["train"], explanation)
    assert error.message == message
    assert hint in error.hint
    assert error.status == (127 if "not found" in explanation else 1)


def test_a_program_that_may_not_be_executed() -> None:
    """Its exit status is that of shells."""
    error = explain_start_error("i", ["./x"], 'exec: "./x": permission denied: unknown')
    assert (error.status, error.message) == (126, "`./x` in image `i` may not be executed")


def test_the_hint_names_what_chose_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting Docker does not help where DOCKER_HOST names another engine."""
    for host, part in {"": "systemctl", "unix:///nowhere": "DOCKER_HOST"}.items():
        monkeypatch.setenv("DOCKER_HOST", host)
        error = engine_error("Cannot connect to the Docker daemon")
        assert error
        assert part in error.hint


def test_only_the_projects_own_image_can_be_built() -> None:
    assert "make docker" in missing_image_error("own", "own").hint
    assert "make docker" not in missing_image_error("other", "own").hint


@pytest.mark.parametrize(
    ("failure", "status", "message"),
    [
        ("exec format error", 126, "cannot be executed: exec format error"),
        ("no such file or directory", 127, "names an interpreter that the image does not have"),
        ("init: no such file or directory", 127, "has no program"),
        ("init: permission denied", 126, "may not be executed"),
    ],
)
def test_a_program_that_cannot_be_executed(failure: str, status: int, message: str) -> None:
    """A script of another machine has no interpreter in the image, or a program another form."""
    error = explain_execution_error("i", ["./x"], failure)
    assert error.status == status
    assert message in error.message
