"""ResNet50, ResNeXt50, SE-ResNet50 and SE-ResNeXt50 in the layout of image-classifiers 1.0.

keras.applications has other ResNets (with biases, other strides, other places for the batch
norm), to which neither the parameter counts of paper 1 nor these weights belong. Layers are made
in the order of that library, so that its weight files fit by position.

References
----------
He et al. 2016, Identity mappings in deep residual networks. Xie et al. 2017, Aggregated residual
transformations for deep neural networks. Hu et al. 2018, Squeeze-and-excitation networks.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

UNITS = (3, 4, 6, 3)  # residual units of the four stages
GROUPS = 32
SQUEEZE = 16


def resnet50(shape: tuple) -> keras.Model:
    """Build a pre-activation ResNet50 with a batch norm on its input (0..255)."""
    style = _Style(epsilon=2e-5, initializer="he_uniform")
    inputs = keras.Input(shape, name="data")
    x = style.norm(inputs, "bn_data", scale=False)
    x = _stages(_stem(x, style), style, _preactivation_unit, width=64)
    x = style.norm_relu(x, "", "1")
    return keras.Model(inputs, x, name="resnet50")


def resnext50(shape: tuple) -> keras.Model:
    """Build a ResNeXt50 (32 groups of 4 channels) with a batch norm on its input (0..255)."""
    style = _Style(epsilon=2e-5, initializer="glorot_uniform")
    inputs = keras.Input(shape, name="data")
    x = style.norm(inputs, "bn_data", scale=False)
    x = _stages(_stem(x, style), style, _resnext_unit, width=128)
    return keras.Model(inputs, x, name="resnext50")


def seresnet50(shape: tuple) -> keras.Model:
    """Build a SE-ResNet50 (stride in the first 1x1 convolution of a stage)."""
    style = _Style(epsilon=1e-5, initializer="he_uniform")
    inputs = keras.Input(shape, name="input")
    x = _stages(_stem(inputs, style), style, _se_resnet_unit, width=64)
    return keras.Model(inputs, x, name="seresnet50")


def seresnext50(shape: tuple) -> keras.Model:
    """Build a SE-ResNeXt50 (stride in the grouped 3x3 convolution)."""
    style = _Style(epsilon=1e-5, initializer="he_uniform")
    inputs = keras.Input(shape, name="input")
    x = _stages(_stem(inputs, style), style, _se_resnext_unit, width=128)
    return keras.Model(inputs, x, name="seresnext50")


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
    """What the convolutions and batch norms of one network have in common."""

    epsilon: float
    initializer: str

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


def _stem(x, style: _Style):
    x = style.conv(x, 64, 7, "conv0", strides=2)
    x = style.norm_relu(x, "", "0")
    x = layers.ZeroPadding2D(1, name="pooling0_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name="pooling0")(x)


def _stages(x, style: _Style, unit: Callable, width: int):
    """Stack the units; the width doubles and the image halves from stage to stage."""
    for stage, count in enumerate(UNITS):
        for number in range(count):
            name = f"stage{stage + 1}_unit{number + 1}_"
            strides = 2 if stage > 0 and number == 0 else 1
            x = unit(x, style, name, width * 2**stage, strides)
    return x


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


def _resnext_unit(x, style: _Style, name: str, width: int, strides: int):
    main = _bottleneck(x, style, name, width, 2 * width, (1, strides), GROUPS)
    return _add_relu(main, _projected(x, style, name, 2 * width, strides), name)


def _se_resnet_unit(x, style: _Style, name: str, width: int, strides: int):
    main = _bottleneck(x, style, name, width, 4 * width, (strides, 1), 1)
    main = _squeeze_excite(main, style, name)
    return _add_relu(main, _projected(x, style, name, 4 * width, strides), name)


def _se_resnext_unit(x, style: _Style, name: str, width: int, strides: int):
    main = _bottleneck(x, style, name, width, 2 * width, (1, strides), GROUPS)
    main = _squeeze_excite(main, style, name)
    return _add_relu(main, _projected(x, style, name, 2 * width, strides), name)


def _bottleneck(x, style: _Style, name: str, width: int, out: int, strides: tuple, groups: int):
    x = style.conv(x, width, 1, f"{name}conv1", strides[0])
    x = style.norm_relu(x, name, "1")
    x = style.conv(x, width, 3, f"{name}conv2", strides[1], groups)
    x = style.norm_relu(x, name, "2")
    x = style.conv(x, out, 1, f"{name}conv3")
    return style.norm(x, f"{name}bn3")


def _projected(x, style: _Style, name: str, filters: int, strides: int):
    """Return the shortcut: `x` itself, or a 1x1 convolution where its shape changes."""
    if x.shape[-1] == filters:
        return x
    x = style.conv(x, filters, 1, f"{name}sc", strides)
    return style.norm(x, f"{name}sc_bn")


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


def _add_relu(main, shortcut, name: str):
    x = layers.Add(name=f"{name}add")([main, shortcut])
    return layers.Activation("relu", name=f"{name}relu")(x)
