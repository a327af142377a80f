"""The models to train, which come after the frozen part, and the model to save."""

from typing import TYPE_CHECKING

from catsdogs.network import backbones, engine
from catsdogs.network.model import Network, fast_backbone, load_backbone
from catsdogs.training.head import Head

if TYPE_CHECKING:
    import keras


def rest(network: Network, boundary: str, head: Head) -> "keras.Model":
    """Return the trainable part after `boundary`: its outputs, `(n, side, side, channels)` →
    logits, `(n, classes)`.

    It starts with the backbone's weights and a fitted head. Batch normalization stays frozen: the
    statistics of a few pictures are less accurate than those of ImageNet.
    """
    keras = engine.start(network.weights.seed)
    backbone = fast_backbone(keras, network)
    features = keras.layers.GlobalAveragePooling2D(name="average")(backbone.output)
    layer = keras.layers.Dense(len(head.bias), name="head")
    model = keras.Model(backbone.get_layer(boundary).output, layer(features), name="rest")
    for inner in model.layers:
        inner.trainable = not isinstance(inner, keras.layers.BatchNormalization)
    layer.set_weights([head.kernel, head.bias])
    return model


def small(network: Network, dropout: float, classes: int) -> "keras.Model":
    """Return a small network from pixels to logits: four convolutions, each of which halves the
    side, and a hidden layer.

    It is Chollet's with a first stride of two pixels, which needs a third of the arithmetic.
    """
    keras = engine.start(network.weights.seed)
    layers = keras.layers
    rgb = keras.Input((network.size, network.size, 3), name="rgb")
    seen = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(
        layers.Rescaling(1 / 127.5, offset=-1)(rgb)
    )
    for channels in (64, 128, 128):
        seen = layers.Conv2D(channels, 3, padding="same", activation="relu")(
            layers.MaxPooling2D()(seen)
        )
    seen = layers.Dropout(dropout)(layers.Flatten()(layers.MaxPooling2D()(seen)))
    seen = layers.Dropout(dropout)(layers.Dense(512, activation="relu")(seen))
    return keras.Model(rgb, layers.Dense(classes, name="head")(seen), name="small")


def hidden(network: Network, depth: int, dropout: float, classes: int) -> "keras.Model":
    """Return a hidden layer with dropout, from averaged features to logits."""
    keras = engine.start(network.weights.seed)
    features = keras.Input((depth,), name="features")
    centred = keras.layers.LayerNormalization(name="scale")(features)
    seen = keras.layers.Dropout(dropout)(
        keras.layers.Dense(256, activation="relu", name="hidden")(centred)
    )
    return keras.Model(features, keras.layers.Dense(classes, name="head")(seen), name="hidden")


def whole(network: Network, head: Head, trained: "keras.Model | None" = None) -> "keras.Model":
    """Return the model to save: RGB from 0 to 255, `(n, size, size, 3)` → probabilities, `(n,
    classes)`.

    The layers of `trained` replace the backbone's layers of the same names.
    """
    keras = engine.start(network.weights.seed)
    backbone = load_backbone(keras, network)
    backbone.trainable = False
    for layer in trained.layers if trained else []:
        if layer.weights and layer.name != "head":
            backbone.get_layer(layer.name).set_weights(layer.get_weights())
    rgb = keras.Input((network.size, network.size, 3), name="rgb")
    seen = backbone(backbones.prepare(keras, rgb, network.preprocessing), training=False)
    features = keras.layers.GlobalAveragePooling2D(name="average")(seen)
    layer = keras.layers.Dense(len(head.bias), activation="softmax", name="head")
    model = keras.Model(rgb, layer(features), name="catsdogs")
    layer.set_weights([head.kernel, head.bias])
    return model
