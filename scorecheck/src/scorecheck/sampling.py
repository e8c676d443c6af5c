"""Class mix of a random split: tails of the hypergeometric distribution.

Of N images m are marked; n are drawn at random, without putting back. The number k of marked ones
among them is hypergeometric. A mix as far out as the printed one has the chance of the tail on its
side, doubled because the other side would have been noticed too.

References
----------
Feller: An Introduction to Probability Theory and Its Applications I, 3rd ed. 1968, II.6.
"""

from scipy.stats import hypergeom

MOST = 10**7
"""Largest population; the tail is summed term by term."""


def tail(k: int, n: int, marked: int, population: int) -> float:
    """Chance of a draw at least as far out as `k` marked ones of `n`, on both sides.

    Examples
    --------
    >>> tail(2, 2, 2, 4)  # both marked ones: one of six pairs, and the same below
    0.3333333333333333
    """
    above = hypergeom.sf(k - 1, population, marked, n)
    below = hypergeom.cdf(k, population, marked, n)
    return float(min(1.0, 2 * min(above, below)))


def expected(n: int, marked: int, population: int) -> float:
    """Expected number of marked ones among `n`."""
    return n * marked / population
