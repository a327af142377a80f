"""Find near duplicates: pictures that were saved again, resized, or taken a moment later.

Each picture has a fingerprint: the picture is made small and grey, and each bit tells whether a
pixel is darker than its right neighbour (`dHash`, N. Krawetz, 2013). Compression, size and
brightness hardly change it. imagehash gives the same bits for a picture that is shrunk this way
first, but it needs PyWavelets, and compares one pair at a time.
"""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

VERSION = 1
SIDE = 16  # bits of a fingerprint in each direction
BITS = SIDE * SIDE
# Bits in which two fingerprints of the same picture may differ. Different pictures differ in about
# half of them.
CLOSE = 24
BLOCK = 1024  # rows that are compared with all others at once, which keeps memory flat


def fingerprint(image: Image.Image) -> str:
    """Return the fingerprint of an RGB picture as hexadecimal; empty if the picture is too
    plain.
    """
    small = np.asarray(
        image.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.BOX), dtype=np.int16
    )
    bits = small[:, :-1] < small[:, 1:]
    return np.packbits(bits).tobytes().hex() if CLOSE <= bits.sum() <= BITS - CLOSE else ""


def groups(fingerprints: Iterable[str]) -> list[list[str]]:
    """Group the distinct fingerprints: those that are close to each other, directly or in a
    chain.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    known = sorted({one for one in fingerprints if one})
    rows, columns = _close_pairs(known)
    pairs = coo_array((np.ones(len(rows), np.bool_), (rows, columns)), (len(known), len(known)))
    _, labels = connected_components(pairs, directed=False)
    together = defaultdict(list)
    for one, label in zip(known, labels.tolist(), strict=True):
        together[label].append(one)
    return list(together.values())


def _close_pairs(known: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices of all pairs of `known` that differ in at most `CLOSE` bits."""
    words = np.frombuffer(bytes.fromhex("".join(known)), dtype=np.uint64).reshape(-1, BITS // 64)
    found = [np.zeros((2, 0), np.int64)]
    for start in range(0, len(known), BLOCK):
        block = words[start : start + BLOCK]
        apart = np.zeros((len(block), len(known)), dtype=np.uint16)
        for word in range(BITS // 64):
            apart += np.bitwise_count(block[:, word, np.newaxis] ^ words[:, word])
        rows, columns = np.nonzero(apart <= CLOSE)
        found.append(np.stack([rows + start, columns])[:, rows + start < columns])
    rows, columns = np.concatenate(found, axis=1)
    return rows, columns
