"""Find near duplicates: pictures that were saved again, resized, or taken a moment later.

Each picture has a fingerprint: the picture is made small and grey, and each bit tells whether a
pixel is darker than its right neighbour (`dHash`, N. Krawetz, 2013). Compression, size and
brightness hardly change it. imagehash gives the same bits for a picture that is shrunk this way
first, but it needs PyWavelets, and compares one pair at a time.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

VERSION = 2
SIDE = 16  # bits of a fingerprint in each direction
BITS = SIDE * SIDE
# Bits in which two fingerprints of the same picture may differ. Different pictures differ in about
# half of them.
CLOSE = 24
BLOCK = 1024  # rows that are compared with all others at once, which keeps memory flat
PAIRS = 1000  # pairs of different classes that are reported
MOST = 2048  # fingerprints that are grouped at once, for the same reason


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
    """Group the distinct fingerprints by complete linkage: all in a group are close to each other.

    The result does not depend on their order. Groups of more than `MOST` are divided.
    """
    known = sorted({one for one in fingerprints if one})
    return [
        [known[place] for place in group.tolist()]
        for chain in _chains(known)
        for start in range(0, len(chain), MOST)
        for group in _complete(known, chain[start : start + MOST])
    ]


def crossing(labelled: Iterable[tuple[str, str]]) -> list[tuple[int, int]]:
    """Return the places of pairs of `(fingerprint, label)` that are close and differ in the label:
    `PAIRS` of them at most.
    """
    known = [(place, one, label) for place, (one, label) in enumerate(labelled) if one]
    places = np.array([place for place, _, _ in known], dtype=np.int64)
    numbers = {label: number for number, label in enumerate({label for _, _, label in known})}
    labels = np.array([numbers[label] for _, _, label in known], dtype=np.int64)
    found: list[tuple[int, int]] = []
    for rows, columns in _close_pairs(_words([one for _, one, _ in known])):
        differ = labels[rows] != labels[columns]
        pairs = np.stack([places[rows[differ]], places[columns[differ]]], axis=1)
        found += [(first, second) for first, second in pairs.tolist()]
        if len(found) >= PAIRS:
            break
    return found[:PAIRS]


def _chains(known: list[str]) -> list[NDArray[np.int64]]:
    """Return groups of indices of `known` that are close directly or over others, in order."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    labels = np.arange(len(known))
    for rows, columns in _close_pairs(_words(known)):
        ends = np.append(rows, np.arange(len(known))), np.append(columns, labels)
        pairs = coo_array((np.ones(len(ends[0]), np.bool_), ends), (len(known),) * 2)
        _, labels = connected_components(pairs, directed=False)
        # The first of each group stands for it in the next block's graph.
        labels = np.unique(labels, return_index=True)[1][labels]
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if known else []


def _complete(known: list[str], chain: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Divide a chain into groups whose members all are close to each other."""
    if len(chain) < 2:
        return [chain]
    from scipy.cluster.hierarchy import fcluster, linkage

    words = _words([known[place] for place in chain])
    apart = np.concatenate(
        [_apart(words[place : place + 1], words[place + 1 :])[0] for place in range(len(chain))]
    )
    labels = fcluster(linkage(apart.astype(np.float64), "complete"), CLOSE, "distance")
    return [chain[labels == label] for label in np.unique(labels)]


def _words(known: list[str]) -> NDArray[np.uint64]:
    """Return the bits of fingerprints as words, `(n, BITS // 64)`."""
    return np.frombuffer(bytes.fromhex("".join(known)), dtype=np.uint64).reshape(-1, BITS // 64)


def _apart(rows: NDArray[np.uint64], columns: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Return in how many bits each of `rows` differs from each of `columns`."""
    apart = np.zeros((len(rows), len(columns)), dtype=np.uint16)
    for word in range(BITS // 64):
        apart += np.bitwise_count(rows[:, word, np.newaxis] ^ columns[:, word])
    return apart


def _close_pairs(
    words: NDArray[np.uint64],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the indices of pairs that differ in at most `CLOSE` bits, for `BLOCK` rows at once."""
    for start in range(0, len(words), BLOCK):
        rows, columns = np.nonzero(_apart(words[start : start + BLOCK], words[start:]) <= CLOSE)
        once = rows < columns
        yield rows[once] + start, columns[once] + start
