"""Figures with one look: every function returns a matplotlib ``Figure`` and keeps no state."""

from busutils.figures.answers import answers, before_and_after
from busutils.figures.cases import by_rank, cases_strip
from busutils.figures.costs import against_cost
from busutils.figures.curves import curves, threshold_curves
from busutils.figures.draws import against_random
from busutils.figures.film import film, heat_strip
from busutils.figures.levels import level_curves
from busutils.figures.lines import (
    classification_curves,
    intervals,
    printed_against_rerun,
)
from busutils.figures.look import COLOURS, alternative_text, caption
from busutils.figures.page import embed

__all__ = [
    "COLOURS",
    "against_cost",
    "against_random",
    "alternative_text",
    "answers",
    "before_and_after",
    "by_rank",
    "caption",
    "cases_strip",
    "classification_curves",
    "curves",
    "embed",
    "film",
    "heat_strip",
    "intervals",
    "level_curves",
    "printed_against_rerun",
    "threshold_curves",
]
