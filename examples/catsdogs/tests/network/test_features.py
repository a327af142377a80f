"""Features: computed once, cached, verified, and reproducible, at every boundary and view."""

import json
import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from samples import kaggle, make_folder

from catsdogs.data import dataset, views
from catsdogs.data.dataset import Picture
from catsdogs.data.sources import Source
from catsdogs.errors import CatsdogsError
from catsdogs.network import features, model
from catsdogs.network.features import Sight
from catsdogs.support import cache
from catsdogs.support.cache import Rows

SIZE = 32
NETWORK = model.network(SIZE, model.choose_weights("random", 0))
DEPTH = 512

Cached = tuple[Path, Source, list[Picture], Rows, list[int]]


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, networks: Callable
) -> tuple[Path, Source, list[Picture], Rows]:
    """A cache with the features of twenty pictures, in shards of eight."""
    room = tmp_path_factory.mktemp("made")
    source, found = dataset.open_data(str(make_folder(room / "set", kaggle(10))), room / "cache", 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "SHARD", 8)
        patch.setattr(features, "compiled", networks)
        computed = features.compute(source, found.pictures, Sight(NETWORK), room / "cache")
    return room / "cache", source, list(found.pictures), computed


@pytest.fixture
def cached(
    made: tuple, networks: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cached:
    """A copy of the cache, and a list with the number of pictures that each call computes."""
    folder, source, found, computed = made
    shutil.copytree(folder, tmp_path / "cache")
    calls: list[int] = []
    fill = features._fill

    def counted(source: object, names: dict, *rest: object) -> None:
        calls.append(len(names))
        fill(source, names, *rest)

    monkeypatch.setattr(features, "SHARD", 8)
    monkeypatch.setattr(features, "compiled", networks)
    monkeypatch.setattr(features, "_fill", counted)
    return tmp_path / "cache", source, found, computed, calls


def everything(rows: Rows) -> np.ndarray:
    return rows.of(sorted(rows.places))


def test_one_vector_for_each_picture(made: tuple) -> None:
    """Each distinct picture has its own vector of a KiB, found by sha256 and mapped from disk."""
    _, _, found, computed = made
    assert everything(computed).shape == (20, DEPTH)
    assert len(np.unique(everything(computed), axis=0)) == 20
    digests = [picture.digest for picture in reversed(found)]
    assert np.array_equal(computed.of(digests)[-1], computed.of([found[0].digest])[0])
    assert all(
        isinstance(shard, np.memmap) and shard[0].nbytes == 1024 for shard in computed.shards
    )


def test_nothing_is_computed_twice(cached: Cached) -> None:
    """A second call reads the same numbers from the cache; with more pictures only the new ones are
    computed.
    """
    folder, source, found, computed, calls = cached
    some = features.compute(source, found[:11], Sight(NETWORK), folder)
    assert calls == []
    assert np.array_equal(everything(some), everything(computed))
    (source.root / "train/cat.99.jpg").write_bytes(
        (source.root / "train/cat.1.jpg").read_bytes() + b" "
    )
    more_source, more = dataset.open_data(str(source.root), folder, 0)
    assert len(features.compute(more_source, more.pictures, Sight(NETWORK), folder)) == 21
    assert calls == [1]


@pytest.mark.parametrize(
    "damage", ["removed", "truncated", "flipped", "another's", "no-note", "broken-note"]
)
def test_a_damaged_shard_alone_is_computed_again(cached: Cached, damage: str) -> None:
    """A damaged file of the cache is detected and computed again, with the same numbers."""
    folder, source, found, computed, calls = cached
    expected = everything(computed)
    first, second, _ = sorted(folder.glob("features/*/*.npy"))
    note = first.with_suffix(".json")
    count = len(json.loads(note.read_text())["pictures"])
    content = bytearray(first.read_bytes())
    if damage == "removed":
        first.unlink()
    elif damage == "truncated":
        first.write_bytes(content[:-100])
    elif damage == "flipped":
        content[2000] ^= 1
        first.write_bytes(content)
    elif damage == "another's":
        shutil.copyfile(second, first)
    elif damage == "no-note":
        note.unlink()
    else:
        note.write_text("{")
    again = features.compute(source, found, Sight(NETWORK), folder)
    assert calls == [count]
    assert np.array_equal(everything(again), expected)


def test_an_interrupted_run_resumes(cached: Cached, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an interruption with two shards done, the next run computes only the third."""
    folder, source, found, computed, calls = cached
    shutil.rmtree(folder / "features")
    add = cache.Entry.add
    with monkeypatch.context() as patch:
        patch.setattr(
            cache.Entry,
            "add",
            lambda *words: add(*words) if len(list(folder.rglob("*.npy"))) < 2 else 1 / 0,
        )
        with pytest.raises(ZeroDivisionError):
            features.compute(source, found, Sight(NETWORK), folder)
    again = features.compute(source, found, Sight(NETWORK), folder)
    assert calls == [20, 4]
    assert np.array_equal(everything(again), everything(computed))


def test_boundaries_share_a_pass_and_views_differ(cached: Cached) -> None:
    """Several boundaries cost one pass for each view; pixels stay uint8, and the second view is the
    first one's mirror image.
    """
    folder, source, found, computed, calls = cached
    shutil.rmtree(folder / "features")
    boundaries = [model.RGB, "block4_pool", model.POOLED]
    sights = [
        Sight(NETWORK, name, view)
        for name in boundaries
        for view in (views.PLAIN, views.MIRRORED, 2)
    ]
    features.prepare(source, found, sights, folder)
    assert calls == [20, 20, 20]
    entries = {
        (sight.boundary, sight.view): features.compute(source, found, sight, folder)
        for sight in sights
    }
    assert calls == [20, 20, 20]
    assert np.array_equal(everything(entries[model.POOLED, 0]), everything(computed))
    plain, mirrored, other = (everything(entries[model.RGB, view]) for view in range(3))
    assert (plain.shape, plain.dtype) == ((20, SIZE, SIZE, 3), np.uint8)
    assert np.array_equal(mirrored, plain[:, :, ::-1])
    assert not np.array_equal(other, plain)
    assert everything(entries["block4_pool", 0]).dtype == np.float16


def test_all_views_go_through_one_network(
    made: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is built once, and not kept afterwards."""
    _, source, found, computed = made
    built: list[list[str]] = []
    extractor = model.extractor

    def counted(network: model.Network, boundaries: list[str]) -> object:
        built.append(boundaries)
        return extractor(network, boundaries)

    monkeypatch.setattr(model, "extractor", counted)
    sights = [Sight(NETWORK, view=view) for view in range(3)]
    features.prepare(source, found[:3], sights, tmp_path)
    assert built == [[model.POOLED]]
    assert features.compiled.cache_info().currsize == 0
    digests = [picture.digest for picture in found[:3]]
    assert np.allclose(
        features.kept(sights[0], tmp_path).of(digests), computed.of(digests), rtol=1e-2, atol=1e-3
    )


@pytest.mark.parametrize(
    "setting",
    [
        {"network": model.network(33, NETWORK.weights)},
        {"network": model.network(SIZE, model.choose_weights("random", 1))},
        {"network": model.network(SIZE, NETWORK.weights, preprocessing="divided by 255")},
        {"network": model.network(SIZE, NETWORK.weights, winograd=False)},
        {"boundary": "block4_pool"},
        {"view": 1},
    ],
    ids=["size", "weights", "preprocessing", "convolutions", "boundary", "view"],
)
def test_other_settings_are_another_entry(setting: dict) -> None:
    """Features computed with other settings are never used."""
    assert Sight(**{"network": NETWORK} | setting).settings != Sight(NETWORK).settings


def test_a_picture_that_changes_during_a_run_is_noticed(cached: Cached) -> None:
    """Features are stored under a picture's digest only if its bytes have that digest."""
    folder, source, found, _, _ = cached
    changed = [Picture(found[0].name, "cat", "0" * 64, "0" * 64, 8, 8)]
    with pytest.raises(CatsdogsError, match="changed while"):
        features.compute(source, changed, Sight(NETWORK), folder)


def test_a_full_disk_is_an_error_before_the_work(
    cached: Cached, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk is too small, the run stops after the first shard; the hint names the setting to
    lower.
    """
    folder, source, found, _, _ = cached
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(2**40, 2**40, 2**20))
    with pytest.raises(CatsdogsError, match=r"need .* GiB of disk space") as refusal:
        features.compute(source, found, Sight(NETWORK, "block4_pool"), folder)
    assert "SIZE=" in refusal.value.hint


def test_the_cache_is_shown_and_pruned(cached: Cached) -> None:
    """Pruning removes only entries of other versions of a library or of the example, and damaged
    shards.
    """
    folder, *_ = cached
    now = Sight(NETWORK).settings
    earlier = [
        {**now, "keras": "1.0"},
        {**now, "backbone": "vgg16 0"},
        {**now, "view": "0 of 0"},
        {**now, "pixels": "0"},
    ]
    for settings in earlier:
        cache.Entry(folder, settings).add(["a", "b"], np.zeros((2, 3), np.float16))
    next((folder / "features").glob("*/*.npy")).write_bytes(b"damaged")
    listed = list(cache.kept(folder))
    assert sum(one.damaged for one in listed) == 1
    removed = cache.prune(listed, features.versions())
    assert sorted(str(one.settings) for one in removed) == sorted(map(str, earlier))
    (left,) = cache.kept(folder)
    assert left.damaged == 0
    assert 12 <= left.pictures <= 20
