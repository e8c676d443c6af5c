"""The nine encoders of `unet`: how each is built, and where the decoder taps it.

A backbone is a functional Keras model without its classifier. Skips are named from the deepest
(1/16 of the input) to the shallowest (1/2), as segmentation-models 1.0.1 takes them.
This module imports Keras only when a backbone is built.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from busutils.errors import choose

if TYPE_CHECKING:
    import keras

Name = Literal[
    *("vgg16", "vgg19", "resnet50", "resnext50", "seresnet50", "seresnext50"),
    *("densenet121", "inceptionv3", "mobilenetv2"),
]
Shape = tuple[int | None, int | None, int]


@dataclass(frozen=True)
class Backbone:
    """An encoder: its builder, its four skips, and what its ImageNet weights expect."""

    build: Callable[[Shape], "keras.Model"]
    skips: tuple[str, str, str, str]
    preprocessing: str  # a key of preprocessing.PREPROCESSING


def build(name: str, shape: Shape) -> "keras.Model":
    """Build a backbone with random weights.

    Parameters
    ----------
    name
        A key of `BACKBONES`.
    shape
        Height, width and channels of the input; height and width are multiples of 32 (or None).

    Raises
    ------
    UserError
        If the name is unknown.
    """
    return BACKBONES[choose(name, BACKBONES, "backbone")].build(shape)


def _application(name: str, shape: Shape) -> "keras.Model":
    """Build a network of keras.applications."""
    import keras

    network = getattr(keras.applications, name)
    return network(include_top=False, weights=None, input_shape=shape)


def _hand_built(name: str, shape: Shape) -> "keras.Model":
    """Build a network of `resnets`."""
    from busutils.models import resnets

    return getattr(resnets, name)(shape)


def _inceptionv3(shape: Shape) -> "keras.Model":
    """Build InceptionV3 with 'same' padding, which halves the image as the other backbones do.

    The network of keras.applications pads with 'valid' (35, 17, 8 px from 299), too small by a
    few pixels for the decoder to join. The weights are the same, only the borders differ.
    """
    import keras

    original = keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=(None, None, shape[-1])
    )
    number = {layer.name: i for i, layer in enumerate(original.layers)}

    def padded(layer: "keras.layers.Layer") -> "keras.layers.Layer":
        config = layer.get_config()
        if "padding" in config:
            config["padding"] = "same"
        # Keras numbers these layers by what was built before in the process: number them here.
        if not layer.name.startswith("mixed"):
            config["name"] = f"layer{number[layer.name]}"
        return layer.__class__.from_config(config)

    return keras.models.clone_model(
        original, input_tensors=keras.Input(shape), clone_function=padded
    )


_RESNET_SKIPS = ("stage4_unit1_relu1", "stage3_unit1_relu1", "stage2_unit1_relu1", "relu0")
_SE_SKIPS = ("stage3_unit6_relu", "stage2_unit4_relu", "stage1_unit3_relu", "relu0")

BACKBONES = {
    "vgg16": Backbone(
        partial(_application, "VGG16"),
        ("block5_conv3", "block4_conv3", "block3_conv3", "block2_conv2"),
        "bgr_centred",
    ),
    "vgg19": Backbone(
        partial(_application, "VGG19"),
        ("block5_conv4", "block4_conv4", "block3_conv4", "block2_conv2"),
        "bgr_centred",
    ),
    "resnet50": Backbone(partial(_hand_built, "resnet50"), _RESNET_SKIPS, "raw"),
    "resnext50": Backbone(partial(_hand_built, "resnext50"), _RESNET_SKIPS, "raw"),
    "seresnet50": Backbone(partial(_hand_built, "seresnet50"), _SE_SKIPS, "standardised"),
    "seresnext50": Backbone(partial(_hand_built, "seresnext50"), _SE_SKIPS, "standardised"),
    "densenet121": Backbone(
        partial(_application, "DenseNet121"),
        ("pool4_conv", "pool3_conv", "pool2_conv", "conv1_relu"),
        "standardised",
    ),
    "inceptionv3": Backbone(_inceptionv3, ("mixed7", "mixed2", "layer16", "layer9"), "symmetric"),
    "mobilenetv2": Backbone(
        partial(_application, "MobileNetV2"),
        (
            "block_13_expand_relu",
            "block_6_expand_relu",
            "block_3_expand_relu",
            "block_1_expand_relu",
        ),
        "symmetric",
    ),
}
