"""The plain U-Net, trained from scratch.

Two 3x3 convolutions a level, max pooling down, 2x2 transposed convolutions up, skips joined by
concatenation, as Ronneberger et al. drew it. Three things differ, as in most code since: the
convolutions are padded, so that the output is as large as the input; each is followed by a batch
norm; and the first level has 16 filters, not 64.

References
----------
Ronneberger, Fischer, Brox 2015, U-Net: convolutional networks for biomedical image segmentation.
"""

from typing import Literal

import keras
from keras import layers

from busutils.models.blocks import double_conv, mask
from busutils.models.registry import register


@register("plain_unet", multiple=lambda filters, depth: 2 ** (depth - 1))
def build(
    size: int,
    channels: int,
    filters: int = 16,  # of the first level, doubled at each next one
    depth: Literal[2, 3, 4, 5, 6, 7] = 5,  # levels
) -> keras.Model:
    """Build the network; see `busutils.models.build`."""
    inputs = keras.Input((size, size, channels), name="image")
    x, skips = inputs, []
    for level in range(depth - 1):
        x = double_conv(x, filters * 2**level, f"down{level + 1}")
        skips.append(x)
        x = layers.MaxPooling2D(2, name=f"down{level + 1}_pool")(x)
    x = double_conv(x, filters * 2 ** (depth - 1), "bottom")
    for level, skip in reversed(list(enumerate(skips, start=1))):
        filters, name = skip.shape[-1], f"up{level}"
        x = layers.Conv2DTranspose(filters, 2, strides=2, name=f"{name}_transpose")(x)
        x = layers.Concatenate(name=f"{name}_concat")([skip, x])
        x = double_conv(x, filters, name)
    return keras.Model(inputs, mask(x), name="plain_unet")
