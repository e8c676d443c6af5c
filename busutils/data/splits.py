"""Splits by group: near-duplicates stay on one side unless asked otherwise.

A split is a table with one row a case: case, label, group, role (``train``, ``val``, ``test``,
``normal`` or ``unused``). Its id is a hash of that table, so a changed group changes the id.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from busutils.data import folders, units
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


def split(cases: pd.DataFrame, protocol: Protocol, fold: int) -> pd.DataFrame:
    """Assign a role to every case; `fold` (1..folds) is the validation fold.

    Where whole groups cannot give the numbers of the test set, the nearest are taken, and
    ``attrs["note"]`` of the table says so. Cases of other labels become ``normal``: they are never
    trained on, and a grouped split takes those out (``unused``) that show the frame of a case that
    is.

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
    test = units.hold_out(used, protocol.test, protocol.seed)
    pool = used[~used["unit"].isin(used["unit"][used.index.isin(test)])]
    table.loc[test, "role"] = "test"
    number = units.folds(pool, protocol.folds, protocol.seed, protocol.grouped)
    table.loc[pool.index, "role"] = np.where(number == fold, "val", "train")
    elsewhere = ~table["label"].isin(protocol.test)
    free = elsewhere & ~table["unit"].isin(used["unit"])
    table.loc[free if protocol.grouped else elsewhere, "role"] = "normal"
    return _with_note(table, "the test set", protocol.test, table.loc[test, "label"])


def rotated(
    cases: pd.DataFrame,
    labels: Collection[str],
    fold: int,
    folds: int = 10,
    seed: int = 0,
    unit: str = "group",
) -> pd.DataFrame:
    """Test on one fold, validate on the next one, train on the others.

    Over all folds every case is tested once.

    Parameters
    ----------
    cases : as a `Dataset` has them
    labels : of the cases that are used; all others are ``unused``
    fold : 1..folds
    unit : column whose equal values stay on one side: "group", or "case" for a split by image

    Raises
    ------
    UserError
        If the fold is none, or there are fewer units than folds.
    """
    if not 1 <= fold <= folds:
        raise UserError(f"fold {fold} is none of 1 to {folds}: name one of these")
    table = cases[["case", "label", "group"]].assign(unit=cases[unit]).reset_index(drop=True)
    used = table[table["label"].isin(labels)]
    number = units.folds(used, folds, seed, grouped=unit != "case")
    table["role"] = "unused"
    table.loc[used.index, "role"] = "train"
    table.loc[used.index[number == fold % folds + 1], "role"] = "val"
    table.loc[used.index[number == fold], "role"] = "test"
    return table[["case", "label", "group", "role"]]


def shares(
    cases: pd.DataFrame, fold: int = 1, folds: int = 5, seed: int = 0, unit: str = "group"
) -> pd.DataFrame:
    """Validate on one fold of all cases and train on the others; nothing is held out.

    Parameters and errors are those of :func:`rotated`.
    """
    table = rotated(cases, set(cases["label"]), fold, folds, seed, unit)
    return table.assign(role=np.where(table["role"] == "test", "val", "train"))


def drawn(
    cases: pd.DataFrame, train: int, val: int, seed: int = 0, unit: str = "group"
) -> pd.DataFrame:
    """Draw `train` cases to train on and `val` to validate on, whole units; test on all others.

    A unit that would make a part larger than asked for waits for the next part. Where whole units
    cannot give the numbers, the nearest are taken, and ``attrs["note"]`` of the table says so.

    Parameters
    ----------
    cases : as a `Dataset` has them
    unit : column whose equal values stay on one side: "group", or "case" for a split by image

    Raises
    ------
    UserError
        If there are too few cases or units for the three parts.
    """
    table = cases[["case", "label", "group"]].assign(unit=cases[unit]).reset_index(drop=True)
    members = [of.index for _, of in table.groupby("unit", sort=True)]
    waiting = [members[i] for i in np.random.default_rng(seed).permutation(len(members))]
    table["role"] = "test"
    wanted = {"train": train, "val": val}
    for role, n in wanted.items():
        taken, waiting = units.take(waiting, n)
        table.loc[[row for unit in taken for row in unit], "role"] = role
        if not waiting or not taken:
            raise UserError(
                f"{len(table)} cases cannot give {train} to train on, {val} to validate on and one "
                "to test on: ask for fewer"
            )
    return _with_note(table, "the split", wanted, table["role"])


def in_file_order(cases: pd.DataFrame, share: float = 0.2, numeric: bool = False) -> pd.DataFrame:
    """Validate on the last `share` of the files and train on the others, unshuffled.

    This is what Keras's ``validation_split`` does. Files are ordered as text, where 10 comes before
    2, or with `numeric` by the numbers in their names.
    """
    names = cases["case"].map(folders.natural) if numeric else cases["case"]
    order = names.sort_values(kind="stable").index
    first = int(len(cases) * (1 - share) + 1e-9)  # rounded down, as Keras does
    table = cases[["case", "label", "group"]].copy()
    table["role"] = "train"
    table.loc[order[first:], "role"] = "val"
    return table.reset_index(drop=True)


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


def twins(cases: pd.DataFrame, protocol: Protocol, draws: int) -> pd.DataFrame:
    """Share of validation images that show a frame of a training image, in many drawn splits.

    Returns
    -------
    DataFrame
        split ("by image" or "by group"), seed (0 to `draws` - 1), share (0 to 1); errors are those
        of :func:`split`.
    """
    rows = []
    for seed in range(draws):
        for kind, grouped in {"by image": False, "by group": True}.items():
            table = split(cases, replace(protocol, seed=seed, grouped=grouped), 1)
            trained = set(table.loc[table["role"] == "train", "group"])
            share = table.loc[table["role"] == "val", "group"].isin(trained).mean()
            rows.append({"split": kind, "seed": seed, "share": share})
    return pd.DataFrame(rows)


def _with_note(
    table: pd.DataFrame, part: str, wanted: dict[str, int], drawn: pd.Series
) -> pd.DataFrame:
    """The columns of a split; ``attrs["note"]`` says which numbers are others than `wanted`."""
    there = drawn.value_counts().reindex(wanted, fill_value=0)
    words = [f"{there[of]} {of} instead of {n}" for of, n in wanted.items() if there[of] != n]
    table = table[["case", "label", "group", "role"]]
    table.attrs = (
        {"note": f"{part} has {', '.join(words)}, because groups stay whole"} if words else {}
    )
    return table
