"""Views: reproducible, mirrored, and similar to the picture."""

import hashlib

import numpy as np
import pytest
from samples import jpeg

from catsdogs.data import pictures, views

DATA = jpeg("cat", 3, side=80)
DIGEST = hashlib.sha256(DATA).hexdigest()


def test_the_first_view_is_the_picture_itself() -> None:
    """The first view has the pixels of `pictures.pixels`; the second is its mirror image."""
    plain = pictures.pixels(DATA, 48)
    assert np.array_equal(views.pixels(DATA, 48, views.PLAIN, DIGEST), plain)
    assert np.array_equal(views.pixels(DATA, 48, views.MIRRORED, DIGEST), plain[:, ::-1])


@pytest.mark.parametrize("view", [2, 3, 7])
def test_a_view_depends_only_on_picture_and_number(view: int) -> None:
    """In another order a view is identical; views of another picture or number differ."""
    first = views.pixels(DATA, 48, view, DIGEST)
    views.pixels(DATA, 48, view + 1, DIGEST)
    assert np.array_equal(views.pixels(DATA, 48, view, DIGEST), first)
    assert not np.array_equal(views.pixels(DATA, 48, view + 2, DIGEST), first)
    assert not np.array_equal(views.pixels(DATA, 48, view, "f" * 64), first)


def test_every_view_is_of_the_picture() -> None:
    """A view has the requested size, and the picture's colours, also in the corners."""
    for view in range(8):
        found = views.pixels(DATA, 48, view, DIGEST)
        assert (found.shape, found.dtype) == ((48, 48, 3), np.uint8)
        assert (
            np.abs(found.mean(axis=(0, 1)) - pictures.pixels(DATA, 48).mean(axis=(0, 1))).max() < 4
        )
        assert found[[0, 0, -1, -1], [0, -1, 0, -1]].sum(axis=1).min() > 150
