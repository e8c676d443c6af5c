"""Whole units dealt into folds and parts: a unit is a group of near-duplicates, or one case."""

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from busutils.errors import UserError


def folds(pool: pd.DataFrame, n: int, seed: int, grouped: bool) -> np.ndarray:
    """Number the fold (1..n) of each case, whole units together, labels in proportion.

    Raises
    ------
    UserError
        If there are fewer units than folds, or fewer cases of every label.
    """
    units = pool["unit"].nunique()
    if units < n:
        raise UserError(
            f"{units} groups cannot fill {n} folds: bring more images, or ask for fewer folds"
        )
    most = pool["label"].value_counts().max()
    if most < n:
        raise UserError(
            f"no label has as many cases as there are folds ({most} of {n}): "
            "bring more images, or ask for fewer folds"
        )
    kind = StratifiedGroupKFold if grouped else StratifiedKFold
    splitter = kind(n, shuffle=True, random_state=seed)
    number = np.zeros(len(pool), int)
    groups = pool["unit"] if grouped else None
    for i, (_, chosen) in enumerate(splitter.split(pool, pool["label"], groups), start=1):
        number[chosen] = i
    for empty in sorted({*range(1, n + 1)} - {*number}):  # scikit-learn may leave some so
        of = pool["unit"].groupby(number)
        smallest = of.get_group(of.nunique().idxmax()).value_counts().index[-1]
        number[pool["unit"] == smallest] = empty
    return number


def hold_out(used: pd.DataFrame, wanted: dict[str, int], seed: int) -> pd.Index:
    """Draw whole units at random until each label has its number; a unit that would exceed waits.

    Where whole units cannot give the numbers, waiting ones are taken that bring them nearer, and
    one for a label that would have none.

    Parameters
    ----------
    used : cases with label and unit
    wanted : label -> number of cases

    Raises
    ------
    UserError
        If there are fewer cases of a label.
    """
    there = used["label"].value_counts()
    short = {label: n - there.get(label, 0) for label, n in wanted.items()}
    if lacking := ", ".join(f"{n} {label}" for label, n in short.items() if n > 0):
        raise UserError(
            f"the test set lacks cases ({lacking}): ask for a smaller test set or bring more images"
        )
    units = pd.crosstab(used["unit"], used["label"]).reindex(columns=wanted, fill_value=0)
    counts, asked = units.to_numpy(), np.array(list(wanted.values()))
    left, chosen, waiting = asked.copy(), [], []
    for i in np.random.default_rng(seed).permutation(len(counts)):
        if (counts[i] <= left).all():
            chosen.append(i)
            left -= counts[i]
        else:
            waiting.append(i)
    for i in waiting:
        none = (left == asked) & (left > 0)
        if np.abs(left - counts[i]).sum() < np.abs(left).sum() or counts[i][none].any():
            chosen.append(i)
            left -= counts[i]
    return used.index[used["unit"].isin(units.index[chosen])]


def take(waiting: list[pd.Index], n: int) -> tuple[list[pd.Index], list[pd.Index]]:
    """Take units until there are `n` cases, or as near as whole units come; and the rest."""
    taken, rest = [], []
    for unit in waiting:
        enough = len(unit) > n - sum(map(len, taken))
        (rest if enough else taken).append(unit)
    left = n - sum(map(len, taken))
    smallest = min(range(len(rest)), key=lambda i: len(rest[i]), default=None)
    if left and rest and (not taken or len(rest[smallest]) < 2 * left):
        taken.append(rest.pop(smallest))
    return taken, rest
