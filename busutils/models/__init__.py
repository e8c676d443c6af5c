"""Networks by name: most outline a lesion, some tell of a whole image.

`describe` lists them and `check` judges a call without importing a deep-learning framework;
`build` imports Keras and makes the network, `outline` makes one to count on, without values.
"""

import operator
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from busutils import frameworks
from busutils.errors import UserError, choose
from busutils.models.backbones import BACKBONES

if TYPE_CHECKING:
    import keras

READINGS = {"extra_pooling": 1, "as_many_gates": 0, "bridge_counted": -1}
"""How paper 2 may count: poolings (and gates, and decoder blocks) minus encoder blocks."""
HEADS = ("flatten", "average", "bottleneck")
"""What the classifier of paper 3's network reads."""


@dataclass(frozen=True)
class Option:
    """An option of a network: its default (which sets the type), its help, its choices."""

    default: str | int | float
    help: str
    choices: tuple = ()


@dataclass(frozen=True)
class Network:
    """A network of the registry; its `build(size, channels, **options)` stands in `module`."""

    description: str
    module: str
    multiple: Callable[[dict], int]  # sizes must be a multiple of this
    options: dict[str, Option]


NETWORKS = {
    "unet": Network(
        "U-Net whose contracting path is an ImageNet classifier (as in segmentation-models)",
        "busutils.models.unet",
        lambda options: 32,
        {
            "backbone": Option("vgg16", "the classifier in front", tuple(BACKBONES)),
            "encoder_weights": Option("none", "none, imagenet, or the path of an .h5 file"),
        },
    ),
    "plain_unet": Network(
        "U-Net of Ronneberger et al. with batch norm and padded convolutions, from scratch",
        "busutils.models.plain_unet",
        lambda options: 2 ** (options["depth"] - 1),
        {
            "filters": Option(16, "filters of the first level, doubled at each next one"),
            "depth": Option(5, "levels", tuple(range(2, 8))),
        },
    ),
    "attention_unet": Network(
        "U-Net with additive attention gates on its skips (Oktay et al.), as in paper 2",
        "busutils.models.attention_unet",
        lambda options: 2 ** (options["depth"] + READINGS[options["reading"]]),
        {
            "filters": Option(64, "filters of the first block, doubled at each next one"),
            "depth": Option(4, "encoder blocks: 3 is Attention3, 4 is Attention4", (2, 3, 4, 5)),
            "dropout": Option(0.1, "share of values dropped at the end of each block"),
            "reading": Option("extra_pooling", "how paper 2 counts its blocks", tuple(READINGS)),
        },
    ),
    "multitask_unet": Network(
        "U-Net that outlines a lesion and calls it benign or malignant, as in paper 3",
        "busutils.models.multitask_unet",
        lambda options: 2 ** options["depth"],
        {
            "filters": Option(16, "filters of the first block, doubled at each next one"),
            "depth": Option(4, "encoder blocks", (2, 3, 4, 5)),
            "dropout": Option(0.1, "share of values dropped in each convolution block"),
            "head": Option("flatten", "what malignancy is told from", HEADS),
        },
    ),
    "fgfeu_net": Network(
        "U-Net on the first ten convolutions of VGG16, with dropout, as in paper 4",
        "busutils.models.fgfeu_net",
        lambda options: 16,
        {
            "encoder_dropout": Option(0.07, "share dropped between the encoder's convolutions"),
            "decoder_dropout": Option(0.1, "share dropped after the decoder's convolutions"),
            "upsampling": Option("deconvolution", "the way up", ("deconvolution", "upsampling")),
            "final_filters": Option(3, "filters of the last 3x3 convolution"),
            "encoder_weights": Option("none", "none, imagenet, or the path of an .h5 file"),
        },
    ),
    "segnet": Network(
        "SegNet (Badrinarayanan et al.): VGG16 down and mirrored up, unpooling by place",
        "busutils.models.segnet",
        lambda options: 32,
        {"filters": Option(64, "filters of the first stage")},
    ),
    "fcn": Network(
        "FCN-8s (Long et al.) on VGG16",
        "busutils.models.fcn",
        lambda options: 32,
        {
            "dense_filters": Option(4096, "filters of the two layers that were dense"),
            "dropout": Option(0.5, "share dropped after each of them"),
            "encoder_weights": Option("none", "none, imagenet, or the path of an .h5 file"),
        },
    ),
    "mu_net": Network(
        "U-Net on the expansion layers of MobileNetV2, as in paper 5",
        "busutils.models.mu_net",
        lambda options: 32,
        {
            "alpha": Option(1.4, "width of MobileNetV2", (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)),
            "encoder_weights": Option("none", "none, imagenet, or the path of an .h5 file"),
        },
    ),
    "classifier": Network(
        "an ImageNet classifier that answers yes or no, as paper 4 compares with",
        "busutils.models.classifier",
        lambda options: 32,
        {
            "backbone": Option("vgg16", "the classifier", tuple(BACKBONES)),
            "head": Option("plain", "what follows it", ("plain", "enhanced")),
            "encoder_weights": Option("none", "none, imagenet, or the path of an .h5 file"),
        },
    ),
    "cnn": Network(
        "a small classifier of images, as paper 4 compares with",
        "busutils.models.cnn",
        lambda options: 16,
        {"filters": Option(16, "filters of the first convolution, doubled at each next one")},
    ),
    "lstm": Network(
        "LSTM that reads the rows of an image and answers yes or no",
        "busutils.models.lstm",
        lambda options: 1,
        {
            "units": Option(64, "units in each direction"),
            "directions": Option(1, "1 reads downwards, 2 both ways (Bi-LSTM)", (1, 2)),
        },
    ),
}


def describe() -> dict[str, str]:
    """Return the name and one line of description of each network."""
    return {name: network.description for name, network in NETWORKS.items()}


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
    network = NETWORKS[choose(name, NETWORKS, "model")]
    for option in options:
        choose(option, network.options, f"option of {name}")
    values = {
        key: _value(key, option, options.get(key, option.default))
        for key, option in network.options.items()
    }
    _check_size(name, size, network.multiple(values))
    if _whole(channels, "channels") < 1:
        raise UserError(f"channels is {channels}: an image has at least one")
    return values


def build(name: str, size: int, channels: int = 3, **options) -> "keras.Model":
    """Build a network.

    Parameters
    ----------
    name
        A name of `describe()`.
    size
        Height and width of the input in pixels; it has to be halved as often as the network
        pools (32 for `unet`).
    channels
        Channels of the input; 3 for pre-trained weights.
    **options
        The network's own, see `NETWORKS[name].options`.

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
    with frameworks.loading():
        module = import_module(NETWORKS[name].module)
    return module.build(int(size), int(channels), **values)


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


def _value(key: str, option: Option, value) -> str | int | float:
    """Return `value` as the type of the option's default, if it is a valid choice."""
    if isinstance(option.default, float):
        if not isinstance(value, int | float) or not (option.choices or 0 <= value < 1):
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
    if option.choices and value not in option.choices:
        choose(str(value), map(str, option.choices), key)
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
