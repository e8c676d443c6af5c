"""Networks by name: most outline a lesion, some tell of a whole image.

`networks` lists them and `check` judges a call without importing a deep-learning framework;
`build` imports Keras and makes the network, `outline` makes one to count on, without values.
"""

import inspect
import os
from importlib import import_module
from typing import TYPE_CHECKING, Literal, get_origin

from busutils import frameworks, own_code, values
from busutils.errors import UserError, choose
from busutils.models.registry import Network, networks, register

if TYPE_CHECKING:
    import keras

KINDS = {int: values.Whole[1, 2**31], float: values.Fraction}
"""What an option may be by the type of its default, where it has no choices; else it is text."""


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
    found = {
        key: _checked(option, options.get(key, option.default))
        for key, option in network.options.items()
    }
    values.checked("channels", KINDS[int], channels)
    multiple = network.multiple(**found) if callable(network.multiple) else network.multiple
    below = values.checked("size", int, size) // multiple * multiple
    if not size == below > 0:
        nearest = [str(near) for near in (below, below + multiple) if near > 0]
        raise UserError(
            f"{name} cannot take images of {size} px: its sizes are multiples of {multiple}, "
            f"the nearest {' and '.join(nearest)}"
        )
    return found


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
    found = check(name, size, channels, **options)
    known = networks()[name].build
    if not own_code.is_own(known):
        with frameworks.loading():
            known = import_module(known.__module__).build
    return known(int(size), int(channels), **found)


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


def _checked(option: inspect.Parameter, value) -> str | int | float:
    """Return `value` as the type of the option's default, if it is a valid choice."""
    kind = option.annotation if get_origin(option.annotation) is Literal else None
    kind = kind or KINDS.get(type(option.default), str)
    value = os.fspath(value) if isinstance(value, os.PathLike) else value
    return values.checked(option.name, kind, value, f"give one such as {option.default!r}")
