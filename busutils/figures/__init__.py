"""Figures with one look: every function returns a matplotlib ``Figure`` and keeps no state."""

from busutils.figures.cases import (
    answers,
    before_and_after,
    by_rank,
    cases_strip,
    gallery,
    heat_strip,
)
from busutils.figures.curves import (
    against_cost,
    classification_curves,
    curves,
    level_curves,
    profiles,
    threshold_curves,
)
from busutils.figures.explorer import explored
from busutils.figures.lines import against_random, intervals, printed_against_rerun
from busutils.figures.look import COLOURS, alternative_text, caption
from busutils.figures.page import download, embed
from busutils.figures.sliders import film
