"""The chance that a printed winner is not better, against simulation and SciPy."""

import numpy as np
import pytest
from scipy import stats
from scorecheck.winners import not_better, student

CASES = [
    (0.01, 0.2, 0.2, 0.5),
    (0.03, 0.25, 0.15, 0.8),
    (0.002, 0.3, 0.3, 0.95),
    (0.05, 0.2, 0.2, -0.2),
]


@pytest.mark.parametrize(("difference", "sd", "other_sd", "correlation"), CASES)
def test_it_is_the_share_of_worlds_in_which_the_winner_is_not_better(
    difference, sd, other_sd, correlation
):
    """Means of cases in worlds with all true differences; kept where the printed one comes out."""
    n, rng = 65, np.random.default_rng(0)
    cov = np.array(
        [[sd**2, correlation * sd * other_sd], [correlation * sd * other_sd, other_sd**2]]
    )
    error = np.sqrt((sd**2 + other_sd**2 - 2 * correlation * sd * other_sd) / n)
    true = rng.uniform(difference - 6 * error, difference + 6 * error, 1_000_000)
    means = rng.multivariate_normal([0, 0], cov / n, len(true))
    printed = true + means[:, 0] - means[:, 1]
    kept = true[np.abs(printed - difference) < error / 8]
    assert len(kept) > 15_000
    chance = not_better(difference, n, sd, correlation, other_sd)
    assert chance == pytest.approx((kept <= 0).mean(), abs=0.01)


def test_it_is_the_one_sided_p_of_a_paired_test():
    rng = np.random.default_rng(1)
    one = rng.beta(6, 2, 40)
    other = one + rng.normal(-0.005, 0.1, 40)
    r, sds = np.corrcoef(one, other)[0, 1], (one.std(ddof=1), other.std(ddof=1))
    p = stats.ttest_rel(one, other, alternative="greater").pvalue
    assert not_better(one.mean() - other.mean(), 40, sds[0], r, sds[1]) == pytest.approx(
        p, abs=1e-9
    )


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 31, 64, 1001])
def test_students_distribution_is_that_of_scipy(freedom):
    for t in (-40, -2, -0.3, 0, 0.5, 3):
        assert student(t, freedom) == pytest.approx(stats.t.cdf(t, freedom), abs=1e-12)


def test_ends_by_hand():
    assert not_better(0.0, 50, 0.2, 0.3) == 0.5
    assert not_better(0.1, 50, 0.2, 1.0) == 0  # better by 0.1 on every case
    assert not_better(-0.1, 50, 0.2, 1.0) == 1
    assert not_better(0.0, 50, 0.2, 1.0) == 0.5
    assert not_better(0.1, 2, 0.1 * np.sqrt(2), 0.5) == pytest.approx(0.25)  # t = 1: an eighth turn
