"""Words for a number beside a printed one: computed, never typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from busutils.compare.reported import half_unit
from busutils.errors import UserError, choose
from busutils.statistics import Interval, repeat_interval

COARSE = 0.05
OBSTACLES = ("not re-run", "not converged", "not comparable")
WORDS = ("compatible", "re-run higher", "re-run lower", "too imprecise", "not printed", *OBSTACLES)
PROTOCOL = {
    "encoder_weights": "weights",
    "dataset": "data",
    "classes": "data",
    "definition": "definition",
    "size": "image size",
}
"""Parameters that must be the paper's for a number to be compared, and the word if they are not."""


@dataclass(frozen=True)
class Verdict:
    """A word, its reason, the difference printed - ours, and the half-width it is judged by.

    `difference` and `half_width` (of the interval for one more repeat) are in the printed unit,
    NaN where there is nothing to compare.
    """

    word: str
    reason: str
    difference: float
    half_width: float


def because(word: str, reason: str) -> str:
    """Put a reason in brackets; a training's end is a reason itself, so others come beside it."""
    also = "also " if word == "not converged" else ""
    return f" ({also}{reason})" if reason else ""


def verdict(
    printed: str,
    ours: Interval | None,
    repeat: Interval | None = None,
    *,
    obstacle: str = "",
    reason: str = "",
    coarse: float = COARSE,
) -> Verdict:
    """Judge a printed number by where one more repeat of our experiment would fall.

    Parameters
    ----------
    printed : text, with the decimals that the paper prints; empty where it prints no such row
    ours : our number with its interval; None if it was not re-run
    repeat : from :func:`statistics.repeat_interval`; without it a repeat of our own number of
        cases, split and seed variance unknown
    obstacle : "not re-run", "not converged" or "not comparable", known beforehand; it stands, and
        the difference is given all the same
    reason : of the obstacle, in a word
    coarse : half-width beyond which a printed number inside the interval says nothing

    Returns
    -------
    Verdict
        A printed number outside even a wide interval is decided: "re-run higher" or "lower".
    """
    if not printed:
        return Verdict("not printed", "", np.nan, np.nan)
    rounding, value = half_unit(printed), float(printed)
    if ours is None:
        return Verdict("not re-run", reason, np.nan, np.nan)
    repeat = repeat or repeat_interval(ours, max(ours.n_cases, 1))
    half_width, slack = repeat.half_width, rounding * (1 + 1e-9)  # a tie in binary is still a tie
    if obstacle:
        word = choose(obstacle, OBSTACLES, "obstacle")
    elif not np.isfinite(half_width):
        word, reason = "too imprecise", "one number"
    elif value < repeat.low - slack:
        word, reason = "re-run higher", ""
    elif value > repeat.high + slack:
        word, reason = "re-run lower", ""
    elif half_width > coarse:
        word, reason = "too imprecise", f"±{half_width:.2g}"
    else:
        word, reason = "compatible", ""
    return Verdict(word, reason, value - ours.estimate, half_width)


def obstacles(run: Mapping[str, Any], paper: Mapping[str, Any]) -> list[str]:
    """Say in a word each why a run's numbers cannot be compared with the paper's.

    Other encoder weights, data, definition or image size, or under half the epochs. What the
    paper does not print (null) is not compared.

    Returns
    -------
    Reasons, such as ["weights", "epochs"]; none if the run can be compared.

    Raises
    ------
    UserError
        If the run does not say what the paper prints.
    """
    asked = {key for key in (*PROTOCOL, "epochs") if paper.get(key) is not None}
    if unknown := sorted(asked - set(run)):
        raise UserError(f"the run does not say its {unknown[0]!r}, which the paper prints: add it")
    other = [key for key in PROTOCOL if key in asked and _plain(run[key]) != _plain(paper[key])]
    short = "epochs" in asked and run["epochs"] < paper["epochs"] / 2
    return list(dict.fromkeys([*map(PROTOCOL.get, other), *["epochs"] * short]))


def converged(history: pd.DataFrame, rise: float = 0.01, share: float = 0.25) -> pd.Series:
    """Tell of each job whether its validation Dice had stopped rising.

    Parameters
    ----------
    history : DataFrame with columns job, epoch, val_dice
    rise : a best value that grew by more than this in the last epochs is still rising
    share : of the epochs that are the last ones (at least two)

    Returns
    -------
    bool Series, one entry a job. A job of under four epochs has not converged.
    """

    def flat(epochs: pd.DataFrame) -> bool:
        best = epochs.sort_values("epoch").val_dice.cummax().to_numpy()
        last = max(2, round(share * len(best)))
        return len(best) >= 4 and bool(best[-1] - best[-1 - last] <= rise)

    return pd.Series({job: flat(epochs) for job, epochs in history.groupby("job", sort=False)})


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.casefold()
    return sorted(map(_plain, value)) if isinstance(value, (list, tuple)) else value
