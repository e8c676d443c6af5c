"""What the lab and the exercises share: phantoms, a small U-Net and its training, pictures.

Phantoms are generated images that look like breast ultrasound. They say nothing about patients.
"""

import keras
import numpy as np
import pandas as pd
from IPython.display import HTML

from busutils import metrics, models
from busutils.figures import cases, look, page
from busutils.models.encoders import set_batchnorm_momentum
from busutils.phantoms.breast import ultrasound

LESIONS = ("benign", "malignant")


def phantoms(n, seed, size=64, contrast=12.0, kinds=LESIONS):
    """Draw n phantoms of `kinds` in turn; the same seed draws the same ones.

    Lesions are `contrast` decibels darker than usual. Returns images with values from 0 to 1 and
    masks of 0 and 1, each of shape (n, size, size, 1).
    """
    rng = np.random.default_rng(seed)
    drawn = [ultrasound(rng, (128, 128), kinds[i % len(kinds)], contrast) for i in range(n)]
    step = 128 // size  # a pixel is the mean of step x step; the second axis is image and mask
    small = np.array(drawn, "float32").reshape(n, 2, size, step, size, step).mean((3, 5))
    return small[:, 0, ..., None] / 255, (small[:, 1, ..., None] >= 0.5).astype("float32")


def train(x, y, epochs=12, loss="binary_crossentropy", rate=0.003, seed=0):
    """Train a small U-Net from random weights, with steps that get shorter."""
    keras.utils.set_random_seed(seed)
    network = models.build("plain_unet", x.shape[1], channels=1, filters=8, depth=4)
    set_batchnorm_momentum(network, 0.9)
    steps = keras.optimizers.schedules.CosineDecay(rate, epochs * -(-len(x) // 8))
    network.compile(keras.optimizers.Adam(steps), loss, jit_compile=False)
    network.fit(x, y, batch_size=8, epochs=epochs, verbose=0)
    return network


def probabilities(network, x):
    """Ask a network: for each pixel how probable lesion is; shape (n, size, size)."""
    return np.asarray(network(x, training=False))[..., 0]


def counts(y, answer):
    """Pixels found (tp), false (fp), missed (fn) and rightly left out (tn): a row an image."""
    return metrics.counts(y[..., 0] > 0, answer)


def dice_of_each(y, answer):
    """The Dice of each image."""
    of = counts(y, answer)
    return metrics.dice(of["tp"], of["fp"], of["fn"])


def picture(x, y, answers=None, names=None):
    """Draw phantoms side by side with their truth; a row for each answer (a name -> masks)."""
    names = [f"phantom {i + 1}" for i in range(len(x))] if names is None else names
    rows = answers or {"": None}
    figure, panels = look.new_figure(0.3 + 6 / len(x) * len(rows), len(rows), len(x))
    for row, (name, masks) in zip(panels, rows.items(), strict=True):
        for i, axes in enumerate(row):
            cases.show(axes, 255 * x[i])
            cases.outline(axes, y[i, ..., 0] > 0, "truth")
            if masks is not None:
                cases.outline(axes, masks[i], "prediction")
            axes.set_title(" ".join(filter(None, [names[i], name])))
    told = "Green is the truth" + ", orange the answer" * (answers is not None)
    return HTML(page.embed(figure, told, f"{told}."))


def table(rows, digits=3):
    """A table of a list of rows, each a dictionary."""
    return pd.DataFrame(rows).round(digits)
