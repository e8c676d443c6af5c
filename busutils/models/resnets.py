"""ResNet50, ResNeXt50, SE-ResNet50 and SE-ResNeXt50 in the layout of image-classifiers 1.0.

keras.applications has other ResNets (with biases, other strides, other places for the batch
norm), to which neither the parameter counts of paper 1 nor these weights belong. Layers are made
in the order of that library, so that its weight files fit by position.

References
----------
He et al. 2016, Identity mappings in deep residual networks. Xie et al. 2017, Aggregated residual
transformations for deep neural networks. Hu et al. 2018, Squeeze-and-excitation networks.
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

UNITS = (3, 4, 6, 3)  # residual units of the four stages
SQUEEZE = 16


def build(name: str, shape: tuple) -> keras.Model:
    """Build a network with random weights; those without squeezing norm their input of 0..255."""
    style = STYLES[name]
    inputs = x = keras.Input(shape, name="input" if style.squeeze else "data")
    if not style.squeeze:
        x = style.norm(x, "bn_data", scale=False)
    x = style.norm_relu(style.conv(x, 64, 7, "conv0", strides=2), "", "0")
    x = layers.ZeroPadding2D(1, name="pooling0_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pooling0")(x)
    unit = _preactivation_unit if style.preactivated else _bottleneck_unit
    width = 64 if style.groups == 1 else 128
    for stage, count in enumerate(UNITS):
        for number in range(count):
            strides = 2 if stage > 0 and number == 0 else 1
            x = unit(x, style, f"stage{stage + 1}_unit{number + 1}_", width * 2**stage, strides)
    if style.preactivated:
        x = style.norm_relu(x, "", "1")
    return keras.Model(inputs, x, name=name)


@keras.saving.register_keras_serializable(package="busutils")
class GroupedConv2D(layers.Conv2D):
    """`Conv2D(groups=...)` whose gradient is fast on TensorFlow's CPU.

    There the gradient of a grouped convolution is 24 to 102 times slower than it should be. The
    kernel (height, width, channels / groups, filters) is therefore spread over a block-diagonal
    dense one: the same weights and outputs, more multiplications, a hundredth of the time.
    JAX and GPUs take the grouped convolution as it is.
    """

    def convolution_op(self, inputs, kernel):
        if _has_slow_groups():
            kernel = self._spread(kernel)
        return super().convolution_op(inputs, kernel)

    def _spread(self, kernel):
        depth = kernel.shape[2]
        of_channel = np.arange(depth * self.groups)[:, None] // depth
        of_filter = np.arange(self.filters)[None, :] // (self.filters // self.groups)
        own_group = ops.cast(of_channel == of_filter, kernel.dtype)
        return ops.tile(kernel, (1, 1, self.groups, 1)) * own_group


def _has_slow_groups() -> bool:
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


@dataclass(frozen=True)
class _Style:
    """What the layers of one network have in common."""

    epsilon: float
    initializer: str
    groups: int = 1  # of the 3x3 convolutions
    squeeze: bool = False
    preactivated: bool = False

    def norm(self, x, name: str, scale: bool = True):
        return layers.BatchNormalization(epsilon=self.epsilon, scale=scale, name=name)(x)

    def norm_relu(self, x, prefix: str, number: str):
        x = self.norm(x, f"{prefix}bn{number}")
        return layers.Activation("relu", name=f"{prefix}relu{number}")(x)

    def conv(self, x, filters: int, size: int, name: str, strides: int = 1, groups: int = 1):
        if size > 1:  # 'same' would pad a strided convolution on one side only
            x = layers.ZeroPadding2D(size // 2, name=f"{name}_pad")(x)
        layer = GroupedConv2D if groups > 1 else layers.Conv2D
        return layer(
            filters,
            size,
            strides=strides,
            use_bias=False,
            kernel_initializer=self.initializer,
            name=name,
            **({"groups": groups} if groups > 1 else {}),
        )(x)


STYLES = {
    "resnet50": _Style(2e-5, "he_uniform", preactivated=True),
    "resnext50": _Style(2e-5, "glorot_uniform", groups=32),
    "seresnet50": _Style(1e-5, "he_uniform", squeeze=True),
    "seresnext50": _Style(1e-5, "he_uniform", groups=32, squeeze=True),
}


def _preactivation_unit(x, style: _Style, name: str, width: int, strides: int):
    shortcut = x
    x = style.norm_relu(x, name, "1")
    if x.shape[-1] != 4 * width:
        shortcut = style.conv(x, 4 * width, 1, f"{name}sc", strides)
    x = style.conv(x, width, 1, f"{name}conv1")
    x = style.norm_relu(x, name, "2")
    x = style.conv(x, width, 3, f"{name}conv2", strides)
    x = style.norm_relu(x, name, "3")
    x = style.conv(x, 4 * width, 1, f"{name}conv3")
    return layers.Add(name=f"{name}add")([x, shortcut])


def _bottleneck_unit(x, style: _Style, name: str, width: int, strides: int):
    """Stride and width are those of the first 1x1 convolution, or of the grouped 3x3 one."""
    grouped = style.groups > 1
    out, (first, second) = (2 * width, (1, strides)) if grouped else (4 * width, (strides, 1))
    main = style.conv(x, width, 1, f"{name}conv1", first)
    main = style.norm_relu(main, name, "1")
    main = style.conv(main, width, 3, f"{name}conv2", second, style.groups)
    main = style.norm_relu(main, name, "2")
    main = style.conv(main, out, 1, f"{name}conv3")
    main = style.norm(main, f"{name}bn3")
    if style.squeeze:
        main = _squeeze_excite(main, style, name)
    if x.shape[-1] != out:
        x = style.norm(style.conv(x, out, 1, f"{name}sc", strides), f"{name}sc_bn")
    x = layers.Add(name=f"{name}add")([main, x])
    return layers.Activation("relu", name=f"{name}relu")(x)


def _squeeze_excite(x, style: _Style, name: str):
    """Weigh each channel by a sigmoid of what the whole image has in all channels."""
    init = {"kernel_initializer": style.initializer}
    filters = x.shape[-1]
    gate = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}se_pool")(x)
    gate = layers.Conv2D(filters // SQUEEZE, 1, name=f"{name}se_squeeze", **init)(gate)
    gate = layers.Activation("relu", name=f"{name}se_relu")(gate)
    gate = layers.Conv2D(filters, 1, name=f"{name}se_excite", **init)(gate)
    gate = layers.Activation("sigmoid", name=f"{name}se_sigmoid")(gate)
    return layers.Multiply(name=f"{name}se_scale")([x, gate])
