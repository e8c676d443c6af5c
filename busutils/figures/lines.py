"""Figures of numbers: printed against re-run, training curves, threshold curves."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from sklearn.metrics import precision_recall_curve, roc_curve

from busutils import metrics
from busutils.errors import UserError, choose
from busutils.figures.look import (
    GREY,
    LOOK,
    OURS,
    headline,
    legend_below,
    limits,
    model_panels,
    new_figure,
)

NAMES = {"dice": "Dice", "iou": "IoU", "mean_iou": "mean IoU"}
UNSURE = ("not comparable", "not converged")
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
LABEL_ROOM = 0.075
"""Share of an axis between the names of two upright lines, so that both can be read."""
THIN, THICK = {"lw": 0.8, "alpha": 0.6}, {"lw": 2.2}


@mpl.rc_context(LOOK)
def printed_against_rerun(
    table: pd.DataFrame,
    column: str = "Dice",
    trivial: Mapping[str, float] | None = None,
    title: str = "",
    label: str = "",
    ends: tuple[float, float] = (0, 1),
    band: tuple[float, float] | None = None,
    band_label: str = "",
) -> Figure:
    """Draw a row a model: printed a hollow diamond, ours a dot with its interval.

    Parameters
    ----------
    table : from :func:`busutils.compare.table`
    column : the printed column that is drawn
    trivial : name -> score of answers that need no training, drawn as thin grey lines
    title : the finding
    label : of the x axis, with unit and reduction; the column's name without it
    ends : of the x axis
    band, band_label : a range that is shaded across all rows, and what it is
    """
    choose(column, table["column"].unique(), "column")
    picked = table[table["column"] == column].sort_values("ours", na_position="first")
    figure, ((axes,),) = new_figure(1.3 + 0.27 * len(picked))
    for place, row in enumerate(picked.itertuples()):
        _draw_row(axes, place, row)
    _label_above(axes, trivial or {}, LABEL_ROOM * (ends[1] - ends[0]))
    axes.set_yticks(range(len(picked)), picked["row"])
    axes.set(xlabel=label or column, ylim=(-0.6, len(picked) - 0.4))
    axes.tick_params(axis="y", length=0)
    limits(axes, *ends)
    marks = _comparison_legend(picked)
    if band:
        axes.axvspan(*band, color=GREY, alpha=0.25, lw=0, zorder=0)
        marks.append(Patch(color=GREY, alpha=0.25, lw=0, label=band_label))
    legend_below(figure, marks)
    headline(figure, title)
    return figure


def _label_above(axes: Axes, lines: Mapping[str, float], room: float) -> None:
    """Draw upright lines with their names above, these at least `room` apart."""
    place = -np.inf
    at = ("data", "axes fraction")
    stem = {"arrowstyle": "-", "color": GREY, "lw": 0.7, "shrinkA": 0, "shrinkB": 0}
    for name, value in sorted(lines.items(), key=lambda line: line[1]):
        axes.axvline(value, color=GREY, lw=0.7, zorder=0)
        place = max(value, place + room)
        where = {"xy": (value, 1), "xycoords": at, "xytext": (place, 1.03), "textcoords": at}
        axes.annotate(f" {name}", **where, rotation=30, va="bottom", fontsize=8, arrowprops=stem)


@mpl.rc_context(LOOK)
def intervals(rows: pd.DataFrame, label: str, title: str = "") -> Figure:
    """Draw one value a row with its interval, the first row on top.

    Parameters
    ----------
    rows : DataFrame with columns name, value, low, high
    label : of the x axis
    """
    figure, ((axes,),) = new_figure(0.9 + 0.3 * len(rows))
    for place, row in enumerate(rows[::-1].itertuples()):
        axes.plot([row.low, row.high], [place, place], color=OURS, lw=1.6)
        axes.plot(row.value, place, "o", ms=6, color=OURS)
    axes.set_yticks(range(len(rows)), rows["name"][::-1])
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel=label, ylim=(-0.6, len(rows) - 0.4))
    limits(axes, 0, 1)
    headline(figure, title)
    return figure


@mpl.rc_context(LOOK)
def curves(
    history: pd.DataFrame,
    models: Mapping[str, Sequence[str]],
    quantity: str = "loss",
    chosen: Mapping[str, int] | None = None,
    title: str = "",
    mark: str = "chosen epoch",
) -> Figure:
    """Draw training curves, a panel a model: every fold thin, their mean thick.

    Parameters
    ----------
    history : DataFrame as of :func:`busutils.jobs.history`
    models : name -> ids of its jobs (folds)
    quantity : a key of `QUANTITIES`; training dashed, where it is known, and validation solid
    chosen : job -> epoch that is marked; without it the one whose weights were kept, which has
        the lowest validation loss
    mark : what the marked epoch is
    """
    training, validation, label = QUANTITIES[choose(quantity, QUANTITIES, "quantity")]
    figure, panels = model_panels(len(models), "epoch", label)
    for axes, (name, jobs) in zip(panels, models.items(), strict=True):
        table = _of_jobs(history, jobs)
        best = chosen or _lowest(table)
        if training:
            _fold_lines(axes, table, ("epoch", training), GREY, "--")
        _fold_lines(axes, table, ("epoch", validation), OURS, "-")
        _mark(axes, table, ("epoch", validation), best)
        axes.set_title(name)
        axes.xaxis.get_major_locator().set_params(integer=True)
    legend_below(figure, _curve_legend(models, training is not None, mark))
    headline(figure, title)
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
    """Draw a score against the threshold, a panel a model: every fold thin, their mean thick.

    Parameters
    ----------
    cases : the long table of :func:`busutils.jobs.cases`
    models : name -> ids of its jobs (folds)
    chosen : job -> threshold, marked on its curve
    score : name in ``metrics.SCORES``, mean over cases
    grid : ends of the paper's grid, shaded
    """
    choose(score, metrics.SCORES, "score")
    figure, panels = model_panels(
        len(models), "threshold", f"{NAMES.get(score, score)},\nmean over cases"
    )
    for axes, (name, jobs) in zip(panels, models.items(), strict=True):
        table = _mean_scores(_of_jobs(cases[cases["split"] == split], jobs), score)
        axes.axvspan(*grid, color=GREY, alpha=0.15, lw=0, zorder=0)
        _fold_lines(axes, table, ("threshold", score), OURS, "-")
        _mark(axes, table, ("threshold", score), chosen)
        axes.set_title(name)
        limits(axes, 0, 1)
    shaded = Patch(color=GREY, alpha=0.25, lw=0, label="the paper's grid")
    legend_below(figure, [*_curve_legend(models, False, "chosen threshold"), shaded], columns=4)
    headline(figure, title)
    return figure


@mpl.rc_context(LOOK)
def classification_curves(
    truth: np.ndarray, probability: np.ndarray, areas: Mapping[str, str], title: str = ""
) -> Figure:
    """Draw the ROC and the precision-recall curve; what knows nothing is a thin grey line.

    Parameters
    ----------
    truth : bool array of shape (n,)
    probability : float array of shape (n,)
    areas : "ROC" and "precision-recall" -> the area in words

    Raises
    ------
    UserError
        If all cases are of one class, so that there is no curve.
    """
    if len(np.unique(truth)) < 2:
        raise UserError("a ROC curve needs cases of both classes: leave it out")
    figure, ((roc, recall),) = new_figure(3.0, 1, 2)
    false, true, _ = roc_curve(truth, probability)
    roc.plot(false, true, color=OURS, **THICK)
    roc.plot([0, 1], [0, 1], color=GREY, **THIN)
    roc.set(xlabel="1 - specificity", ylabel="sensitivity")
    precision, sensitivity, _ = precision_recall_curve(truth, probability)
    recall.plot(sensitivity, precision, color=OURS, drawstyle="steps-post", **THICK)
    recall.axhline(np.mean(truth), color=GREY, **THIN)
    recall.set(xlabel="sensitivity (recall)", ylabel="precision", ylim=(0, 1.02))
    for axes, name in ((roc, "ROC"), (recall, "precision-recall")):
        axes.set_title(f"{name}: area {areas[name]}")
    headline(figure, title)
    return figure


def _draw_row(axes: Axes, place: int, row: tuple) -> None:
    if np.isfinite(row.ours):
        face = "none" if row.verdict in UNSURE else OURS
        if np.isfinite(row.low):
            axes.plot([row.low, row.high], [place, place], color=OURS, lw=1.6)
        axes.plot(row.ours, place, "o", ms=6, mec=OURS, mfc=face, mew=1.4, zorder=3)
    if row.printed:
        axes.plot(float(row.printed), place, "D", ms=6, mec=GREY, mfc="none", mew=1.2, zorder=2)
    axes.annotate(
        row.verdict,
        xy=(1, place),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
    )


def _comparison_legend(picked: pd.DataFrame) -> list[Line2D]:
    unsure = picked["verdict"].isin(UNSURE)
    known = picked["ours"].notna()
    line = "-" if picked["low"].lt(picked["high"]).any() else ""
    ours = "ours, 95 % interval" if line else "ours"
    dot = {"marker": "o", "color": OURS, "mec": OURS, "mew": 1.4, "ls": line}
    marks = [Line2D([], [], ls="", marker="D", mec=GREY, mfc="none", label="printed")]
    if (known & ~unsure).any():
        marks.append(Line2D([], [], mfc=OURS, label=ours, **dot))
    if (known & unsure).any():
        label = f"{ours}, not comparable or not converged"
        marks.append(Line2D([], [], mfc="none", label=label, **dot))
    return marks


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


def _fold_lines(axes: Axes, table: pd.DataFrame, xy: tuple, colour: str, style: str) -> None:
    """Every job thin; their mean thick, as far as all of them go."""
    x, y = xy
    by_job = table.pivot_table(index=x, columns="job", values=y)
    if by_job.shape[1] > 1:
        axes.plot(by_job.index, by_job, style, color=colour, **THIN)
    mean = by_job.dropna().mean(axis=1)
    axes.plot(mean.index, mean, style, color=colour, **THICK)


def _mark(axes: Axes, table: pd.DataFrame, xy: tuple, chosen: Mapping[str, float]) -> None:
    x, y = xy
    wanted = table["job"].map(chosen)
    picked = table[np.isclose(table[x].astype(float), wanted.astype(float))]
    axes.plot(picked[x], picked[y], "o", ms=5, mec=OURS, mfc="none", mew=1.2)


def _curve_legend(models: Mapping[str, Sequence[str]], training: bool, chosen: str) -> list[Line2D]:
    several = any(len(jobs) > 1 for jobs in models.values())
    marks = [Line2D([], [], color=GREY, ls="--", label="training")] if training else []
    marks.append(Line2D([], [], color=OURS, label="validation" + ", mean" * several, **THICK))
    if several:
        marks.append(Line2D([], [], color=OURS, label="each training", **THIN))
    return [*marks, Line2D([], [], ls="", marker="o", mec=OURS, mfc="none", label=chosen)]
