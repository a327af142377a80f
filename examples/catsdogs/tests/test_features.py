"""Features: computed once, kept, verified, and the same again."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from samples import kaggle, make_folder

from catsdogs import data, features, model
from catsdogs.data import Picture
from catsdogs.errors import Failure
from catsdogs.sources import Source

SIZE = 32
RANDOM = model.choose_weights("random", 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Source, list[Picture], features.Features]:
    """A cache with the features of twenty pictures, in shards of eight."""
    room = tmp_path_factory.mktemp("made")
    source, found = data.open_data(str(make_folder(room / "set", kaggle(10))), room / "cache", 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "SHARD", 8)
        computed = features.compute(source, found.pictures, SIZE, RANDOM, room / "cache")
    return room / "cache", source, list(found.pictures), computed


@pytest.fixture
def cached(made: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple:
    """A copy of it, and a list of how many pictures each network call since then was given."""
    cache, source, found, computed = made
    shutil.copytree(cache, tmp_path / "cache")
    calls: list[int] = []
    extract = features._extract

    def counted(network: object, source: object, names: object, shards: dict, size: int) -> object:
        calls.extend(len(shard) for shard in shards.values())
        return extract(network, source, names, shards, size)

    monkeypatch.setattr(features, "SHARD", 8)
    monkeypatch.setattr(features, "_extract", counted)
    return tmp_path / "cache", source, found, computed, calls


def test_one_vector_for_each_picture(made: tuple) -> None:
    """Each distinct picture has a vector of its own, asked for by its sha256."""
    _, _, found, computed = made
    assert computed.matrix.shape == (20, model.DEPTH)
    assert len(np.unique(computed.matrix, axis=0)) == 20
    digests = [picture.digest for picture in reversed(found)]
    assert np.array_equal(computed.of(digests)[-1], computed.matrix[computed.rows[found[0].digest]])


def test_nothing_is_computed_twice(cached: tuple) -> None:
    """A second call reads the cache, gives the same numbers, and never builds the network."""
    cache, source, found, computed, calls = cached
    again = features.compute(source, found, SIZE, RANDOM, cache)
    assert np.array_equal(again.matrix, computed.matrix)
    assert calls == []


@pytest.mark.parametrize("damage", ["removed", "truncated", "flipped", "another's"])
def test_a_damaged_shard_alone_is_computed_again(cached: tuple, damage: str) -> None:
    """What a kill or a bad disk did to one file of the cache is found and mended, and the numbers are the same."""
    cache, source, found, computed, calls = cached
    first, second, _ = sorted(cache.glob("features/*/*.npz"))
    content = bytearray(first.read_bytes())
    if damage == "removed":
        first.unlink()
    elif damage == "truncated":
        first.write_bytes(content[:-100])
    elif damage == "flipped":
        content[2000] ^= 1
        first.write_bytes(content)
    else:
        shutil.copyfile(second, first)
    again = features.compute(source, found, SIZE, RANDOM, cache)
    assert len(calls) == 1
    assert np.allclose(again.matrix, computed.matrix, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("setting", [{"size": 33}, {"weights": model.choose_weights("random", 1)}], ids=["size", "weights"])
def test_other_settings_are_another_entry(setting: dict) -> None:
    """Features at another size or from other weights are never taken for these."""
    usual = {"size": SIZE, "weights": RANDOM}
    assert features.settings(**usual | setting) != features.settings(**usual)


def test_a_picture_that_changes_underway_is_noticed(cached: tuple) -> None:
    """Features are filed under a picture's digest only if its bytes have that digest."""
    cache, source, found, _, _ = cached
    changed = [Picture(found[0].name, "cat", "0" * 64, "0" * 64, 8, 8)]
    with pytest.raises(Failure, match="written to while"):
        features.compute(source, changed, SIZE, RANDOM, cache)
