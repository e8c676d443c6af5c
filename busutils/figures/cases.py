"""Cases as image, truth, prediction, difference: chosen by rank, never by hand."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from busutils import metrics
from busutils.errors import UserError
from busutils.figures.look import COLOURS, LOOK, headline, legend_below, new_figure

PANELS = ("image", "truth", "prediction", "difference")
HALO = withStroke(linewidth=2.2, foreground="#FFFFFF", alpha=0.55)  # keeps blue off black lesions
RANKS = {0: "worst", 0.5: "median", 1: "best"}


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
    """Draw some of the given cases, a row each, worst first.

    Parameters
    ----------
    images : array of shape (n, height, width) or (n, height, width, 1)
        Grey levels 0 to 255.
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
    images = np.asarray(images).reshape(np.shape(images)[:3])
    if not len(images) == len(names) == len(truths) or images.shape != predicted.shape:
        raise UserError("images, truths, probabilities and names belong to the same cases")
    dice = metrics.SCORES["dice"](metrics.counts(truths, predicted))
    figure, panels = new_figure(0.9 + 1.85 * len(ranks), len(ranks), len(PANELS))
    for row, rank, i in zip(panels, ranks, by_rank(dice, ranks), strict=True):
        _draw_case(row, images[i], truths[i], predicted[i])
        word = RANKS.get(rank, f"{rank:.0%} rank")
        row[0].set_xlabel(f"{word}: Dice {dice[i]:.2f}\n{names[i]}", fontsize=8, loc="left")
    for axes, name in zip(panels[0], PANELS, strict=True):
        axes.set_title(name)
    legend_below(figure, [Line2D([], [], color=c, lw=1.5, label=n) for n, c in COLOURS.items()])
    headline(figure, title)
    return figure


@mpl.rc_context(LOOK)
def predictions_strip(
    images: np.ndarray,
    truths: np.ndarray,
    predictions: Mapping[str, np.ndarray],
    names: Sequence[str],
    title: str = "",
) -> Figure:
    """Draw a row a case: the image with its truth, then what each network found.

    Parameters
    ----------
    images : array of shape (n, height, width, 1), grey levels 0 to 255
    truths : bool array of shape (n, height, width)
    predictions : name of a network -> bool array of that shape; at most six fit the page
    names : of the n cases
    title : the finding
    """
    figure, panels = new_figure(0.9 + 1.15 * len(names), len(names), 1 + len(predictions))
    for i, row in enumerate(panels):
        for axes in row:
            _show(axes, images[i, ..., 0])
        outline(row[0], truths[i], "truth")
        row[0].set_xlabel(names[i], fontsize=8, loc="left")
        for axes, masks in zip(row[1:], predictions.values(), strict=True):
            outline(axes, truths[i], "truth")
            outline(axes, masks[i], "prediction")
            dice = metrics.SCORES["dice"](metrics.counts(truths[i : i + 1], masks[i : i + 1]))
            axes.set_xlabel(f"Dice {dice[0]:.2f}", fontsize=8)
    for axes, name in zip(panels[0], ["image", *predictions], strict=True):
        axes.set_title(name, fontsize=8)
    told = ("truth", "prediction")
    legend_below(figure, [Line2D([], [], color=COLOURS[n], lw=1.5, label=n) for n in told])
    headline(figure, title)
    return figure


def by_rank(scores: np.ndarray, ranks: Sequence[float] = (0, 0.5, 1)) -> list[int]:
    """Return the places of the cases at the given ranks (0 lowest score, 1 highest)."""
    if len(scores) == 0 or not all(0 <= rank <= 1 for rank in ranks):
        raise UserError("ranks lie between 0 (lowest) and 1 (highest) of at least one case")
    order = np.argsort(scores, kind="stable")
    return [int(order[round(rank * (len(order) - 1))]) for rank in ranks]


def _draw_case(row: Sequence[Axes], image: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> None:
    for axes in row:
        _show(axes, image)
    outline(row[1], truth, "truth")
    outline(row[2], mask, "prediction")
    outline(row[3], truth & ~mask, "missed")
    outline(row[3], mask & ~truth, "false")


def _show(axes: Axes, image: np.ndarray) -> None:
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="none")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def outline(axes: Axes, mask: np.ndarray, what: str) -> None:
    """Draw the border of a mask in the colour of what it is (a key of `COLOURS`)."""
    if mask.any():
        padded = np.pad(mask, 1).astype(float)  # so that lines close at the border
        y, x = (np.arange(-1, n + 1) for n in mask.shape)
        lines = axes.contour(x, y, padded, levels=[0.5], colors=COLOURS[what], linewidths=1.2)
        lines.set_path_effects([HALO])
