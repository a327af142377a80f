"""The program in a container gets the signals that labcoat gets."""

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from labcoat.container.engine import run


class Container:
    """A container that notes the signals that it gets, and handles them."""

    def __init__(self) -> None:
        self.sent: list[int] = []

    def kill(self, signal: int = signal.SIGKILL) -> None:
        """Note a signal."""
        self.sent.append(signal)


@pytest.fixture
def nohup() -> Iterator[None]:
    """Ignore SIGHUP, as programs behind the command of this name do."""
    yield from ignore(signal.SIGHUP)


@pytest.fixture
def background() -> Iterator[None]:
    """Ignore SIGQUIT, as programs do that a shell starts in the background."""
    yield from ignore(signal.SIGQUIT)


def ignore(number: int) -> Iterator[None]:
    before = signal.signal(number, signal.SIG_IGN)
    yield
    signal.signal(number, before)


def send(*numbers: int) -> list[int]:
    """Return the signals that the container gets while labcoat gets `numbers`."""
    container: Any = Container()
    with run._forward_signals(container, init=True):
        for count, number in enumerate(numbers, 1):
            os.kill(os.getpid(), number)
            end = time.monotonic() + 5
            while len(container.sent) < count and time.monotonic() < end:
                time.sleep(0.01)
    return list(container.sent)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2])
def test_signal_is_forwarded(number: int) -> None:
    """labcoat itself would end at it, and the container run on."""
    assert send(number) == [number]


def test_second_signal_kills_unless_the_first_was_a_message() -> None:
    """Schedulers send SIGUSR1 some time before they end a job."""
    assert send(signal.SIGUSR1, signal.SIGINT) == [signal.SIGUSR1, signal.SIGINT]
    assert send(signal.SIGINT, signal.SIGINT) == [signal.SIGINT, signal.SIGKILL]


@pytest.mark.usefixtures("background")
def test_signal_in_the_background_is_forwarded() -> None:
    """Whoever sends it to labcoat means the program."""
    assert send(signal.SIGQUIT) == [signal.SIGQUIT]


@pytest.mark.usefixtures("nohup")
def test_hangup_stays_ignored() -> None:
    """A training started with nohup goes on after the terminal is closed."""
    container: Any = Container()
    with run._forward_signals(container, init=True):
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
