"""The lines that ask for the packages which an installer's output names."""

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.locking.cause_places import add_places
from labcoat.locking.locker_output import Fault

_LINES = {
    "onnx": ("requirements.in:12", "onnx"),
    "protobuf": ("requirements.in:4", "protobuf<4.21.3"),
    "wheel": ("requirements.in:5", "wheel"),
    "dvc": ("requirements.in:6", "dvc==2.5.4"),
}


def _place(message: str, output: str) -> str:
    def locate(fault: Fault) -> tuple[str, str]:
        return ("requirements.in:6", "dvc") if fault.name == "nanotime" else ("requirements.in", "")

    return add_places(LabcoatError(message, "Hint"), output, _LINES.get, locate).message


def test_line_of_the_package_comes_first() -> None:
    """A package called `wheel` is not the wheel that the message is about."""
    message = "onnx has no wheel for this Python and platform"
    output = "cause: Because onnx<=1.12.0 has no usable wheels and you require onnx, it cannot be"
    assert _place(message, output) == f"requirements.in:12: {message}"


def test_lines_of_a_conflict_are_all_named() -> None:
    """You choose which of them to change."""
    output = (
        "And because onnx>=1.23.0 depends on protobuf>=6.31.1\n"
        "   and you require onnx and protobuf<4.21.3, it is unsatisfiable."
    )
    places = "requirements.in:12 asks for `onnx`, requirements.in:4 asks for `protobuf<4.21.3`"
    assert _place("requirements conflict: x", output) == f"requirements conflict: x; {places}"


@pytest.mark.parametrize(
    "output", ["nanotime==0.5.2 has no usable wheels", "Failed to build `nanotime==0.5.2`"]
)
def test_chain_leads_to_the_line_that_needs_a_package(output: str) -> None:
    """No line names the package itself."""
    message = "cannot build nanotime from source"
    assert _place(message, output) == f"requirements.in:6: {message} (needed by dvc)"


@pytest.mark.parametrize(
    "message",
    [
        "the disk is full",
        "cannot reach the package index",
        "requirements.in:3: x has no wheel",
    ],
)
def test_other_errors_stay(message: str) -> None:
    """The machine and the network fail for any package."""
    assert _place(message, "Failed to download `onnx==1.12.0`: os error 28") == message


def test_a_lock_says_who_needs_a_package() -> None:
    """Its comments do."""
    message = "cannot build onnx from source"
    lock = "onnx==1.0 \\\n    --hash=sha256:0\n    # via\n    #   -r requirements.in\n    #   dvc\n"
    error = add_places(
        LabcoatError(message, ""),
        "Failed to build `onnx==1.0`",
        _LINES.get,
        lambda _: ("", ""),
        [lock],
    )
    assert error.message == f"requirements.in:12: {message} (needed by dvc)"


def test_error_without_a_package_stays() -> None:
    """There is nothing to look for."""
    assert _place("cannot lock `requirements.in`: killed", "killed") == (
        "cannot lock `requirements.in`: killed"
    )
