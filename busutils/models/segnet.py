"""SegNet: VGG16's convolutions down and mirrored up, unpooling where the maximum was.

A pooling remembers in which of its four places the maximum stood; the way up puts each value back
there and leaves the others 0. Every convolution has a batch norm, as in the paper; a last 3x3
convolution gives one channel.

References
----------
Badrinarayanan, Kendall, Cipolla 2017, SegNet: a deep convolutional encoder-decoder architecture for
image segmentation. IEEE TPAMI 39.
"""

import keras
from keras import layers, ops

from busutils.models.blocks import conv_norm_relu, probability
from busutils.models.registry import register

STAGES = ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3))
"""Filters (times those of the first stage) and convolutions of each stage of VGG16."""


@keras.saving.register_keras_serializable("busutils")
class Unpooling(layers.Layer):
    """Put values back to where a 2x2 max pooling took its maximum; the other places are 0.

    Called with [values (n, h, w, c), features before the pooling (n, 2h, 2w, c)]; where several of
    the four are the maximum, each gets the value.
    """

    def call(self, inputs):
        """Return the values at the size of the features."""
        values, features = inputs
        highest = ops.max_pool(features, 2)
        there = ops.equal(features, _doubled(highest))
        return _doubled(values) * ops.cast(there, values.dtype)

    def compute_output_shape(self, shapes):
        """Return the shape of the features."""
        return shapes[1]


@register("segnet", multiple=32)
def build(size: int, channels: int, filters: int = 64) -> keras.Model:
    """Build the network; see `busutils.models.build`."""
    inputs = keras.Input((size, size, channels), name="image")
    x, before = inputs, []
    for stage, (times, convolutions) in enumerate(STAGES, start=1):
        for i in range(1, convolutions + 1):
            x = conv_norm_relu(x, times * filters, f"down{stage}_{i}")
        before.append(x)
        x = layers.MaxPooling2D(2, name=f"down{stage}_pool")(x)
    for stage in range(len(STAGES), 0, -1):
        x = Unpooling(name=f"up{stage}_unpool")([x, before[stage - 1]])
        _, convolutions = STAGES[stage - 1]
        narrower = STAGES[max(stage - 2, 0)][0] * filters
        for i in range(convolutions, 0, -1):
            x = conv_norm_relu(x, narrower if i == 1 else x.shape[-1], f"up{stage}_{i}")
    x = layers.Conv2D(1, 3, padding="same", name="final_conv")(x)
    return keras.Model(inputs, probability(x), name="segnet")


def _doubled(x):
    return ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)
