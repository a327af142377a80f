"""labcoat told to end: in order, so that nothing that it has begun is left."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

_ORDERS = (signal.SIGTERM, signal.SIGHUP)  # a job that is cancelled, a terminal that is gone
_waiting: list[list[int]] = []  # for each `held` that we are in, the signals that came meanwhile


@contextlib.contextmanager
def graceful_shutdown() -> Iterator[None]:
    """Turn being told to end into SystemExit with 128 and the signal's number, so that all clean up on the way out.

    A signal that is ignored, as after nohup(1), stays so.
    """
    heeded = [order for order in _ORDERS if signal.getsignal(order) == signal.SIG_DFL]

    def leave(number: int, _frame: FrameType | None) -> None:
        if _waiting:
            _waiting[-1].append(number)
            return
        # Once: cleaning up is not to be broken off. No SIG_IGN, which the programs that help with it would inherit.
        for order in heeded:
            signal.signal(order, _pass)
        raise SystemExit(128 + number)

    for order in heeded:
        signal.signal(order, leave)
    try:
        yield
    finally:
        for order in heeded:
            signal.signal(order, signal.SIG_DFL)


@contextlib.contextmanager
def defer_signals() -> Iterator[None]:
    """Be told to end only when this is done: what begins a program must have hold of it first."""
    _waiting.append([])
    try:
        yield
    finally:
        came = _waiting.pop()
    for number in came[:1]:
        signal.raise_signal(number)


def _pass(_number: int, _frame: FrameType | None) -> None:
    pass
