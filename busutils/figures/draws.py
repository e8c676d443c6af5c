"""One quantity of many random draws, with what is to be compared with them."""

from collections.abc import Mapping
from itertools import cycle

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from busutils.figures.look import COLOURS, GREY, LOOK, OURS, headline, legend_below, new_figure


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
