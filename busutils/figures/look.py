"""The one look: transparent, 9-point text in a grey that follows the page from light to dark."""

import pickle
from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from busutils.errors import UserError

WIDTH = 7.0
"""Inches, the widest a figure may be."""
GREY, ON_DARK = "#707070", "#888888"
"""Text, axes and what is printed, on a light and on a dark page: no one grey has 4.5:1 on both."""
COLOURS = {"truth": "#009E73", "prediction": "#E69F00", "missed": "#0072B2", "false": "#D55E00"}
"""Safe for colour-blind readers (Okabe, Ito: Color Universal Design, 2008)."""
OURS = "#2E8BC0"  # Okabe and Ito's blue is too dark for a thin line on black
DASHES = ("-", "--", ":", "-.")
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
LETTER = 4.9
"""Points that a letter takes in a line, on average."""
BESIDE = "beside a row"
"""Mark of a text that stands to the right of a row."""
LARGEST_SVG = 100_000
"""Bytes; larger ones are drawn as pixels below their text."""
INK = f":root{{--ink:{GREY}}}@media (prefers-color-scheme: dark){{:root{{--ink:{ON_DARK}}}}}"
"""Inside an SVG; a page's `color-scheme` decides, so its own switch between light and dark too."""
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


def model_panels(
    n: int,
    xlabel: str,
    ylabel: str,
    columns: int = 3,
    inches: tuple[float, float] = (0.9, 1.7),
) -> tuple[Figure, list[Axes]]:
    """Return a figure of `n` panels that share their y axis, and with an `xlabel` the x axis too.

    There are at most `columns` in a row; the height is `inches`, of what stands around them and of
    a row.
    """
    columns = min(n, columns) or 1
    rows = -(-n // columns)
    height = inches[0] + inches[1] * rows
    figure, grid = new_figure(height, rows, columns, sharex=bool(xlabel), sharey=True)
    panels = list(grid.flat)
    for spare in panels[n:]:
        spare.set_visible(False)
    for lowest in panels[max(n - columns, 0) : n] if xlabel else []:
        lowest.set_xlabel(xlabel)
        lowest.tick_params(labelbottom=True)
    for first in grid[:, 0]:
        first.set_ylabel(ylabel)
    return figure, panels[:n]


def finished(
    figure: Figure,
    finding: str,
    data: pd.DataFrame | None,
    marks: Sequence[Artist] = (),
    columns: int = 4,
) -> Figure:
    """Return a figure with its finding above and its marks explained below.

    What is drawn stays with it as a table, ``figure.data``, but for shaded ranges; None of
    pictures alone.
    """
    figure.data = data
    legend_below(figure, marks, columns)
    headline(figure, finding)
    return figure


def headline(figure: Figure, finding: str) -> None:
    """Write the finding above the figure, from its left edge."""
    if finding:
        figure.suptitle(finding, x=0.01, ha="left", fontweight="bold")


def legend_below(figure: Figure, handles: Sequence[Artist], columns: int = 4) -> None:
    """Explain marks below the axes, in as many columns as there is room for."""
    if not handles:
        return
    room = 72 * figure.get_size_inches()[0]
    for handle in handles:
        handle.set_label(fill(handle.get_label(), int(room / LETTER) - 8))
    longest = max(len(line) for h in handles for line in h.get_label().splitlines())
    columns = max(1, min(columns, len(handles), int(room / (LETTER * (longest + 8)))))
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
    lines = []
    for row in picked.itertuples():
        printed = f"printed {row.printed}, " if row.printed else ""
        ends = f" ({row.low:.3f} to {row.high:.3f})" if row.high > row.low else ""
        ours = f"ours {row.ours:.3f}{ends}, " if np.isfinite(row.ours) else ""
        lines.append(f"{row.row}: {printed}{ours}{row.verdict}")
    return f"{column}, printed against re-run, best first. " + "; ".join(lines) + "."


def source(figure: Figure, pixels: bool = False) -> str:
    """Return a figure as a data address for an image.

    It is an SVG whose grey follows the page and whose letters are the reader's font. All but text
    is drawn as `pixels` if asked for, and above `LARGEST_SVG`.
    """
    content = b"" if pixels else _svg(figure)
    if pixels or len(content) > LARGEST_SVG:
        content = _with_pixels(pickle.loads(pickle.dumps(figure)))
    return f"data:image/svg+xml;base64,{b64encode(content).decode()}"


def _svg(figure: Figure) -> bytes:
    text = _saved(figure, "svg", metadata={"Date": None}).decode()  # the same bytes each time
    style = '<style type="text/css">'
    return text.replace(GREY, "var(--ink)").replace(style, style + INK, 1).encode()


def _with_pixels(figure: Figure) -> bytes:
    """Draw text as SVG over all else as pixels."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # all stays where it is, whatever is hidden
    texts = [text for text in figure.findobj(Text) if text.get_visible()]
    mpl.artist.setp(texts, visible=False)
    picture = b64encode(_saved(figure, "webp", pil_kwargs={"quality": 80})).decode()
    mpl.artist.setp(texts, visible=True)
    shapes = (AxesImage, Collection, Line2D, Patch)
    mpl.artist.setp(figure.findobj(lambda artist: isinstance(artist, shapes)), visible=False)
    image = f'<image width="100%" height="100%" href="data:image/webp;base64,{picture}"/>'
    return _svg(figure).replace(b"</defs>", b"</defs>" + image.encode(), 1)


def _saved(figure: Figure, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "busutils", "svg.fonttype": "none"}):
        figure.savefig(out, format=kind, dpi=120, **options)
    return out.getvalue()
