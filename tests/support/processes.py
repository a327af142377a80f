"""The command lines of all processes, which every user of a machine can read."""

import contextlib
import threading
from pathlib import Path


class Watch(threading.Thread):
    """Collect the command lines of all processes from `with` to its end."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[bytes] = set()
        self.ended = threading.Event()

    def run(self) -> None:
        """Look again every 20 milliseconds."""
        while not self.ended.wait(0.02):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    self.seen.add(file.read_bytes().replace(b"\0", b" "))

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.join()
