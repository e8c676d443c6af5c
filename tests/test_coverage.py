"""How often intervals hold the truth: simulated with groups, trainings, splits and seeds.

`SETS=2000 pytest tests/test_coverage.py -s` prints the shares that `book/glossary.md` sums up;
fewer sets, the default, only show that nothing is far off.
"""

import os

import numpy as np
import pandas as pd
import pytest

from busutils import statistics
from busutils.statistics import intervals

SETS = int(os.environ.get("SETS", 200))
MEAN = 0.7
GROUP, CASE = 0.2, 0.1
"""Deviation of a group's difficulty, and of a case within it."""
TRAINING, MIXED = 0.03, 0.08
"""Deviation of a training's skill (split and seed), and of what it finds hard in a group."""
NOISE = 3 * np.sqrt(0.95 * 0.05 / SETS)


def study(rng, groups, repeats, folds=False):
    """Scores of all cases in all repeats, or of each in one of them; each training's skill."""
    sizes = rng.integers(1, 4, groups)
    group = np.repeat(np.arange(groups), sizes)
    hard = rng.normal(0, GROUP, groups)[group] + rng.normal(0, CASE, len(group))
    skill, mixed = rng.normal(0, TRAINING, repeats), rng.normal(0, MIXED, (groups, repeats))[group]
    table = pd.DataFrame(MEAN + hard[:, None] + skill + mixed).rename_axis("case").reset_index()
    table = table.assign(group=group).melt(["case", "group"], var_name="repeat", value_name="score")
    fold = rng.permutation(groups) % repeats
    return (table[fold[table["group"]] == table["repeat"]] if folds else table), skill


def coverage(groups, repeats, seed=0, **how):
    """Share of sets whose interval of the mean holds the mean of the procedure."""
    rng, held = np.random.default_rng(seed), 0
    for _ in range(SETS):
        mean = statistics.repeated_mean(study(rng, groups, repeats, **how)[0])
        held += mean.low <= MEAN <= mean.high
    return held / SETS


@pytest.mark.slow
@pytest.mark.parametrize("groups", [3, 12, 42, 500])
@pytest.mark.parametrize("repeats", [3, 5, 10])
def test_the_mean_over_repeats_is_held(groups, repeats):
    share = coverage(groups, repeats)
    print(f"\n{groups} groups, {repeats} repeats: {share:.3f}")
    assert share > 0.92 - NOISE


@pytest.mark.slow
@pytest.mark.parametrize("groups", [42, 500])
def test_the_mean_over_folds_is_held(groups):
    share = coverage(groups, 5, folds=True)
    print(f"\n{groups} groups in 5 folds: {share:.3f}")
    assert share > 0.92 - NOISE


@pytest.mark.slow
@pytest.mark.parametrize("groups", [3, 12, 42, 500])
def test_of_one_training_only_what_other_cases_would_give_is_held(groups, monkeypatch):
    """The truth is then that of these trained weights, over all cases."""
    monkeypatch.setattr(intervals, "DRAWS", 500)
    rng, held, other = np.random.default_rng(0), 0, 0
    for _ in range(SETS):
        table, (skill,) = study(rng, groups, 1)
        mean = statistics.interval(table["score"], table["group"])
        held += mean.low <= MEAN + skill <= mean.high
        other += mean.low <= MEAN <= mean.high
    print(f"\n{groups} groups, one training: {held / SETS:.3f}; any training: {other / SETS:.3f}")
    assert held / SETS > 0.92 - NOISE


@pytest.mark.slow
@pytest.mark.parametrize("training", [0.01, 0.02])
def test_of_rows_without_a_difference_few_are_called_different(training, monkeypatch):
    """Seven rows and a baseline on five folds of BUSI's size; what Holm's correction calls."""
    monkeypatch.setattr(intervals, "DRAWS", 10)  # only p is asked for
    rng, called = np.random.default_rng(0), 0
    for _ in range(SETS):
        group = rng.integers(0, 474, 647)
        about = {"case": np.arange(647), "group": group, "repeat": group % 5}
        hard = rng.normal(MEAN, GROUP, 474)[group]

        def row(about=about, hard=hard, group=group):
            noise = rng.normal(0, 0.09, 474)[group] + rng.normal(0, training, 5)[group % 5]
            return pd.DataFrame(about).assign(score=hard + noise)

        baseline, rows = row(), {name: row() for name in "abcdefg"}
        called += (statistics.holm(statistics.paired_differences(rows, baseline)) < 0.05).any()
    print(f"\ndeviation of a training {training}: {called / SETS:.3f} of sets")
    assert called / SETS < 0.08 + NOISE
