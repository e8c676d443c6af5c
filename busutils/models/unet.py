"""U-Net on a classifier: the network of paper 1, as segmentation-models 1.0.1 builds it.

Each of five steps doubles the image, joins the skip of that size (the last step has none) and
applies two 3x3 convolutions with batch norm; VGG, which ends in a max pooling, gets two more in
the middle. Names of decoder layers begin with `decoder_`: all others are the encoder.

References
----------
Iakubovskii 2019, Segmentation Models, https://github.com/qubvel/segmentation_models.
"""

import keras
from keras import layers

from busutils.models import backbones
from busutils.models.blocks import probability
from busutils.models.encoders import DECODER, start
from busutils.models.registry import register

FILTERS = (256, 128, 64, 32, 16)
CENTRE_FILTERS = 512


@register("unet", multiple=32)
def build(
    size: int,
    channels: int,
    backbone: backbones.Name = "vgg16",
    encoder_weights: str = "none",  # none, imagenet, or the path of an .h5 file
) -> keras.Model:
    """Build the network; see `busutils.models.build`."""
    encoder = backbones.build(backbone, (size, size, channels))
    skips = [encoder.get_layer(name).output for name in backbones.BACKBONES[backbone].skips]
    x = encoder.output
    if isinstance(encoder.layers[-1], layers.MaxPooling2D):
        x = _conv_norm_relu(x, CENTRE_FILTERS, "centre1")
        x = _conv_norm_relu(x, CENTRE_FILTERS, "centre2")
    for stage, (filters, skip) in enumerate(zip(FILTERS, [*skips, None], strict=True)):
        x = _upsample(x, skip, filters, f"stage{stage}")
    x = layers.Conv2D(1, 3, padding="same", name=f"{DECODER}final_conv")(x)
    model = keras.Model(encoder.input, probability(x, DECODER), name=f"unet_{backbone}")
    return start(model, encoder_weights, backbone)


def _upsample(x, skip, filters: int, name: str):
    x = layers.UpSampling2D(2, name=f"{DECODER}{name}_upsampling")(x)
    if skip is not None:
        x = layers.Concatenate(name=f"{DECODER}{name}_concat")([x, skip])
    x = _conv_norm_relu(x, filters, f"{name}a")
    return _conv_norm_relu(x, filters, f"{name}b")


def _conv_norm_relu(x, filters: int, name: str):
    x = layers.Conv2D(
        filters,
        3,
        padding="same",
        use_bias=False,
        kernel_initializer="he_uniform",
        name=f"{DECODER}{name}_conv",
    )(x)
    x = layers.BatchNormalization(name=f"{DECODER}{name}_bn")(x)
    return layers.Activation("relu", name=f"{DECODER}{name}_relu")(x)
