"""Compare byte code from the standard input with sources from there. Runs as text in a container.

The first line is a JSON list of [number of the source, number of the byte code, optimization
level]. Then each file is a JSON line [number, size, time] and its bytes. The output has a line for
each pair, its place in the list and a verdict, and `end`. It works on Python 3.8.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import BinaryIO

from labcoat.inventory.code_paths.byte_code_check import judge, limit_resources


def read_files(stream: BinaryIO) -> dict[int, tuple[bytes, int]]:
    """Return contents and time of each file, by number."""
    found: dict[int, tuple[bytes, int]] = {}
    while True:
        line = stream.readline()
        if not line:
            return found
        number, size, time = json.loads(line)
        found[number] = stream.read(size), time


def check_part(
    pairs: list[list[int]], files: dict[int, tuple[bytes, int]], places: list[int], pipe: int
) -> None:
    """Write a line for each of the `places` in the list of pairs."""
    warnings.simplefilter("ignore")
    limit_resources()
    for place in places:
        source, compiled, level = pairs[place]
        try:
            text, time = files[source]
            verdict = judge(files[compiled][0], text, time, "source", level)
        except Exception:  # noqa: BLE001 - whatever damaged byte code causes
            verdict = "unreadable"
        os.write(pipe, b"%d %s\n" % (place, verdict.encode()))


def main() -> None:
    """Check in one process for each processor; one that ends early is followed by another."""
    stream = sys.stdin.buffer
    pairs = json.loads(stream.readline())
    files = read_files(stream)
    count = min(os.cpu_count() or 1, 8, 1 + len(pairs) // 50)
    waiting = [list(range(start, len(pairs), count)) for start in range(count)]
    while waiting:
        started = []
        for places in waiting:
            read, write = os.pipe()
            child = os.fork()
            if child == 0:
                os.close(read)
                try:
                    check_part(pairs, files, places, write)
                finally:
                    os._exit(0)
            os.close(write)
            started.append((places, read, child))
        waiting = []
        for places, read, child in started:
            with os.fdopen(read, "rb") as lines:
                done = [line for line in lines.read().split(b"\n") if line]
            os.waitpid(child, 0)
            for line in done[: len(places)]:
                print(line.decode())
            # The one after the last verdict ended the process, and has none.
            if len(done) + 1 < len(places):
                waiting.append(places[len(done) + 1 :])
    print("end", flush=True)


if __name__ == "__main__":
    main()
