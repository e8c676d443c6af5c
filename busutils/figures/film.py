"""A film of a training: one case after each epoch, moved by hand, in a page without network."""

from collections.abc import Sequence
from html import escape

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from busutils.errors import UserError
from busutils.figures import sliders
from busutils.figures.cases import outline
from busutils.figures.look import COLOURS, LOOK, headline, legend_below, new_figure, source

HEAT, GATES = "inferno", "viridis"
SCALES = {2: ("gray", "probability"), 3: (HEAT, "weight"), 4: (GATES, "coefficient")}
"""Place of a map -> its colours, from 0 to 1, and what they mean."""
MOVE = """
const epoch = this.querySelector('input').value;
this.querySelectorAll('img').forEach((picture, i) => {
  picture.style.display = i == epoch - 1 ? 'block' : 'none';
});
"""


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
    if not len(images) == len(truths) == len(probabilities) == len(heat) == len(names) > 0:
        raise UserError("images, truths, probabilities, heat and names belong to the same cases")
    heads = ["image", "mask", "prediction", "Grad-CAM", *["attention"] * (gates is not None)]
    figure, panels = new_figure(1.3 + 1.5 * len(names), len(names), len(heads))
    for axes, head in zip(panels[0], heads, strict=True):
        axes.set_title(head)
    for i, row in enumerate(panels):
        _row(row, images[i], truths[i], probabilities[i], heat[i])
        if gates is not None:
            _picture(row[4], gates[i], GATES, 1)
        row[0].set_xlabel(names[i], fontsize=8, loc="left")
    for place, (colours, label) in list(SCALES.items())[: len(heads) - 2]:
        _scale(panels[-1, place], colours, label)
    legend_below(figure, [Line2D([], [], color=COLOURS["truth"], lw=1.5, label="truth")])
    headline(figure, title)
    return figure


def film(image: np.ndarray, truth: np.ndarray, frames: np.ndarray, name: str, caption: str) -> str:
    """Return HTML with a slider over the epochs of a training: prediction and Grad-CAM of a case.

    Parameters
    ----------
    image : array of shape (height, width), grey levels 0 to 255
    truth : bool array of shape (height, width)
    frames : uint8 array of shape (epochs, 2, height, width)
        Probability and Grad-CAM, k / 255.
    name : of the case; also tells two films of one page apart
    caption : what stands below
    """
    pictures = [
        heat_strip(image[None], truth[None], *(part[None] / 255 for part in frame), [name])
        for frame in frames
    ]
    shown = "".join(
        f"<img src='{source(picture, pixels=True)}' style='width:100%;display:{_display(i)}' "
        f"alt='{escape(name, quote=True)} after epoch {i + 1}'>"
        for i, picture in enumerate(pictures)
    )
    last = len(frames)
    control = sliders.play() + sliders.slider("epoch", f"epoch {{}} of {last}", (1, last), 1)
    return sliders.figure(control + shown, MOVE, caption)


def _display(i: int) -> str:
    return "none" if i else "block"


def _row(row: Sequence[Axes], image, truth, probability, heat) -> None:
    for axes, picture in zip(row, (image, truth, probability), strict=False):
        _picture(axes, picture, "gray", 255 if picture is image else 1)
    _picture(row[3], image, "gray", 255)
    row[3].imshow(heat, cmap=HEAT, vmin=0, vmax=1, alpha=0.55)
    for axes in (row[0], row[2], row[3]):
        outline(axes, truth, "truth")


def _scale(axes: Axes, colours: str, label: str) -> None:
    """Draw a bar of colours from 0 to 1 below a map."""
    values = mpl.cm.ScalarMappable(mpl.colors.Normalize(0, 1), colours)
    place = axes.inset_axes((0.05, -0.22, 0.9, 0.06))
    bar = axes.figure.colorbar(values, cax=place, orientation="horizontal", ticks=[0, 1])
    place.tick_params(labelsize=8, length=2)
    bar.set_label(label, fontsize=8, labelpad=-6)


def _picture(axes: Axes, picture: np.ndarray, cmap: str, highest: float) -> None:
    axes.imshow(picture, cmap=cmap, vmin=0, vmax=highest, interpolation="none")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
