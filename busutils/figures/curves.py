"""Curves by epoch and by threshold: all rows in one plot, so that they can be compared."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from busutils import metrics
from busutils.errors import UserError, choose
from busutils.figures.levels import STYLES
from busutils.figures.look import GREY, LOOK, headline, legend_below, limits, new_figure

NAMES = {"dice": "Dice", "iou": "IoU", "mean_iou": "mean IoU"}
QUANTITIES = {
    "loss": ("loss", "val_loss", "loss"),
    "dice": (None, "val_dice", "Dice"),
    "accuracy": ("accuracy", "val_accuracy", "accuracy, pixels"),
    "iou": ("iou", "val_iou", "IoU, pooled pixels"),
    "sensitivity": ("sensitivity", "val_sensitivity", "sensitivity, pooled pixels"),
    "precision": ("precision", "val_precision", "precision, pooled pixels"),
    "class_accuracy": ("class_accuracy", "val_class_accuracy", "accuracy, images"),
}
"""Name -> columns of the history (training, validation) and the label of the axis."""
FEW = 2
"""Rows up to which training and validation share a panel."""
THIN, THICK, TRAINING = {"lw": 0.7, "alpha": 0.45}, {"lw": 2.0}, {"lw": 1.2}


@mpl.rc_context(LOOK)
def curves(
    history: pd.DataFrame,
    models: Mapping[str, Sequence[str]],
    quantity: str = "loss",
    chosen: Mapping[str, int] | None = None,
    title: str = "",
    mark: str = "chosen epoch",
) -> Figure:
    """Draw training curves of all rows: every training thin, the mean of a row thick.

    Two rows share a panel, training dashed and validation solid; of more rows training stands
    on the left and validation on the right. In a mean a training that ended early keeps its last
    value, so that the mean goes on to the last epoch.

    Parameters
    ----------
    history : DataFrame as of :func:`busutils.jobs.history`
    models : name of the row -> ids of its jobs (folds)
    quantity : a key of `QUANTITIES`
    chosen : job -> epoch that is marked; without it the one whose weights were kept, which has
        the lowest validation loss
    mark : what the marked epoch is
    """
    training, validation, label = QUANTITIES[choose(quantity, QUANTITIES, "quantity")]
    apart = training is not None and len(models) > FEW
    figure, (panels,) = new_figure(
        2.9 + 0.06 * len(models), min(len(models), 1), 1 + apart, sharey=True
    )
    for jobs, (colour, dashes) in zip(models.values(), _looks(), strict=False):
        table = _of_jobs(history, jobs)
        if training:
            dashed = dashes if apart else "--"
            _lines(panels[0], table, ("epoch", training), colour, dashed, TRAINING)
        _lines(panels[-1], table, ("epoch", validation), colour, dashes, THICK)
        _mark(panels[-1], table, ("epoch", validation), chosen or _lowest(table), colour)
    for axes, name in zip(panels, ["training", "validation"] if apart else [""], strict=True):
        axes.set(title=name, xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
    panels[0].set_ylabel(label)
    legend_below(figure, _legend(models, mark, training is not None and not apart))
    headline(figure, title or f"{label[0].upper()}{label[1:]}, by epoch")
    return figure


@mpl.rc_context(LOOK)
def threshold_curves(
    cases: pd.DataFrame,
    models: Mapping[str, Sequence[str]],
    chosen: Mapping[str, float],
    score: str = "dice",
    split: str = "val",
    grid: tuple[float, float] = (0.4, 0.9),
    title: str = "",
) -> Figure:
    """Draw a score against the threshold: every training thin, the mean of a row thick.

    Parameters
    ----------
    cases : the long table of :func:`busutils.jobs.cases`
    models : name of the row -> ids of its jobs (folds)
    chosen : job -> threshold, marked on its curve
    score : name in ``metrics.SCORES``, mean over cases
    grid : ends of the paper's grid, shaded
    """
    choose(score, metrics.SCORES, "score")
    figure, ((axes,),) = new_figure(3.1 + 0.06 * len(models), min(len(models), 1))
    for jobs, (colour, dashes) in zip(models.values(), _looks(), strict=False):
        table = _mean_scores(_of_jobs(cases[cases["split"] == split], jobs), score)
        _lines(axes, table, ("threshold", score), colour, dashes, THICK)
        _mark(axes, table, ("threshold", score), chosen, colour)
    axes.axvspan(*grid, color=GREY, alpha=0.15, lw=0, zorder=0)
    label = f"{NAMES.get(score, score)}, mean over cases"
    axes.set(xlabel="threshold", ylabel=label)
    limits(axes, 0, 1)
    shaded = Patch(color=GREY, alpha=0.25, lw=0, label="the paper's grid")
    legend_below(figure, [*_legend(models, "chosen threshold"), shaded])
    headline(figure, title or f"{label}, by threshold")
    return figure


def _looks() -> Iterator[tuple[str, str]]:
    """Give colours with a solid line, then dashed, dotted and so on, without end."""
    dashes = ("-", "--", ":", "-.")
    return ((colour, dashes[turn % 4]) for turn in count() for colour, *_ in STYLES)


def _of_jobs(table: pd.DataFrame, jobs: Sequence[str]) -> pd.DataFrame:
    if lost := [job for job in jobs if job not in set(table["job"])]:
        raise UserError(f"job {lost[0]} is not in the table: complete it first")
    return table[table["job"].isin(list(jobs))]


def _mean_scores(cases: pd.DataFrame, score: str) -> pd.DataFrame:
    values = cases.assign(**{score: metrics.SCORES[score](cases)})
    return values.groupby(["job", "threshold"], as_index=False)[score].mean()


def _lowest(history: pd.DataFrame) -> dict[str, int]:
    rows = history.loc[history.groupby("job")["val_loss"].idxmin()]
    return dict(zip(rows["job"], rows["epoch"], strict=True))


def _lines(
    axes: Axes, table: pd.DataFrame, xy: tuple, colour: str, dashes: str, mean: Mapping
) -> None:
    """Every job thin, as far as it goes; their mean, in which what ended keeps its last value."""
    x, y = xy
    by_job = table.pivot_table(index=x, columns="job", values=y)
    if by_job.shape[1] > 1:
        axes.plot(by_job.index, by_job, dashes, color=colour, **THIN)
    axes.plot(by_job.index, by_job.ffill().mean(axis=1), dashes, color=colour, **mean)


def _mark(axes: Axes, table: pd.DataFrame, xy: tuple, chosen: Mapping, colour: str) -> None:
    x, y = xy
    wanted = table["job"].map(chosen)
    picked = table[np.isclose(table[x].astype(float), wanted.astype(float))]
    axes.plot(picked[x], picked[y], "o", ms=5, mec=colour, mfc="none", mew=1.2)


def _legend(models: Mapping[str, Sequence[str]], chosen: str, both: bool = False) -> list[Line2D]:
    """Rows by colour, then what lines and marks are; `both` are training and validation."""
    several = any(len(jobs) > 1 for jobs in models.values())
    looks = zip(models, _looks(), strict=False)
    marks = [Line2D([], [], color=c, ls=dashes, label=name, **THICK) for name, (c, dashes) in looks]
    if both:
        marks.append(Line2D([], [], color=GREY, label="validation", **THICK))
        marks.append(Line2D([], [], color=GREY, ls="--", label="training", **TRAINING))
    if several:
        marks.append(Line2D([], [], color=GREY, label="thin: each training", **THIN))
    return [*marks, Line2D([], [], ls="", marker="o", mec=GREY, mfc="none", label=chosen)]
