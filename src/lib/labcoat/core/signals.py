"""End labcoat in an orderly way when it is told to stop: nothing that it has started is left."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

_ORDERS = (signal.SIGTERM, signal.SIGHUP)  # a cancelled job, a closed terminal
_waiting: list[list[int]] = []  # for each active `defer_signals`, the signals that arrived


@contextlib.contextmanager
def graceful_shutdown() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into SystemExit with 128 plus the number, so that all clean up.

    A signal that is ignored, as after nohup(1), stays ignored.
    """
    heeded = [order for order in _ORDERS if signal.getsignal(order) == signal.SIG_DFL]

    def leave(number: int, frame: FrameType | None) -> None:
        if _waiting:
            _waiting[-1].append(number)
            return
        if _loses_exceptions(frame):
            _repeat_soon(lambda: leave(number, None))
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
def catch_interrupts() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt in the block.

    Before and after it, the handler of `labcoat.__main__` ends labcoat at once.
    """
    before = signal.getsignal(signal.SIGINT)
    if before in {None, signal.SIG_IGN}:
        yield
        return
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupt(_number: int, frame: FrameType | None) -> None:
    if _loses_exceptions(frame):
        _repeat_soon(lambda: signal.raise_signal(signal.SIGINT))
        return
    raise KeyboardInterrupt


def _loses_exceptions(frame: FrameType | None) -> bool:
    """Whether Python turns what is raised in `frame` into something else.

    It prints and forgets it in __del__, and in the callbacks of weak references, as importlib has
    them. Up to 3.11 it makes a RuntimeError of it in __set_name__.
    """
    while frame:
        if frame.f_code.co_name in {"__del__", "__set_name__", "cb"}:
            return True
        frame = frame.f_back
    return False


def _repeat_soon(action: Callable[[], None]) -> None:
    signal.signal(signal.SIGALRM, lambda _number, _frame: action())
    signal.setitimer(signal.ITIMER_REAL, 0.01)


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
