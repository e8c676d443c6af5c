"""A score against the level of a disturbance: a panel a kind, a line a network."""

from collections.abc import Iterator, Sequence
from itertools import count

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from busutils.figures.look import GREY, LOOK, headline, legend_below, new_figure

STYLES = (
    ("#2E8BC0", "o", "-"),
    ("#C98600", "s", "--"),
    ("#009E73", "^", "-."),
    ("#D55E00", "v", ":"),
    ("#CC79A7", "D", "--"),
    (GREY, "x", "-"),
)
"""Colour, mark and dashes of each line, the same in every panel; told apart without colour too.

Each colour has a contrast of 3:1 or more on a light and on a dark page.
"""


def styles() -> Iterator[tuple[str, str, str]]:
    """Give `STYLES`, then their colours with other marks and dashes, without end."""
    for turn in count():
        for place, (colour, _, _) in enumerate(STYLES):
            _, mark, dashes = STYLES[(place + turn) % len(STYLES)]
            yield colour, mark, dashes


@mpl.rc_context(LOOK)
def level_curves(
    table: pd.DataFrame, units: dict[str, str], label: str, title: str = "", first: str = ""
) -> Figure:
    """Draw a score against the level, a panel a kind, levels evenly spaced from none to most.

    Parameters
    ----------
    table : DataFrame with columns network, kind, level, score, low, high; levels in their order
    units : kind -> what its level means
    label : of the y axis
    first : network whose interval is drawn as a band
    """
    kinds, networks = list(table["kind"].unique()), list(table["network"].unique())
    columns = min(len(kinds), 3) or 1
    rows = -(-len(kinds) // columns)
    figure, grid = new_figure(0.8 + 2.0 * rows, rows, columns, sharey=True)
    for axes in grid.flat[len(kinds) :]:
        axes.set_visible(False)
    for axes, kind in zip(grid.flat, kinds, strict=False):
        of = table[table["kind"] == kind]
        levels = list(of["level"].unique())
        _lines(axes, of, networks, levels, first)
        axes.set_xticks(range(len(levels)), [f"{level:g}" for level in levels])
        axes.set(title=kind, ylim=(0, 1.02))
        axes.set_xlabel(_folded(units[kind]), fontsize=8)
    for row in grid:
        row[0].set_ylabel(label)
    legend_below(figure, [_mark(n, style) for n, style in _styled(networks)], columns=3)
    headline(figure, title)
    return figure


def _lines(axes, of: pd.DataFrame, networks: Sequence[str], levels: list, first: str) -> None:
    places = np.arange(len(levels))
    for network, (colour, mark, dashes) in _styled(networks):
        own = of[of["network"] == network].set_index("level").reindex(levels)
        axes.plot(places, own["score"], dashes, marker=mark, ms=4, color=colour, lw=1.6)
        if network == first:
            ends = own["low"].clip(0, 1), own["high"].clip(0, 1)
            axes.fill_between(places, *ends, color=colour, alpha=0.2, lw=0)


def _styled(networks: Sequence[str]) -> zip:
    return zip(networks, styles(), strict=False)


def _mark(name: str, style: tuple[str, str, str]) -> Line2D:
    colour, mark, dashes = style
    return Line2D([], [], color=colour, marker=mark, ls=dashes, ms=4, lw=1.6, label=name)


def _folded(unit: str) -> str:
    """Break a long unit into two lines at its comma."""
    return unit.replace(", ", ",\n", 1) if len(unit) > 26 else unit
