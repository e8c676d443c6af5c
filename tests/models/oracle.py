"""Segmentation-models 1.0.1 on tf-keras, to be run in a process of its own.

    python oracle.py FOLDER SIZE BACKBONE...

For each backbone FOLDER/BACKBONE.npz gets the U-Net's weights in the order of its layers, an
input and its output. Kernels, which are large, are given by their shape and deviation and drawn
again from (SEED, position) by `kernel`. The encoders of image-classifiers are also written as
BACKBONE.h5, as their release files are.

All is float64: in float32 the rounding of these deep random networks alone moves the output by
5e-4 from one implementation of a convolution to the next.
"""

import os
import sys
from pathlib import Path

import numpy as np

SEED = 20
RELEASED = {"resnet50", "resnext50", "seresnet50", "seresnext50"}


def kernel(position: int, shape: tuple[int, ...], deviation: float) -> np.ndarray:
    """Draw the kernel that stands at a position among the weights."""
    draw = np.random.default_rng([SEED, position]).standard_normal(shape, np.float32)
    return draw * np.float32(deviation)


def main(folder: Path, size: int, names: list[str]) -> None:
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ["SM_FRAMEWORK"] = "tf.keras"
    import segmentation_models
    import tf_keras

    tf_keras.backend.set_floatx("float64")
    rng = np.random.default_rng(SEED)
    for name in names:
        model = segmentation_models.Unet(name, input_shape=(size, size, 3), encoder_weights=None)
        recipe = _randomise(model, rng)
        _calibrate(model, rng.normal(size=(4, size, size, 3)))
        _write(model, name, rng.normal(size=(2, size, size, 3)), recipe, folder)
        if name in RELEASED:
            _encoder(model).save_weights(folder / f"{name}.h5")


def _randomise(model, rng: np.random.Generator) -> dict[int, tuple]:
    """Draw all weights, batch norms too; return shape and deviation of each kernel."""
    recipe, values = {}, []
    for position, weight in enumerate(model.weights):
        shape = tuple(weight.shape)
        if len(shape) == 4:
            inputs = np.prod(shape[:2] if "depthwise" in weight.name else shape[:3])
            recipe[position] = (shape, float(np.sqrt(2 / inputs)))
            values.append(kernel(position, *recipe[position]))
        elif "gamma" in weight.name or "variance" in weight.name:
            values.append(rng.uniform(0.5, 1.5, shape))
        else:
            values.append(rng.normal(scale=0.3, size=shape))
    model.set_weights(values)
    return recipe


def _calibrate(model, images: np.ndarray) -> None:
    """Take the moving statistics from a forward pass, lest activations explode or vanish."""
    for layer in model.layers:
        if hasattr(layer, "moving_mean"):
            layer.momentum = 0.0
    model(images, training=True)


def _write(model, name: str, images: np.ndarray, recipe: dict, folder: Path) -> None:
    np.savez(
        folder / f"{name}.npz",
        input=images,
        output=model(images, training=False),
        count=len(model.weights),
        **{f"shape{position}": shape for position, (shape, _) in recipe.items()},
        **{f"deviation{position}": deviation for position, (_, deviation) in recipe.items()},
        **{
            f"value{position}": value
            for position, value in enumerate(model.get_weights())
            if position not in recipe
        },
    )


def _encoder(model):
    import tf_keras

    return tf_keras.Model(model.input, model.get_layer("decoder_stage0_upsampling").input)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
