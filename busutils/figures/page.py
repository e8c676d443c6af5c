"""A figure as HTML for a page: drawn wide, and once more for a phone."""

import pickle
from base64 import b64encode
from html import escape
from itertools import combinations
from textwrap import fill

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from busutils.figures.look import BESIDE, LETTER, LOOK, headline, legend_below, source

PHONE = 3.9
"""Inches, the width of a figure on a phone."""
LINE = 0.14
"""Inches that a further line of a row's name takes."""
LAID_OUT = 12.0
"""Inches a row of panels in which any legend has room, to measure what stands around them."""


def embed(figure: Figure, alt: str, caption: str = "", below: str = "") -> str:
    """Return the figure as HTML with alternative text: an SVG, and on a phone a narrow one.

    Below it stands the caption, and what is given as HTML.

    Pictures are not drawn twice, since they are large, nor is what has no room for its words: on a
    phone they scroll from side to side.
    """
    wide, words = source(figure), f"alt='{escape(alt, quote=True)}'"
    pictures = any(axes.images for axes in figure.axes)
    if pictures or _crowded(phone := for_phone(figure)):
        size = "width:100%;min-width:36rem;max-width:42rem;height:auto"
        shown = f"<div style='overflow-x:auto'><img src='{wide}' {words} style='{size}'></div>"
    else:
        narrow = source(phone)
        image = f"<img src='{wide}' {words} style='max-width:100%;height:auto'>"
        shown = f"<picture><source media='(max-width: 600px)' srcset='{narrow}'>{image}</picture>"
    told = f"<figcaption>{escape(caption)}{below}</figcaption>" if caption or below else ""
    return f"<figure style='margin:1em 0'>{shown}{told}</figure>"


def download(table: pd.DataFrame, name: str) -> str:
    """Return a link, as HTML, that saves a table as CSV; the page itself holds the table.

    Numbers have six significant digits.
    """
    csv = table.to_csv(index=False, float_format="%.6g")
    address = f"data:text/csv;base64,{b64encode(csv.encode()).decode()}"
    return f"<a href='{address}' download='{escape(name, quote=True)}.csv'>data (CSV)</a>"


@mpl.rc_context(LOOK)
def for_phone(figure: Figure) -> Figure:
    """Return a copy as wide as a phone: half as many panels side by side, long lines folded."""
    wanted = _panel_height(figure)
    narrow = pickle.loads(pickle.dumps(figure))
    narrow.set_layout_engine("constrained", w_pad=0.1)  # ticks may get a digit more
    rows, columns = _stack(narrow)
    narrow.set_size_inches(PHONE, LAID_OUT * rows)
    folded = max(_fold_texts(axes, columns) for axes in narrow.axes)
    headline(narrow, fill(narrow.get_suptitle(), int(72 * PHONE / LETTER * 0.75)))
    for legend in list(narrow.legends):
        legend.remove()
        for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
            handle.set_label(text.get_text())
        legend_below(narrow, legend.legend_handles)
    for _ in range(2):  # gaps between panels grow with the height
        missing = rows * (wanted + LINE * folded - _panel_height(narrow))
        narrow.set_size_inches(PHONE, narrow.get_size_inches()[1] + missing)
    return narrow


def _crowded(figure: Figure) -> bool:
    """Whether words of a panel, or of its x axis, stand over each other."""
    figure.draw_without_rendering()
    return any(
        first.overlaps(second)
        for axes in figure.axes
        for words in (axes.texts, axes.get_xticklabels())
        for first, second in combinations([w.get_window_extent() for w in words if w.get_text()], 2)
    )


def _panel_height(figure: Figure) -> float:
    figure.draw_without_rendering()  # so that the layout is known
    return figure.axes[0].get_position().height * figure.get_size_inches()[1]


def _stack(figure: Figure) -> tuple[int, int]:
    """Put half as many panels of a grid in a row; how many rows and columns there are then."""
    shown = [axes for axes in figure.axes if axes.get_visible() and axes.get_subplotspec()]
    grid, label = shown[0].get_gridspec(), shown[0].get_ylabel()
    columns = -(-grid.ncols // 2)
    if grid.ncols == 1:
        return grid.nrows, 1
    rows = -(-len(shown) // columns)
    new = figure.add_gridspec(rows, columns)
    for place, axes in enumerate(shown):
        axes.set_subplotspec(new[place // columns, place % columns])
        if axes.get_shared_y_axes().joined(axes, shown[0]):
            axes.set_ylabel("" if place % columns else label)
            axes.tick_params(labelleft=place % columns == 0)
    return rows, columns


def _fold_texts(axes: Axes, columns: int) -> int:
    """Fold long names of a panel; return the lines that names of its rows take more.

    A word beside a row comes below its name.
    """
    letters = int(72 * PHONE / columns / LETTER)
    axes.set_title(fill(axes.get_title("left"), letters - 8))
    axes.set_xlabel("\n".join(fill(line, letters - 8) for line in axes.get_xlabel().splitlines()))
    if not isinstance(axes.yaxis.get_major_locator(), FixedLocator):
        return 0
    words = {text.xy[1]: text for text in axes.texts if text.get_gid() == BESIDE}
    ticks = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    named = {y: [fill(name.get_text(), letters // 3)] for y, name in ticks}
    for y, word in words.items():
        named[y].append(word.get_text())
        word.remove()
    names = ["\n".join(filter(None, lines)) for lines in named.values()]
    axes.set_yticks(list(named), names)
    return sum(name.count("\n") for name in names)
