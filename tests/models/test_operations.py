"""Operations of one image, counted by hand."""

import keras
import pytest
from keras import layers

from busutils import models
from busutils.errors import UserError
from busutils.models.operations import multiply_adds, operations


def test_each_layer_by_hand():
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same", name="conv")(image)  # 4 x 4 places
    x = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Conv2DTranspose(2, 2, strides=2, name="up")(x)
    x = layers.Dense(5, name="dense")(layers.Flatten()(x))
    model = keras.Model(image, x)
    found = {layer.name: multiply_adds(layer) for layer in model.layers}
    assert found["conv"] == 16 * 9 * 3 * 4
    assert found["depthwise"] == 16 * 9 * 4
    assert found["up"] == 16 * 4 * 4 * 2
    assert found["dense"] == 8 * 8 * 2 * 5
    assert found["norm"] == 0
    assert operations(model) == 2 * (1728 + 576 + 512 + 640)


def test_operations_grow_with_pixels():
    small, large = (operations(models.build("plain_unet", s, filters=4, depth=3)) for s in (16, 32))
    assert large == 4 * small


def test_an_unknown_layer_with_a_kernel_is_named():
    image = keras.Input((8, 8, 3))
    model = keras.Model(
        image, layers.SeparableConv1D(2, 3, name="odd")(layers.Reshape((64, 3))(image))
    )
    odd = model.get_layer("odd")
    odd.kernel = odd.pointwise_kernel
    with pytest.raises(UserError, match="operations of odd, a SeparableConv1D, are not counted"):
        multiply_adds(odd)
