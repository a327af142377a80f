"""The output of a program in a container is forwarded, except that of docker's init process."""

import pytest

from labcoat.container.engine.stdout_stream import forward_stdout

TINI = [b"[FATAL tini (7)] ", b"exec nosuch failed: No such file or directory", b"\n"]


@pytest.mark.parametrize(
    "parts",
    [TINI, [b"".join(TINI)], [b"[FATAL", TINI[0][6:] + TINI[1] + b"\n"]],
    ids=["3", "1", "2"],
)
@pytest.mark.parametrize("program", ["nosuch", "other"])
def test_a_missing_program_is_recognised(
    parts: list[bytes], program: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """However the message is split; about another program it is forwarded."""
    failure = forward_stdout(((None, part) for part in parts), program)
    assert failure == ("" if program == "other" else "init: no such file or directory")
    assert capfdbinary.readouterr().err == (b"" if failure else b"".join(TINI))


@pytest.mark.parametrize("why", ["exec format error", "no such file or directory"])
def test_a_program_that_the_kernel_refuses_is_recognised(
    why: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """As runc reports it for engines without docker's init process."""
    assert forward_stdout([(None, b"exec ./x: "), (None, f"{why}\n".encode())], "./x") == why
    assert capfdbinary.readouterr().err == b""


@pytest.mark.parametrize(
    "errors",
    [
        *([b"e"], [b"[FATAL", b" error"], [b"[FATAL tini ("], [b"[FATAL tini (7)] exec x\n"]),
        [b"exec x: hello\n"],
    ],
)
def test_all_other_output_is_forwarded(
    errors: list[bytes], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Each stream to its own, whatever it starts with."""
    parts = [(b"o", None), *((None, part) for part in errors), (b"o", None)]
    assert forward_stdout(parts, "x") == ""
    out, err = capfdbinary.readouterr()
    assert (out, err) == (b"oo", b"".join(errors))
