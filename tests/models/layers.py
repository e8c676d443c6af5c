"""What the tests of networks read of them."""

import keras
import numpy as np

from busutils.models import encoders


def encoder_weights(model: keras.Model) -> list[np.ndarray]:
    """All weights of a network's encoder, layer by layer."""
    return [value for layer in encoders.encoder_layers(model) for value in layer.get_weights()]
