"""What the tests ask of the JAX backend, in a process of its own: python on_jax.py FOLDER.

FOLDER has the weights of two networks and of a grouped convolution; what they make of images.npy
goes to outputs.npz.
"""

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # compiles in a third of the time

import keras
import numpy as np

from busutils import models
from busutils.models import encoders, resnets

folder = Path(sys.argv[1])
images = np.load(folder / "images.npy")
networks = {
    "plain_unet": models.build("plain_unet", 32, filters=4),
    "unet vgg16": models.build("unet", 32, backbone="vgg16"),
    "grouped": keras.Sequential([keras.Input((32, 32, 3)), resnets.GroupedConv2D(6, 3, groups=3)]),
}
outputs = {}
for case, model in networks.items():
    model.load_weights(folder / f"{case}.weights.h5")
    outputs[case] = model.predict_on_batch(images)
np.savez(folder / "outputs.npz", **outputs)

encoders.freeze(networks["unet vgg16"], "random_frozen")
assert not any(layer.trainable for layer in encoders.encoder_layers(networks["unet vgg16"]))

plain = networks["plain_unet"]
encoders.reestimate_batchnorm(plain, images)
np.testing.assert_allclose(plain.predict_on_batch(images), outputs["plain_unet"], atol=1e-4)

plain.compile("sgd", "binary_crossentropy")
before = plain.get_weights()
plain.train_on_batch(images, images[..., :1] > 0)
assert not np.array_equal(before[0], plain.get_weights()[0])

assert keras.backend.backend() == "jax"
assert "tensorflow" not in sys.modules
