"""The models that are trained, and the one that is saved: what comes after the frozen part."""

from typing import TYPE_CHECKING

from catsdogs.network import backbones, engine
from catsdogs.network.model import Network, fast_backbone, load_backbone
from catsdogs.training.head import Head

if TYPE_CHECKING:
    import keras


def rest(network: Network, boundary: str, head: Head) -> "keras.Model":
    """What comes after `boundary`, to be trained: what is there, `(n, side, side, channels)` →
    logits, `(n, classes)`.

    It starts as the backbone's own weights and a head that was fitted to them. Batch normalisation
    stays as it is: a batch of a few pictures knows less about the mean picture than ImageNet did.
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
    """A network of its own, from pixels to logits: four convolutions, each of which halves the
    side, and a hidden layer.

    Chollet's, with a first step of two pixels: a third of the arithmetic.
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
    """A hidden layer with dropout, from averaged features to logits."""
    keras = engine.start(network.weights.seed)
    features = keras.Input((depth,), name="features")
    centred = keras.layers.LayerNormalization(name="scale")(features)
    seen = keras.layers.Dropout(dropout)(
        keras.layers.Dense(256, activation="relu", name="hidden")(centred)
    )
    return keras.Model(features, keras.layers.Dense(classes, name="head")(seen), name="hidden")


def whole(network: Network, head: Head, trained: "keras.Model | None" = None) -> "keras.Model":
    """The model that is saved: `(n, size, size, 3)` RGB from 0 to 255 → `(n, classes)`
    probabilities.

    Layers that were `trained` after the boundary, by their names, take the place of the backbone's
    own.
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
