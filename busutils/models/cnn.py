"""A small classifier of images: what paper 4 calls CNN, of which it prints nothing.

Four times a 3x3 convolution with ReLU and 2x2 max pooling, 16 filters doubled at each next one, the
mean over the image, dense 64 with ReLU, one probability.
"""

import keras
from keras import layers

from busutils.models.blocks import one_probability
from busutils.models.registry import register


@register("cnn", multiple=16)
def build(size: int, channels: int, filters: int = 16) -> keras.Model:
    """Build the network; see `busutils.models.build`."""
    inputs = keras.Input((size, size, channels), name="image")
    x = inputs
    for stage in range(4):
        x = layers.Conv2D(filters * 2**stage, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(64, activation="relu")(x)
    return keras.Model(inputs, one_probability(x), name="cnn")
