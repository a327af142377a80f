"""Finding near duplicates."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance
from samples import kaggle, make_folder

from catsdogs.data import dataset, duplicates, split, summary


def photograph(seed: int) -> Image.Image:
    """A smooth random picture, like a photograph at a small scale."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC)


def saved(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


CHANGES = {
    "compressed": lambda image: Image.open(io.BytesIO(saved(image, 20))),
    "smaller": lambda image: image.resize((97, 71)),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "cropped by a pixel": lambda image: image.crop((1, 1, 319, 239)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_changed_copy_is_recognized(change: object) -> None:
    """A copy that was saved again or resized is grouped with its original, and nothing else."""
    assert callable(change)
    prints = [duplicates.fingerprint(photograph(seed)) for seed in range(50)]
    copy = duplicates.fingerprint(change(photograph(7)))
    together = [group for group in duplicates.groups([*prints, copy]) if len(group) > 1]
    assert together == ([sorted([prints[7], copy])] if copy != prints[7] else [])


def test_plain_pictures_are_not_all_the_same() -> None:
    """A plain picture has no fingerprint, and so is a duplicate of none."""
    assert duplicates.fingerprint(Image.new("RGB", (50, 50), (200, 0, 0))) == ""
    assert duplicates.groups(["", ""]) == []


# Fingerprints that differ from one of three in some of their bits, so that there are close ones,
# chains, and unrelated ones.
bases = st.sampled_from(
    [int.from_bytes(np.random.default_rng(seed).bytes(32)) for seed in range(3)]
)
flips = st.sets(st.integers(0, duplicates.BITS - 1), max_size=30).map(
    lambda bits: sum(1 << bit for bit in bits)
)
prints = st.builds(lambda base, flipped: f"{base ^ flipped:064x}", bases, flips)


@settings(deadline=None)
@given(st.lists(prints, max_size=12), st.integers(1, 5))
def test_groups_are_those_of_every_pair_compared(known: list[str], block: int) -> None:
    """For any block size, each fingerprint is in one group, whose members all are close."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "BLOCK", block)
        found = duplicates.groups(known)
    assert sorted(one for group in found for one in group) == sorted(set(known))
    place = {one: number for number, group in enumerate(found) for one in group}
    for first in known:
        for second in known:
            apart = (int(first, 16) ^ int(second, 16)).bit_count()
            assert apart <= duplicates.CLOSE or place[first] != place[second]


def test_copies_stay_on_one_side_of_the_split(tmp_path: Path) -> None:
    """A picture and its smaller copy are in the same part of the split, and the summary names
    them.
    """
    members = kaggle(10)
    for number in range(12):
        members[f"train/cat.{100 + number}.jpg"] = saved(photograph(number), 90)
        members[f"train/cat.{200 + number}.jpg"] = saved(photograph(number).resize((160, 120)), 60)
    members["train/dog.300.jpg"] = saved(photograph(0).resize((200, 150)), 70)
    _, found = dataset.open_data(str(make_folder(tmp_path / "set", members)), tmp_path / "cache", 0)
    parts = {row.path: row.part for row in split.split(found.pictures, 0)}
    assert {
        parts[f"train/cat.{100 + number}.jpg"] == parts[f"train/cat.{200 + number}.jpg"]
        for number in range(12)
    } == {True}
    described = "\n".join(summary.describe(found))
    assert "24 look alike, in 12 groups" in described
    assert "differ in class:\n  train/cat.100.jpg, train/dog.300.jpg" in described
    summary.write_alike(found, tmp_path / "alike.csv")
    assert (tmp_path / "alike.csv").read_text().splitlines()[1] == "1,train/cat.100.jpg,cat"
