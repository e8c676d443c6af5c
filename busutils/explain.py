"""What a segmentation network looks at: Grad-CAM, attention gates, and a check of such maps.

A network is a functional model of one input. Its probabilities come from an activation named
`sigmoid` or `decoder_sigmoid`, as those of `busutils.models` do, and what goes into it are the
logits; else they are its first output. Images are scaled as the network takes them
(`busutils.batches.prepare`). Everything is computed in inference mode, and the network stays as it
is. Keras is imported when a function needs it.

References
----------
Selvaraju et al. 2017, Grad-CAM: visual explanations from deep networks via gradient-based
localization. Vinogradova, Dibrov, Myers 2020, Towards interpretable semantic segmentation via
gradient-weighted class activation mapping. Adebayo et al. 2018, Sanity checks for saliency maps.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from busutils.errors import UserError, choose
from busutils.models.encoders import DECODER

if TYPE_CHECKING:
    import keras

SIGMOIDS = ("sigmoid", f"{DECODER}sigmoid")
GATE = "_alpha"
BATCH = 8  # images at a time


def grad_cam(
    model: "keras.Model", images: np.ndarray, layer: str | None = None, batch: int = BATCH
) -> np.ndarray:
    """Return where the channels of a layer speak for the lesion that the network predicts.

    The score of an image is the sum of the logits over the pixels predicted as lesion (logit >= 0,
    probability >= 0.5), over all pixels if there is none (Vinogradova et al.). A channel's weight
    is the mean over space of the score's gradient with respect to it; the map is the positive part
    of the weighted sum of channels, resized bilinearly, divided by its maximum.

    Parameters
    ----------
    model : a network, see above
    images : (n, height, width, channels), n >= 1
    layer : a layer on the way from the image to the logits whose output is (n, h, w, c); None is
        the last convolution with more than one filter
    batch : images at a time

    Returns
    -------
    float32 array of shape (n, height, width) in [0, 1]; the maximum of each image is 1, or 0 where
    no channel speaks for the lesion.

    Raises
    ------
    UserError
        If the layer is unknown or has another output, if the model has no such convolution, or if
        it does not take such images.
    """
    maps = _sums(model, images, _layer(model, layer), batch, positive=True)
    highest = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, highest, out=np.zeros_like(maps), where=highest != 0)


def attention(model: "keras.Model", images: np.ndarray) -> dict[str, np.ndarray]:
    """Return the coefficients of a network's attention gates.

    Parameters
    ----------
    model : a functional model; the layers whose names end in `_alpha` give (n, h, w, 1) in [0, 1]
    images : (n, height, width, channels), n >= 1

    Returns
    -------
    By the layer's name, from the lowest resolution to the highest: float32 of shape (n, h, w).

    Raises
    ------
    UserError
        If the model has no gates or does not take such images.
    """
    import keras

    gates = [layer for layer in model.layers if layer.name.endswith(GATE)]
    if not gates:
        raise UserError(
            f"{model.name} has no attention gates (layers whose names end in {GATE}): "
            "take a network that has them, such as attention_unet"
        )
    function = keras.Function(model.inputs, [gate.output for gate in gates])
    parts = [map(_numpy, function([part])) for part in _parts(model, images, BATCH)]
    maps = (np.concatenate(values)[..., 0] for values in zip(*parts, strict=True))
    named = zip((gate.name for gate in gates), maps, strict=True)
    return dict(sorted(named, key=lambda item: item[1].shape[1]))


def randomised(model: "keras.Model", seed: int, down_to: str | None = None) -> "keras.Model":
    """Return a copy of a model whose upper layers have forgotten what they learned.

    Each weight array of these layers is permuted, batch-norm statistics too, so that the values
    stay and their places are lost. Layers are drawn from the output down: with the same seed, the
    copy that is randomised further down has the same upper layers (Adebayo et al.: cascading
    randomisation).

    Parameters
    ----------
    model : a functional model, unchanged
    seed : of the permutations
    down_to : the lowest layer to randomise, in the order of `model.layers`; None is the first

    Returns
    -------
    A model of the same layers by name, not compiled.

    Raises
    ------
    UserError
        If there is no layer of that name.
    """
    names = [layer.name for layer in model.layers]
    lowest = 0 if down_to is None else names.index(choose(down_to, names, f"layer of {model.name}"))
    # `clone_model` would also compile the copy, which fails with a loss of our own.
    copy = type(model).from_config(model.get_config())
    rng = np.random.default_rng(seed)
    for position, name in reversed(list(enumerate(names))):
        values = model.get_layer(name).get_weights()
        if position >= lowest:
            values = [rng.permuted(value) for value in values]
        copy.get_layer(name).set_weights(values)
    return copy


def sanity(
    model: "keras.Model", images: np.ndarray, layers: Sequence[str] | None = None, seed: int = 0
) -> pd.DataFrame:
    """Compare the Grad-CAM of a trained network with those of its randomised copies.

    Maps that stay alike when the weights are lost do not show what the network learned. Compared
    are the weighted sums of channels before their positive part is taken: where nothing is
    positive the map is constant, and would pass whatever it shows.

    Parameters
    ----------
    model : a trained network, see above
    images : (n, height, width, channels), n >= 1
    layers : names of the layers down to which to randomise; None takes the last convolution of each
        resolution, from the output down, and the first one of all
    seed : of the permutations

    Returns
    -------
    DataFrame with a row a layer: `down_to`, and `correlation`, the mean over images of Spearman's
    rank correlation of the two sums, in [-1, 1]; an image with a constant one counts as 0.

    Raises
    ------
    UserError
        As `grad_cam` and `randomised` do.
    """
    from scipy import stats  # a machine that only trains has none

    trained, rows = _sums(model, images), []
    for name in _milestones(model) if layers is None else layers:
        pairs = zip(trained, _sums(randomised(model, seed, name), images), strict=True)
        told = [np.ptp(a) and np.ptp(b) and stats.spearmanr(a, b, axis=None)[0] for a, b in pairs]
        rows.append((name, np.mean(told)))
    return pd.DataFrame(rows, columns=["down_to", "correlation"])


def gradient(function: Callable, x):
    """Return the gradient of a function of one tensor at `x`, a tensor of its shape."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        return tape.gradient(value, x)
    import jax

    return jax.grad(function)(x)


def _sums(model, images, layer=None, batch: int = BATCH, positive: bool = False) -> np.ndarray:
    """Return the weighted sums of channels (n, height, width), or their positive parts."""
    import keras
    from keras import ops

    layer, sums = layer or _layer(model, None), []
    # A `keras.Model` from an intermediate tensor rewires the original, which then cannot be saved.
    # The layers of a `Function` infer unless they are told to train.
    body = keras.Function(model.inputs, layer.output)
    head = keras.Function([*model.inputs, layer.output], _logits(model))
    for part in _parts(model, images, batch):
        activations = body([part])
        slopes = _numpy(gradient(lambda x, part=part: _score(head([part, x])), activations))
        weights = slopes.mean(axis=(1, 2), keepdims=True)
        coarse = (weights * _numpy(activations)).sum(axis=-1, keepdims=True)
        coarse = np.maximum(coarse, 0) if positive else coarse
        resize = {"interpolation": "bilinear", "data_format": "channels_last"}
        sums.append(_numpy(ops.image.resize(coarse, part.shape[1:3], **resize))[..., 0])
    return np.concatenate(sums)


def _score(logits):
    """Return the sum over a batch of the logits that `grad_cam` explains."""
    from keras import ops

    lesion = logits >= 0
    explained = ops.logical_or(lesion, ~ops.any(lesion, axis=(1, 2, 3), keepdims=True))
    return ops.sum(ops.where(explained, logits, ops.zeros_like(logits)))


def _layer(model, name: str | None):
    """Return the layer to look at; `name` None is the last convolution."""
    if name is None:
        return _convolutions(model)[-1]
    layers = {layer.name: layer for layer in _layers(model)}
    layer = layers[choose(name, layers, f"layer of {model.name}")]
    shape = getattr(layer.output, "shape", ())  # a list where there are several outputs
    if len(shape) != 4:
        raise UserError(
            f"the output of layer {name!r} of {model.name} is not (n, height, width, channels): "
            "take a convolution"
        )
    return layer


def _milestones(model) -> list[str]:
    """Return the last convolution of each resolution, from the output down, and the first."""
    convolutions = _convolutions(model)
    last = {layer.output.shape[1:3]: layer.name for layer in convolutions}
    last.pop((1, 1), None)  # of squeeze-and-excitation, which is no resolution of the image
    taken = {*last.values(), convolutions[0].name}
    return [layer.name for layer in reversed(convolutions) if layer.name in taken]


def _convolutions(model) -> list:
    """Return the convolutions with more than one filter before the logits, input first."""
    from keras.layers import Conv2D

    found = [x for x in _layers(model) if isinstance(x, Conv2D) and x.filters > 1]
    if not found:
        raise UserError(
            f"{model.name} has no Conv2D with more than one filter: name the layer to look at"
        )
    return found


def _layers(model) -> list:
    """Return the layers that lie between the input and the logits, input first."""
    import keras

    operations = keras.Function(model.inputs, _logits(model)).operations
    inputs = keras.layers.InputLayer
    return [x for x in operations if isinstance(x, keras.Layer) and not isinstance(x, inputs)]


def _logits(model):
    """Return the logits as a symbolic tensor (None, height, width, 1)."""
    from keras import layers, ops

    found = [x for x in model.layers if x.name in SIGMOIDS and isinstance(x, layers.Activation)]
    if found:
        return found[-1].input
    share = ops.clip(model.outputs[0], 1e-6, 1 - 1e-6)
    return ops.log(share) - ops.log(1 - share)


def _parts(model, images: np.ndarray, batch: int) -> Iterator:
    """Yield the images as tensors of at most `batch`, after they were found to fit the model."""
    from keras import ops

    expected, found = tuple(model.inputs[0].shape[1:]), np.shape(images)[1:]
    fits = len(found) == 3 and all(e in (None, f) for e, f in zip(expected, found, strict=True))
    if not fits or not len(images):
        raise UserError(
            f"{model.name} takes images (n, {', '.join(map(str, expected))}) with n >= 1, "
            f"not {np.shape(images)}: prepare them as for training"
        )
    for start in range(0, len(images), batch):
        yield ops.convert_to_tensor(images[start : start + batch], dtype=model.inputs[0].dtype)


def _numpy(tensor) -> np.ndarray:
    from keras import ops

    return ops.convert_to_numpy(ops.cast(tensor, "float32"))
