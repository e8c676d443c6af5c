"""MU-Net of paper 5: a U-Net on MobileNetV2 whose skips are its expansion layers.

The paper prints the encoder's outputs (144, 192, 288 and 816 channels, those of MobileNetV2 at
width 1.4) and 11,753,809 parameters. Four steps up, each a 2x2 transposed convolution, the skip of
that size (the last one is the image itself) and two 3x3 convolutions with bias and batch norm, with
512, 256, 128 and 64 filters, then a 1x1 convolution, meet that number exactly; of 1.18 million
decoders tried no other does.

References
----------
Nampalle, Uppala, Raman, section 3 (paper 5). Sandler et al. 2018, MobileNetV2.
"""

from typing import Literal

import keras
from keras import layers

from busutils.models.blocks import double_conv, mask
from busutils.models.encoders import DECODER, start
from busutils.models.registry import register

SKIPS = ("block_6_expand_relu", "block_3_expand_relu", "block_1_expand_relu")
BOTTOM = "block_13_expand_relu"
FILTERS = (512, 256, 128, 64)


@register("mu_net", multiple=32, encoder="mobilenetv2")
def build(
    size: int,
    channels: int,
    alpha: Literal[0.35, 0.5, 0.75, 1.0, 1.3, 1.4] = 1.4,  # width of MobileNetV2
    encoder_weights: str = "none",
) -> keras.Model:
    """Build the network; see `busutils.models.build`."""
    whole = keras.applications.MobileNetV2(
        input_shape=(size, size, channels), alpha=alpha, include_top=False, weights=None
    )
    skips = [whole.get_layer(name).output for name in SKIPS]
    x = whole.get_layer(BOTTOM).output
    biased = {"use_bias": True, "kernel_initializer": "glorot_uniform"}
    for stage, (filters, skip) in enumerate(zip(FILTERS, [*skips, whole.input], strict=True)):
        name = f"{DECODER}stage{stage}"
        x = layers.Conv2DTranspose(filters, 2, strides=2, name=f"{name}_transpose")(x)
        x = layers.Concatenate(name=f"{name}_concat")([x, skip])
        x = double_conv(x, filters, name, **biased)
    model = keras.Model(whole.input, mask(x, DECODER), name="mu_net")
    return start(model, encoder_weights, "mobilenetv2", alpha=alpha)
