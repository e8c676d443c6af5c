"""FCN-8s: VGG16 whose dense layers are convolutions, its coarse answer refined by two skips.

Scores at 1/32 of the image are doubled and added to scores of the fourth pooling, doubled again and
added to those of the third, then enlarged eight times, each by a transposed convolution that begins
as bilinear interpolation; the skips' scores begin at zero.

References
----------
Long, Shelhamer, Darrell 2015, Fully convolutional networks for semantic segmentation, sections 3.3
and 4.3.
"""

import keras
import numpy as np
from keras import layers

from busutils.models import backbones
from busutils.models.blocks import probability
from busutils.models.encoders import DECODER, start
from busutils.models.registry import register


@register("fcn", multiple=32, encoder="vgg16")
def build(
    size: int,
    channels: int,
    dense_filters: int = 4096,  # of the two layers that were dense
    dropout: float = 0.5,  # share dropped after each of them
    encoder_weights: str = "none",
) -> keras.Model:
    """Build the network; see `busutils.models.build`."""
    vgg16 = backbones.build("vgg16", (size, size, channels))
    x = vgg16.output
    for name, kernel in (("fc6", 7), ("fc7", 1)):
        x = layers.Conv2D(
            dense_filters, kernel, padding="same", activation="relu", name=f"{DECODER}{name}"
        )(x)
        x = layers.Dropout(dropout, name=f"{DECODER}{name}_dropout")(x)
    x = _score(x, "fc7")
    for pool in ("block4_pool", "block3_pool"):
        x = _enlarged(x, 2, pool)
        skip = _score(vgg16.get_layer(pool).output, pool, "zeros")
        x = layers.Add(name=f"{DECODER}{pool}_add")([x, skip])
    x = _enlarged(x, 8, "image")
    model = keras.Model(vgg16.input, probability(x, DECODER), name="fcn")
    return start(model, encoder_weights, "vgg16")


def _score(x, name: str, begins: str = "glorot_uniform"):
    return layers.Conv2D(1, 1, kernel_initializer=begins, name=f"{DECODER}{name}_score")(x)


def _enlarged(x, times: int, name: str):
    return layers.Conv2DTranspose(
        1,
        2 * times,
        strides=times,
        padding="same",
        kernel_initializer=bilinear,
        name=f"{DECODER}{name}_enlarged",
    )(x)


@keras.saving.register_keras_serializable("busutils")
def bilinear(shape: tuple[int, int, int, int], dtype=None):
    """Kernel of a transposed convolution of half its size in steps, which interpolates."""
    steps = shape[0] / 2
    tent = 1 - np.abs(np.arange(shape[0]) - (shape[0] - 1) / 2) / steps
    return keras.ops.reshape(keras.ops.cast(np.outer(tent, tent), dtype), shape)
