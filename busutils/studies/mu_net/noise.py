"""Paper 5, Figure 10: Dice of trained networks on disturbed images, as curves against the level."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from busutils import jobs, metrics, statistics
from busutils.data.dataset import Dataset
from busutils.perturb import PERTURBATIONS, perturb
from busutils.statistics import Difference
from busutils.studies.common import Entry, Results
from busutils.studies.mu_net import results as made
from busutils.studies.mu_net.settings import ROWS


def scores(
    results: Results, networks: Mapping[str, Any], kinds: Sequence[str], n: int
) -> pd.DataFrame:
    """Dice of every row's first fold on disturbed test images.

    Parameters
    ----------
    networks : from :func:`busutils.studies.mu_net.results.load`
    kinds : keys of `PERTURBATIONS`
    n : test images with a lesion, evenly spaced; all rows see the same ones, each disturbed at
        the size that its network reads

    Returns
    -------
    DataFrame with columns network, kind, level, case, group, score (Dice at one half).
    """
    rows = made.by_row(results)
    parts = [_of_one(model, rows[name][0], kinds, n) for name, model in networks.items()]
    return pd.concat(parts, ignore_index=True)


def curves(scored: pd.DataFrame) -> pd.DataFrame:
    """Mean Dice by network, kind and level with its interval.

    Columns: network, kind, level, score, low, high, cases.
    """
    rows = []
    for key, of in scored.groupby(["network", "kind", "level"], sort=False):
        one = statistics.interval(of["score"], of["group"])
        rows.append((*key, one.estimate, one.low, one.high, one.n_cases))
    names = ["network", "kind", "level", "score", "low", "high", "cases"]
    return pd.DataFrame(rows, columns=names)


def losses(scored: pd.DataFrame) -> pd.DataFrame:
    """Dice that each network loses at the middle level of each kind, a column a kind.

    Columns: network, clean (Dice of the undisturbed images), then the kinds with their level.
    """
    rows = []
    for network, of in scored.groupby("network", sort=False):
        row = {"network": network, "clean": clean(of)["score"].mean()}
        for kind in of["kind"].unique():
            lost = loss(of, kind)
            row[f"{kind} {middle(kind):g}"] = -lost.estimate
        rows.append(row)
    return pd.DataFrame(rows)


def loss(of: pd.DataFrame, kind: str) -> Difference:
    """Dice of one network at a kind's middle level minus that without it, on the same images."""
    disturbed = of[(of["kind"] == kind) & (of["level"] == middle(kind))]
    sides = (side.assign(repeat="fold 1") for side in (disturbed, clean(of, kind)))
    return statistics.paired_difference(*sides)


def clean(of: pd.DataFrame, kind: str | None = None) -> pd.DataFrame:
    """Scores of the undisturbed images (of any kind, unless one is named)."""
    kind = kind or of["kind"].iloc[0]
    return of[(of["kind"] == kind) & (of["level"] == PERTURBATIONS[kind].levels[0])]


def middle(kind: str) -> float:
    """Middle one of the levels of a kind."""
    levels = PERTURBATIONS[kind].levels
    return levels[len(levels) // 2]


def chosen(entry: Entry, data: Dataset, n: int) -> np.ndarray:
    """Rows of `n` test images with a lesion, evenly spaced, or all if there are fewer."""
    rows = jobs.rows(entry.job, data.cases["case"], "test")
    rows = rows[data.masks[rows].any(axis=(1, 2))]
    return rows[np.linspace(0, len(rows) - 1, min(n, len(rows))).round().astype(int)]


def _of_one(model, entry: Entry, kinds: Sequence[str], n: int) -> pd.DataFrame:
    from busutils.batches import prepare

    data = made.opened(entry.job)
    rows = chosen(entry, data, n)
    images, truth = np.asarray(data.images[rows]), np.asarray(data.masks[rows])
    split = jobs.read_split(entry.job).set_index("case")["group"]
    group = split.reindex(data.cases["case"].iloc[rows])
    parts = []
    for kind, level, disturbed in _disturbed(images, kinds):
        found = model.predict(prepare(disturbed, entry.job), verbose=0)[..., 0] >= 0.5
        counts = metrics.counts(truth, found)
        about = {"network": ROWS[entry.name], "kind": kind, "level": level}
        named = {"case": group.index, "group": group.to_numpy()}
        parts.append(
            pd.DataFrame(named | {"score": metrics.SCORES["dice"](counts)}).assign(**about)
        )
    return pd.concat(parts)[["network", "kind", "level", "case", "group", "score"]]


def _disturbed(images: np.ndarray, kinds: Sequence[str]) -> Iterator[tuple[str, float, np.ndarray]]:
    for kind in kinds:
        for level in PERTURBATIONS[kind].levels:
            yield kind, level, perturb(images, kind, level)
