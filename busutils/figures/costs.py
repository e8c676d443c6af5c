"""A score against what it costs: a panel a cost, a dot a network."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from busutils.figures.levels import styles
from busutils.figures.look import LOOK, headline, legend_below, new_figure


@mpl.rc_context(LOOK)
def against_cost(table: pd.DataFrame, costs: Sequence[str], label: str, title: str = "") -> Figure:
    """Draw a score with its interval against each cost, on logarithmic axes; up and left is better.

    Parameters
    ----------
    table : DataFrame with columns network, Dice, low, high, and one a cost; a cost that was not
        measured (NaN) leaves its panel out
    costs : columns that are drawn, with their unit in the name
    label : of the y axis
    """
    known = [cost for cost in costs if table[cost].notna().all()]
    columns = min(len(known), 2) or 1
    rows = -(-len(known) // columns)
    figure, grid = new_figure(0.8 + 2.1 * rows, rows, columns, sharey=True)
    for axes in grid.flat[len(known) :]:
        axes.set_visible(False)
    table = table.assign(low=table["low"].clip(0, 1), high=table["high"].clip(0, 1))
    ends = (np.floor(10 * table["low"].min()) / 10, np.ceil(10 * table["high"].max()) / 10)
    for axes, cost in zip(grid.flat, known, strict=False):
        for (_, row), (colour, mark, _) in zip(table.iterrows(), styles(), strict=False):
            bars = [[row["Dice"] - row["low"]], [row["high"] - row["Dice"]]]
            look = {"fmt": mark, "color": colour, "ms": 5, "lw": 1.4, "capsize": 2}
            axes.errorbar(row[cost], row["Dice"], bars, **look)
        _axis(axes, table[cost])
        axes.set(xlabel=cost, ylim=ends)
    for row in grid:
        row[0].set_ylabel(label)
    marks = [
        Line2D([], [], color=colour, marker=mark, ls="", ms=5, label=name)
        for name, (colour, mark, _) in zip(table["network"], styles(), strict=False)
    ]
    legend_below(figure, marks, columns=3)
    headline(figure, title)
    return figure


def _axis(axes, values: pd.Series) -> None:
    """A logarithmic axis with plain numbers, a little wider than the values."""
    axes.set_xscale("log")
    axes.set_xlim(values.min() / 1.6, values.max() * 1.6)
    axes.xaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
