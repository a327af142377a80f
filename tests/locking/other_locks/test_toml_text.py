"""Lists of files are taken out of a lock before tomllib reads it."""

import time
import tomllib
from collections.abc import Callable

from labcoat.locking.other_locks.model import LockedFile
from labcoat.locking.other_locks.toml_text import file_list, parse_lock

A = "a" * 64
LISTS = f"""\
[[package]]
name = "one"
wheels = [
    {{ url = "https://h.example/one-1.0-py3-none-any.whl", hash = "sha256:{A}", size = 1 }},
    {{ url = "https://files.index.example/one-1.0.tar.gz", hashes = {{ sha256 = "{A}" }} }},
]
files = [
    {{file = "one-1.0.zip", hash = "md5:{A[:32]}"}},
]
dependencies = [
    {{ name = "sha256", version = "1" }},
]
"""


def test_files_are_read_in_every_form() -> None:
    """Taken out or not: names, hashes; what is no list of files stays a table."""
    data, taken = parse_lock("x.lock", LISTS)
    (package,) = data["package"]
    assert len(taken) == 1
    assert file_list(package["wheels"], taken) == (
        LockedFile("one-1.0-py3-none-any.whl", A),
        LockedFile("one-1.0.tar.gz", A),
    )
    assert file_list(package["files"], taken) == (LockedFile("one-1.0.zip", ""),)
    assert package["dependencies"] == [{"name": "sha256", "version": "1"}]
    # Within a long string, lines that look like files are text.
    lines = LISTS.replace('"', "'")
    text = f'a = """\n{lines}"""\n'
    assert parse_lock("x.lock", text)[0] == tomllib.loads(text)


def test_a_large_lock_is_read_faster_than_by_tomllib() -> None:
    """Two megabytes here; ten take less than half a second."""
    line = LISTS.splitlines()[3]
    text = "".join(
        f'[[package]]\nname = "p{at}"\nwheels = [\n{(line + chr(10)) * 40}]\n' for at in range(300)
    )

    def seconds(parse: Callable[[str], object]) -> float:
        """The least processor time of three: other work beside it makes one longer."""
        times = []
        for _ in range(3):
            started = time.process_time()
            parse(text)
            times.append(time.process_time() - started)
        return min(times)

    ratio = seconds(lambda given: parse_lock("x.lock", given)) / seconds(tomllib.loads)
    assert ratio < 0.8
