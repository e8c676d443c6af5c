"""The nine encoders of `unet`: how each is built, and where the decoder taps it.

A backbone is a functional Keras model without its classifier. Skips are named from the deepest
(1/16 of the input) to the shallowest (1/2), as segmentation-models 1.0.1 takes them.
This module imports Keras only when a backbone is built.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from busutils.errors import choose

if TYPE_CHECKING:
    import keras

Shape = tuple[int | None, int | None, int]


@dataclass(frozen=True)
class Backbone:
    """An encoder: its four skips, what its ImageNet weights expect, and its name in Keras."""

    skips: tuple[str, str, str, str]
    preprocessing: str  # a key of preprocessing.PREPROCESSING
    application: str = ""  # of keras.applications; empty where `resnets` builds it


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
    application = BACKBONES[choose(name, BACKBONES, "backbone")].application
    if not application:
        from busutils.models import resnets

        return resnets.build(name, shape)
    if name == "inceptionv3":
        return _inceptionv3(shape)
    import keras

    network = getattr(keras.applications, application)
    return network(include_top=False, weights=None, input_shape=shape)


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
        ("block5_conv3", "block4_conv3", "block3_conv3", "block2_conv2"), "bgr_centred", "VGG16"
    ),
    "vgg19": Backbone(
        ("block5_conv4", "block4_conv4", "block3_conv4", "block2_conv2"), "bgr_centred", "VGG19"
    ),
    "resnet50": Backbone(_RESNET_SKIPS, "raw"),
    "resnext50": Backbone(_RESNET_SKIPS, "raw"),
    "seresnet50": Backbone(_SE_SKIPS, "standardised"),
    "seresnext50": Backbone(_SE_SKIPS, "standardised"),
    "densenet121": Backbone(
        ("pool4_conv", "pool3_conv", "pool2_conv", "conv1_relu"), "standardised", "DenseNet121"
    ),
    "inceptionv3": Backbone(("mixed7", "mixed2", "layer16", "layer9"), "symmetric", "InceptionV3"),
    "mobilenetv2": Backbone(
        tuple(f"block_{number}_expand_relu" for number in (13, 6, 3, 1)), "symmetric", "MobileNetV2"
    ),
}
Name = Literal[tuple(BACKBONES)]
