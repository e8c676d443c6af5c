"""Figures with one look: every function returns a matplotlib ``Figure`` and keeps no state."""

from busutils.figures.cases import by_rank, cases_strip, predictions_strip
from busutils.figures.data import against_random
from busutils.figures.film import film, heat_strip
from busutils.figures.lines import (
    classification_curves,
    curves,
    intervals,
    printed_against_rerun,
    threshold_curves,
)
from busutils.figures.look import COLOURS, alternative_text, caption, embed

__all__ = [
    "COLOURS",
    "against_random",
    "alternative_text",
    "by_rank",
    "caption",
    "cases_strip",
    "classification_curves",
    "curves",
    "embed",
    "film",
    "heat_strip",
    "intervals",
    "predictions_strip",
    "printed_against_rerun",
    "threshold_curves",
]
