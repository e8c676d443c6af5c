"""How probable it is that the best score of a table is not that of the better method.

References
----------
Christodoulou et al.: False promises in medical imaging AI? Assessing validity of outperformance
claims. arXiv 2505.04720 (2025).
"""

from math import sqrt

import numpy as np


def not_better(
    difference: float, n: int, sd: float, correlation: float, other_sd: float | None = None
) -> float:
    """Probability that a method is not better than another one on all cases of such a kind.

    Parameters
    ----------
    difference : float
        Its mean score minus that of the other one, on the same `n` cases.
    n : int, at least 2
        Cases; near-duplicates are one.
    sd, other_sd : float, at least 0
        Standard deviation of a case's score, of both methods unless `other_sd` is given.
    correlation : float, from -1 to 1
        Of the two scores of a case.

    Returns
    -------
    float from 0 to 1: the share below 0 of the posterior of the true difference, Student's with
    n - 1 degrees of freedom, where every difference is as likely beforehand. What another training
    would change is not in it.

    Examples
    --------
    >>> round(not_better(0.01, n=100, sd=0.2, correlation=0.5), 3)
    0.309
    """
    other_sd = sd if other_sd is None else other_sd
    variance = max(sd**2 + other_sd**2 - 2 * correlation * sd * other_sd, 0.0)
    if variance == 0:  # one of the two is better on every case, or neither is
        return 0.5 if difference == 0 else float(difference < 0)
    return student(-difference * sqrt(n / variance), n - 1)


def student(t: float, freedom: int) -> float:
    """Share of Student's distribution below `t`, for whole degrees of freedom from 1 on.

    References
    ----------
    Abramowitz, Stegun: Handbook of Mathematical Functions (1964), 26.7.3 and 26.7.4.
    """
    angle = np.arctan2(t, sqrt(freedom))
    odd = freedom % 2
    k = np.arange(1, (freedom - odd) // 2)
    steps = (2 * k - 1 + odd) / (2 * k + odd) * np.cos(angle) ** 2
    total = np.sin(angle) * (1 + np.cumprod(steps).sum())
    if odd:
        more = total * np.cos(angle) if freedom > 1 else 0.0
        total = 2 / np.pi * (angle + more)
    return float(1 + total) / 2
