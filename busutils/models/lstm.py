"""LSTM and Bi-LSTM as classifiers of images: the rows of an image are read as a sequence.

Paper 4 compares with both and prints nothing of them.

References
----------
Hochreiter and Schmidhuber 1997 (LSTM). Schuster and Paliwal 1997 (both directions).
"""

from typing import Literal

import keras
from keras import layers

from busutils.models.blocks import one_probability
from busutils.models.registry import register


@register("lstm")
def build(
    size: int,
    channels: int,
    units: int = 64,  # in each direction
    directions: Literal[1, 2] = 1,  # 1 reads downwards, 2 both ways (Bi-LSTM)
) -> keras.Model:
    """Build the network; see `busutils.models.build`."""
    inputs = keras.Input((size, size, channels), name="image")
    rows = layers.Reshape((size, size * channels))(inputs)
    lstm = layers.LSTM(units)
    x = (layers.Bidirectional(lstm) if directions == 2 else lstm)(rows)
    return keras.Model(inputs, one_probability(x), name="lstm")
