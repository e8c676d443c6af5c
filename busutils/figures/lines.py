"""Figures of numbers: printed against re-run, intervals, curves of a classifier."""

from collections.abc import Mapping
from itertools import cycle
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from sklearn.metrics import precision_recall_curve, roc_curve

from busutils.errors import UserError, choose
from busutils.figures.look import (
    BESIDE,
    GREY,
    LOOK,
    OURS,
    headline,
    legend_below,
    limits,
    new_figure,
)

DASHES = ("-", "--", ":", "-.")
UNSURE = ("not comparable", "not converged")
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
    alike = len(set(picked["verdict"])) == 1
    for place, row in enumerate(picked.itertuples()):
        _draw_row(axes, place, row, ends, "" if alike else row.verdict)
    upright = _upright(axes, trivial or {}, ends)
    axes.set_yticks(range(len(picked)), picked["row"])
    axes.set(xlabel=label or column, ylim=(-0.6, len(picked) - 0.4))
    axes.tick_params(axis="y", length=0)
    limits(axes, *ends)
    marks = _comparison_legend(picked, alike)
    if band:
        axes.axvspan(*band, color=GREY, alpha=0.25, lw=0, zorder=0)
        marks.append(Patch(color=GREY, alpha=0.25, lw=0, label=band_label))
    legend_below(figure, marks + upright)
    headline(figure, title)
    return figure


def _upright(axes: Axes, lines: Mapping[str, float], ends: tuple[float, float]) -> list[Line2D]:
    """Draw upright lines, each with dashes of its own, and return what a legend says of them."""
    digits = 2 if max(ends) <= 1 else 0
    look = {"color": GREY, "lw": 1.0}
    named = zip(sorted(lines.items(), key=lambda line: line[1]), cycle(DASHES), strict=False)
    marks = []
    for (name, value), dashes in named:
        axes.axvline(value, ls=dashes, zorder=0, **look)
        marks.append(Line2D([], [], ls=dashes, label=f"{name} {value:z.{digits}f}", **look))
    return marks


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
        ends = np.clip([row.low, row.high], 0, 1)
        axes.plot(ends, [place, place], color=OURS, lw=1.6)
        axes.plot(row.value, place, "o", ms=6, color=OURS)
    axes.set_yticks(range(len(rows)), rows["name"][::-1])
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel=label, ylim=(-0.6, len(rows) - 0.4))
    limits(axes, 0, 1)
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
    roc.set(xlabel="1 − specificity", ylabel="sensitivity")
    precision, sensitivity, _ = precision_recall_curve(truth, probability)
    recall.plot(sensitivity, precision, color=OURS, drawstyle="steps-post", **THICK)
    recall.axhline(np.mean(truth), color=GREY, **THIN)
    recall.set(xlabel="sensitivity (recall)", ylabel="precision", ylim=(0, 1.02))
    for axes, name in ((roc, "ROC"), (recall, "precision-recall")):
        axes.set_title(f"{name}: area {areas[name]}")
    headline(figure, title)
    return figure


def _draw_row(axes: Axes, place: int, row: Any, ends: tuple[float, float], verdict: str) -> None:
    """Draw a row; its interval goes no further than the axis, since no score does."""
    if np.isfinite(row.ours):
        face = "none" if row.verdict in UNSURE else OURS
        if np.isfinite(row.low):
            interval = np.clip([row.low, row.high], *ends)
            axes.plot(interval, [place, place], color=OURS, lw=1.6)
        axes.plot(row.ours, place, "o", ms=6, mec=OURS, mfc=face, mew=1.4, zorder=3)
    if row.printed:
        axes.plot(float(row.printed), place, "D", ms=6, mec=GREY, mfc="none", mew=1.2, zorder=2)
    axes.annotate(
        verdict,
        xy=(1, place),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        gid=BESIDE,
    )


def _comparison_legend(picked: pd.DataFrame, alike: bool) -> list[Line2D]:
    """What the marks are; a verdict that all rows share is told here."""
    unsure, known = picked["verdict"].isin(UNSURE), picked["ours"].notna()
    line = "-" if picked["low"].lt(picked["high"]).any() else ""
    ours = "ours, 95 % interval" if line else "ours"
    shared = f" (all {picked['verdict'].iloc[0]})" if alike else ""
    dot = {"marker": "o", "color": OURS, "mec": OURS, "mew": 1.4, "ls": line}
    marks = []
    if (picked["printed"] != "").any():
        marks.append(Line2D([], [], ls="", marker="D", mec=GREY, mfc="none", label="printed"))
    if (known & ~unsure).any():
        marks.append(Line2D([], [], mfc=OURS, label=ours + shared, **dot))
    if (known & unsure).any():
        several = (known & ~unsure).any()
        label = "not comparable or not converged" if several else ours + shared
        marks.append(Line2D([], [], mfc="none", label=label, **dot))
    return marks
