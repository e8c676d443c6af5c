"""Consistent papers get no "does not fit"; a changed digit is caught where it can be."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import papers

from busutils import claims
from busutils.claims.result import NOT

N = 5000


def wrong(drawn):
    return [one for one in claims.check(drawn.paper()) if one.verdict == NOT]


def test_consistent_papers_are_left_in_peace_and_changed_digits_are_caught():
    alarms, detectable, caught = [], 0, 0
    for seed in range(N):
        drawn = papers.draw(seed)
        alarms += [(seed, one.kind, one.shown) for one in wrong(drawn)]
        other, key = papers.changed(drawn, seed)
        if papers.broken(other, key):
            detectable += 1
            caught += bool(wrong(other))
    assert alarms == []
    assert detectable > N / 10
    assert caught >= 0.9 * detectable
