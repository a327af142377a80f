"""What a program in a container says is handed on; what docker's own process says of a program that is not there is not."""

import pytest

from labcoat.container.engine.stdout_stream import forward_stdout

TINI = [b"[FATAL tini (7)] ", b"exec nosuch failed: No such file or directory", b"\n"]


@pytest.mark.parametrize(
    "parts",
    [TINI, [b"".join(TINI)], [b"[FATAL", TINI[0][6:] + TINI[1] + b"\n"]],
    ids=["3", "1", "2"],
)
@pytest.mark.parametrize("program", ["nosuch", "other"])
def test_a_program_that_is_not_there_is_found(
    parts: list[bytes], program: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """However docker's words are divided; of another program than the one that was asked for they are that one's own."""
    started = forward_stdout(((None, part) for part in parts), program)
    assert started == (program == "other")
    assert capfdbinary.readouterr().err == (b"".join(TINI) if started else b"")


@pytest.mark.parametrize(
    "said", [[b"e"], [b"[FATAL", b" error"], [b"[FATAL tini ("], [b"[FATAL tini (7)] exec x\n"]]
)
def test_whatever_else_a_program_says_is_handed_on(
    said: list[bytes], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Each stream to its own, all of it, whatever it begins with."""
    assert forward_stdout([(b"o", None), *((None, part) for part in said), (b"o", None)], "x")
    out, err = capfdbinary.readouterr()
    assert (out, err) == (b"oo", b"".join(said))
