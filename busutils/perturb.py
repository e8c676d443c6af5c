"""Noise and other disturbances at stated levels, for curves of a score against the level.

Every function takes images and gives them back at the same shape and type; the level is in units
that a reader can picture. What is random is drawn from (seed, case), so that all networks see the
same disturbed images.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from PIL import Image
from scipy import ndimage
from skimage.util import random_noise

from busutils import metrics, statistics
from busutils.errors import UserError, choose
from busutils.statistics import Difference


@dataclass(frozen=True)
class Perturbation:
    """A disturbance: what its level means, levels worth drawing, and how it is done to one image.

    `apply` takes an image (float, 0 to 1, height x width x channels), the level and a random
    generator.
    """

    unit: str
    levels: tuple[float, ...]
    apply: Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


def perturb(images: np.ndarray, kind: str, level: float, seed: int = 0) -> np.ndarray:
    """Disturb images.

    Parameters
    ----------
    images : uint8 array of shape (n, height, width, channels)
    kind : a key of `PERTURBATIONS`
    level : in the unit of the kind; the first of its levels leaves the images as they are
    seed : of what is random

    Returns
    -------
    uint8 array of that shape.

    Raises
    ------
    UserError
        If the kind is unknown or the level outside its range.
    """
    chosen = PERTURBATIONS[choose(kind, PERTURBATIONS, "perturbation")]
    low, high = min(chosen.levels), max(chosen.levels)
    if not low <= level <= high:
        raise UserError(f"{kind} of {level:g} {chosen.unit}: take a level from {low:g} to {high:g}")
    if level == chosen.levels[0]:
        return images
    done = (
        chosen.apply(image / 255, level, np.random.default_rng([seed, i]))
        for i, image in enumerate(images)
    )
    return np.stack([np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8) for image in done])


def _blurred(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    sigma = level / 100 * image.shape[0]
    return ndimage.gaussian_filter(image, (sigma, sigma, 0), mode="nearest")


def _jpeg(image: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    grey = image.shape[-1] == 1
    file = io.BytesIO()
    picture = np.rint(255 * image).astype(np.uint8)
    Image.fromarray(picture[..., 0] if grey else picture).save(file, "JPEG", quality=int(level))
    return np.asarray(Image.open(file), float).reshape(image.shape) / 255


PERTURBATIONS = {
    "gaussian": Perturbation(
        "standard deviation, share of the grey scale",
        (0, 0.05, 0.1, 0.2, 0.3),
        lambda image, level, rng: random_noise(image, "gaussian", rng=rng, var=level**2),
    ),
    "speckle": Perturbation(
        "standard deviation of the factor",
        (0, 0.1, 0.2, 0.4, 0.6),
        lambda image, level, rng: random_noise(image, "speckle", rng=rng, var=level**2),
    ),
    "salt and pepper": Perturbation(
        "share of pixels",
        (0, 0.01, 0.03, 0.1, 0.2),
        lambda image, level, rng: random_noise(image, "s&p", rng=rng, amount=level),
    ),
    "blur": Perturbation("per cent of the height, sigma", (0, 0.5, 1, 2, 4), _blurred),
    "contrast": Perturbation(
        "factor",
        (1, 0.8, 0.6, 0.4, 0.2),
        lambda image, level, rng: image.mean() + level * (image - image.mean()),
    ),
    "jpeg": Perturbation("quality", (100, 50, 20, 10, 5), _jpeg),
}


def scores(
    predict: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    truths: np.ndarray,
    groups: pd.Series,
    kinds: Sequence[str],
) -> pd.DataFrame:
    """Dice of what a network finds in images at every level of some disturbances.

    Parameters
    ----------
    predict : from images to probabilities of shape (n, height, width), which are cut at one half
    images : uint8 array of shape (n, height, width, channels)
    truths : bool array of shape (n, height, width)
    groups : group of each of the n cases; the index names the cases
    kinds : keys of `PERTURBATIONS`

    Returns
    -------
    DataFrame with columns kind, level, case, group, score; n rows a level.
    """
    tables = []
    for kind in kinds:
        for level in PERTURBATIONS[kind].levels:
            counts = metrics.counts(truths, predict(perturb(images, kind, level)) >= 0.5)
            about = {"kind": kind, "level": level, "case": groups.index, "group": groups.to_numpy()}
            tables.append(pd.DataFrame(about | {"score": metrics.SCORES["dice"](counts)}))
    return pd.concat(tables, ignore_index=True)


def curves(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean score by network, kind and level with its interval.

    Parameters
    ----------
    scores : of :func:`scores`, with a column network

    Returns
    -------
    DataFrame with columns network, kind, level, score, low, high, cases, in the order of `scores`.
    """
    rows = []
    for key, level in scores.groupby(["network", "kind", "level"], sort=False):
        mean = statistics.case_mean(level)
        rows.append((*key, mean.estimate, mean.low, mean.high, mean.n_cases))
    names = ["network", "kind", "level", "score", "low", "high", "cases"]
    return pd.DataFrame(rows, columns=names)


def difference(scores: pd.DataFrame, kind: str) -> Difference:
    """Mean score of one network at a kind's middle level minus that without it, case by case."""
    without = PERTURBATIONS[kind].levels[0]
    of = scores[scores["kind"] == kind].assign(repeat="")
    sides = (of[of["level"] == level] for level in (middle(kind), without))
    return statistics.paired_difference(*sides)


def middle(kind: str) -> float:
    """Middle one of the levels of a kind."""
    levels = PERTURBATIONS[kind].levels
    return levels[len(levels) // 2]
