"""Consistent papers get no "does not fit"; a changed digit is caught where it can be."""

import os
from collections import Counter

import numpy as np
from scorecheck.checks import NOT

import scorecheck
from tests.scorecheck import papers

N = 20 * int(os.environ.get("FUZZ", 20))  # FUZZ=250 draws the 5,000 of the page


def wrong(drawn):
    return [one for one in scorecheck.check(drawn.paper()) if one.verdict == NOT]


def test_consistent_papers_are_left_in_peace_and_changed_digits_are_caught():
    alarms, detectable, caught = [], Counter(), Counter()
    for seed in range(N):
        drawn = papers.draw(seed)
        alarms += [(seed, one.kind, one.shown) for one in wrong(drawn)]
        other, key = papers.changed(drawn, seed)
        if papers.broken(other, key):
            detectable[key[0]] += 1
            caught[key[0]] += bool(wrong(other))
    assert alarms == []
    for table in "SFP":  # models, folds, partition
        assert detectable[table] >= N / 100
        assert caught[table] >= 0.9 * detectable[table]


def test_the_papers_drawn_are_as_varied_as_papers_are():
    drawn = [papers.draw(seed) for seed in range(300)]
    tables = [one.tables["S"] for one in drawn]
    for key, kinds in {
        "averaging": {None, "pooled", "means", "medians", "alike", "by column"},
        "masks": {None, "hard"},
        "smoothed": {None, False},
        "epoch": {"same", "best by column", "unknown"},
        "empty": {None, "none", "counted", "unknown"},
        "two_classes": {True, False},
        "one_size": {True, False},
    }.items():
        assert {table.get(key) for table in tables} == kinds
    columns = [c for table in tables for c in table["columns"].values()]
    kinds = {c["is"] for c in columns}
    assert kinds == {*papers.SCORES, "any_iou", "region_loss", "cross_entropy"}
    assert {c.get("averaging") for c in columns} == {None, "means", "pooled", "medians"}
    assert {c.get("masks") for c in columns} == {None, "hard", "soft"}
    assert {c.get("macro") for c in columns} == {None, False, True}
    assert {c.get("smoothed") for c in columns} == {None, True, 100.0}
    folds = [one.tables["F"]["means"][0]["plain"] for one in drawn if "F" in one.tables]
    assert set(folds) == {True, False}


def test_scores_of_two_images_by_hand():
    # TP, FP, FN, TN of 16 pixels: Dice 8/10 and 0/2, precision 4/5 and 0/1
    counts = np.array([[4, 0], [1, 1], [1, 1], [10, 14]], float)
    weights, p = (0.5, 0.5), [0.9, 0.6, 0.2, 0.1]
    expected = {
        ("dice", "image"): 0.4,
        ("dice", "pool"): 8 / 12,
        ("dice", "median"): 0.4,
        ("iou", "batch"): 4 / 8,
        ("accuracy", "image"): (14 / 16 + 14 / 16) / 2,
        ("mean_iou", "pool"): (4 / 8 + 24 / 28) / 2,
    }
    for (name, how), value in expected.items():
        assert papers._score(name, counts, papers.Made(how), p, weights) == value
    macro = papers._score("dice", counts, papers.Made("pool", macro=True), p, weights)
    assert macro == (8 / 12 + 48 / 52) / 2
    smoothed = papers._score("dice", counts, papers.Made("pool", s=1.0), p, weights)
    assert smoothed == 9 / 13
    told = papers._classes_told(np.random.default_rng(0), counts, 3)
    assert np.allclose(told[:3], counts[:3])
    assert np.allclose(told[3:].reshape(3, 5, 2)[:, :2].sum(axis=(0, 1)), counts[3])
