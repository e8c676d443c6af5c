"""What several networks answer to the same cases, and pictures before and after a step."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from busutils import metrics
from busutils.errors import UserError
from busutils.figures.cases import as_shown, outline, show
from busutils.figures.look import COLOURS, LOOK, headline, legend_below, new_figure


@mpl.rc_context(LOOK)
def answers(
    images: np.ndarray,
    truths: np.ndarray,
    predicted: Mapping[str, np.ndarray],
    names: Sequence[str],
    title: str = "",
) -> Figure:
    """Draw cases as rows: the image with its truth, then each network's outline with its Dice.

    Parameters
    ----------
    images : array of shape (n, height, width) or with a last axis of 1 or 3, 0 to 255
    truths : bool array of shape (n, height, width)
    predicted : network -> bool array of that shape
    names : of the n cases

    Raises
    ------
    UserError
        If the arrays do not belong together.
    """
    images, truths = as_shown(images), np.asarray(truths, bool)
    if any(np.shape(one) != truths.shape for one in predicted.values()):
        raise UserError("truths and predictions belong to the same cases at the same size")
    n, columns = len(names), 1 + len(predicted)
    figure, panels = new_figure(0.9 + (7 / columns + 0.3) * n, n, columns)
    dice = {k: metrics.scores(metrics.counts(truths, v))["dice"] for k, v in predicted.items()}
    for i, row in enumerate(panels):
        for axes in row:
            show(axes, images[i])
            outline(axes, truths[i], "truth")
        # a line lower than the scores, so that a long name has room below them
        row[0].set_xlabel(f"\n{names[i]}", fontsize=8, loc="left")
        for axes, (name, masks) in zip(row[1:], predicted.items(), strict=True):
            outline(axes, masks[i], "prediction")
            axes.set_xlabel(f"Dice {dice[name][i]:.2f}", fontsize=8, loc="left")
    for axes, name in zip(panels[0], ["image", *predicted], strict=True):
        axes.set_title(name.replace(" with ", "\nwith "), fontsize=8)
    marks = ("truth", "prediction")
    legend_below(figure, [Line2D([], [], color=COLOURS[m], lw=1.5, label=m) for m in marks])
    headline(figure, title)
    return figure


@mpl.rc_context(LOOK)
def before_and_after(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]],
    names: tuple[str, str],
    outlines: Sequence[tuple[np.ndarray, np.ndarray]] = (),
    title: str = "",
) -> Figure:
    """Draw pictures before (top) and after (below) a step, a column a picture.

    Parameters
    ----------
    pairs : pictures, each (height, width) or (height, width, 3), 0 to 255
    names : what the rows are
    outlines : masks of each pair, drawn as truth
    """
    figure, grid = new_figure(0.6 + 2 * 7 / max(len(pairs), 4), 2, max(len(pairs), 4))
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    for place, pair in enumerate(pairs):
        for row, picture in enumerate(pair):
            show(grid[row][place], np.clip(picture, 0, 255).astype(np.uint8))
            if outlines:
                outline(grid[row][place], np.asarray(outlines[place][row], bool), "truth")
    for row, name in zip(grid, names, strict=True):
        row[0].set_ylabel(name)
    headline(figure, title)
    return figure
