"""Figures with one look: every function returns a matplotlib ``Figure`` and keeps no state."""

from busutils.figures.cases import by_rank, cases_strip
from busutils.figures.lines import curves, printed_against_rerun, threshold_curves
from busutils.figures.look import COLOURS, alternative_text, caption, embed

__all__ = [
    "COLOURS",
    "alternative_text",
    "by_rank",
    "caption",
    "cases_strip",
    "curves",
    "embed",
    "printed_against_rerun",
    "threshold_curves",
]
