"""Splits by group: near-duplicates stay on one side unless asked otherwise.

A split is a table with one row a case: case, label, group, role (``train``, ``val``, ``test``,
``normal`` or ``unused``). Its id is a hash of that table, so a changed group changes the id.
"""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from busutils.errors import UserError

ROLES = ("train", "val", "test", "normal", "unused")


@dataclass(frozen=True)
class Protocol:
    """A held-out test set, and folds of what remains.

    Attributes
    ----------
    test : dict label -> number of cases held out; its labels are the ones that are trained on
    folds : number of folds of the pool
    seed : of both draws
    grouped : False lets near-duplicates fall on both sides (a leak, and what the papers did)
    several_masks : False leaves out images with more than one mask (paper 1's 630 of 647)
    """

    test: dict[str, int]
    folds: int = 5
    seed: int = 0
    grouped: bool = True
    several_masks: bool = False

    def paper_test(self) -> "Protocol":
        """Return this protocol with paper 1's test set: 50 malignant, 13 benign (Table 1)."""
        return replace(self, test={"benign": 13, "malignant": 50})


def split(cases: pd.DataFrame, protocol: Protocol, fold: int) -> pd.DataFrame:
    """Assign a role to every case; `fold` (1..folds) is the validation fold.

    Cases of other labels become ``normal``: they are never trained on, and a grouped split takes
    those out (``unused``) that show the frame of a case that is.

    Raises
    ------
    UserError
        If the fold is none, or there are fewer cases or groups than the protocol needs.
    """
    if not 1 <= fold <= protocol.folds:
        raise UserError(f"fold {fold} is none of 1 to {protocol.folds}: name one of these")
    table = cases[["case", "label", "group", "n_masks"]].reset_index(drop=True)
    table["unit"] = table["group"] if protocol.grouped else table["case"]
    lesions = table[table["label"].isin(protocol.test)]
    used = lesions if protocol.several_masks else lesions[lesions["n_masks"] < 2]
    table["role"] = "unused"
    test = _hold_out(used, protocol)
    pool = used[~used["unit"].isin(used["unit"][used.index.isin(test)])]
    table.loc[test, "role"] = "test"
    table.loc[pool.index, "role"] = np.where(_folds(pool, protocol) == fold, "val", "train")
    elsewhere = ~table["label"].isin(protocol.test)
    free = elsewhere & ~table["unit"].isin(used["unit"])
    table.loc[free if protocol.grouped else elsewhere, "role"] = "normal"
    return table[["case", "label", "group", "role"]]


def split_id(table: pd.DataFrame) -> str:
    """Return 12 hexadecimal digits that stand for this assignment of cases."""
    return hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()[:12]


def mix(table: pd.DataFrame) -> pd.DataFrame:
    """Count cases by role (rows) and label (columns)."""
    counts = pd.crosstab(table["role"], table["label"])
    return counts.reindex([r for r in ROLES if r in counts.index])


def divided(table: pd.DataFrame) -> pd.Series:
    """Groups that stand in more than one of train, val and test, with their number of cases."""
    used = table[table["role"].isin(["train", "val", "test"])]
    roles = used.groupby("group")["role"].nunique()
    return used["group"].value_counts()[roles[roles > 1].index]


def _hold_out(used: pd.DataFrame, protocol: Protocol) -> pd.Index:
    """Draw whole units at random until each label has its number; a unit that would exceed waits."""
    rng = np.random.default_rng(protocol.seed)
    units = [unit for _, unit in used.groupby("unit", sort=True)]
    wanted, chosen = dict(protocol.test), []
    for i in rng.permutation(len(units)):
        counts = units[i]["label"].value_counts()
        if all(wanted[label] >= n for label, n in counts.items()):
            chosen += list(units[i].index)
            wanted = {label: n - counts.get(label, 0) for label, n in wanted.items()}
    short = {label: n for label, n in wanted.items() if n}
    if short:
        raise UserError(
            f"the test set lacks cases ({', '.join(f'{n} {label}' for label, n in short.items())}): "
            "ask for a smaller test set or bring more images"
        )
    return pd.Index(chosen)


def _folds(pool: pd.DataFrame, protocol: Protocol) -> np.ndarray:
    units = pool["unit"].nunique()
    if units < protocol.folds:
        raise UserError(f"{units} groups cannot fill {protocol.folds} folds: ask for fewer folds")
    kind = StratifiedGroupKFold if protocol.grouped else StratifiedKFold
    folds = kind(protocol.folds, shuffle=True, random_state=protocol.seed)
    groups = pool["unit"] if protocol.grouped else None
    number = np.zeros(len(pool), int)
    for i, (_, chosen) in enumerate(folds.split(pool, pool["label"], groups), start=1):
        number[chosen] = i
    return number
