"""Pictures of cases with outlines: chosen by rank, never by hand."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from busutils import metrics
from busutils.errors import UserError
from busutils.figures.look import COLOURS, LOOK, finished, new_figure

HALO = withStroke(linewidth=2.2, foreground="#FFFFFF", alpha=0.55)  # keeps blue off black lesions
RANKS = {0: "worst", 0.5: "median", 1: "best"}
BELOW = {"fontsize": 8, "loc": "left"}
"""Look of the words below a picture."""
SCALES = {2: ("gray", "probability"), 3: ("inferno", "weight"), 4: ("viridis", "coefficient")}
"""Column of a map in :func:`heat_strip` -> its colours, from 0 to 1, and what they mean."""


@mpl.rc_context(LOOK)
def cases_strip(
    images: np.ndarray,
    truths: np.ndarray,
    probabilities: np.ndarray,
    threshold: float,
    names: Sequence[str],
    ranks: Sequence[float] = (0, 0.5, 1),
    title: str = "",
) -> Figure:
    """Draw image, truth, prediction and difference of some of the given cases, worst first.

    Parameters
    ----------
    images : array of shape (n, height, width), (n, height, width, 1) or (n, height, width, 3)
        Grey levels or colours, 0 to 255.
    truths : bool array of shape (n, height, width)
    probabilities : array of shape (n, height, width), in [0, 1]
    threshold : lesion where the probability reaches it
    names : of the n cases, as files are called
    ranks : 0 is the lowest Dice of the n cases, 0.5 the median, 1 the highest
    title : the finding

    Raises
    ------
    UserError
        If there are no cases, or the arrays do not belong together.
    """
    truths, predicted = np.asarray(truths, bool), np.asarray(probabilities) >= threshold
    _check_alike(names, images, truths, predicted)
    dice = metrics.SCORES["dice"](metrics.counts(truths, predicted))
    figure, panels = new_figure(0.9 + 1.85 * len(ranks), len(ranks), 4)
    shown = by_rank(dice, ranks)
    for row, rank, i in zip(panels, ranks, shown, strict=True):
        for axes in row:
            show(axes, images[i])
        outline(row[1], truths[i], "truth")
        outline(row[2], predicted[i], "prediction")
        outline(row[3], truths[i] & ~predicted[i], "missed")
        outline(row[3], predicted[i] & ~truths[i], "false")
        word = RANKS.get(rank, f"{rank:.0%} rank")
        row[0].set_xlabel(f"{word}: Dice {dice[i]:.2f}\n{names[i]}", **BELOW)
    for axes, head in zip(panels[0], ["image", "truth", "prediction", "difference"], strict=True):
        axes.set_title(head)
    drawn = pd.DataFrame({"rank": ranks, "case": [names[i] for i in shown], "Dice": dice[shown]})
    return finished(figure, title, drawn, _outlines(*COLOURS))


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
    _check_alike(names, images, truths, *predicted.values())
    n, columns = len(names), 1 + len(predicted)
    figure, panels = new_figure(0.9 + (7 / columns + 0.3) * n, n, columns)
    for row, image, truth, name in zip(panels, images, truths, names, strict=True):
        for axes in row:
            show(axes, image)
            outline(axes, truth, "truth")
        # a line lower than the scores, so that a long name has room below them
        row[0].set_xlabel(f"\n{name}", **BELOW)
    drawn = pd.DataFrame({"case": names})
    for column, (network, masks) in zip(panels.T[1:], predicted.items(), strict=True):
        drawn[network] = metrics.SCORES["dice"](metrics.counts(truths, masks))
        for axes, mask, score in zip(column, masks, drawn[network], strict=True):
            outline(axes, mask, "prediction")
            axes.set_xlabel(f"Dice {score:.2f}", **BELOW)
    for axes, head in zip(panels[0], ["image", *predicted], strict=True):
        axes.set_title(head.replace(" with ", "\nwith "), fontsize=8)
    return finished(figure, title, drawn, _outlines("truth", "prediction"))


@mpl.rc_context(LOOK)
def gallery(
    images: np.ndarray,
    truths: np.ndarray,
    predicted: np.ndarray,
    names: Sequence[str],
    title: str = "",
    columns: int = 5,
) -> Figure:
    """Draw cases side by side, each an image with both outlines and its Dice below.

    Parameters
    ----------
    images : array of shape (n, height, width) or with a last axis of 1 or 3, 0 to 255
    truths, predicted : bool arrays of shape (n, height, width)
    names : of the n cases

    Raises
    ------
    UserError
        If the arrays do not belong together.
    """
    _check_alike(names, images, truths, predicted)
    rows = -(-len(names) // columns)
    figure, panels = new_figure(0.6 + (7 / columns + 0.35) * rows, rows, columns)
    dice = metrics.SCORES["dice"](metrics.counts(truths, predicted))
    for axes in panels.flat[len(names) :]:
        axes.set_visible(False)
    every = zip(panels.flat, images, truths, predicted, names, dice, strict=False)
    for axes, image, truth, mask, name, score in every:
        show(axes, image)
        outline(axes, truth, "truth")
        outline(axes, mask, "prediction")
        axes.set_xlabel(f"Dice {score:.2f}\n{name}", **BELOW)
    drawn = pd.DataFrame({"case": names, "Dice": dice})
    return finished(figure, title, drawn, _outlines("truth", "prediction"))


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
    columns = max(len(pairs), 4)
    figure, grid = new_figure(0.6 + 2 * 7 / columns, 2, columns)
    for column, pair in zip(grid.T, pairs, strict=False):
        for axes, picture in zip(column, pair, strict=True):
            show(axes, np.clip(picture, 0, 255).astype(np.uint8))
    for column, masks in zip(grid.T, outlines, strict=False):
        for axes, mask in zip(column, masks, strict=True):
            outline(axes, mask, "truth")
    for axes, name in zip(grid[:, 0], names, strict=True):
        axes.set_ylabel(name)
    for spare in grid[:, len(pairs) :].flat:
        spare.set_axis_off()
    return finished(figure, title, None)


@mpl.rc_context(LOOK)
def heat_strip(
    images: np.ndarray,
    truths: np.ndarray,
    probabilities: np.ndarray,
    heat: np.ndarray,
    names: Sequence[str],
    title: str = "",
    gates: np.ndarray | None = None,
) -> Figure:
    """Draw image, mask, prediction and Grad-CAM, a row a case; attention coefficients if given.

    A bar below tells what the colours of a map mean.

    Parameters
    ----------
    images : array of shape (n, height, width)
        Grey levels 0 to 255.
    truths : bool array of shape (n, height, width)
    probabilities, heat : arrays of shape (n, height, width), in [0, 1]
    names : of the n cases
    title : the finding
    gates : array of shape (n, h, w), in [0, 1]

    Raises
    ------
    UserError
        If the arrays do not belong together.
    """
    _check_alike(names, images, truths, probabilities, heat)
    heads = ["image", "mask", "prediction", "Grad-CAM", *["attention"] * (gates is not None)]
    figure, panels = new_figure(1.3 + 1.5 * len(names), len(names), len(heads))
    for i, row in enumerate(panels):
        show(row[0], images[i])
        show(row[1], truths[i], highest=1)
        show(row[2], probabilities[i], highest=1)
        show(row[3], images[i])
        row[3].imshow(heat[i], cmap=SCALES[3][0], vmin=0, vmax=1, alpha=0.55)
        if gates is not None:
            show(row[4], gates[i], SCALES[4][0], highest=1)
        for axes in row[[0, 2, 3]]:
            outline(axes, truths[i], "truth")
        row[0].set_xlabel(names[i], **BELOW)
    for axes, head in zip(panels[0], heads, strict=True):
        axes.set_title(head)
    for axes, (colours, label) in zip(panels[-1, 2:], SCALES.values(), strict=False):
        values = mpl.cm.ScalarMappable(mpl.colors.Normalize(0, 1), colours)
        place = axes.inset_axes((0.05, -0.22, 0.9, 0.06))
        bar = figure.colorbar(values, cax=place, orientation="horizontal", ticks=[0, 1])
        place.tick_params(labelsize=8, length=2)
        bar.set_label(label, fontsize=8, labelpad=-6)
    return finished(figure, title, None, _outlines("truth"))


def by_rank(scores: np.ndarray, ranks: Sequence[float] = (0, 0.5, 1)) -> list[int]:
    """Return the places of the cases at the given ranks (0 lowest score, 1 highest)."""
    if len(scores) == 0 or not all(0 <= rank <= 1 for rank in ranks):
        raise UserError("ranks lie between 0 (lowest) and 1 (highest) of at least one case")
    order = np.argsort(scores, kind="stable")
    return [int(order[round(rank * (len(order) - 1))]) for rank in ranks]


def show(axes: Axes, picture: np.ndarray, colours: str = "gray", highest: float = 255) -> None:
    """Show a picture without a frame: colours, or one channel from 0 to `highest`."""
    axes.imshow(picture, cmap=colours, vmin=0, vmax=highest, interpolation="none")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def outline(axes: Axes, mask: np.ndarray, what: str) -> None:
    """Draw the border of a mask in the colour of what it is (a key of `COLOURS`)."""
    if mask.any():
        padded = np.pad(mask, 1).astype(float)  # so that lines close at the border
        y, x = (np.arange(-1, n + 1) for n in mask.shape)
        lines = axes.contour(x, y, padded, levels=[0.5], colors=COLOURS[what], linewidths=1.2)
        lines.set_path_effects([HALO])


def _outlines(*kinds: str) -> list[Line2D]:
    return [Line2D([], [], color=COLOURS[kind], lw=1.5, label=kind) for kind in kinds]


def _check_alike(names: Sequence[str], *arrays: np.ndarray) -> None:
    if {np.shape(array)[:3] for array in arrays} != {(len(names), *np.shape(arrays[0])[1:3])}:
        raise UserError(
            "images, truths, answers and names do not belong to the same cases at the same size: "
            "hand over an array of each, case by case"
        )
