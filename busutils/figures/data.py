"""Figures of a data set: samples, groups, sizes and places of lesions."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from busutils.figures.cases import outline
from busutils.figures.look import COLOURS, GREY, LOOK, OURS, headline, legend_below, new_figure

LABELS = {"benign": "#0072B2", "malignant": "#D55E00", "normal": "#009E73"}
"""Colours of classes, safe for colour-blind readers (Okabe, Ito 2008)."""
OTHERS = ("#CC79A7", "#56B4E9", "#E69F00", GREY)
"""Those of labels that a user chose, in turn."""


@mpl.rc_context(LOOK)
def gallery(
    images: Sequence[np.ndarray],
    masks: Sequence[np.ndarray],
    names: Sequence[str],
    columns: int = 5,
    title: str = "",
) -> Figure:
    """Draw images (grey, any size) with the outline of their masks, names below.

    A place without a name stays empty.
    """
    rows = -(-len(names) // columns)
    figure, grid = new_figure(0.4 + 1.45 * rows, rows, columns)
    for axes in grid.flat:
        axes.set_axis_off()
    named = [axes for axes, name in zip(grid.flat, names, strict=False) if name]
    for axes, image, mask, name in zip(named, images, masks, filter(None, names), strict=True):
        axes.imshow(image, cmap="gray", vmin=0, vmax=255)
        outline(axes, mask, "truth")
        axes.text(0.5, -0.04, name, transform=axes.transAxes, ha="center", va="top", fontsize=8)
    headline(figure, title)
    return figure


@mpl.rc_context(LOOK)
def lesion_areas(lesions: pd.DataFrame, title: str = "") -> Figure:
    """Draw the distribution of lesion areas by class, on a logarithmic axis (per cent)."""
    figure, ((axes,),) = new_figure(2.4)
    edges = np.geomspace(0.1, 100, 31)
    colours = _colours(lesions["label"].unique())
    for label, of in lesions.groupby("label", sort=False):
        area, colour = 100 * of["area"], colours[label]
        axes.hist(area, edges, histtype="step", lw=1.6, color=colour, label=label)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set(xlabel="lesion area, per cent of the image", ylabel="images")
    axes.legend(loc="upper left")
    headline(figure, title)
    return figure


@mpl.rc_context(LOOK)
def lesion_places(lesions: pd.DataFrame, title: str = "") -> Figure:
    """Draw where the centres of lesions lie, a panel a class, at most three in a row."""
    labels = list(lesions["label"].unique())
    columns = min(max(len(labels), 2), 3)
    rows = -(-len(labels) // columns)
    figure, grid = new_figure(2.6 * rows, rows, columns, sharex=True, sharey=True)
    for axes in grid.flat[len(labels) :]:
        axes.set_visible(False)
    for axes, (label, colour) in zip(grid.flat, _colours(labels).items(), strict=False):
        of = lesions[lesions["label"] == label]
        axes.scatter(of["x"], of["y"], s=300 * of["area"] + 2, alpha=0.4, color=colour)
        axes.set(xlim=(0, 1), ylim=(1, 0), title=label, xlabel="left to right", aspect="equal")
    for first in grid[:, 0]:
        first.set_ylabel("top to bottom")
    headline(figure, title)
    return figure


def _colours(labels: Iterable[str]) -> dict[str, str]:
    spare = cycle(OTHERS)
    return {label: LABELS.get(label) or next(spare) for label in labels}


@mpl.rc_context(LOOK)
def against_random(
    random: Mapping[str, np.ndarray],
    lines: Mapping[str, float],
    bands: Mapping[str, tuple[float, float]],
    label: str,
    title: str = "",
) -> Figure:
    """Draw one quantity: random draws as a histogram, single values as lines, ranges as bands.

    Parameters
    ----------
    random : name -> values of the draws
    lines : name -> value; a fifth is dashed as the first
    bands : name -> its ends
    label : of the x axis
    """
    figure, ((axes,),) = new_figure(2.8)
    for name, values in random.items():
        axes.hist(values, bins=40, color=GREY, alpha=0.5, label=f"{len(values)} {name}")
    for (name, value), style in zip(lines.items(), cycle(["-", "--", ":", "-."]), strict=False):
        axes.axvline(value, color=OURS, ls=style, lw=1.6, label=name)
    for name, ends in bands.items():
        axes.axvspan(*ends, color=COLOURS["prediction"], alpha=0.6, lw=0, label=name)
    axes.set(xlabel=label, ylabel="draws")
    axes.set_xlim(left=0)
    legend_below(figure, axes.get_legend_handles_labels()[0], columns=2)
    headline(figure, title)
    return figure


@mpl.rc_context(LOOK)
def twin_shares(shares: pd.DataFrame, title: str = "") -> Figure:
    """Draw the share of validation images with a twin in training, a dot a drawn split."""
    figure, ((axes,),) = new_figure(1.7)
    for place, (name, of) in enumerate(shares.groupby("split", sort=False)):
        axes.scatter(100 * of["share"], np.full(len(of), place), s=16, alpha=0.5, color=OURS)
        axes.annotate(name, (0, place), (4, 8), textcoords="offset points")
    axes.set(xlabel="validation images with a twin in training, per cent", ylim=(-0.5, 1.7))
    axes.set_xlim(left=-1)
    axes.set_yticks([])
    headline(figure, title)
    return figure


@mpl.rc_context(LOOK)
def mask_agreement(dice: pd.Series, title: str = "") -> Figure:
    """Draw how well the masks of two copies of one frame agree: a histogram of their Dice."""
    figure, ((axes,),) = new_figure(2.0, min(len(dice), 1))
    axes.hist(dice, np.linspace(0, 1, 41), color=OURS)
    axes.axvline(dice.mean(), color=GREY, lw=1)
    above = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
    axes.annotate("mean", (dice.mean(), 1), (-4, 0), ha="right", va="top", **above)
    axes.set(xlabel="Dice of the masks of two copies of one frame", ylabel="pairs", xlim=(0, 1))
    headline(figure, title)
    return figure
