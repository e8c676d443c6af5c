"""The one look: transparent, mid-grey axes that read on white and on black, 9-point text."""

from base64 import b64encode
from html import escape
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from busutils.errors import UserError

WIDTH = 7.0
"""Inches, the widest a figure may be."""
GREY = "#808080"
COLOURS = {"truth": "#009E73", "prediction": "#E69F00", "missed": "#0072B2", "false": "#D55E00"}
"""Safe for colour-blind readers (Okabe, Ito: Color Universal Design, 2008)."""
OURS = "#2E8BC0"  # Okabe and Ito's blue is too dark for a thin line on black
LARGEST_SVG = 500_000
LOOK = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "figure.titlesize": 10,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(
        ["text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"], GREY
    ),
    "legend.labelcolor": GREY,
}


def new_figure(height: float, rows: int = 1, columns: int = 1, **options: Any) -> tuple:
    """Return a figure of full width and the given height (inches), and its axes (rows, columns).

    Raises
    ------
    UserError
        If there is nothing to draw.
    """
    if rows < 1 or columns < 1:
        raise UserError("there is nothing to draw: leave the figure out")
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def model_panels(n: int, xlabel: str, ylabel: str) -> tuple[Figure, list[Axes]]:
    """Return a figure of `n` panels, at most three in a row, that share their axes."""
    columns = min(n, 3) or 1
    rows = -(-n // columns)
    figure, grid = new_figure(0.9 + 1.7 * rows, rows, columns, sharex=True, sharey=True)
    panels = list(grid.flat)
    for spare in panels[n:]:
        spare.set_visible(False)
    for lowest in panels[max(n - columns, 0) : n]:
        lowest.set_xlabel(xlabel)
        lowest.tick_params(labelbottom=True)
    for first in grid[:, 0]:
        first.set_ylabel(ylabel)
    return figure, panels[:n]


def headline(figure: Figure, finding: str) -> None:
    """Write the finding above the figure, from its left edge."""
    if finding:
        figure.suptitle(finding, x=0.01, ha="left", fontweight="bold")


def legend_below(figure: Figure, handles: list, columns: int = 4) -> None:
    """Explain marks below the axes."""
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)


def limits(axes: Axes, low: float, high: float) -> None:
    """Set the x limits with a margin, so that marks at the ends stay whole."""
    margin = 0.02 * (high - low)
    axes.set_xlim(low - margin, high + margin)


def caption(what: str, n: int | str, profile: str, run: str, source: str = "") -> str:
    """Say what a figure shows and what made it.

    Parameters
    ----------
    n : cases, as a number or in words
    source : citation and licence of the set, due where its images are shown
    """
    cases = f"n = {n} cases" if isinstance(n, (int, np.integer)) else n
    parts = [f"{what.rstrip('.')}.", f"{cases}; profile {profile}; run {run}."]
    return " ".join([*parts, *([f"{source.rstrip('.')}."] if source else [])])


def alternative_text(table: pd.DataFrame, column: str) -> str:
    """Tell a printed-against-re-run figure in words, row by row, for those who do not see it."""
    picked = table[table["column"] == column].sort_values("ours", ascending=False)
    if picked.empty:
        raise UserError(f"the table has no column {column!r}")
    lines = [
        (f"{t.row}: printed {t.printed}, " if t.printed else f"{t.row}: ")
        + (f"ours {t.ours:.3f}{_range(t)}, " if np.isfinite(t.ours) else "")
        + f"{t.verdict}"
        for t in picked.itertuples()
    ]
    return f"{column}, printed against re-run, best first. " + "; ".join(lines) + "."


def embed(figure: Figure, alt: str, caption: str = "") -> str:
    """Return the figure as HTML with alternative text: SVG, or PNG above 500 kB."""
    text = source(figure, "svg+xml")
    if len(text) * 3 / 4 > LARGEST_SVG:  # base64 writes three bytes in four
        text = source(figure, "png")
    width = "max-width:100%;height:auto"
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    image = f"<img src='{text}' alt='{escape(alt, quote=True)}' style='{width}'>"
    return f"<figure style='margin:1em 0'>{image}{below}</figure>"


def source(figure: Figure, kind: str) -> str:
    """Return a figure as a data address for an image; `kind` is png, webp or svg+xml."""
    out = BytesIO()
    same = {"metadata": {"Date": None}} if kind == "svg+xml" else {}  # the same bytes each time
    with mpl.rc_context({"svg.hashsalt": "busutils"}):
        figure.savefig(out, format=kind.partition("+")[0], dpi=120, **same)
    return f"data:image/{kind};base64,{b64encode(out.getvalue()).decode()}"


def _range(line: Any) -> str:
    return f" ({line.low:.3f} to {line.high:.3f})" if line.high > line.low else ""
