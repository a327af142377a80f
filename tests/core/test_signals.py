"""labcoat ends in an orderly way."""

import signal
import time

import pytest

from labcoat.core import signals


def test_a_signal_waits_until_a_program_is_registered() -> None:
    """The block ends first; then the signal counts."""
    done = []

    def begin() -> None:
        with signals.graceful_shutdown():
            with signals.defer_signals():
                signal.raise_signal(signal.SIGTERM)
                done.append("begun")
            done.append("went on")

    with pytest.raises(SystemExit) as told:
        begin()
    assert told.value.code == 128 + signal.SIGTERM
    assert done == ["begun"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(signal.SIGTERM, SystemExit, id="SIGTERM"),
        pytest.param(signal.SIGINT, KeyboardInterrupt, id="SIGINT"),
    ],
)
@pytest.mark.parametrize("place", ["a finalizer", "a member's name"])
def test_a_signal_is_not_lost_where_exceptions_are(
    number: signal.Signals, expected: type[BaseException], place: str
) -> None:
    """Python changes or forgets what is raised there, so the signal counts shortly afterwards."""

    class Finalized:
        def __del__(self) -> None:
            signal.raise_signal(number)

    class Named:
        def __set_name__(self, owner: type, name: str) -> None:
            signal.raise_signal(number)

    def begin() -> None:
        with signals.graceful_shutdown(), signals.catch_interrupts():
            if place == "a finalizer":
                Finalized()
            else:
                type("Owner", (), {"member": Named()})
            time.sleep(5)

    start = time.monotonic()
    with pytest.raises(expected):
        begin()
    assert time.monotonic() - start < 4
