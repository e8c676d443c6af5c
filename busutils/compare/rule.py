"""The one rule by which claims of all papers are judged.

- Where rows did not run, where rows start from other weights than the claim names, where a network
  does not beat the answers that need no training, where fewer than `PAIRS` (split, seed) pairs were
  run, or where a claim is a printed number with which ours cannot be compared, it is *not tested*;
  the difference is shown all the same.
- Where learning rates or losses differ between the sides, where two ways to ask disagree, where one
  of `MARGINS` gives another word than the others, or where a count rests on what the paper does not
  print, it is *undecided*.
- Runs on generated images carry no word.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from busutils.statistics import Difference, Interval, holm

MARGINS = (0.02, 0.05, 0.10)
"""Smallest advantages that may matter; for *close*, what may be missing."""
PAIRS = 3
"""(split, seed) pairs a side from which on a claim is decided."""
ENOUGH = f"{PAIRS} trainings a side, each with a split or a seed of its own"
MORE = "more images, or more trainings"
NAMED = "all the rows that it names"
SAME = "the same rates and losses on both sides"
"""What would settle a claim."""
ALIKE = {"rate": "learning rates", "loss": "losses"}
"""Facts of rows that must not differ between the sides, unless the claim is about them."""
STARTS = {"imagenet": "ImageNet", "phantom": "phantoms", "none": "random weights"}


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper with our verdict, the difference behind it, and what it speaks of.

    `word` is supported, not supported, opposite, undecided or not tested, or empty where a run
    carries none. `settle` says what would decide a claim that is undecided or not tested, where the
    rule knows it.
    """

    sentence: str
    word: str
    difference: Interval | None = None
    note: str = ""
    settle: str = ""

    @property
    def spoken(self) -> str:
        """The difference with its interval, in words; empty if there is none."""
        d = self.difference
        if d is None:
            return ""
        limits = f" ({d.low:+z.3f} to {d.high:+z.3f})" if d.high > d.low else ""
        return f"difference {d.estimate:+z.3f}{limits}".replace("-", "−")


def decided(
    sentence: str,
    difference: Interval | None,
    pairs: int,
    note: str = "",
    margins: Sequence[float] = MARGINS,
) -> Claim:
    """Judge a claim of no kind by a difference that is positive where it holds.

    Parameters
    ----------
    difference : None where nothing was run (say why in `note`)
    pairs : (split, seed) pairs behind it
    margins : smallest advantages that may matter, in the unit of the difference
    """
    if difference is None:
        return Claim(sentence, "not tested", None, note)
    words = {m: word_of({"": difference}, m) for m in margins}
    return concluded(sentence, difference, words, note, missing={too_few(pairs): ENOUGH})


def concluded(
    sentence: str,
    difference: Interval,
    words: Mapping[float, str],
    *notes: str,
    unlike: str = "",
    missing: Mapping[str, str],
) -> Claim:
    """Put a claim together: what is missing decides first, then what differs, then the margins.

    Parameters
    ----------
    words : margin -> the word that it gives
    notes : remarks; what decided stands behind the first
    unlike : what differs between the sides, if anything
    missing : why it was not tested -> what would settle it; empty reasons do not count
    """
    least = ", ".join(f"{m:g}" for m in words)
    word, why = next(iter(words.values())), f"the same if the least that matters is one of {least}"
    if len(set(words.values())) > 1:
        word = "undecided"
        why = ", ".join(f"{told} if {m:g} is the least that matters" for m, told in words.items())
    settle = MORE if word == "undecided" else ""
    if unlike:
        word, why, settle = "undecided", unlike, SAME
    if reasons := listed(*missing):
        word, why = "not tested", reasons
        settle = listed(*(remedy for reason, remedy in missing.items() if reason))
    return Claim(sentence, word, difference, listed(*notes[:1], why, *notes[1:]), settle)


def word_of(differences: Mapping[str, Interval], margin: float, close: bool = False) -> str:
    """The word that a margin gives; of several differences all must hold.

    Parameters
    ----------
    differences : by what they are; positive where the claim holds
    margin : an advantage that, if it is excluded, makes a claim *not supported*; with `close`,
        what may be missing to what is compared with
    """
    found = differences.values()
    if close:
        if any(d.high < -margin for d in found):
            return "opposite"
        return "supported" if all(d.low > -margin for d in found) else "undecided"
    if _another_is_better(differences):
        return "opposite"
    if all(d.low > 0 for d in found):
        return "supported"
    excluded = any(d.low <= 0 and d.high < margin for d in found)
    return "not supported" if excluded else "undecided"


def deciding(differences: Mapping[str, Interval], close: bool = False) -> str:
    """Name the difference that stands behind the word.

    Of those whose interval reaches below what the claim allows, the one with the lowest upper
    limit: it alone is *opposite*, *not supported* or *undecided*. Where none does, the one that
    comes nearest.

    Parameters
    ----------
    differences, close : as for :func:`word_of`; the margin is the smallest of `MARGINS`
    """
    least = -MARGINS[0] if close else 0
    against = [name for name, d in differences.items() if d.low <= least]
    if against:
        return min(against, key=lambda name: differences[name].high)
    return min(differences, key=lambda name: differences[name].low)


def other_weights(wanted: str | None, rows: pd.DataFrame) -> str:
    """Say what rows start from, where a claim is about encoders from other weights."""
    if not wanted or "weights" not in rows:
        return ""
    starts = [STARTS.get(w, w) for w in rows["weights"].dropna().unique() if w != wanted]
    told = f"encoders start from {' and '.join(starts)}, not from {STARTS[wanted]}"
    return told if starts else ""


def failed(rows: pd.DataFrame, trivial: pd.DataFrame) -> str:
    """Name our rows that do not beat the best answer that needs no training."""
    if trivial.empty:
        return ""
    floor = trivial.groupby("row")["score"].mean()
    means = rows.groupby("row", sort=False)["score"].mean()
    told = [f"{row} {m:.3f}" for row, m in means.items() if m <= floor.max()]
    best = f"our re-run is not above the {floor.idxmax()} ({floor.max():.3f})"
    return f"{best}: {', '.join(told)}" if told else ""


def too_few(pairs: int) -> str:
    """Say that a claim cannot be decided on so few (split, seed) pairs; empty if it can."""
    many = "training" if pairs == 1 else "trainings"
    return f"{pairs} {many} a side where {PAIRS} are needed" if pairs < PAIRS else ""


def unlike(about: str | None, rows: pd.DataFrame) -> str:
    """Say which facts differ between rows, but for what the claim is about."""
    asked = [name for name in ALIKE if name in rows and name != about]
    values = {name: sorted(rows[name].dropna().unique()) for name in asked}
    told = [f"{ALIKE[n]} differ ({', '.join(map(str, of))})" for n, of in values.items() if of[1:]]
    return "; ".join(told)


def listed(*parts: str) -> str:
    """Put remarks side by side; empty ones are left out."""
    return "; ".join(filter(None, parts))


def _another_is_better(differences: Mapping[str, Interval]) -> bool:
    """Whether what is compared with is surely better; of several, after Holm's correction."""
    found: Iterable[Any] = differences.values()
    if len(differences) == 1 or not all(isinstance(d, Difference) for d in found):
        return any(d.high < 0 for d in differences.values())
    adjusted = holm(differences)
    return any(d.estimate < 0 and adjusted[n] < 1 - d.level for n, d in differences.items())
