"""The network: the right preprocessing, the right weights, and one file with all of it."""

from pathlib import Path

import numpy as np
import pytest

from catsdogs.errors import CatsdogsError
from catsdogs.network import backbones, engine, model
from catsdogs.results import bundle
from catsdogs.training import models
from catsdogs.training.head import Head, softmax

SIZE = 32
RANDOM = model.network(SIZE, model.choose_weights("random", 0))


def see(network: model.Network, pictures: np.ndarray) -> np.ndarray:
    """Return the averaged features."""
    return np.asarray(model.compiled(network, [model.POOLED])(pictures)[0])


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of VGG16 as Keras saves them, from another seed."""
    keras = engine.start(7)
    network = keras.applications.VGG16(include_top=False, weights=None)
    path = tmp_path_factory.mktemp("weights") / "vgg16.weights.h5"
    network.save_weights(path)
    return path


def test_preprocessing_is_that_of_keras(weights_file: Path) -> None:
    """The features are those of Keras' VGG16 with Keras' `preprocess_input`."""
    pictures = np.random.default_rng(0).integers(0, 256, (3, SIZE, SIZE, 3)).astype(np.float32)
    ours = see(model.network(SIZE, model.choose_weights(str(weights_file), 0)), pictures)
    keras = engine.start(0)
    vgg16 = keras.applications.VGG16(
        include_top=False, weights=None, input_shape=(SIZE, SIZE, 3), pooling="avg"
    )
    vgg16.load_weights(weights_file)
    theirs = vgg16.predict_on_batch(keras.applications.vgg16.preprocess_input(pictures.copy()))
    assert np.allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_the_saved_model_predicts_as_the_head_does(tmp_path: Path) -> None:
    """From pixels, the saved model gives the probabilities that the head gives from their features;
    and it has the names of the classes.
    """
    pictures = np.random.default_rng(0).integers(0, 256, (4, SIZE, SIZE, 3)).astype(np.float32)
    random = np.random.default_rng(1)
    head = Head(random.normal(0, 5, (512, 3)), random.normal(0, 1, 3))
    expected = head.probabilities(see(RANDOM, pictures))
    note = bundle.Note(["cat", "dog", "größere Katze"], SIZE)
    bundle.save(models.whole(RANDOM, head), note, tmp_path / "model.keras")
    loaded, found = bundle.load(tmp_path / "model.keras")
    assert found == note
    assert np.allclose(loaded.predict_on_batch(pictures), expected, atol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_winograds_convolutions_can_be_switched_off() -> None:
    """Both kinds of convolution give the same features; switched off, the layers are Keras'."""
    keras = engine.start(0)
    fast, plain = (
        model.network(64, RANDOM.weights, winograd=winograd) for winograd in (True, False)
    )
    kinds = [
        {type(layer).__name__ for layer in model.fast_backbone(keras, network).layers}
        for network in (fast, plain)
    ]
    assert ["Winograd" in kind for kind in kinds] == [True, False]
    pictures = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3)).astype(np.float32)
    assert np.allclose(see(fast, pictures), see(plain, pictures), rtol=1e-3, atol=1e-4)


def test_random_weights_follow_the_seed() -> None:
    """The same seed gives the same network, another seed a different one."""
    pictures = np.full((1, SIZE, SIZE, 3), 90, np.float32)
    first, second, other = (
        see(model.network(SIZE, model.choose_weights("random", seed)), pictures)
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first, second)
    assert not np.allclose(first, other)


@pytest.mark.parametrize("damage", ["truncated", "another-network", "not-weights"])
def test_weights_that_do_not_fit_are_refused(
    tmp_path: Path, weights_file: Path, damage: str
) -> None:
    """The error names a file that is truncated or belongs to another network, and the hint an
    alternative.
    """
    path = tmp_path / "given.weights.h5"
    if damage == "truncated":
        path.write_bytes(weights_file.read_bytes()[: 2**20])
    elif damage == "not-weights":
        path.write_text("hello")
    else:
        keras = engine.start(0)
        keras.applications.MobileNetV2(
            include_top=False, weights=None, input_shape=(SIZE, SIZE, 3)
        ).save_weights(path)
    with pytest.raises(CatsdogsError, match="does not contain the weights of VGG16") as refusal:
        model.extractor(model.network(SIZE, model.choose_weights(str(path), 0)))
    assert "imagenet" in refusal.value.hint


def test_missing_weights_are_named() -> None:
    """A missing file is an error before anything is computed."""
    with pytest.raises(CatsdogsError, match=r"cannot read the weights `missing\.weights\.h5`"):
        model.choose_weights("missing.weights.h5", 0)


def test_a_file_that_is_not_a_model_is_refused(tmp_path: Path) -> None:
    """Without a model, or with another file in its place, the hint names the command to run."""
    with pytest.raises(CatsdogsError, match="no model") as refusal:
        bundle.load(tmp_path / "model.keras")
    assert "make train" in refusal.value.hint
    (tmp_path / "model.keras").write_text("hello")
    with pytest.raises(CatsdogsError, match="not a model"):
        bundle.load(tmp_path / "model.keras")


@pytest.mark.parametrize("name", ["vgg16", "mobilenetv2", "densenet121", "efficientnetb0"])
def test_a_cut_network_gives_the_same_results(name: str) -> None:
    """The parts before and after a boundary together equal the whole network; its batch
    normalization is not trained.
    """
    backbone = backbones.choose(name)
    network = model.network(64, model.choose_weights("random", 0, backbone), backbone)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3)).astype(np.uint8)
    boundary = backbone.cuts[0]
    before, features, pixels = model.compiled(network, [boundary, model.POOLED, model.RGB])(
        pictures
    )
    head = Head(np.random.default_rng(1).normal(0, 1, (features.shape[1], 3)), np.zeros(3))
    rest = models.rest(network, boundary, head)
    answers = softmax(np.asarray(rest.predict_on_batch(before), np.float64))
    assert np.array_equal(pixels, pictures)
    assert np.allclose(answers, head.probabilities(features), atol=1e-4)
    assert np.allclose(
        answers, models.whole(network, head, rest).predict_on_batch(pictures), atol=1e-4
    )
    assert not any("bn" in weight.path for weight in rest.trainable_weights)


@pytest.mark.parametrize("name", ["vgg16", "resnet50v2", "densenet121", "efficientnetv2b0"])
def test_each_network_gets_its_own_preprocessing(name: str) -> None:
    """The preprocessing layers do what the network's `preprocess_input` does."""
    keras = engine.start(0)
    backbone = backbones.choose(name)
    module = {
        "resnet50v2": "resnet_v2",
        "densenet121": "densenet",
        "efficientnetv2b0": "efficientnet_v2",
    }.get(name, name)
    rgb = keras.Input((8, 8, 3))
    prepared = keras.Model(rgb, backbones.prepare(keras, rgb, backbone.preprocessing) * 1.0)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3)).astype(np.float32)
    theirs = getattr(keras.applications, module).preprocess_input(pictures.copy())
    assert np.allclose(prepared.predict_on_batch(pictures), theirs, atol=1e-4)


def test_unknown_and_too_small_networks_are_named() -> None:
    """An unknown backbone, and a size that is too small for a backbone, are errors with hints."""
    with pytest.raises(CatsdogsError, match="invalid value `BACKBONE=vgg17`") as refusal:
        backbones.choose("vgg17")
    assert "resnet50" in refusal.value.hint
    xception = backbones.choose("xception")
    with pytest.raises(CatsdogsError, match="`SIZE=64` is too small for Xception"):
        model.network(64, model.choose_weights("random", 0, xception), xception)
