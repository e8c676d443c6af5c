"""Weights of encoders: files in the two layouts that Keras has had, and where ImageNet's are.

`.weights.h5` is the layout of Keras 3; the older one, which Keras 1 and 2 wrote, is that of all
published ImageNet files. Both are read by position, not by the names of layers, and whole or not
at all. A file may go on where the encoder ends (deeper layers, a classifier).
"""

import shutil
import socket
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import h5py
import keras
import numpy as np

from busutils.errors import UserError
from busutils.models.backbones import BACKBONES
from busutils.models.resnets import GroupedConv2D

# Addresses and MD5 sums as in classification_models/weights.py of image-classifiers 1.0.0
# (Pavel Yakubovskiy, MIT licence), whose layout the networks of `resnets` have.
RELEASE = "https://github.com/qubvel/classification_models/releases/download/0.0.1"
RELEASED = {
    "resnet50": ("resnet50_imagenet_1000_no_top.h5", "db3b217156506944570ac220086f09b6"),
    "resnext50": ("resnext50_imagenet_1000_no_top.h5", "7ade5c8aac9194af79b1724229bdaa50"),
    "seresnet50": ("seresnet50_imagenet_1000_no_top.h5", "043777781b0d5ca756474d60bf115ef1"),
    "seresnext50": ("seresnext50_imagenet_1000_no_top.h5", "b0f23d2e1cd406d67335fb92d85cc279"),
}

STALLED = 60  # seconds without a byte after which a download is given up


def read_imagenet(encoder: keras.Model, backbone: str, **options) -> None:
    """Fill an encoder with its published ImageNet weights, downloaded once to Keras's cache.

    `options` are those of the network of keras.applications that the encoder was built with, such
    as MobileNetV2's `alpha`: each width has a file.

    Raises
    ------
    UserError
        If the encoder has not three input channels, or the download fails.
    """
    channels = encoder.inputs[0].shape[-1]
    if channels != 3:
        raise UserError(
            f"ImageNet weights of {backbone} need 3 input channels, not {channels}: "
            "repeat the grey channel, or take encoder_weights 'none'"
        )
    application = BACKBONES[backbone].application
    with _downloading(backbone):
        if application:
            # No size given: MobileNetV2 has a file for each, and the papers' is the one of 224 px.
            about = {"include_top": False, "weights": "imagenet", "input_shape": (None, None, 3)}
            whole = getattr(keras.applications, application)(**about, **options)
        else:
            name, md5 = RELEASED[backbone]
            cached = {"cache_subdir": "models", "file_hash": md5, "hash_algorithm": "md5"}
            path = keras.utils.get_file(name, f"{RELEASE}/{name}", **cached)
    if application:
        encoder.set_weights(whole.get_weights()[: len(encoder.weights)])
    else:
        read(encoder, path)


def read(encoder: keras.Model, path: str | Path) -> None:
    """Fill an encoder from an HDF5 file of either layout, whole or not at all.

    Raises
    ------
    UserError
        If the file is missing, damaged, or of another network.
    """
    if not Path(path).is_file():
        raise UserError(f"there is no weights file {path}: name an .h5 file, or imagenet, or none")
    try:
        with h5py.File(path) as file:
            arrays = _older_arrays(file)
            if arrays is None:
                _read_newer(encoder, path, file)
            else:
                assign(encoder, arrays)
    except (OSError, ValueError, KeyError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"{path} does not fit the encoder of {encoder.name} ({reason}): "
            "name a file of this backbone's weights"
        ) from error


@contextmanager
def _downloading(backbone: str) -> Iterator[None]:
    """Turn a failed or stalled download into one sentence."""
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(STALLED)
    try:
        yield
    except Exception as error:
        # Keras raises a bare Exception for an address that cannot be reached, and a ValueError
        # for a file whose hash is wrong.
        if type(error) is not Exception and not isinstance(error, OSError | ValueError):
            raise
        raise UserError(
            f"the ImageNet weights of {backbone} could not be downloaded ({error}): name a local "
            "file as encoder_weights, or pre-train on phantoms, or take 'none'"
        ) from error
    finally:
        socket.setdefaulttimeout(timeout)


def _older_arrays(file: h5py.File) -> list[np.ndarray] | None:
    """Return all arrays in the order of the layers of the older layout, None in the newer one."""
    root = file.get("model_weights", file)
    if not any(key.startswith("layer_names") for key in root.attrs):
        return None
    return [
        np.asarray(root[layer][weight])
        for layer in _names(root, "layer_names")
        for weight in _names(root[layer], "weight_names")
    ]


def _names(group: h5py.Group, key: str) -> list[str]:
    """Return a list of names, which Keras splits over key0, key1, ... where it is long."""
    keys = [key] if key in group.attrs else []
    while f"{key}{len(keys)}" in group.attrs:
        keys.append(f"{key}{len(keys)}")
    names = [name for part in keys for name in group.attrs[part]]
    return [name.decode() if isinstance(name, bytes) else name for name in names]


def assign(encoder: keras.Model, arrays: list[np.ndarray]) -> None:
    """Give arrays to the layers by position, after all shapes were found to fit."""
    rest = iter(arrays)
    values = [_take(layer, rest) for layer in encoder.layers]
    for layer, layer_values in zip(encoder.layers, values, strict=True):
        layer.set_weights(layer_values)


def _take(layer: keras.layers.Layer, rest: Iterator[np.ndarray]) -> list[np.ndarray]:
    """Take a layer's arrays from the front; image-classifiers keeps each group's kernel apart."""
    shapes = [tuple(weight.shape) for weight in layer.weights]
    values = list(islice(rest, len(shapes)))
    if isinstance(layer, GroupedConv2D) and values and values[0].shape != shapes[0]:
        values = [np.concatenate([*values, *islice(rest, layer.groups - 1)], axis=-1)]
    given = [value.shape for value in values]
    if given != shapes:
        raise ValueError(f"layer {layer.name} needs shapes {shapes}, the file has {given}")
    return values


def _read_newer(encoder: keras.Model, path: str | Path, file: h5py.File) -> None:
    """Let Keras read its own layout, and put back what was there if that fails."""
    found = []
    file["layers"].visititems(
        lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None
    )
    if len(found) < len(encoder.weights):
        raise ValueError(f"it has {len(found)} arrays, not {len(encoder.weights)}")
    before = encoder.get_weights()
    try:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            # Keras warns of lists of layers that differ in length where the file goes on.
            warnings.filterwarnings("ignore", "Skipping nested container")
            # Keras reads this layout only from files with this ending.
            copy = shutil.copyfile(path, Path(folder) / "encoder.weights.h5")
            encoder.load_weights(copy)
    except (OSError, ValueError, KeyError):
        encoder.set_weights(before)
        raise
