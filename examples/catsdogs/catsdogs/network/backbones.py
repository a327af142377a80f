"""The pretrained networks of Keras, each with the preprocessing it was trained with and the layers
where it can be cut.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catsdogs.errors import CatsdogsError

if TYPE_CHECKING:
    import keras

# Ways to preprocess RGB from 0 to 255, named as in keras.applications; and the mistake that many
# lessons teach.
CAFFE, TF, TORCH, INSIDE = "caffe", "tf", "torch", "inside the network"
SCALED = "divided by 255"
MEAN_RGB = (123.68, 116.779, 103.939)  # of ImageNet's pictures, for CAFFE
# Of the same, from 0 to 1.
TORCH_MEAN, TORCH_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Backbone:
    """A network of `keras.applications`: name there, preprocessing, smallest side in px.

    `cuts` are layers that the whole network passes through. After the first comes the last block,
    after the second the last two blocks; the layers up to a cut can be frozen, and their outputs
    cached.
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
    """Return the backbone of this name. Raise `CatsdogsError` if the name is unknown."""
    try:
        return BACKBONES[name.lower() or USUAL]
    except KeyError:
        raise CatsdogsError(
            f"invalid value `BACKBONE={name}`", f"Use one of {', '.join(BACKBONES)}"
        ) from None


def prepare(keras: Any, rgb: "keras.KerasTensor", preprocessing: str) -> "keras.KerasTensor":
    """Preprocess RGB from 0 to 255 with layers that do what the network's `preprocess_input`
    does.
    """
    rescale = keras.layers.Rescaling
    if preprocessing == CAFFE:  # blue first, minus the mean colour
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
