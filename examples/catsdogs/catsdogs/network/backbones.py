"""The networks that may be frozen: Keras' own, each with the preprocessing it was trained with, and
where it can be cut.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catsdogs.errors import Failure

if TYPE_CHECKING:
    import keras

# Ways to prepare RGB from 0 to 255, as keras.applications names them; and the fault that many
# lessons teach.
CAFFE, TF, TORCH, INSIDE = "caffe", "tf", "torch", "inside the network"
SCALED = "divided by 255"
MEAN_RGB = (123.68, 116.779, 103.939)  # of ImageNet's pictures, for CAFFE
# Of the same, from 0 to 1.
TORCH_MEAN, TORCH_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Backbone:
    """A network of `keras.applications`: name there, preprocessing, smallest side in px.

    `cuts` are layers that all of the network passes through. What comes after the first is its last
    block, after the second its last two blocks; the layers up to there can be frozen, and what they
    give can be kept.
    """

    name: str
    application: str
    preprocessing: str
    smallest: int
    cuts: tuple[str, ...]


BACKBONES = {
    backbone.name: backbone
    for backbone in (
        Backbone("vgg16", "VGG16", CAFFE, 32, ("block4_pool", "block3_pool")),
        Backbone("vgg19", "VGG19", CAFFE, 32, ("block4_pool", "block3_pool")),
        Backbone("resnet50", "ResNet50", CAFFE, 32, ("conv4_block6_out", "conv3_block4_out")),
        Backbone("resnet101", "ResNet101", CAFFE, 32, ("conv4_block23_out", "conv3_block4_out")),
        Backbone("resnet50v2", "ResNet50V2", TF, 32, ("conv4_block6_out", "conv3_block4_out")),
        Backbone("xception", "Xception", TF, 71, ("block14_sepconv1_act",)),
        Backbone("mobilenetv2", "MobileNetV2", TF, 32, ("block_12_add", "block_5_add")),
        Backbone("densenet121", "DenseNet121", TORCH, 32, ("pool4_pool", "pool3_pool")),
        Backbone("efficientnetb0", "EfficientNetB0", INSIDE, 32, ("block5c_add", "block3b_add")),
        Backbone(
            "efficientnetv2b0", "EfficientNetV2B0", INSIDE, 32, ("block5e_add", "block3b_add")
        ),
    )
}
USUAL = "vgg16"


def choose(name: str) -> Backbone:
    """The backbone of this name. Raises `Failure` for one that is not known."""
    try:
        return BACKBONES[name.lower() or USUAL]
    except KeyError:
        raise Failure(
            f"BACKBONE={name} is not known.", f"Give one of {', '.join(BACKBONES)}."
        ) from None


def prepare(keras: Any, rgb: "keras.KerasTensor", preprocessing: str) -> "keras.KerasTensor":
    """RGB from 0 to 255 as the network wants it; the same as that network's `preprocess_input`, as
    layers.
    """
    rescale = keras.layers.Rescaling
    if preprocessing == CAFFE:  # blue first, with the mean colour taken off
        centred = rescale(1.0, offset=[-mean for mean in MEAN_RGB], name="centre")(rgb)
        return keras.ops.flip(centred, axis=-1)
    if preprocessing == TF:
        return rescale(1 / 127.5, offset=-1, name="centre")(rgb)
    if preprocessing == TORCH:
        scale = [1 / (255 * deviation) for deviation in TORCH_DEVIATION]
        offset = [
            -mean / deviation for mean, deviation in zip(TORCH_MEAN, TORCH_DEVIATION, strict=True)
        ]
        return rescale(scale, offset=offset, name="centre")(rgb)
    if preprocessing == SCALED:
        return rescale(1 / 255, name="centre")(rgb)
    return rgb
