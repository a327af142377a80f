"""Pictures that show the same thing twice: saved anew, made smaller, or a frame later.

Each picture has a fingerprint: it is made small and grey, and each bit says whether a pixel is
darker than its right neighbour (`dHash`, N. Krawetz, 2013). Compression, size and brightness hardly
change it.
"""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from PIL import Image

VERSION = 1
SIDE = 16  # bits of a fingerprint in each direction
BITS = SIDE * SIDE
# Bits in which two fingerprints of one picture may differ; those of two pictures differ in about
# half
CLOSE = 24
BLOCK = 1024  # rows that are compared with all others at once, which keeps memory flat


def fingerprint(image: Image.Image) -> str:
    """The fingerprint of an RGB picture as hexadecimal; empty for one that has too little in it to
    be known by.
    """
    small = np.asarray(
        image.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.BOX), dtype=np.int16
    )
    bits = small[:, :-1] < small[:, 1:]
    return np.packbits(bits).tobytes().hex() if CLOSE <= bits.sum() <= BITS - CLOSE else ""


def groups(fingerprints: Iterable[str]) -> list[list[str]]:
    """The distinct fingerprints, those that are close to each other, or to a third, together."""
    known = sorted({one for one in fingerprints if one})
    leader = {one: one for one in known}
    for first, second in _close_pairs(known):
        low, high = sorted((_leader(leader, first), _leader(leader, second)))
        leader[high] = low
    together = defaultdict(list)
    for one in known:
        together[_leader(leader, one)].append(one)
    return list(together.values())


def _leader(leader: dict[str, str], one: str) -> str:
    while leader[one] != one:
        one = leader[one]
    return one


def _close_pairs(known: list[str]) -> Iterable[tuple[str, str]]:
    """Every pair of `known` that differs in at most `CLOSE` bits."""
    words = np.frombuffer(bytes.fromhex("".join(known)), dtype=np.uint64).reshape(-1, BITS // 64)
    for start in range(0, len(known), BLOCK):
        block = words[start : start + BLOCK]
        apart = np.zeros((len(block), len(known)), dtype=np.uint16)
        for word in range(BITS // 64):
            apart += np.bitwise_count(block[:, word, np.newaxis] ^ words[:, word])
        for row, column in zip(*np.nonzero(apart <= CLOSE), strict=True):
            if start + row < column:
                yield known[start + row], known[column]
