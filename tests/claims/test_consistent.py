"""Consistent papers get no "does not fit"; a changed digit is caught where it can be."""

from collections import Counter

import pytest

from busutils import claims
from busutils.claims.result import NOT
from tests.claims import papers

N, PARTS = 5000, 5


def wrong(drawn):
    return [one for one in claims.check(drawn.paper()) if one.verdict == NOT]


@pytest.mark.parametrize("part", range(PARTS))
def test_consistent_papers_are_left_in_peace_and_changed_digits_are_caught(part):
    alarms, detectable, caught = [], Counter(), Counter()
    for seed in range(part, N, PARTS):
        drawn = papers.draw(seed)
        alarms += [(seed, one.kind, one.shown) for one in wrong(drawn)]
        other, key = papers.changed(drawn, seed)
        if papers.broken(other, key):
            detectable[key[0]] += 1
            caught[key[0]] += bool(wrong(other))
    assert alarms == []
    for table in "SFP":  # models, folds, partition
        assert detectable[table] > 25
        assert caught[table] >= 0.9 * detectable[table]


def test_the_papers_drawn_are_as_varied_as_papers_are():
    tables = [papers.draw(seed).tables["S"] for seed in range(300)]
    for key, kinds in {
        "averaging": {"unknown", "pooled", "means"},
        "masks": {"hard", "soft", "unknown"},
        "epoch": {"same", "best by column", "unknown"},
        "empty": {"none", "unknown"},
    }.items():
        assert {table[key] for table in tables} == kinds
    kinds = {c["is"] for table in tables for c in table["columns"].values()}
    assert kinds == {*papers.SCORES, "any_iou", "region_loss", "cross_entropy"}
    assert any(c.get("smoothed") for table in tables for c in table["columns"].values())
