"""Paper 2: what a trained network looks at, on validation images chosen by rank."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from busutils import jobs, metrics
from busutils.data.dataset import Dataset
from busutils.figures import by_rank
from busutils.studies.common import Entry


@dataclass(frozen=True)
class Explained:
    """Some images with what one network makes of them.

    Attributes
    ----------
    names : of the n cases, by rank of Dice
    images : uint8 (n, size, size); truths : bool (n, size, size)
    probabilities, heat : float32 (n, size, size) in [0, 1], Grad-CAM of the last convolution
    gates : the finest gate's coefficients, float32 (n, h, w) in [0, 1]
    sanity : correlation of Grad-CAM with that of randomised networks (`explain.sanity`)
    """

    names: list[str]
    images: np.ndarray
    truths: np.ndarray
    probabilities: np.ndarray
    heat: np.ndarray
    gates: np.ndarray
    sanity: pd.DataFrame


def explained(entry: Entry, data: Dataset, ranks: Sequence[float] = (0.25, 0.5, 0.9)) -> Explained:
    """Explain a finished training whose weights are kept, on validation images with a lesion."""
    from busutils import explain, fitting
    from busutils.batches import prepare

    model = fitting.load(entry.job)
    rows = chosen(entry, data, ranks)
    images = prepare(data.images[rows], entry.job)
    gates = explain.attention(model, images)
    return Explained(
        list(data.cases["case"].iloc[rows]),
        data.images[rows][..., 0],
        data.masks[rows],
        np.asarray(model.predict(images, verbose=0))[..., 0],
        explain.grad_cam(model, images),
        list(gates.values())[-1],
        explain.sanity(model, images),
    )


def chosen(entry: Entry, data: Dataset, ranks: Sequence[float]) -> np.ndarray:
    """Rows of the validation images with a lesion at these ranks of Dice (0 lowest, 1 highest)."""
    long = jobs.cases([entry.job]).query("split == 'val'")
    half = long[np.isclose(long["threshold"], 0.5) & (long["tp"] + long["fn"] > 0)]
    dice = metrics.scores(half)["dice"].to_numpy()
    names = half["case"].iloc[by_rank(dice, ranks)]
    place = pd.Series(np.arange(len(data)), index=data.cases["case"])
    return place[names].to_numpy()


@dataclass(frozen=True)
class Film:
    """One validation image and what the network made of it after each epoch.

    `frames` is uint8 (epochs, 2, size, size): prediction and Grad-CAM, k / 255.
    """

    case: str
    image: np.ndarray
    truth: np.ndarray
    frames: np.ndarray


def film(entry: Entry, data: Dataset) -> Film:
    """Read the film that a training left (``keep={"film"}``)."""
    with np.load(jobs.folder(entry.job) / jobs.KEEP["film"]) as stored:
        case, frames = str(stored["case"]), stored["frames"]
    row = int(np.flatnonzero(data.cases["case"] == case)[0])
    return Film(case, data.images[row][..., 0], data.masks[row], frames)
