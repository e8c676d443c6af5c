"""Paper 2's split puzzle: which images would have to be validated on for the printed numbers?

If "IoU" is the class mean of an empty mask, as Keras's MeanIoU gives for probabilities below 1, it
is (1 - p) / 2 with p the share of lesion pixels, so each printed IoU says what p was.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from skimage.transform import resize

from busutils import compare, figures
from busutils.data import splits
from busutils.data.files import Listing, joined_mask, read_image
from busutils.studies.common import REPORTED

MASKS = {
    "nearest": "each pixel is the nearest one of the original",
    "bilinear": "bilinear without smoothing, then cast to whole numbers: 1 only where all agree",
    "antialiased": "smoothed, then lesion from one half on",
}
"""Ways to bring a mask to the network's size."""
PARTS = {"train": "Training", "val": "Validation"}
ROUNDED = {"low": "p, from", "high": "p, to"}
"""Heads of the limits in `implied`: rounding, no interval of confidence."""


def implied() -> pd.DataFrame:
    """Share of lesion pixels that each printed IoU needs.

    Columns: row, part (train, val), IoU (text, as printed), p, low, high (from its rounding).
    """
    cells = compare.reported(REPORTED, 2, "1").cells
    rows = []
    for part, word in PARTS.items():
        for cell in cells[cells["column"] == f"{word} IoU"].itertuples():
            unit = compare.half_unit(cell.value)
            p = 1 - 2 * float(cell.value)
            limits = {"low": p - 2 * unit, "high": p + 2 * unit}
            rows.append({"row": cell.row, "part": part, "IoU": cell.value, "p": p, **limits})
    return pd.DataFrame(rows)


def lesion_shares(listing: Listing, size: int) -> pd.DataFrame:
    """Share of lesion pixels of every case at `size`, a column a way of resizing in `MASKS`.

    Columns: case, label, group (the case itself), nearest, bilinear, antialiased.
    """
    rows = []
    for case in listing.cases:
        mask = joined_mask(case, read_image(case.image).shape) if case.masks else np.zeros((2, 2))
        shares = {name: float(small.mean()) for name, small in _resized(mask, size).items()}
        rows.append({"case": case.case, "label": case.label, "group": case.case, **shares})
    return pd.DataFrame(rows)


def _resized(mask: np.ndarray, size: int) -> dict[str, np.ndarray]:
    mask, shape = np.asarray(mask, float), (size, size)
    return {
        "nearest": resize(mask, shape, order=0, anti_aliasing=False) > 0.5,
        "bilinear": resize(mask, shape, order=1, anti_aliasing=False) > 1 - 1e-6,
        "antialiased": resize(mask, shape, order=1, anti_aliasing=True) >= 0.5,
    }


@dataclass(frozen=True)
class Fifths:
    """Mean lesion share of validation and training under several splits.

    `table` has a row a split and way of resizing: split, masks, val, train; `random` the
    validation shares of random fifths, an array a way of resizing.
    """

    table: pd.DataFrame
    random: dict[str, np.ndarray]


def fifths(shares: pd.DataFrame, draws: int, seed: int = 0) -> Fifths:
    """Compare the last fifth of the files, as text and by number, with random fifths."""
    rows = []
    for numeric in (False, True):
        role = splits.in_file_order(shares, numeric=numeric)["role"].to_numpy()
        for masks in MASKS:
            mean = shares.groupby(role)[masks].mean()
            rows.append(
                {
                    "split": "last fifth, " + ("by number" if numeric else "as text"),
                    "masks": masks,
                    "val": mean["val"],
                    "train": mean["train"],
                }
            )
    rng = np.random.default_rng(seed)
    held = len(shares) - int(len(shares) * 0.8 + 1e-9)
    picked = [rng.permutation(len(shares))[:held] for _ in range(draws)]
    random = {m: np.array([shares[m].to_numpy()[p].mean() for p in picked]) for m in MASKS}
    return Fifths(pd.DataFrame(rows), random)


def last_fifth(shares: pd.DataFrame) -> str:
    """What the last fifth of the files, as text, holds: how many images of which label."""
    role = splits.in_file_order(shares)["role"].to_numpy()
    counts = shares["label"][role == "val"].value_counts()
    return ", ".join(f"{n} {label}" for label, n in counts.items())


def readable(found: Fifths) -> pd.DataFrame:
    """The table for people: p and what an empty mask scores with it.

    Columns: split, masks, p in validation and in training, then the accuracy (1 - p) and the class
    mean of IoU ((1 - p) / 2) of an empty mask in validation, and how many standard deviations of
    random fifths the validation share lies away from their mean.
    """
    rows = found.table[["split", "masks", "val", "train"]].copy()
    random = [
        {
            "split": "random fifths, mean",
            "masks": name,
            "val": values.mean(),
            "train": np.nan,
        }
        for name, values in found.random.items()
    ]
    rows = pd.concat([rows, pd.DataFrame(random)], ignore_index=True)
    spread = rows["masks"].map({name: values.std() for name, values in found.random.items()})
    centre = rows["masks"].map({name: values.mean() for name, values in found.random.items()})
    return rows.assign(
        accuracy=1 - rows["val"],
        class_mean=(1 - rows["val"]) / 2,
        deviations=(rows["val"] - centre) / spread,
    ).rename(
        columns={
            "val": "p, validation",
            "train": "p, training",
            "accuracy": "accuracy, empty mask",
            "class_mean": "mean IoU, empty mask",
            "deviations": "sd from random",
        }
    )


def finding(found: Fifths) -> str:
    """One sentence: do the printed numbers need a lesion to be found?"""
    needed = implied().groupby("part")["p"]
    (low, high), last = needed.agg(["min", "max"]).loc["train"], found.table
    random = np.concatenate(list(found.random.values()))
    return (
        f"The printed validation IoU needs {needed.mean()['val']:.3f} of the pixels to be lesion; "
        f"the last fifth of the files has {last['val'].min():.3f} to {last['val'].max():.3f}, "
        f"random fifths {random.min():.3f} to {random.max():.3f}. Training needs {low:.3f} to "
        f"{high:.3f}, and the other files have {last['train'].min():.3f} to "
        f"{last['train'].max():.3f}: near, and a few probabilities that reach 1 could close the gap"
    )


def title(found: Fifths) -> str:
    """The finding in a few words, above the figure."""
    needed = implied().query("part == 'val'")["p"].mean()
    last = found.table.query("split == 'last fifth, as text'")["val"].mean()
    random = found.random["antialiased"].mean()
    return f"Lesion pixels: {needed:.3f} needed, last fifth {last:.3f}, random fifths {random:.3f}"


def figure(found: Fifths, title: str = "") -> Figure:
    """Draw random fifths as a histogram, the last fifth and what the paper needs over it.

    Antialiased masks; the three ways of resizing differ less than a line is wide.
    """
    last = found.table[found.table["masks"] == "antialiased"]
    lines = dict(zip(last["split"], last["val"], strict=True))
    needed = implied().query("part == 'val'")
    return figures.against_random(
        {"random fifths": found.random["antialiased"]},
        lines,
        {"needed by the printed IoU": (needed["low"].min(), needed["high"].max())},
        "share of lesion pixels in validation, mean over images",
        title,
    )
