"""Intervals: pencil values, simulated coverage, refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from busutils import metrics, statistics
from busutils.errors import UserError
from busutils.statistics import intervals

DICE = metrics.SCORES["dice"]


def scores(values: np.ndarray, repeats: list[str], groups: np.ndarray | None = None):
    """Long table from values of shape (cases, repeats)."""
    n = len(values)
    group = np.arange(n) if groups is None else groups
    parts = [
        pd.DataFrame({"case": [f"c{i}" for i in range(n)], "group": group, "score": column})
        for column in values.T
    ]
    tables = [part.assign(repeat=name) for part, name in zip(parts, repeats, strict=True)]
    return pd.concat(tables, ignore_index=True)


# --- interval of a mean


def test_few_groups_of_equal_size_give_the_t_interval_over_their_means():
    made = statistics.interval([0.1, 0.3, 0.4, 0.6, 0.8, 0.8], list("aabbcc"))
    low, high = stats.t.interval(0.95, 2, loc=0.5, scale=stats.sem([0.2, 0.5, 0.8]))
    assert (made.estimate, made.low, made.high) == pytest.approx((0.5, low, high))
    assert made.method == "t-interval over 3 group means"
    assert (made.n_cases, made.n_groups, made.level) == (6, 3, 0.95)
    assert made.half_width == pytest.approx((high - low) / 2)


def test_with_unequal_groups_the_estimate_stays_the_mean_over_cases():
    made = statistics.interval([0.0, 0.0, 0.0, 1.0, 0.5], list("aaabc"))
    assert made.estimate == pytest.approx(0.3)
    even = 25 / 11  # (3 + 1 + 1)² / (9 + 1 + 1) groups of equal size
    left_out = np.array([0.75, 0.125, 0.25])
    error = (2 / 3 * ((left_out - left_out.mean()) ** 2).sum()) ** 0.5
    assert made.half_width == pytest.approx(stats.t.ppf(0.975, even - 1) * error)


def test_forty_groups_get_the_percentile_bootstrap():
    assert "t-interval" in statistics.interval(np.arange(39)).method
    assert statistics.interval(np.arange(40)).method == "percentile bootstrap over 40 groups"


def test_percentile_bootstrap_agrees_with_scipys():
    values = np.random.default_rng(1).beta(2, 1, 200)
    ours = statistics.interval(values)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", rng=2).confidence_interval
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), abs=0.004)


def test_groups_of_copies_count_once():
    values = np.random.default_rng(2).random(60)
    alone = statistics.interval(values)
    copied = statistics.interval(np.repeat(values, 5), np.repeat(np.arange(60), 5))
    assert (copied.low, copied.high) == pytest.approx((alone.low, alone.high))
    assert (copied.n_cases, copied.n_groups) == (300, 60)


def test_cases_without_a_group_are_groups_of_their_own():
    assert statistics.interval([1, 2, 3, 4.0], ["a", "a", None, None]).n_groups == 3


@settings(max_examples=30)
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=60))
def test_interval_holds_the_mean_and_is_the_same_each_time(values):
    made = statistics.interval(values)
    assert made.low - 1e-9 <= np.mean(values) <= made.high + 1e-9
    assert made == statistics.interval(values)


def covers(made: statistics.Interval, truth: float) -> bool:
    return made.low <= truth <= made.high


def coverage(groups: int, runs: int = 300) -> float:
    """Share of 95 % intervals that hold the true mean 2/3 of skewed scores, two cases a group."""
    rng, hits = np.random.default_rng(3), 0
    for _ in range(runs):
        values = rng.beta(2, 1, groups).repeat(2)
        hits += covers(statistics.interval(values, np.arange(2 * groups) // 2), 2 / 3)
    return hits / runs


def test_few_groups_t_covers_and_percentile_does_not(monkeypatch):
    with_t = coverage(12)
    assert with_t >= 0.92
    monkeypatch.setattr(intervals, "FEW", 2)
    monkeypatch.setattr(intervals, "DRAWS", 400)
    assert coverage(12) < with_t - 0.01
    assert coverage(3) < 0.8


@pytest.mark.parametrize(
    ("values", "groups", "words"),
    [
        ([0.5, 0.6], ["a", "a"], "two groups"),
        ([], None, "two groups"),
        ([0.5, np.nan, 0.2], None, "finite"),
        ([0.5, 0.6], ["a"], "1 group labels"),
    ],
)
def test_what_has_no_interval_is_refused(values, groups, words):
    with pytest.raises(UserError, match=words):
        statistics.interval(values, groups)


def test_medians_and_unknown_statistics_are_refused():
    with pytest.raises(UserError, match=r"median.*quartiles"):
        statistics.interval([1, 2, 3.0], statistic="median")
    with pytest.raises(UserError, match="mean, share"):
        statistics.interval([1, 2, 3.0], statistic="meen")


# --- shares and pooled scores


def test_share_is_wilsons_interval():
    made = statistics.interval(np.arange(113) < 72, statistic="share")
    # Wilson by hand: centre (p + z²/2n) / (1 + z²/n), and the INDEX's 0.545 to 0.720
    assert made.estimate == pytest.approx(72 / 113)
    assert (made.low, made.high) == pytest.approx((0.5453, 0.7201), abs=2e-4)


def test_share_of_nothing_is_not_certain():
    made = statistics.interval(np.zeros(113), statistic="share")
    assert made.low == 0
    assert made.high == pytest.approx(0.0329, abs=1e-4)  # z² / (n + z²)


def test_share_of_other_values_is_refused():
    with pytest.raises(UserError, match="0 and 1"):
        statistics.interval([0.2, 1.0], statistic="share")


def counted(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["tp", "fp", "fn", "tn"])


def test_pooled_estimate_adds_counts_first():
    table = counted([[10, 0, 0, 90], [0, 10, 20, 70], [5, 5, 5, 85]])
    made = statistics.pooled_interval(DICE, table)
    assert made.estimate == pytest.approx(30 / 70)
    assert made.method.startswith("pooled counts, t-interval over 3")


def test_pooled_interval_matches_the_delta_method():
    rng = np.random.default_rng(4)
    size = rng.integers(50, 500, 300)
    tp = (size * rng.beta(4, 2, 300)).astype(int)
    table = counted(np.column_stack([tp, rng.integers(0, 100, 300), size - tp, 1000 - size]))
    made = statistics.pooled_interval(DICE, table)
    top, bottom = 2 * table.tp, 2 * table.tp + table.fp + table.fn
    residual = (top - made.estimate * bottom) / bottom.mean()
    assert made.half_width == pytest.approx(1.96 * residual.std() / 300**0.5, rel=0.06)


def test_parts_of_a_pooled_score_are_the_pseudo_values_of_the_jackknife():
    table = counted([[1, 0, 0, 0]] * 30 + [[0, 0, 1, 0]] * 10 + [[0, 0, 0, 1]] * 360)
    accuracy = statistics.pooled_parts(metrics.SCORES["accuracy"], table)
    assert accuracy == pytest.approx((table.tp + table.tn).to_numpy())
    found = statistics.pooled_parts(metrics.SCORES["sensitivity"], table)
    assert np.unique(found.round(9)).tolist() == pytest.approx(  # n s - (n - 1) s without one
        [400 * 0.75 - 399 * 30 / 39, 0.75, 400 * 0.75 - 399 * 29 / 39]
    )
    assert found.mean() == pytest.approx(0.75, abs=0.01)


# --- one more repeat


def test_repeat_of_equal_size_is_wider_by_the_root_of_two():
    ours = statistics.interval([0.2, 0.4, 0.6, 0.8])
    again = statistics.repeat_interval(ours, n_cases=4)
    assert again.half_width == pytest.approx(ours.half_width * 2**0.5)
    assert "4 cases" in again.method
    assert "unknown" in again.method


def test_repeat_adds_the_spread_of_both_sides():
    ours = statistics.Interval(0.7, 0.7, 0.7, 0.95, "no sampling", 100, 50)
    again = statistics.repeat_interval(ours, 100, statistics.Spread(sd=0.03, n=3), trainings=6)
    error = 0.03 * (1 / 3 + 1 / 6) ** 0.5
    assert again.half_width == pytest.approx(stats.t.ppf(0.975, 2) * error)


def test_exact_numbers_have_no_repeat():
    size = statistics.exact(159.8)
    assert statistics.repeat_interval(size, 567) == size
    assert (size.low, size.half_width, size.method) == (159.8, 0, "exact")


def simulated_study(rng, n_cases, trainings):
    """Per-case scores (case x training): hard and easy cases, good and bad trainings."""
    return rng.beta(3, 1.2, (n_cases, 1)) + trained(rng, n_cases, trainings)


def trained(rng, n_cases, trainings):
    """What training adds to a case's score: luck of the case, and of the training."""
    return rng.normal(0, 0.05, (n_cases, trainings)) + rng.normal(0, 0.03, (1, trainings))


def test_prediction_interval_holds_a_repeat_and_the_plain_one_does_not(monkeypatch):
    monkeypatch.setattr(intervals, "DRAWS", 400)
    rng, plain, known, runs = np.random.default_rng(5), 0, 0, 150
    for _ in range(runs):
        ours = simulated_study(rng, 80, 4)
        paper = simulated_study(rng, 60, 1).mean()
        made = statistics.interval(ours.mean(axis=1))
        spread = statistics.training_spread(scores(ours, list("abcd")))
        plain += covers(made, paper)
        known += covers(statistics.repeat_interval(made, 60, spread, trainings=1), paper)
    assert known / runs >= 0.93
    assert plain / runs < 0.85


def test_spread_where_all_repeats_scored_all_cases_is_that_of_their_means():
    values = np.array([[0.1, 0.3, 0.2], [0.5, 0.9, 0.4]])
    spread = statistics.training_spread(scores(values, list("abc")))
    assert spread.n == 3
    assert spread.sd == pytest.approx(np.std(values.mean(axis=0), ddof=1))


def test_spread_of_folds_leaves_out_their_sampling_of_cases():
    rng, estimates = np.random.default_rng(6), {0.0: [], 0.1: []}
    fold = np.arange(200) // 40
    for truth, found in estimates.items():
        for _ in range(60):
            value = rng.normal(0.7, 0.2, 200) + rng.normal(0, truth, 5)[fold]
            long = scores(value[:, None], ["x"]).assign(repeat=fold)
            found.append(statistics.training_spread(long).sd ** 2)
    assert np.mean(estimates[0.0]) < 0.001  # the folds' means alone vary by 0.2²/40 = 0.001
    assert np.mean(estimates[0.1]) == pytest.approx(0.01, rel=0.35)


def test_spread_of_one_training_and_empty_repeats_are_refused():
    with pytest.raises(UserError, match="at least two"):
        statistics.training_spread(scores(np.ones((3, 1)), ["a"]))
    ours = statistics.interval([0.1, 0.2, 0.3])
    with pytest.raises(UserError, match="not 0 and 1"):
        statistics.repeat_interval(ours, 0)


# --- paired differences


def test_difference_of_one_pair_is_the_interval_of_the_differences():
    first, second = np.array([0.9, 0.7, 0.8, 0.6]), np.array([0.5, 0.6, 0.6, 0.5])
    made = statistics.paired_difference(
        scores(first[:, None], ["a"]), scores(second[:, None], ["a"])
    )
    test = stats.ttest_rel(first, second)
    interval = test.confidence_interval()
    assert made.estimate == pytest.approx(0.2)
    assert (made.low, made.high) == pytest.approx((interval.low, interval.high))
    assert made.p == pytest.approx(test.pvalue)
    assert made.scope == "these trained weights"


def test_seeds_are_averaged_within_a_case_before_cases_are_averaged():
    first = scores(np.array([[1.0, 0.0], [0.4, 0.4], [0.2, 0.2]]), ["a", "b"])
    second = first.assign(score=0.0)
    keep = ~((first.case == "c0") & (first.repeat == "b"))
    made = statistics.paired_difference(first[keep], second[keep])
    assert made.estimate == pytest.approx((1.0 + 0.4 + 0.2) / 3)
    assert made.scope == "2 (split, seed) pairs"


def test_two_way_variance_is_the_sum_of_both_ways():
    values = np.random.default_rng(7).normal(0.1, 0.1, (6, 3))
    long = scores(values, list("abc"))
    made = statistics.paired_difference(long, long.assign(score=0.0))
    over_cases = values.mean(axis=1).var(ddof=1) / 6
    over_repeats = values.mean(axis=0).var(ddof=1) / 3
    total = over_cases + over_repeats
    freedom = total**2 / (over_cases**2 / 5 + over_repeats**2 / 2)
    assert made.half_width == pytest.approx(stats.t.ppf(0.975, freedom) * total**0.5)
    assert made.p == pytest.approx(2 * stats.t.sf(abs(values.mean()) / total**0.5, freedom))


def test_several_models_share_their_variance_over_repeats():
    rng = np.random.default_rng(3)
    values = {name: rng.normal(0.1, 0.1, (6, 3)) for name in "ab"}
    of = {name: scores(each, list("xyz")) for name, each in values.items()}
    nothing = of["a"].assign(score=0.0)
    made = statistics.paired_differences(of, nothing)
    over_repeats = np.mean([each.mean(axis=0).var(ddof=1) / 3 for each in values.values()])
    for name, each in values.items():
        over_cases = each.mean(axis=1).var(ddof=1) / 6
        total, shared = over_cases + over_repeats, 2 * 2 / 1.25  # of four, correlated by a quarter
        freedom = total**2 / (over_cases**2 / 5 + over_repeats**2 / shared)
        half = stats.t.ppf(0.975, freedom) * total**0.5
        assert made[name].half_width == pytest.approx(half)
        assert made[name].estimate == pytest.approx(each.mean())
    (alone,) = statistics.paired_differences({"a": of["a"]}, nothing).values()
    assert vars(alone) == pytest.approx(vars(statistics.paired_difference(of["a"], nothing)))
    once = {name: each[each["repeat"] == "x"] for name, each in of.items()}
    first = nothing[nothing["repeat"] == "x"]
    for name, apart in statistics.paired_differences(once, first).items():
        assert apart == statistics.paired_difference(once[name], first)
    assert statistics.paired_differences({}, nothing) == {}


def rejections_of_equal_models(repeats: int, runs: int = 100) -> float:
    """How often two equal models, each trained `repeats` times, are told apart at 5 %."""
    rng, rejected, names = np.random.default_rng(8), 0, [str(i) for i in range(repeats)]
    for _ in range(runs):
        ease = rng.beta(3, 1.2, (100, 1))
        first, second = (scores(ease + trained(rng, 100, repeats), names) for _ in range(2))
        rejected += statistics.paired_difference(first, second).p < 0.05
    return rejected / runs


def test_a_test_over_cases_alone_rejects_equal_models_and_one_over_repeats_does_not(monkeypatch):
    monkeypatch.setattr(intervals, "DRAWS", 10)  # only p is asked for
    assert rejections_of_equal_models(repeats=1) > 0.3
    assert rejections_of_equal_models(repeats=5) < 0.09


def test_a_mean_over_repeats_is_the_difference_to_nothing():
    rng = np.random.default_rng(4)
    scores = pd.DataFrame(
        [
            {"case": f"c{i}", "group": f"g{i // 2}", "repeat": r, "score": rng.normal(0.7, 0.1)}
            for i in range(20)
            for r in range(3)
        ]
    )
    mean = statistics.repeated_mean(scores)
    apart = statistics.paired_difference(scores, scores.assign(score=0.0))
    assert (mean.estimate, mean.low, mean.high) == (apart.estimate, apart.low, apart.high)
    assert mean.estimate == pytest.approx(scores["score"].mean())
    assert mean.method == "t-interval over 10 groups and 3 repeats"
    alone = statistics.repeated_mean(scores[scores["repeat"] == 0])
    of = scores[scores["repeat"] == 0]
    plain = statistics.interval(of["score"], of["group"])
    assert (alone.low, alone.high) == pytest.approx((plain.low, plain.high))


def test_different_cases_are_not_a_pair():
    both = scores(np.ones((3, 2)), ["a", "b"])
    with pytest.raises(UserError, match=r"'c2' in repeat 'b'"):
        statistics.paired_difference(both, both[:-1])
    with pytest.raises(UserError, match="not once in each"):
        statistics.paired_difference(pd.concat([both, both[:1]]), both)
    one_group = both.assign(group="g")
    with pytest.raises(UserError, match="two groups"):
        statistics.paired_difference(one_group, one_group)


def test_holm_by_hand():
    def with_p(p):
        return statistics.Difference(0, 0, 0, 0.95, "", 9, 9, p=p, scope="")

    family = {"a": with_p(0.01), "b": with_p(0.04), "c": with_p(0.03)}
    adjusted = statistics.holm(family)
    assert list(adjusted.index) == ["a", "b", "c"]
    assert list(adjusted) == pytest.approx([0.03, 0.06, 0.06])
    with pytest.raises(UserError, match="at least one"):
        statistics.holm({})


# --- trivial answers


def test_trivial_answers_on_masks_drawn_by_hand():
    masks = np.zeros((2, 4, 4), bool)
    masks[0, 1:3, 1:3] = True
    answers = statistics.trivial_answers(masks).set_index(["answer", "row"])
    assert list(answers.loc[("nothing", 0)]) == [0, 0, 4, 12]
    assert list(answers.loc[("everything", 0)]) == [4, 12, 0, 0]
    assert list(answers.loc[("best centred ellipse", 0)]) == [4, 0, 0, 12]
    assert list(answers.loc[("everything", 1)]) == [0, 16, 0, 0]


def test_best_ellipse_finds_the_ellipse_that_was_drawn():
    drawn = statistics.centred_ellipse((64, 96), (0.3, 0.7))
    assert drawn.sum() == pytest.approx(np.pi / 4 * 0.3 * 0.7 * 64 * 96, rel=0.02)
    assert statistics.best_ellipse(np.stack([drawn] * 3)) == pytest.approx((0.3, 0.7))
    fitted_elsewhere = statistics.trivial_answers(drawn[None], ellipse=(0.1, 0.1))
    assert fitted_elsewhere.query("answer == 'best centred ellipse'").fp.item() == 0


def test_best_ellipse_beats_every_other_by_mean_dice():
    masks = np.random.default_rng(9).random((5, 16, 16)) < np.linspace(0.1, 0.5, 5)[:, None, None]

    def mean_dice(axes):
        drawn = np.broadcast_to(statistics.centred_ellipse((16, 16), axes), masks.shape)
        return DICE(metrics.counts(masks, drawn)).mean()

    axes = [(a, b) for a in statistics.trivial.AXES for b in statistics.trivial.AXES]
    best = mean_dice(statistics.best_ellipse(masks))
    assert best == pytest.approx(max(mean_dice(pair) for pair in axes))


def test_masks_without_cases_or_lesions_are_refused():
    with pytest.raises(UserError, match="no mask holds a lesion"):
        statistics.best_ellipse(np.zeros((3, 4, 4), bool))
    with pytest.raises(UserError, match="cases, height, width"):
        statistics.trivial_answers(np.zeros((0, 4, 4), bool))


def test_resampled_interval_of_a_mean_is_that_of_the_mean():
    """The same bootstrap by another route: rows drawn by group, the score a mean."""
    rng = np.random.default_rng(0)
    values, groups = rng.normal(size=120), np.repeat(np.arange(60), 2)
    table = pd.DataFrame({"value": values})
    made = statistics.resampled_interval(lambda t: t["value"].mean(), table, groups)
    expected = statistics.interval(values, groups)
    assert made.estimate == pytest.approx(expected.estimate)
    assert (made.low, made.high) == pytest.approx((expected.low, expected.high), abs=0.02)
    assert (made.n_cases, made.n_groups) == (120, 60)


def test_resampled_interval_leaves_out_tables_without_a_score():
    table = pd.DataFrame({"label": [0, 0, 0, 0, 1]})
    made = statistics.resampled_interval(
        lambda t: np.nan if t["label"].nunique() < 2 else 0.7, table
    )
    assert (made.low, made.high) == pytest.approx((0.7, 0.7))
    with pytest.raises(UserError, match="at least two groups"):
        statistics.resampled_interval(len, table, ["a"] * 5)


def test_pooled_interval_stays_between_0_and_1():
    table = pd.DataFrame({"tp": [1, 0, 1], "fp": [0, 1, 0], "fn": [0, 0, 0], "tn": [0, 0, 0]})
    made = statistics.pooled_interval(metrics.SCORES["precision"], table)
    assert 0 <= made.low < made.estimate < made.high <= 1
