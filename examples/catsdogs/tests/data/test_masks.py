"""Masks of other pictures are no pictures to classify."""

import pytest

from catsdogs.data.masks import find_masks

NUMBERS = range(3)


@pytest.mark.parametrize(
    ("pictures", "masks"),
    [
        ("images/beagle_{}.jpg", "annotations/trimaps/beagle_{}.png"),
        ("images/{}.jpg", "masks/{}.jpg"),
        ("train/cats/{}.jpg", "labels/cats/{}.png"),
        ("cats/{}.jpg", "masks/{}_mask.png"),
        ("cats/images/{}.jpg", "cats/masks/{}.jpg"),
        ("normal/normal ({}).png", "normal/normal ({})_mask.png"),
    ],
)
def test_masks_are_found(pictures: str, masks: str) -> None:
    found = {masks.format(n) for n in NUMBERS}
    assert find_masks({pictures.format(n) for n in NUMBERS} | found) == found


@pytest.mark.parametrize(
    ("some", "others"),
    [
        ("no_mask/{}.png", "mask/{}.jpg"),
        ("cats/{}.jpg", "mask/{}.jpg"),
        ("cats/{}.jpg", "mask/9{}.png"),
        ("cats/{}.jpg", "cats/{}0_mask.jpg"),
        ("cats/mask.{}.jpg", "dogs/label.{}.jpg"),
    ],
)
def test_a_class_may_have_such_a_name(some: str, others: str) -> None:
    assert not find_masks({one.format(n) for n in NUMBERS for one in (some, others)})
