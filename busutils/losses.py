"""Losses for binary segmentation, on probabilities, for any Keras backend.

Each loss takes truth and prediction of shape (batch, height, width, 1), values in [0, 1], and
gives one number. Region losses count softly over the whole batch (``reduction="batch"``) or over
each image and take the mean (``reduction="image"``).

References
----------
Milletari et al. 2016 (Dice); Salehi et al. 2017 (Tversky); Abraham, Khan: A novel focal Tversky
loss function. ISBI 2019, 683-687; Taghanaki et al. 2019 (Combo).
"""

from collections.abc import Callable
from functools import partial

import keras
from keras import ops

from busutils import own_code
from busutils.errors import UserError, choose


class Tversky(keras.losses.Loss):
    """1 - TI to the power `exponent`, with TI = (TP + s) / (TP + a FN + b FP + s).

    With ``false_negatives=0.5, false_positives=0.5, exponent=1`` it is the Dice loss. With 0.7,
    0.3, 0.75 it is the focal Tversky loss of paper 1: the paper prints no constants; these are
    inferred from the losses, Dice and sensitivities of its Table 2 (rms 0.0011 over ten rows).

    Parameters
    ----------
    false_negatives, false_positives : weights a and b, at least 0
    exponent : 1 / gamma of Abraham and Khan (their gamma of 4/3 is 0.75 here)
    smooth : s, pixels
    reduction : where soft counts are added: "batch" or "image"
    label_smoothing : e in [0, 1): the truth becomes (1 - e) truth + e, as paper 5 prints it, which
        lifts zeros to e and leaves ones
    symmetric : True takes (1 - e) truth + e / 2, the usual form for two classes
    """

    def __init__(
        self,
        false_negatives: float = 0.5,
        false_positives: float = 0.5,
        exponent: float = 1.0,
        smooth: float = 1.0,
        reduction: str = "batch",
        label_smoothing: float = 0.0,
        symmetric: bool = False,
    ):
        super().__init__(reduction="mean")
        if not 0 <= label_smoothing < 1:
            raise UserError(f"label_smoothing is {label_smoothing:g}: it has to be in [0, 1)")
        self.label_smoothing = label_smoothing
        self.lifted = label_smoothing / 2 if symmetric else label_smoothing
        self.false_negatives, self.false_positives = false_negatives, false_positives
        self.exponent, self.smooth = exponent, smooth
        axes = {"batch": (0, 1, 2, 3), "image": (1, 2, 3)}
        self.axes = axes[choose(reduction, axes, "reduction")]

    def call(self, y_true, y_pred):
        """Return the loss of the batch (a scalar) or of each image (shape (batch,))."""
        y_pred = ops.cast(y_pred, "float32")
        y_true = ops.cast(y_true, "float32") * (1 - self.label_smoothing) + self.lifted
        tp = ops.sum(y_true * y_pred, self.axes)
        fn = ops.sum(y_true * (1 - y_pred), self.axes)
        fp = ops.sum((1 - y_true) * y_pred, self.axes)
        missed = self.false_negatives * fn + self.false_positives * fp
        # the root of 0 has no gradient: a perfect batch must not give NaN
        return ops.power(ops.maximum(missed / (tp + missed + self.smooth), 1e-7), self.exponent)


class Combo(keras.losses.Loss):
    """Dice loss + binary cross-entropy, each a mean over the batch."""

    def __init__(self, smooth: float = 1.0):
        super().__init__(reduction="mean")
        self.dice, self.bce = Tversky(smooth=smooth), keras.losses.BinaryCrossentropy()

    def call(self, y_true, y_pred):
        """Return the loss of the batch, a scalar."""
        return self.dice(y_true, y_pred) + self.bce(y_true, y_pred)


LOSSES: dict[str, Callable[..., keras.losses.Loss]] = {
    "bce": keras.losses.BinaryCrossentropy,
    "dice": Tversky,
    "tversky": Tversky,
    "focal_tversky": partial(Tversky, false_negatives=0.7, false_positives=0.3, exponent=0.75),
    "combo": Combo,
    # 1 - (I + 1) / (U + 1), the loss that paper 3 defines
    "iou": partial(Tversky, false_negatives=1.0, false_positives=1.0),
}
"""What makes each loss of its options."""
PACKAGE = frozenset(LOSSES)


def register(name: str) -> Callable[[Callable], Callable]:
    """Make a function known as the loss `name`, as in a cell of a notebook: a decorator.

    The function takes truth and prediction, and options by keyword; it gives one number, or one an
    image; a class is one of Keras. The jobs of such a loss are known by the hash of its source.

    Raises
    ------
    UserError
        If the package has a loss of that name.

    Examples
    --------
    >>> @register("mine")  # doctest: +SKIP
    ... def mine(y_true, y_pred, power=2):
    ...     return ops.mean(ops.abs(y_true - y_pred) ** power)
    """

    def known(function: Callable) -> Callable:
        if name in PACKAGE:
            raise UserError(f"{name} is a loss of busutils: give yours another name")
        own_code.note("loss", name, function)
        LOSSES[name] = function if isinstance(function, type) else partial(Own, function)
        return function

    return known


class Own(keras.losses.Loss):
    """A function of truth and prediction as a loss, its options set."""

    def __init__(self, function: Callable, **options):
        super().__init__(reduction="mean")
        self.function, self.options = function, options

    def call(self, y_true, y_pred):
        """Return what the function gives."""
        return self.function(ops.cast(y_true, "float32"), y_pred, **self.options)


def build(name: str, **options) -> keras.losses.Loss:
    """Return the loss of that name.

    Raises
    ------
    UserError
        If the name is unknown.
    """
    return LOSSES[choose(name, LOSSES, "loss")](**options)
