"""How probable printed numbers are: draws of marked things, and a number of things behind shares.

Of N things m are marked and n are drawn at random, without putting back: the number k of marked
ones among them is hypergeometric. A share with a span of width w is k/n for some whole k by chance
with probability nw (1 if nw > 1), so the chance that at least as many of M shares as were found are
of one n is a binomial tail, summed over every n and every shift that was tried (Brown, Heathers:
The GRIM test. Social Psychological and Personality Science 8 (2017) 363-369. Feller: An
Introduction to Probability Theory and Its Applications I, 3rd ed. 1968, II.6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
import scipy
from scorecheck.checks import FITS, IMPROBABLE, NOT, RECOVERED, UNUSUAL, Answer
from scorecheck.columns import fits
from scorecheck.errors import InputError
from scorecheck.kinds import amount, amounts
from scorecheck.printed_numbers import PrintedPaper
from scorecheck.spans import SLACK, Span, exactly
from scorecheck.statements import MEANT, StatementKind, kind, whole

STATEMENTS: dict[str, StatementKind] = {}
Size = Annotated[int, 1, 100_000]
OF_BATCHES = ("chance", "a mean over batches or folds", "several items an image")
LIMIT = 1e-4
"""A chance times the number of searches is called improbable below this."""
POPULATION = 10**7
"""Largest population of a draw; its tail is summed term by term."""
_kind = partial(kind, known=STATEMENTS)


def by_chance(chance: float, small: tuple[str, str]) -> tuple[str, str]:
    """Verdict and strength: unusual below 1 in 100, and `small` where that is improbable."""
    return small if chance < LIMIT else (FITS, UNUSUAL if chance < 0.01 else "")


def tail(k: int, n: int, marked: int, population: int) -> float:
    """Chance of a draw at least as far out as `k` marked ones of `n`, on both sides.

    The tail on its side, doubled because the other side would have been noticed too.
    """
    above = scipy.stats.hypergeom.sf(k - 1, population, marked, n)
    below = scipy.stats.hypergeom.cdf(k, population, marked, n)
    return float(min(1.0, 2 * min(above, below)))


@_kind("draw", "class mix of a draw", MEANT[:1])
def draw(
    paper: PrintedPaper, drawn: amount, sample: amount, marked: amount, population: amount
) -> Answer:
    """A number of marked things in a sample that is said to be random."""
    k, n, m, of = (whole(paper, v) for v in (drawn, sample, marked, population))
    possible = 0 <= k <= min(n, m) and 0 <= n - k <= of - m
    if not possible or not 1 <= of <= POPULATION:
        raise InputError(f"{k} of {n} cannot be drawn where {m} of {of} are marked: mend a number")
    chance = tail(k, n, m, of)
    told = (
        f"{k} of {n} where {n * m / of:.1f} are expected of {m} in {of}: "
        f"chance of a draw as far out {chance:.2g}"
    )
    return *by_chance(chance, (NOT, IMPROBABLE)), told


@_kind("denominator", "common denominator", OF_BATCHES)
def denominator(
    paper: PrintedPaper,
    cells: amounts,
    from_: Size,
    to: Size,
    shifts: list[Annotated[float, -1, 1]] = (0.0,),
) -> Answer:
    """Distinct shares that may all be of one number of things, perhaps with a common shift."""
    texts = {paper.number(c).text: paper.span(c) for c in cells}
    if outside := [text for text, span in texts.items() if span.high < 0 or span.low > 1]:
        raise InputError(f"{outside[0]} is no share: write % in its unit, or leave it out")
    if all(span.low <= 0 or span.high >= 1 for span in texts.values()):
        raise InputError("no value lies between 0 and 1: name others")
    if from_ > to:
        raise InputError(f"from {from_} is above to {to}: exchange them")
    found = common_denominator(list(texts.values()), range(from_, to + 1), shifts)
    told = (
        f"{found.n} of {found.of} distinct values between 0 and 1 are k/{found.size}"
        + (f" with {found.shift:+g}" if found.shift else "")
        + f"; chance {found.chance:.1g} over all n from {from_} to {to} and shifts tried"
    )
    return *by_chance(found.chance, (FITS, RECOVERED)), told


@dataclass(frozen=True)
class CommonDenominator:
    """The n and shift that most values fit, and how often chance does as well.

    `n` values of `of` fit `size` with `shift`; `chance` is summed over all that was tried.
    """

    size: int
    shift: float
    n: int
    of: int
    chance: float


def common_denominator(
    values: Sequence[Span], sizes: Sequence[int], shifts: Sequence[float] = (0.0,)
) -> CommonDenominator:
    """Search the number of things, and a shift common to all, that most distinct shares fit.

    Values that a shift brings to 0 or 1 fit every n, so they do not count.
    """
    sizes = np.asarray(sizes)
    tried = []
    for shift in shifts:
        moved = [v + exactly(shift) for v in values]
        moved = [v for v in moved if v.low > 0 and v.high < 1]
        by_chance = np.minimum(1.0, sizes * max((v.width for v in moved), default=1.0))
        hits = sum((fits(v, sizes).astype(int) for v in moved), np.zeros(len(sizes), int))
        tails = scipy.stats.binom.sf(hits - 1, len(moved), by_chance)
        tried.append((float(tails.min()), shift, len(moved), hits, by_chance, int(tails.argmin())))
    least, shift, counted, hits, _, best = min(tried, key=lambda t: t[0])
    chance = 0.0  # expected number of sizes and shifts at which chance alone has such a tail
    for _, _, n, _, by_chance, _ in tried:
        tails = scipy.stats.binom.sf(np.arange(n + 1)[:, None] - 1, n, by_chance[None])
        as_good = np.where(tails <= least * (1 + SLACK), tails, 0)
        chance += float(as_good.max(axis=0).sum())
    return CommonDenominator(int(sizes[best]), shift, int(hits[best]), counted, min(1.0, chance))
