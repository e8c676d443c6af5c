"""The U-Net of paper 3: one network that outlines a lesion and calls it benign or malignant.

An encoder block is three convolution blocks (3x3 convolution, batch norm, ReLU, dropout) and a max
pooling; a decoder block a transposed convolution, dropout, the skip and three convolution blocks.
The paper describes a residual block (two convolution blocks, a 1x1 convolution on the shortcut,
dropout, sum) without its place; here it is the bridge. Depth, filters, dropout and the kernel of
the transposed convolution (here 2x2) are not printed either.

`head` says what malignancy is told from:

- ``flatten``: the last decoder block, flattened, as printed; its dense layer has
  64 x filters x size x size weights, nearly all of the network
- ``average``: the same block, averaged over the image
- ``bottleneck``: the bridge, averaged over the image

References
----------
Paudel and Khakurel 2024, section III (paper 3).
"""

from typing import Literal

import keras
from keras import layers

from busutils.models.blocks import conv_norm_relu, mask
from busutils.models.registry import register


@register("multitask_unet", multiple=lambda depth, **_: 2**depth)
def build(
    size: int,
    channels: int,
    filters: int = 16,  # of the first block, doubled at each next one
    depth: Literal[2, 3, 4, 5] = 4,  # encoder blocks
    dropout: float = 0.1,  # share of values dropped in each convolution block
    head: Literal["flatten", "average", "bottleneck"] = "flatten",
) -> keras.Model:
    """Build the network, which gives {"mask": ..., "malignant": ...}; see `models.build`."""
    inputs = keras.Input((size, size, channels), name="image")
    x, skips = inputs, []
    for level in range(1, depth + 1):
        x = _blocks(x, filters * 2 ** (level - 1), 3, dropout, f"down{level}")
        skips.append(x)
        x = layers.MaxPooling2D(2, name=f"down{level}_pool")(x)
    shortcut = layers.Conv2D(filters * 2**depth, 1, name="bridge_shortcut")(x)
    x = _blocks(x, filters * 2**depth, 2, dropout, "bridge")
    x = layers.Dropout(dropout, name="bridge_dropout")(x)
    x = bridge = layers.Add(name="bridge_add")([x, shortcut])
    for level, skip in reversed(list(enumerate(skips, start=1))):
        name = f"up{level}"
        x = layers.Conv2DTranspose(skip.shape[-1], 2, strides=2, name=f"{name}_transpose")(x)
        x = layers.Dropout(dropout, name=f"{name}_transpose_dropout")(x)
        x = layers.Concatenate(name=f"{name}_concat")([x, skip])
        x = _blocks(x, skip.shape[-1], 3, dropout, name)
    gathered = layers.Flatten if head == "flatten" else layers.GlobalAveragePooling2D
    told = gathered(name="malignant_in")(bridge if head == "bottleneck" else x)
    told = layers.Dense(64, activation="relu", name="malignant_dense")(told)
    told = layers.Dense(1, activation="sigmoid", dtype="float32", name="malignant")(told)
    return keras.Model(inputs, {"mask": mask(x), "malignant": told}, name="multitask_unet")


def _blocks(x, filters: int, n: int, dropout: float, name: str):
    for part in "abc"[:n]:
        x = conv_norm_relu(x, filters, f"{name}{part}")
        x = layers.Dropout(dropout, name=f"{name}{part}_dropout")(x)
    return x
