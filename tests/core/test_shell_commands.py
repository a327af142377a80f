"""Commands of scripts: split as a shell does, in bounded time."""

import random
import shlex
import time

from labcoat.core.shell_commands import split_commands

LETTERS = "ab -='\"\\é\t"


def test_words_are_those_of_shlex() -> None:
    """On a thousand lines with quotes and backslashes; a line with an open quote has no words."""
    chance = random.Random(1)  # noqa: S311 - random lines, no secrets
    for _ in range(1000):
        line = "x " + "".join(chance.choice(LETTERS) for _ in range(chance.randint(0, 12)))
        try:
            words = shlex.split(line)
        except ValueError:
            continue
        assert list(split_commands(line)) == [words], line


def test_unclosed_substitutions_take_no_time() -> None:
    """Each `$(` without an end would be looked for to the end of the line."""
    start = time.process_time()
    list(split_commands("$(" * 20_000))
    assert time.process_time() - start < 5
