"""Whether letters are in an order that a program made up, and not a language."""

import math
import re
from collections import Counter

# Pairs of letters that are common in English and in names of programs; random text has a fifth.
_PAIRS = frozenset(
    (
        b"th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou "
        b"io le ve co me de hi ri ro ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di "
        b"fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so rs un lo wa ge ie wh ee wi em "
        b"ad ol rt po we na ul ni ts mo ow pa im mi ai sh ir su id os iv ia am fi ci vi pl ig "
        b"tu ev ld ry mp fe bl ab gh ty op wo sa ay ex ke fr oo av ag if ap gr od bo sp rd do "
        b"uc bu ei ov by rm ep tt oc fa ef cu rn sc gi da yo cr cl du ga qu ue ff ba ey ls va "
        b"um pp ua up lu go ht ru ug ds lt pi rc rr eg au ck ew mu br bi pt ak pu ui rg ib tl "
        b"ny ki rk ys ob mm fu ph og ms ye ud mb ip ub oi rl gu dr hr cc tw ft wn nu af hu nn "
        b"eo vo rv nf xp gn sm fl iz ok nl my gl aw ju oa sy sl db pg kw ws my"
    ).split()
)
_WORDY = 0.5  # of the pairs of letters, in words
_WORDY_IN_LONG = 0.6  # of many pairs, of which chance makes up fewer
_LEAST_PAIRS = 3
_MANY_PAIRS = 14
_LEAST_RUN = 4  # characters that count up or repeat
_AFTER_THE_LAST = (b"90", b"9a", b"z0", b"za")


def is_random_text(value: bytes) -> bool:
    """Whether the letters of a value are in an order that no language has."""
    pairs = _list_pairs(value)
    return len(pairs) >= _LEAST_PAIRS and _measure_wordiness(pairs) < _WORDY


def is_long_random_text(value: bytes) -> bool:
    """Whether the letters of a long value are in an order that is rare in languages."""
    pairs = _list_pairs(value)
    return len(pairs) >= _MANY_PAIRS and _measure_wordiness(pairs) < _WORDY_IN_LONG


def _list_pairs(value: bytes) -> list[bytes]:
    runs = re.findall(rb"[a-z]{2,}", value.lower())
    return [run[at : at + 2] for run in runs for at in range(len(run) - 1)]


def _measure_wordiness(pairs: list[bytes]) -> float:
    return sum(pair in _PAIRS for pair in pairs) / len(pairs)


def entropy(value: bytes) -> float:
    """Return the bits of each character, by how often each one occurs in `value`."""
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)


def is_counted(value: bytes) -> bool:
    """Whether most of a value counts up or repeats, as `0123` and `aaaa`; also in `a0b1c2d3`."""
    characters = re.sub(rb"[^a-z0-9]", b"", value.lower())
    parted = re.sub(rb"\d", b"", characters) + re.sub(rb"\D", b"", characters)
    most = max(_count_in_runs(characters, (0, 1)), _count_in_runs(parted, (1,)))
    return 2 * most > len(characters)


def _count_in_runs(text: bytes, steps: tuple[int, ...]) -> int:
    """Count the characters in runs, in which each one is one of `steps` after the one before."""
    total, run = 0, 1
    for at in range(1, len(text) + 1):
        pair = text[at - 1 : at + 1]
        if len(pair) == 2 and (pair[1] - pair[0] in steps or pair in _AFTER_THE_LAST):
            run += 1
        else:
            total += run if run >= _LEAST_RUN else 0
            run = 1
    return total
