"""What the tests ask of the JAX backend, in a process of its own: python on_jax.py FOLDER.

FOLDER has the weights of two networks; their outputs go to FOLDER/outputs.npz.
"""

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np

from busutils import models
from busutils.models import encoders

folder = Path(sys.argv[1])
images = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype(np.float32)
plain = models.build("plain_unet", 32, filters=4)
grouped = models.build("unet", 32, backbone="seresnext50")
outputs = {}
for case, model in {"plain_unet": plain, "unet seresnext50": grouped}.items():
    model.load_weights(folder / f"{case}.weights.h5")
    outputs[case] = np.asarray(model(images))
np.savez(folder / "outputs.npz", **outputs)

encoders.freeze(grouped, "random_frozen")
assert all(layer.trainable is False for layer in encoders.encoder_layers(grouped))

encoders.reestimate_batchnorm(plain, images)
np.testing.assert_allclose(plain(images), outputs["plain_unet"], atol=1e-4)

plain.compile("sgd", "binary_crossentropy")
before = plain.get_weights()
plain.train_on_batch(images, images[..., :1] > 0)
assert not np.array_equal(before[0], plain.get_weights()[0])

assert keras.backend.backend() == "jax"
assert "tensorflow" not in sys.modules
