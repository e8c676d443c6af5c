"""Attention U-Net: a U-Net whose skips pass through additive attention gates.

With `x` the features of a skip and `g` those of the next coarser decoder level, a gate gives

    alpha = sigmoid(psi(relu(W_x x + W_g g + b_g)) + b_psi),    output = alpha x

W_x is a 2x2 convolution with stride 2 and no bias, which brings `x` to the resolution of `g`; W_g
and psi are 1x1 convolutions; alpha, one number a place, is resized bilinearly to `x`.

Paper 2 counts three encoder blocks (Attention3; Attention4 has one more), four gates and four
decoder blocks. Three poolings cannot feed four doublings, so `reading` says how they are counted:

- ``extra_pooling``: after the last encoder block the features are pooled once more before the
  bridge, and that pooled level has a gate and a decoder block too. With three encoder blocks this
  gives four gates and four decoder blocks, all three numbers that are printed.
- ``as_many_gates``: as many gates and decoder blocks as encoder blocks; for Attention4 this alone
  gives the printed four.
- ``bridge_counted``: the bridge is the last of the encoder blocks.

References
----------
Oktay et al. 2018, Attention U-Net: learning where to look for the pancreas, equations 1 and 2.
Laghmati et al. 2023, section III.C (paper 2).
"""

from typing import Literal

import keras
from keras import layers

from busutils.models.blocks import double_conv, mask
from busutils.models.registry import register

READINGS = {"extra_pooling": 1, "as_many_gates": 0, "bridge_counted": -1}
"""How paper 2 may count: poolings (and gates, and decoder blocks) minus encoder blocks."""


@register("attention_unet", multiple=lambda depth, reading, **_: 2 ** (depth + READINGS[reading]))
def build(
    size: int,
    channels: int,
    filters: int = 64,  # of the first block, doubled at each next one
    depth: Literal[2, 3, 4, 5] = 4,  # encoder blocks: 3 is Attention3, 4 is Attention4
    dropout: float = 0.1,  # share of values dropped at the end of each block
    reading: Literal["extra_pooling", "as_many_gates", "bridge_counted"] = "extra_pooling",
) -> keras.Model:
    """Build the network; see `busutils.models.build`."""
    inputs = keras.Input((size, size, channels), name="image")
    x, skips = inputs, []
    for level in range(1, depth + (reading != "bridge_counted")):
        x = _block(x, filters * 2 ** (level - 1), dropout, f"down{level}")
        skips.append(x)
        x = layers.MaxPooling2D(2, name=f"down{level}_pool")(x)
    if reading == "extra_pooling":
        skips.append(x)
        x = layers.MaxPooling2D(2, name="extra_pool")(x)
    x = _block(x, 2 * skips[-1].shape[-1], dropout, "bridge")
    for level, skip in reversed(list(enumerate(skips, start=1))):
        filters, name = skip.shape[-1], f"up{level}"
        gated = gate(skip, x, max(filters // 2, 1), f"gate{level}")
        x = layers.Conv2DTranspose(filters, 2, strides=2, name=f"{name}_transpose")(x)
        x = layers.Concatenate(name=f"{name}_concat")([gated, x])
        x = _block(x, filters, dropout, name)
    return keras.Model(inputs, mask(x), name="attention_unet")


def gate(x, g, filters: int, name: str):
    """Pass `x` (height, width) on where `g` (half of that) attends; `filters` of W_x and W_g."""
    key = layers.Conv2D(filters, 2, strides=2, use_bias=False, name=f"{name}_x")(x)
    query = layers.Conv2D(filters, 1, name=f"{name}_g")(g)
    both = layers.Add(name=f"{name}_add")([key, query])
    both = layers.Activation("relu", name=f"{name}_relu")(both)
    alpha = layers.Conv2D(1, 1, activation="sigmoid", name=f"{name}_alpha")(both)
    alpha = layers.UpSampling2D(2, interpolation="bilinear", name=f"{name}_up")(alpha)
    return layers.Multiply(name=f"{name}_gated")([x, alpha])


def _block(x, filters: int, dropout: float, name: str):
    return layers.Dropout(dropout, name=f"{name}_dropout")(double_conv(x, filters, name))
