"""What is done to the encoder of a network: weights, freezing, batch norm.

The encoder of a model is every layer that comes before the first one whose name begins with
`decoder_`; a model without such layers has no encoder. Keras is imported when a function needs it.
"""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from busutils.errors import UserError, choose

if TYPE_CHECKING:
    import keras

DECODER = "decoder_"
FREEZING = ("all_but_batchnorm", "all", "none", "random_frozen")
"""Of the encoder: only its batch norms train; it is fixed, batch norms in inference mode; all of it
trains; as `all` on random weights, which is the control."""


def encoder_layers(model: "keras.Model") -> list["keras.layers.Layer"]:
    """Return the layers of a model's encoder, input first; empty if it has none."""
    first, *_ = [i for i, layer in enumerate(model.layers) if layer.name.startswith(DECODER)] + [0]
    # Skips are taken on the way to the deepest layer, so all of the encoder precedes the decoder.
    return model.layers[:first]


def save_encoder(model: "keras.Model", path: str | Path) -> None:
    """Write the weights of a model's encoder in the layout of Keras 3, whole or not at all.

    Raises
    ------
    UserError
        If the model has no encoder or the file cannot be written.
    """
    encoder = _encoder(model)
    try:
        with tempfile.TemporaryDirectory(dir=Path(path).parent) as folder:
            part = Path(folder) / "encoder.weights.h5"  # Keras takes only this ending
            encoder.save_weights(part)
            part.replace(path)
    except OSError as error:
        raise UserError(f"cannot write the encoder's weights to {path}: {error}") from error


def start(model: "keras.Model", encoder_weights: str, backbone: str, **options) -> "keras.Model":
    """Give a model's encoder its starting weights and return the model.

    Parameters
    ----------
    model
        A model with an encoder, changed in place.
    encoder_weights
        `none`; `imagenet`, downloaded if needed; or an HDF5 file of `save_encoder`, of
        `save_weights` of the same network of keras.applications without its top, or (the older
        layout) of keras.applications or image-classifiers.
    backbone
        Whose ImageNet weights are meant, with its `options`, such as MobileNetV2's width `alpha`.

    Raises
    ------
    UserError
        If the model has not three input channels or ImageNet weights cannot be had, or the file is
        missing, damaged or of another network; the model is then unchanged.
    """
    from busutils.models import weights

    if encoder_weights == "none":
        return model
    if encoder_weights == "imagenet":
        weights.read_imagenet(_encoder(model), backbone, **options)
    else:
        weights.read(_encoder(model), encoder_weights)
    model.encoder_weights = str(encoder_weights)
    return model


def check_freezing(mode: str, encoder_weights: str) -> str:
    """Return `mode` if it makes sense with these encoder weights ("none", "imagenet", ...).

    Raises
    ------
    UserError
        If the mode is unknown, if random weights would be frozen without saying so, or if the
        control has pre-trained weights.
    """
    choose(mode, FREEZING, "freezing")
    if mode == "all" and encoder_weights == "none":
        raise UserError(
            "freeze 'all' with encoder_weights 'none' would fix random weights: take pre-trained "
            "ones, or freeze 'random_frozen' if that is the control you want"
        )
    if mode == "random_frozen" and encoder_weights != "none":
        raise UserError(
            f"freeze 'random_frozen' is the control without pre-training, but encoder_weights is "
            f"{encoder_weights!r}: make it 'none', or freeze 'all'"
        )
    return mode


def freeze(model: "keras.Model", mode: str) -> None:
    """Choose which layers of the encoder train; compile the model afterwards.

    Parameters
    ----------
    model
        A model of `busutils.models.build`, changed in place. All other layers stay as they are.
    mode
        One of `FREEZING`. `all_but_batchnorm` is what segmentation-models does when asked to
        freeze, and what the files of paper 1 show.

    Raises
    ------
    UserError
        As `check_freezing` does, and if a model without an encoder is to be frozen.
    """
    from keras.layers import BatchNormalization

    check_freezing(mode, getattr(model, "encoder_weights", "none"))
    if mode == "none":
        return
    for layer in _layers_of_encoder(model):
        layer.trainable = mode == "all_but_batchnorm" and isinstance(layer, BatchNormalization)


def set_batchnorm_momentum(model: "keras.Model", momentum: float) -> None:
    """Set the momentum of all batch norms of a model; compile the model afterwards.

    MobileNetV2 of keras.applications has 0.999: after fewer than about 5,000 steps its moving
    statistics lag behind the weights, and predictions collapse while the training loss falls.

    Parameters
    ----------
    momentum
        Weight of the old moving average at each step, 0 <= momentum < 1.
    """
    from keras.layers import BatchNormalization

    if not 0 <= momentum < 1:
        raise UserError(f"batch norm momentum is {momentum}: it has to be in [0, 1), such as 0.9")
    for layer in model.layers:
        if isinstance(layer, BatchNormalization):
            layer.momentum = momentum


def reestimate_batchnorm(model: "keras.Model", images: np.ndarray, batch: int = 8) -> None:
    """Give the batch norms of the encoder the statistics of `images`, keeping what it computes.

    Weights with folded batch norm have mean 0 and variance 1 stored, whatever the activations
    are; where batch norm trains, training and inference would start apart. With `a` the slope and
    `b` the intercept of a batch norm in inference, and mean `m` and variance `v` of its input,
    mean becomes `m`, variance `v`, gamma `a sqrt(v + epsilon)` and beta `b + a m`. As the function
    is the same, one pass serves all layers. A batch norm without gamma keeps its variance, one
    without beta its mean. A model without an encoder is treated whole.

    Parameters
    ----------
    model
        A functional model, changed in place. Each batch norm is used once.
    images
        (n, height, width, channels), scaled as the model takes them.
    batch
        Images at a time.
    """
    from keras.layers import BatchNormalization

    layers = encoder_layers(model) or model.layers
    norms = [layer for layer in layers if isinstance(layer, BatchNormalization)]
    moments = _input_moments(norms, model, images, batch)
    for norm, (mean, variance) in zip(norms, moments, strict=True):
        _keep_function(norm, mean, variance)


def _input_moments(norms: list, model, images: np.ndarray, batch: int) -> list[tuple]:
    """Return mean and variance of each layer's input, by channel, over all images."""
    import keras
    from keras import ops

    of_a_batch = []
    for norm in norms:
        rank = len(norm.input.shape)
        axes = [axis for axis in range(rank) if axis != norm.axis % rank]
        of_a_batch.append(ops.stack(ops.moments(ops.cast(norm.input, "float32"), axes)))
    probe = keras.Model(model.input, of_a_batch)
    # On TensorFlow's CPU compiling takes longer than it saves; JAX needs it.
    probe.compile(jit_compile=keras.backend.backend() != "tensorflow")
    parts = [images[start : start + batch] for start in range(0, len(images), batch)]
    weights = np.array([len(part) for part in parts], float)[:, None] / len(images)
    by_batch = [probe.predict_on_batch(part) for part in parts]
    moments = []
    for values in zip(*by_batch, strict=True):
        means, variances = np.stack(values).astype(float).swapaxes(0, 1)
        mean = (weights * means).sum(axis=0)
        moments.append((mean, (weights * (variances + (means - mean) ** 2)).sum(axis=0)))
    return moments


def _keep_function(norm, mean: np.ndarray, variance: np.ndarray) -> None:
    """Give a batch norm this mean and variance, and the gamma and beta that undo the change."""
    import keras

    old = {v.name: keras.ops.convert_to_numpy(v).astype(float) for v in norm.weights}
    deviation = np.sqrt(old["moving_variance"] + norm.epsilon)
    slope = old.get("gamma", 1.0) / deviation
    intercept = old.get("beta", 0.0) - slope * old["moving_mean"]
    mean = mean if norm.center else old["moving_mean"]
    variance = variance if norm.scale else old["moving_variance"]
    new = {
        "gamma": slope * np.sqrt(variance + norm.epsilon),
        "beta": intercept + slope * mean,
        "moving_mean": mean,
        "moving_variance": variance,
    }
    for variable in norm.weights:
        variable.assign(keras.ops.convert_to_tensor(new[variable.name], variable.dtype))


def _layers_of_encoder(model: "keras.Model") -> list:
    layers = encoder_layers(model)
    if not layers:
        raise UserError(
            f"{model.name} has no encoder of its own: take freeze 'none' and encoder_weights "
            "'none', or a model with a backbone"
        )
    return layers


def _encoder(model: "keras.Model") -> "keras.Model":
    """Return the encoder as a model that shares its layers."""
    import keras

    return keras.Model(model.input, _layers_of_encoder(model)[-1].output, name=model.name)
