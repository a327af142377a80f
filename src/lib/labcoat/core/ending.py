"""labcoat told to end: in order, so that nothing that it has begun is left."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

_ORDERS = (signal.SIGTERM, signal.SIGHUP)  # a job that is cancelled, a terminal that is gone


@contextlib.contextmanager
def in_order() -> Iterator[None]:
    """Turn being told to end into SystemExit with 128 and the signal's number, so that all clean up on the way out.

    A signal that is ignored, as after nohup(1), stays so.
    """
    heeded = [order for order in _ORDERS if signal.getsignal(order) == signal.SIG_DFL]

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
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


def _pass(_number: int, _frame: FrameType | None) -> None:
    pass
