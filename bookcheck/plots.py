"""A picture of arithmetic: which checks fit."""

from textwrap import fill

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from busutils.figures.look import (
    COLOURS,
    GREY,
    LOOK,
    OURS,
    finished,
    new_figure,
)

ANSWERS = {
    "fits": COLOURS["truth"],
    "recovered": OURS,
    "may be chance": COLOURS["missed"],
    "unusual": COLOURS["prediction"],
    "does not fit": COLOURS["false"],
    "cannot be checked": GREY,
}


@mpl.rc_context(LOOK)
def overview(table: pd.DataFrame, title: str = "") -> Figure:
    """Draw what fits: a row a paper, a column a kind of check, a bar divided by answer.

    Parameters
    ----------
    table : DataFrame with columns paper, kind, answer (a key of `ANSWERS`), n
    """
    papers = list(dict.fromkeys(table["paper"]))
    kinds = list(dict.fromkeys(table.sort_values("kind")["kind"]))
    figure, grid = new_figure(1.1 + 0.4 * len(papers), 1, 1)
    axes = grid[0, 0]
    for (paper, kind), cell in table.groupby(["paper", "kind"], observed=True):
        y, x = papers.index(paper), kinds.index(kind)
        _divided(axes, x, y, cell.set_index("answer")["n"])
    axes.set_xticks([i + 0.45 for i in range(len(kinds))], [fill(k, 10) for k in kinds])
    axes.set_yticks(range(len(papers)), [paper.capitalize() for paper in papers])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlim(-0.05, len(kinds))
    axes.set_ylim(len(papers) - 0.5, -0.5)
    marks = [Patch(color=colour, label=answer) for answer, colour in ANSWERS.items()]
    return finished(figure, title, table, marks)


def _divided(axes, x: float, y: float, n: pd.Series) -> None:
    """A bar of one unit less a margin, divided by counts, which stand in it."""
    left, width = float(x), 0.9
    for answer, colour in ANSWERS.items():
        part = n.get(answer, 0) / n.sum() * width
        if part:
            axes.barh(y, part, 0.5, left, color=colour, alpha=0.85, lw=0)
            if part > 0.02 + 0.1 * len(str(n[answer])):  # room for its digits
                where = (left + part / 2, y)
                axes.annotate(str(n[answer]), where, ha="center", va="center", color="black")
            left += part
