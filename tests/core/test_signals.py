"""labcoat ends in an orderly way."""

import signal

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
