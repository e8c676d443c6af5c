"""U-Net on a classifier: the network of paper 1, as segmentation-models 1.0.1 builds it.

Each of five steps doubles the image, joins the skip of that size (the last step has none) and
applies two 3x3 convolutions with batch norm; VGG, which ends in a max pooling, gets two more in
the middle. Names of decoder layers begin with `decoder_`: all others are the encoder.

References
----------
Iakubovskii 2019, Segmentation Models, https://github.com/qubvel/segmentation_models.
"""

import keras
from keras import layers

from busutils.models import backbones
from busutils.models.blocks import conv_norm_relu, double_conv, probability
from busutils.models.encoders import DECODER, start
from busutils.models.registry import register

FILTERS = (256, 128, 64, 32, 16)
CENTRE_FILTERS = 512


@register("unet", multiple=32)
def build(
    size: int,
    channels: int,
    backbone: backbones.Name = "vgg16",
    encoder_weights: str = "none",  # none, imagenet, or the path of an .h5 file
) -> keras.Model:
    """Build the network; see `busutils.models.build`."""
    encoder = backbones.build(backbone, (size, size, channels))
    skips = [encoder.get_layer(name).output for name in backbones.BACKBONES[backbone].skips]
    x = encoder.output
    init = {"kernel_initializer": "he_uniform"}
    if isinstance(encoder.layers[-1], layers.MaxPooling2D):
        for name in ("centre1", "centre2"):
            x = conv_norm_relu(x, CENTRE_FILTERS, f"{DECODER}{name}", **init)
    for stage, (filters, skip) in enumerate(zip(FILTERS, [*skips, None], strict=True)):
        name = f"{DECODER}stage{stage}"
        x = layers.UpSampling2D(2, name=f"{name}_upsampling")(x)
        if skip is not None:
            x = layers.Concatenate(name=f"{name}_concat")([x, skip])
        x = double_conv(x, filters, name, **init)
    x = layers.Conv2D(1, 3, padding="same", name=f"{DECODER}final_conv")(x)
    model = keras.Model(encoder.input, probability(x, DECODER), name=f"unet_{backbone}")
    return start(model, encoder_weights, backbone)
