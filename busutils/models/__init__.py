"""Networks by name: most outline a lesion, some tell of a whole image.

`networks` lists them and `check` judges a call without importing a deep-learning framework;
`build` imports Keras and makes the network, `outline` makes one to count on, without values.
"""

import inspect
import operator
import os
from importlib import import_module
from typing import TYPE_CHECKING

from busutils import frameworks, own_code
from busutils.errors import UserError, choose
from busutils.models.registry import Network, networks, register

if TYPE_CHECKING:
    import keras

IMAGENET = "_imagenet_notop.weights.h5"
"""How the name of a file with the ImageNet weights of a backbone ends."""


def check(name: str, size: int, channels: int = 3, **options) -> dict[str, str | int]:
    """Judge a call of `build` without a framework.

    Returns
    -------
    dict
        All options of the network, with the defaults filled in.

    Raises
    ------
    UserError
        If the network, an option or its value is unknown, or the size cannot be taken.
    """
    network = networks()[choose(name, networks(), "model")]
    for option in options:
        choose(option, network.options, f"option of {name}")
    values = {
        key: _value(option, network.choices(key), options.get(key, option.default))
        for key, option in network.options.items()
    }
    multiple = network.multiple
    _check_size(name, size, multiple(**values) if callable(multiple) else multiple)
    if _whole(channels, "channels") < 1:
        raise UserError(f"channels is {channels}: an image has at least one")
    return values


def build(name: str, size: int, channels: int = 3, **options) -> "keras.Model":
    """Build a network.

    Parameters
    ----------
    name
        A name of `networks()`.
    size
        Height and width of the input in pixels; it has to be halved as often as the network
        pools (32 for `unet`).
    channels
        Channels of the input; 3 for pre-trained weights.
    **options
        The network's own, see `networks()[name].options`.

    Returns
    -------
    keras.Model
        From (None, size, size, channels) to probabilities (None, size, size, 1), float32 in
        [0, 1] whatever the precision policy, with all layers trainable; `multitask_unet` to a
        dict of these (`mask`) and the probability of malignancy (None, 1) (`malignant`);
        `classifier`, `cnn` and `lstm` to one probability an image, (None, 1, 1, 1).

    Raises
    ------
    UserError
        As `check` does, and if encoder weights cannot be had or do not fit.
    """
    values = check(name, size, channels, **options)
    known = networks()[name].build
    if not own_code.is_own(known):
        with frameworks.loading():
            known = import_module(known.__module__).build
    return known(int(size), int(channels), **values)


def outline(name: str, size: int, channels: int = 3, **options) -> "keras.Model":
    """Build a network without values, in a fraction of the time: to count on, not to run.

    Keras forgets what was built before, so that the names of layers are those of a first network.
    Arguments and errors are those of `build`.

    Returns
    -------
    keras.Model
        With all layers and shapes, but no weight has a value.
    """
    with frameworks.loading():
        import keras

    keras.backend.clear_session(free_memory=False)
    with keras.StatelessScope(initialize_variables=False):
        model = build(name, size, channels, **options)
    # else the next scope that Keras opens gives values to what was built in this one
    keras.backend.clear_session(free_memory=False)
    return model


def backbone(model: str, options: dict) -> str:
    """Return the backbone that a network has in front, whose weights of ImageNet it can take.

    Raises
    ------
    UserError
        If it has none.
    """
    name = options.get("backbone") or networks()[choose(model, networks(), "model")].encoder
    if not name:
        raise UserError(
            f"{model} has no encoder with weights of ImageNet: take preprocessing 'paper'"
        )
    return name


def weights_file(backbone: str, width: float = 1.0) -> str:
    """Return the name of a backbone's ImageNet weights in a folder; MobileNetV2 has one a width."""
    network = f"mobilenet_v2_{float(width)}" if backbone == "mobilenetv2" else backbone
    return network + IMAGENET


def _value(option: inspect.Parameter, choices: tuple, value) -> str | int | float:
    """Return `value` as the type of the option's default, if it is a valid choice."""
    key = option.name
    if isinstance(option.default, float):
        if not isinstance(value, int | float) or not (choices or 0 <= value < 1):
            raise UserError(f"{key} is {value!r}: it has to be a share in [0, 1), such as 0.1")
        value = float(value)
    elif isinstance(option.default, int):
        value = _whole(value, key)
        if value < 1:
            raise UserError(f"{key} is {value}: it has to be at least 1")
    elif isinstance(value, str | os.PathLike):
        value = os.fspath(value)
    else:
        raise UserError(f"{key} is {value!r}: it has to be a text, for example {option.default!r}")
    if choices and value not in choices:
        choose(str(value), map(str, choices), key)
    return value


def _whole(value, what: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise UserError(f"{what} is {value!r}: it has to be a whole number") from None


def _check_size(name: str, size: int, multiple: int) -> None:
    below = _whole(size, "size") // multiple * multiple
    if size == below > 0:
        return
    nearest = [str(near) for near in (below, below + multiple) if near > 0]
    raise UserError(
        f"{name} cannot take images of {size} px: its sizes are multiples of {multiple}, "
        f"the nearest {' and '.join(nearest)}"
    )
