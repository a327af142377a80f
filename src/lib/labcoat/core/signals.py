"""End labcoat in an orderly way when it is told to stop: nothing that it has started is left."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

_ORDERS = (signal.SIGTERM, signal.SIGHUP)  # a cancelled job, a closed terminal
_waiting: list[list[int]] = []  # for each active `defer_signals`, the signals that arrived


@contextlib.contextmanager
def graceful_shutdown() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into SystemExit with 128 plus the number, so that all clean up.

    A signal that is ignored, as after nohup(1), stays ignored.
    """
    heeded = [order for order in _ORDERS if signal.getsignal(order) == signal.SIG_DFL]

    def leave(number: int, _frame: FrameType | None) -> None:
        if _waiting:
            _waiting[-1].append(number)
            return
        # Only once: nothing may interrupt the cleanup. Not SIG_IGN, which children inherit.
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
    """Delay the signals until the block ends: a program being started must be registered first."""
    _waiting.append([])
    try:
        yield
    finally:
        came = _waiting.pop()
    for number in came[:1]:
        signal.raise_signal(number)


def _pass(_number: int, _frame: FrameType | None) -> None:
    pass
