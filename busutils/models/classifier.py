"""An ImageNet classifier told to answer yes or no: VGG, ResNet and DenseNet of paper 4's Table 3.

The paper runs VGG16 and VGG19 plain and "enhanced" and does not say what that is. Here the head
`plain` is the mean over the image and one probability; `enhanced` puts batch norm, dropout and a
dense layer of 256 with ReLU between them.
"""

from typing import Literal

import keras
from keras import layers

from busutils.models import backbones
from busutils.models.blocks import one_probability
from busutils.models.encoders import DECODER, start
from busutils.models.registry import register


@register("classifier", multiple=32)
def build(
    size: int,
    channels: int,
    backbone: backbones.Name = "vgg16",
    head: Literal["plain", "enhanced"] = "plain",
    encoder_weights: str = "none",
) -> keras.Model:
    """Build the network; see `busutils.models.build`."""
    encoder = backbones.build(backbone, (size, size, channels))
    # What comes after the encoder is named as a decoder is, so that starting and freezing find it.
    x = layers.GlobalAveragePooling2D(name=f"{DECODER}mean")(encoder.output)
    if head == "enhanced":
        x = layers.BatchNormalization(name=f"{DECODER}bn")(x)
        x = layers.Dropout(0.5, name=f"{DECODER}dropout1")(x)
        x = layers.Dense(256, activation="relu", name=f"{DECODER}dense")(x)
        x = layers.Dropout(0.5, name=f"{DECODER}dropout2")(x)
    model = keras.Model(encoder.input, one_probability(x, DECODER), name=f"classifier_{backbone}")
    return start(model, encoder_weights, backbone)
