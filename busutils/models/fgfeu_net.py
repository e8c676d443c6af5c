"""FgFEU-Net of paper 4: a U-Net whose encoder is the first ten convolutions of VGG16.

Four stages of 2, 2, 3 and 3 convolutions, 64 to 512 filters, dropout between the convolutions of a
stage, max pooling after each; no convolution at the bottom is described, so the decoder begins at
the pooled fourth stage. Each of four steps up joins the copy of its stage and has as many 3x3
convolutions as that, with dropout. What the paper leaves open is an option:

- `upsampling`: deconvolution (a 2x2 transposed convolution) or upsampling (repeated pixels); both
  are named
- `final_filters`: filters of the last 3x3 convolution; the paper prints three kernels, which a
  one-channel mask cannot be, so they are read as those of the layer before it

References
----------
Wang et al. 2025, section 3.2 (paper 4). Simonyan and Zisserman 2015 (VGG16).
"""

from typing import Literal

import keras
from keras import layers

from busutils.models.blocks import mask
from busutils.models.encoders import DECODER, start
from busutils.models.registry import register

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3))
"""Filters and convolutions of each stage."""


@register("fgfeu_net", multiple=16, encoder="vgg16")
def build(
    size: int,
    channels: int,
    encoder_dropout: float = 0.07,  # share dropped between the encoder's convolutions
    decoder_dropout: float = 0.1,  # share dropped after the decoder's convolutions
    upsampling: Literal["deconvolution", "upsampling"] = "deconvolution",
    final_filters: int = 3,  # of the last 3x3 convolution
    encoder_weights: str = "none",
) -> keras.Model:
    """Build the network; see `busutils.models.build`."""
    inputs = keras.Input((size, size, channels), name="image")
    x, skips = inputs, []
    for stage, (filters, convolutions) in enumerate(STAGES, start=1):
        # Names are those of VGG16 in keras.applications.
        for i in range(1, convolutions + 1):
            if i > 1:
                x = layers.Dropout(encoder_dropout, name=f"block{stage}_dropout{i}")(x)
            x = _conv(x, filters, f"block{stage}_conv{i}")
        skips.append(x)
        x = layers.MaxPooling2D(2, name=f"block{stage}_pool")(x)
    for stage, (filters, convolutions) in reversed(list(enumerate(STAGES, start=1))):
        name = f"{DECODER}up{stage}"
        if upsampling == "upsampling":
            x = layers.UpSampling2D(2, name=f"{name}_upsampling")(x)
        else:
            x = layers.Conv2DTranspose(filters, 2, strides=2, name=f"{name}_transpose")(x)
        x = layers.Concatenate(name=f"{name}_concat")([x, skips[stage - 1]])
        for i in range(1, convolutions + 1):
            x = _conv(x, filters, f"{name}_conv{i}")
            x = layers.Dropout(decoder_dropout, name=f"{name}_dropout{i}")(x)
    x = _conv(x, final_filters, f"{DECODER}last_conv")
    model = keras.Model(inputs, mask(x, DECODER), name="fgfeu_net")
    return start(model, encoder_weights, "vgg16")


def _conv(x, filters: int, name: str):
    return layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
