"""Paper 5 on brain MRI: what a mean over slices hides, told by patient and with empty slices."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from busutils import metrics, statistics
from busutils.studies.common import Entry, Results
from busutils.studies.mu_net import results as made
from busutils.studies.mu_net.settings import ROWS


def by_patient(results: Results) -> pd.DataFrame:
    """Dice of each patient's whole volume (counts of all slices added), a column a network.

    Columns: patient, slices, with tumour, then the networks by their printed names.
    """
    slices = made.everything(results)
    columns = {}
    for name, entries in made.by_row(results).items():
        long = tested(slices, entries)
        columns["slices"] = long.groupby("group").size()
        columns["with tumour"] = (long["tp"] + long["fn"] > 0).groupby(long["group"]).sum()
        columns[ROWS[name]] = volume_dice(long)
    return pd.DataFrame(columns).rename_axis("patient").reset_index()


def ways(results: Results) -> pd.DataFrame:
    """Dice of each network by what is averaged.

    Columns: network, slices with tumour, low, high (mean over them), all slices (an empty slice
    left empty counts 1, else 0), empty slices left empty (share), volumes, volumes from, volumes
    to (mean over patients), all pixels (pooled).
    """
    slices = made.everything(results)
    rows = []
    for name, entries in made.by_row(results).items():
        one, long = made.mean(results, entries), tested(slices, entries)
        volumes = volume_dice(long)
        over = statistics.interval(volumes.to_numpy(), volumes.index.to_numpy())
        rows.append(
            {"network": ROWS[name], "slices with tumour": one.estimate}
            | {"low": one.low, "high": one.high}
            | {"all slices": metrics.scores(long)["dice"].mean(), "left empty": empty_share(long)}
            | {"volumes": over.estimate, "volumes from": over.low, "volumes to": over.high}
            | {"all pixels": metrics.pooled(long)["dice"]}
        )
    return pd.DataFrame(rows)


def tested(slices: pd.DataFrame, entries: Sequence[Entry]) -> pd.DataFrame:
    """Counts at one half of every slice that some entries test on."""
    ids = [e.job.id for e in entries]
    long = slices[slices["job"].isin(ids) & (slices["split"] == "test")]
    return long[np.isclose(long["threshold"], 0.5)]


def volume_dice(long: pd.DataFrame) -> pd.Series:
    """Dice of each patient from the counts of all slices added."""
    added = long.groupby("group")[metrics.COUNTS].sum()
    return pd.Series(metrics.SCORES["dice"](added), added.index)


def empty_share(long: pd.DataFrame) -> float:
    """Share of slices without tumour in which nothing was found; NaN where there are none."""
    empty = long[long["tp"] + long["fn"] == 0]
    return metrics.left_empty(empty) if len(empty) else np.nan
