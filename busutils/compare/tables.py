"""A paper's table in one call: printed, ours, interval, verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from busutils import metrics, own_code
from busutils.compare.reported import Column, Reported
from busutils.compare.verdicts import COARSE, obstacles, verdict
from busutils.errors import UserError, choose
from busutils.models import networks
from busutils.statistics import (
    Interval,
    interval,
    pooled_interval,
    pooled_parts,
    repeat_interval,
    training_spread,
)

REDUCTIONS = ("per case", "pooled", "share")
COLUMNS = ["row", "column", "printed", "ours", "low", "high", "verdict", "reason", "n"]
COLUMNS += ["difference", "half_width", "method", "key"]
NOTHING = Interval(np.nan, np.nan, np.nan, 0.95, "", 0, 0)


@dataclass(frozen=True)
class Row:
    """What of our runs stands for one printed row.

    Attributes
    ----------
    jobs : job id -> name of its repeat, the (split, seed) pair; several jobs are several trainings
    parameters : what the run did (encoder_weights, dataset, classes, size, epochs), for
        :func:`obstacles`
    thresholds : one for all jobs, or job id -> the one chosen on its validation cases
    given : printed column -> our value, for what does not come from pixel counts: an `Interval`
        (``statistics.exact`` for a file size), or a bare number, which decides nothing
    converged : False if a job was still rising at its last epoch; it matters where that comes
        before the paper's last one
    obstacle : a further reason why the row cannot be compared, in a word
    not_rerun : why there are no jobs
    """

    jobs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    thresholds: float | Mapping[str, float] = 0.5
    given: Mapping[str, Interval | float] = field(default_factory=dict)
    converged: bool = True
    obstacle: str = ""
    not_rerun: str = ""


def table(reported: Reported, cases: pd.DataFrame, rows: Mapping[str, Row]) -> pd.DataFrame:
    """Set a printed table beside ours.

    Parameters
    ----------
    reported : from :func:`busutils.compare.reported`
    cases : the long table of :func:`busutils.jobs.cases`
    rows : printed row, another network or own loss -> what of our runs stands for it; a printed row
        left out is "not re-run"

    Returns
    -------
    DataFrame, one row a printed cell, in printed order, then one a column of each other network:
    row (label), column, printed (text), ours, low, high (of our own interval over cases), verdict,
    reason, n (our cases), then difference (printed - ours), half_width (of the interval for one
    more repeat, by which the verdict is judged), method, key (the printed row's name).
    ``attrs["most"]`` tells what a column's score can be at most.
    """
    printed, columns = (reported.cells[of].unique() for of in ("row", "column"))
    choices = [*printed, *networks(), *own_code.names("loss")]
    others = [choose(name, choices, "row or network") for name in rows if name not in printed]
    beside = pd.DataFrame(product(others, columns, [""]), columns=["row", "column", "value"])
    lines = []
    for cell in pd.concat([reported.cells, beside]).itertuples():
        row = rows.get(cell.row, Row(not_rerun="not in this run"))
        column = reported.columns.get(cell.column, Column())
        column = replace(column, **reported.samples(cell.row))
        ours, again = _ours(row, column, cell.column, cases)
        obstacle, reason = _obstacle(row, column, reported.row_protocol(cell.row), ours)
        about = {"obstacle": obstacle, "reason": reason, "coarse": COARSE * column.scale}
        line = {"row": reported.label(cell.row), "column": cell.column, "printed": cell.value}
        line |= {"key": cell.row} | vars(ours or NOTHING)
        lines.append(line | vars(verdict(cell.value, ours, again, **about)))
    names = {"estimate": "ours", "n_cases": "n", "word": "verdict"}
    made = pd.DataFrame(lines).rename(columns=names)[COLUMNS]
    made.attrs = {"most": {name: c.scale for name, c in reported.columns.items() if c.score}}
    return made


def scores(
    cases: pd.DataFrame,
    jobs: Mapping[str, str],
    score: str = "dice",
    thresholds: float | Mapping[str, float] = 0.5,
    split: str = "val",
) -> pd.DataFrame:
    """Score of every case of some jobs, each job at its threshold.

    Parameters
    ----------
    cases : the long table of :func:`busutils.jobs.cases`
    jobs : job id -> name of its repeat; two models compared in pairs share these names
    score : name in ``metrics.SCORES``, "left_empty" (1 where nothing was predicted), or
        "cross_entropy", which then is a column of `cases`
    thresholds : one for all, or one a job
    split : val, test or normal

    Returns
    -------
    DataFrame with columns job, repeat, case, label, group, tp, fp, fn, tn, score: what
    :func:`busutils.statistics.paired_difference` and :func:`training_spread` take.
    """
    choose(score, [*metrics.SCORES, "left_empty", "cross_entropy"], "score")
    picked = cases[cases["job"].isin(list(jobs)) & (cases["split"] == split)]
    if lost := [job for job in jobs if job not in set(picked["job"])]:
        raise UserError(f"job {lost[0]} has no {split} cases: complete it, or take another split")
    wanted = picked["job"].map(thresholds) if isinstance(thresholds, Mapping) else thresholds
    picked = picked[np.isclose(picked["threshold"], wanted)]
    if lost := [job for job in jobs if job not in set(picked["job"])]:
        raise UserError(
            f"job {lost[0]} has no {split} cases at the threshold asked for: "
            "complete the job, or take a threshold from 0.05 to 0.95 by 0.05"
        )
    if score == "left_empty":
        values = (picked["tp"] + picked["fp"] == 0).astype(float)
    elif score == "cross_entropy":
        values = picked[score]
    else:
        values = metrics.SCORES[score](picked)
    columns = ["job", "repeat", "case", "label", "group", *metrics.COUNTS, "score"]
    return picked.assign(repeat=picked["job"].map(jobs), score=values)[columns]


def _ours(
    row: Row, column: Column, name: str, cases: pd.DataFrame
) -> tuple[Interval | None, Interval | None]:
    """Ours and one more repeat of it, both in the printed unit; nothing where there is none."""
    spread = None
    if (value := row.given.get(name)) is not None:
        alone = {"method": "one number, no interval", "n_groups": 1}
        is_known = isinstance(value, Interval)
        ours = value if is_known else replace(NOTHING, estimate=float(value), **alone)
    else:
        there = cases["job"].isin(list(row.jobs)) & (cases["split"] == column.split)
        if row.not_rerun or not column.score or not there.any():  # sets of lesions have no normal
            return None, None
        long = scores(cases, row.jobs, column.score, row.thresholds, column.split)
        if len(row.jobs) > 1:
            parts = long["score"]
            if column.reduction == "pooled":
                parts = pooled_parts(metrics.SCORES[column.score], long)
            spread = training_spread(long.assign(repeat=long["job"], score=parts))
        ours = _reduced(long, column)
    again = repeat_interval(ours, column.cases or max(ours.n_cases, 1), spread, column.trainings)
    return ours.scaled(column.scale), again.scaled(column.scale)


def _reduced(long: pd.DataFrame, column: Column) -> Interval:
    reduction = choose(column.reduction, REDUCTIONS, "reduction")
    by_case = long.groupby("case", sort=False)
    groups = by_case["group"].first().to_numpy()
    if reduction == "pooled":
        counts = by_case[metrics.COUNTS].sum()  # of all trainings that saw the case
        return pooled_interval(metrics.SCORES[column.score], counts, groups)
    once = by_case.ngroups == len(long)
    statistic = "share" if reduction == "share" and once else "mean"
    return interval(by_case["score"].mean(), groups, statistic=statistic)


def _obstacle(
    row: Row, column: Column, protocol: Mapping[str, Any], ours: Interval | None
) -> tuple[str, str]:
    if ours is None:
        return "not re-run", row.not_rerun or "no value"
    found = [r for r in obstacles(row.parameters, protocol) if r in column.depends]
    reason = ", ".join(filter(None, [*found, column.obstacle, row.obstacle]))
    theirs = protocol.get("epochs")  # after as many epochs as the paper's, its network rises too
    shorter = theirs is None or row.parameters.get("epochs", 0) < theirs
    if not row.converged and shorter and "epochs" in column.depends:
        return "not converged", reason
    return ("not comparable" if reason else ""), reason
