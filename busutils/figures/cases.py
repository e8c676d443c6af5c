"""Cases as image, truth, prediction, difference: chosen by rank, never by hand."""

from collections.abc import Sequence

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
    images = as_shown(images)
    if not len(images) == len(names) == len(truths) or images.shape[:3] != predicted.shape:
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


def as_shown(images: np.ndarray) -> np.ndarray:
    """Images as a figure takes them: a last axis of one grey channel is dropped."""
    images = np.asarray(images)
    return images[..., 0] if images.ndim == 4 and images.shape[-1] == 1 else images


def by_rank(scores: np.ndarray, ranks: Sequence[float] = (0, 0.5, 1)) -> list[int]:
    """Return the places of the cases at the given ranks (0 lowest score, 1 highest)."""
    if len(scores) == 0 or not all(0 <= rank <= 1 for rank in ranks):
        raise UserError("ranks lie between 0 (lowest) and 1 (highest) of at least one case")
    order = np.argsort(scores, kind="stable")
    return [int(order[round(rank * (len(order) - 1))]) for rank in ranks]


def _draw_case(row: Sequence[Axes], image: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> None:
    for axes in row:
        show(axes, image)
    outline(row[1], truth, "truth")
    outline(row[2], mask, "prediction")
    outline(row[3], truth & ~mask, "missed")
    outline(row[3], mask & ~truth, "false")


def show(axes: Axes, image: np.ndarray) -> None:
    """Show a picture, grey or in colours, without a frame."""
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
