"""What is wrong with an answer, in a sentence; nothing here tells the answer.

Look at this file after you have tried: it says which mistakes are common.
"""

import numpy as np

from busutils.errors import UserError


class NotYet(UserError):
    """An answer that is missing or wrong."""


def number(name, given, right, mistakes, tolerance=0.002):
    """Accept a number, or say by which mistake it may have come about.

    Parameters
    ----------
    name : of the answer
    given, right : numbers
    mistakes : a sentence -> the number that this mistake gives
    """
    if given is ... or given is None:
        raise NotYet(f"`{name}` has no value yet: write it where the dots stand, and run that cell")
    if np.ndim(given):
        what = f"{type(given).__name__} of shape {np.shape(given)}"
        raise NotYet(f"`{name}` is a {what}, and has to be one number")
    if not isinstance(given, int | float | np.number):
        raise NotYet(f"`{name}` is {given!r}, and has to be a number")
    if not np.isfinite(given):
        raise NotYet(f"`{name}` is {given}: a division by zero, or a mean over images without one?")
    if abs(given - right) <= tolerance:
        print(f"Right: {name} is {given:.4g}.")
        return
    for sentence, wrong in mistakes.items():
        if abs(given - wrong) <= tolerance:
            raise NotYet(f"`{name}` is {given:.4g}: {sentence}")
    hint = "too large" if given > right else "too small"
    raise NotYet(f"`{name}` is {given:.4g}, which is {hint}: read the sentence above it again")


def choice(name, given, right, why):
    """Accept one of several words, or say why a wrong one is wrong (word -> sentence)."""
    if given == right:
        print(f"Right: {given}.")
        return
    if given is ... or given not in why:
        raise NotYet(f"`{name}` has to be one of {', '.join(map(repr, sorted({right, *why})))}")
    raise NotYet(f"{given!r} is not it: {why[given]}")


def guessed(name, guess):
    """Ask for a guess, of which nobody is told that it is wrong."""
    if isinstance(guess, bool) or not isinstance(guess, int | float | np.number):
        raise NotYet(f"`{name}` has to be a number: write down what you expect, right or wrong")


def dice(function):
    """Try a function dice(truth, answer) on masks that a pencil can follow."""
    empty = np.zeros((3, 3), bool)
    truth, half = empty.copy(), empty.copy()
    truth[0, :2] = half[0, 0] = True
    number(
        "dice(truth, answer), where one of two lesion pixels is found and none is false",
        called("dice", function, truth, half),
        2 / 3,
        {
            "that is the IoU. Dice is twice the overlap, divided by the sum of both areas": 1 / 2,
            "the overlap counts twice in the numerator": 1 / 3,
            "that is the share of pixels told right, which counts the background too": 8 / 9,
            "that is the share of the answer that is lesion: the sum below has both areas": 1,
            "add nothing above and below: two empty masks can be asked for by `if`": 3 / 4,
        },
    )
    swapped = called("dice", function, half, truth)
    number("dice(truth, answer), with truth and answer exchanged", swapped, 2 / 3, {})
    with np.errstate(all="ignore"):
        nothing = called("dice", function, empty, empty)
        false = called("dice", function, empty, half)
    if not np.ndim(nothing) and not np.isfinite(nothing):
        raise NotYet("`dice` of two empty masks divides 0 by 0: let it be 1 there")
    number(
        "dice(truth, answer), where both are empty",
        nothing,
        1,
        {"two empty masks agree in every pixel, so take 1": 0},
    )
    number(
        "dice(truth, answer), where nothing is lesion and one pixel is called so",
        false,
        0,
        {"it is 1 only where both are empty": 1},
    )


def network(model, size, right):
    """See whether a U-Net has the layers of the drawing; `right` counts its parameters."""
    if model is ...:
        raise NotYet("`unet` returns nothing yet: write the lines of the way up")
    if tuple(model.output_shape[1:]) != (size, size, 1):
        raise NotYet(
            f"the output has the shape {model.output_shape[1:]}, the mask {(size, size, 1)}: each "
            "of the three steps up has to double width and height"
        )
    kinds = {kind: [] for kind in ("Concatenate", "MaxPooling2D")}
    for layer in model.layers:
        kinds.get(type(layer).__name__, []).append(layer.input)
    skips = {id(skip) for skip in kinds["MaxPooling2D"]}
    used = skips & {id(part) for parts in kinds["Concatenate"] for part in parts}
    if len(used) < 3:
        raise NotYet(
            f"{len(used)} of 3 skips are laid beside what comes from below and used: without them "
            "the network knows what is in the image, but not where exactly"
        )
    if model.count_params() != right:
        raise NotYet(
            f"the network has {model.count_params():,} parameters, and should have {right:,}: has "
            "each step up as many filters as its skip has channels, and a block at its end?"
        )
    print(f"Right: a U with three skips and {right:,} parameters.")


def one_side(parts, frames, n_test):
    """See whether a split (train, test) keeps all images of a frame on one side."""
    if not isinstance(parts, tuple | list) or len(parts) != 2:
        raise NotYet("the split has to return two arrays: images that train, images that test")
    train, test = (np.flatnonzero(p) if p.dtype == bool else p for p in map(np.asarray, parts))
    for name, part in {"train": train, "test": test}.items():
        if part.dtype.kind not in "iu" or part.ndim != 1:
            raise NotYet(f"the images that {name} have to be an array of their numbers")
        if len(set(part)) < len(part):
            raise NotYet(f"a number stands twice among those that {name}: are they frames?")
    if both := sorted(set(train) & set(test)):
        raise NotYet(f"image {both[0]} trains and tests")
    if len(test) < n_test:
        raise NotYet(f"{len(test)} images test: it has to be {n_test} or more")
    if left := len(frames) - len(train) - len(test):
        told = "give the numbers of all images, not of frames"
        raise NotYet(f"{left} of {len(frames)} images are in neither part: {told}")
    if len(test) > len(train):
        raise NotYet("more images test than train: return those that train first")
    if shared := sorted(set(frames[train]) & set(frames[test])):
        raise NotYet(
            f"frame {shared[0]} is on both sides: draw frames, and take all images of each"
        )


def interval(given, differences):
    """See whether (low, high) is the 95 % t-interval of the mean of some differences."""
    from scipy import stats

    if given is ... or np.shape(given) != (2,):
        raise NotYet("`interval` has to be two numbers: the low end and the high one")
    low, high = map(float, given)
    if low > high:
        raise NotYet("its low end is above its high one: exchange them")
    mean, n = np.mean(differences), len(differences)
    centre, half = (low + high) / 2, (high - low) / 2
    if abs(centre - mean) > 1e-3:
        raise NotYet(f"its middle is {centre:.3f}, the mean difference {mean:.3f}: put it there")
    sd, t = np.std(differences, ddof=1), stats.t.ppf(0.975, n - 1)
    number(
        "half the width of the interval",
        half,
        t * sd / np.sqrt(n),
        {
            f"1.96 holds for many differences; with {n} take the t distribution": 1.96
            * sd
            / np.sqrt(n),
            "that is the spread of single differences: the mean of n varies less, by √n": t * sd,
            f"the standard deviation divides by n − 1, here {n - 1}: set ddof=1": t
            * np.std(differences)
            / np.sqrt(n),
            "that is one standard error: an interval of 95 % is wider": sd / np.sqrt(n),
            "take the 97.5 % point of t, which leaves 2.5 % on either side": stats.t.ppf(
                0.95, n - 1
            )
            * sd
            / np.sqrt(n),
        },
        tolerance=1e-4,
    )


def called(name, function, *arguments):
    if function is ...:
        raise NotYet(f"`{name}` is not written yet")
    try:
        value = function(*arguments)
    except (TypeError, ValueError, NameError, AttributeError) as error:
        raise NotYet(f"`{name}` stops with {type(error).__name__}: {error}") from error
    if value is None or value is ...:
        raise NotYet(f"`{name}` returns nothing: end it with `return`, and what it computed")
    return value
