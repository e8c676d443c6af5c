import keras
import numpy as np
import pytest
import tensorflow as tf

from busutils.models import resnets


@pytest.fixture
def pair(monkeypatch):
    """Keras's grouped convolution and ours with the same kernel, spread over a dense one."""
    monkeypatch.setattr(resnets, "_has_slow_groups", lambda: True)
    options = {"strides": 2, "groups": 4, "padding": "same"}
    theirs = keras.layers.Conv2D(8, 3, **options)
    ours = resnets.GroupedConv2D(8, 3, **options)
    for layer in (theirs, ours):
        layer.build((None, 9, 9, 12))
    ours.set_weights([theirs.get_weights()[0], np.arange(8)])
    theirs.set_weights(ours.get_weights())
    return theirs, ours


def test_grouped_convolution_has_outputs_and_gradients_of_keras(pair):
    images = tf.random.stateless_normal((2, 9, 9, 12), seed=(0, 1))
    results = []
    for layer in pair:
        with tf.GradientTape() as tape:
            tape.watch(images)
            output = layer(images)
            loss = tf.reduce_sum(output**2)
        kernel, bias = layer.trainable_variables
        gradients = tape.gradient(loss, [images, kernel.value, bias.value])
        results.append([output, *gradients])
    for theirs, ours in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_each_group_sees_its_own_channels_only(monkeypatch):
    monkeypatch.setattr(resnets, "_has_slow_groups", lambda: True)
    layer = resnets.GroupedConv2D(2, 1, groups=2, use_bias=False)
    layer.build((None, 1, 1, 4))
    layer.set_weights([np.array([[[[1.0, 10.0], [2.0, 20.0]]]])])
    # Filter 0 sees channels 0 and 1: 1*1 + 2*2; filter 1 channels 2 and 3: 10*3 + 20*4.
    np.testing.assert_allclose(layer(np.array([[[[1.0, 2.0, 3.0, 4.0]]]])), [[[[5.0, 110.0]]]])


def test_grouped_convolution_is_serialised():
    layer = resnets.GroupedConv2D(8, 3, groups=4)
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert isinstance(again, resnets.GroupedConv2D)
    assert (again.filters, again.groups) == (8, 4)
