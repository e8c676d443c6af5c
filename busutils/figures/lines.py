"""Figures with one axis of numbers: printed against re-run, intervals, random draws."""

from collections.abc import Mapping, Sequence
from itertools import chain, cycle
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from busutils.errors import choose
from busutils.figures.look import (
    BESIDE,
    COLOURS,
    DASHES,
    GREY,
    LOOK,
    OURS,
    finished,
    limits,
    new_figure,
)

UNSURE = ("not comparable", "not converged")


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
    figure, axes = _rows(picked["row"], (1.3, 0.27), label or column, ends)
    alike = len(set(picked["verdict"])) == 1
    for place, row in enumerate(picked.itertuples()):
        if np.isfinite(row.ours):
            face = "none" if row.verdict in UNSURE else OURS
            _dot(axes, place, row.ours, (row.low, row.high), ends, mfc=face, mew=1.4, zorder=3)
        if row.printed:
            diamond = {"ms": 6, "mec": GREY, "mfc": "none", "mew": 1.2, "zorder": 2}
            axes.plot(float(row.printed), place, "D", **diamond)
        where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        where |= {"xytext": (4, 0), "va": "center", "fontsize": 8, "gid": BESIDE}
        axes.annotate("" if alike else row.verdict, (1, place), **where)
    upright = _beside(axes, trivial or {}, ends)
    marks = _comparison_marks(picked, alike)
    if band:
        shaded = {"color": GREY, "alpha": 0.25, "lw": 0, "zorder": 0, "label": band_label}
        marks.append(axes.axvspan(*band, **shaded))
    drawn = picked[["row", "printed", "ours", "low", "high", "verdict"]][::-1]
    return finished(figure, title, _with_trivial(drawn, "row", "ours", trivial), marks + upright)


@mpl.rc_context(LOOK)
def intervals(
    rows: pd.DataFrame,
    label: str,
    title: str = "",
    trivial: Mapping[str, float] | None = None,
    ends: tuple[float, float] = (0, 1),
    margins: Sequence[float] = (),
) -> Figure:
    """Draw one value a row with its interval, the first row on top.

    Parameters
    ----------
    rows : DataFrame with columns name, value, low, high; NaN where there is none
    label : of the x axis
    trivial : name -> value of answers that need no training, drawn as thin grey lines
    ends : of the x axis
    margins : the only ticks of the x axis, if given, each with a thin line
    """
    upwards = rows[::-1]
    figure, axes = _rows(upwards["name"], (0.9, 0.3), label, ends)
    for place, row in enumerate(upwards.itertuples()):
        _dot(axes, place, row.value, (row.low, row.high), ends)
    for margin in margins:
        axes.axvline(margin, color=GREY, lw=0.6, zorder=0)
    if margins:
        axes.set_xticks([*margins], [f"{margin:.2f}" for margin in margins])
    drawn = _with_trivial(rows[["name", "value", "low", "high"]], "name", "value", trivial)
    return finished(figure, title, drawn, _beside(axes, trivial or {}, ends))


@mpl.rc_context(LOOK)
def against_random(
    random: Mapping[str, np.ndarray],
    lines: Mapping[str, float],
    bands: Mapping[str, tuple[float, float]],
    label: str,
    title: str = "",
) -> Figure:
    """Draw one quantity: random draws as a histogram, single values as lines, ranges as bands.

    Parameters
    ----------
    random : name -> values of the draws
    lines : name -> value; a fifth is dashed as the first
    bands : name -> its ends
    label : of the x axis
    """
    figure, ((axes,),) = new_figure(2.8)
    edges = np.histogram_bin_edges([*chain(*random.values())], 40)
    for (name, values), colour in zip(random.items(), cycle([GREY, COLOURS["prediction"]])):
        axes.hist(values, edges, color=colour, alpha=0.5, label=f"{len(values)} {name}")
    _upright(axes, lines, color=OURS, lw=1.6)
    for name, ends in bands.items():
        axes.axvspan(*ends, color=COLOURS["prediction"], alpha=0.6, lw=0, label=name)
    axes.set(xlabel=label, ylabel="draws")
    axes.set_xlim(left=0)
    single = [*((name, value) for name, of in random.items() for value in of), *lines.items()]
    told = [(name, value, np.nan, np.nan) for name, value in single]
    told += [(name, np.nan, *ends) for name, ends in bands.items()]
    drawn = pd.DataFrame(told, columns=["name", "value", "low", "high"])
    return finished(figure, title, drawn, axes.get_legend_handles_labels()[0], columns=2)


def _rows(
    names: Sequence[str], inches: tuple[float, float], label: str, ends: tuple[float, float]
) -> tuple[Figure, Axes]:
    """A figure with a row a name, from below; `inches` around the rows, and of each."""
    figure, ((axes,),) = new_figure(inches[0] + inches[1] * len(names))
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel=label, ylim=(-0.6, len(names) - 0.4))
    limits(axes, *ends)
    return figure, axes


def _dot(
    axes: Axes,
    place: int,
    value: float,
    interval: tuple[float, float],
    ends: tuple[float, float],
    **look: Any,
) -> None:
    """Draw ours; its interval goes no further than the axis, since no score does."""
    if np.isfinite(interval).all():
        axes.plot(np.clip(interval, *ends), [place, place], color=OURS, lw=1.6)
    axes.plot(value, place, "o", ms=6, color=OURS, **look)


def _with_trivial(
    rows: pd.DataFrame, name: str, value: str, trivial: Mapping[str, float] | None
) -> pd.DataFrame:
    """Rows and, below them, the answers that need no training, told apart by their kind."""
    without = pd.DataFrame({name: [*(trivial or {})], value: [*(trivial or {}).values()]})
    both = {"row": rows, "without training": without}
    return pd.concat(both, names=["kind", None]).reset_index("kind")


def _beside(axes: Axes, trivial: Mapping[str, float], ends: tuple[float, float]) -> list[Line2D]:
    """Draw answers that need no training, the lowest first in the legend."""
    lines = sorted(trivial.items(), key=lambda line: line[1])
    digits = 2 if max(ends) <= 1 else 0
    named = {f"{name} {value:z.{digits}f}": value for name, value in lines}
    return _upright(axes, named, color=GREY, lw=1.0, zorder=0)


def _upright(axes: Axes, lines: Mapping[str, float], **look: Any) -> list[Line2D]:
    """Draw upright lines, each with dashes of its own."""
    dashed = zip(lines.items(), cycle(DASHES), strict=False)
    return [axes.axvline(value, ls=ls, label=name, **look) for (name, value), ls in dashed]


def _comparison_marks(picked: pd.DataFrame, alike: bool) -> list[Line2D]:
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
