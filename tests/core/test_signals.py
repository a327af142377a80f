"""labcoat told to end, in order."""

import signal

import pytest

from labcoat.core import signals


def test_being_told_to_end_waits_until_a_program_is_in_hand() -> None:
    """What begins one comes to its own end first; then the order counts."""
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
