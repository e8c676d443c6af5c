"""Weights of a Tversky loss: indices by hand, bounds on drawn values, and weights recovered."""

import numpy as np
import pytest
from scorecheck.checks import NOT

import scorecheck
from bookcheck import weights
from bookcheck.context import BookTable
from tests.bookcheck.test_checks import checks, verdict
from tests.scorecheck import papers


def test_tversky_by_hand():
    # TP 6, FP 2, FN 4: 6 / (6 + 0.3 x 2 + 0.7 x 4)
    assert weights.tversky(6 / 8, 6 / 10, 0.3, 0.7) == pytest.approx(6 / 9.4)
    assert weights.tversky(0, 0, 0.3, 0.7) == 0


TVERSKY = {
    **{"a": "false_positives", "b": "false_negatives"},
    "L": {"is": "region_loss", "masks": "hard"},
    **{"P": "precision", "R": "sensitivity"},
}


@pytest.mark.parametrize(
    ("averaging", "loss", "answer"),
    [
        ("pooled", "0.3617", "fits"),  # 1 - 6/9.4
        ("pooled", "0.4000", "does not fit"),
        ("means", "0.4000", "fits"),
        ("means", "0.3000", "does not fit"),  # under what any mixture gives
    ],
)
def test_a_tversky_loss(averaging, loss, answer):
    rows = {"x": ["0.3", "0.7", loss, "0.7500", "0.6000"]}
    assert verdict("Tversky loss", TVERSKY, rows, averaging=averaging) == answer


def test_a_loss_of_probabilities_is_not_that_of_the_masks():
    columns = TVERSKY | {"L": "region_loss"}  # nobody trains on thresholded masks
    rows = {"x": ["0.3", "0.7", "0.4000", "0.7500", "0.6000"]}
    assert verdict("Tversky loss", columns, rows, averaging="pooled") == "cannot be checked"


def test_the_weight_that_was_used_is_recovered():
    rows = {"x": ["0.7", "0.75", "0.0537", "0.9632", "0.9097"]}
    (one,) = checks("Tversky loss", TVERSKY, rows)
    assert "a second weight of 0.30 would give it" in one.shown


def test_mean_losses_obey_the_bound():
    rng = np.random.default_rng(2)
    tp, fp, fn = rng.integers(1, 50, (3, 300, 10)).astype(float)
    for a, b in ((0.3, 0.7), (0.7, 0.75), (1, 1)):
        mean = (tp / (tp + a * fp + b * fn)).mean(axis=1)
        p, r = (tp / (tp + fp)).mean(axis=1), (tp / (tp + fn)).mean(axis=1)
        bound = (a + b) / (a / p + b / r)
        assert (mean <= bound + 1e-12).all()


def test_no_drawn_loss_is_said_not_to_fit():
    asked = 0
    for seed in range(400):
        drawn = papers.draw(seed)
        if "loss" in drawn.tables["S"]["columns"]:
            named = dict(zip(weights.WEIGHTS, drawn.truth["weights"], strict=True))
            drawn.tables["S"]["columns"]["loss"]["loss"] = named
            found = scorecheck.check(drawn.paper(BookTable), [("losses", weights.check)])
            assert [one.shown for one in found if one.verdict == NOT] == []
            asked += len(found) > 0
    assert asked > 40


def test_constants_of_a_focal_loss_are_recovered():
    rng = np.random.default_rng(3)
    columns = {"L": "region_loss", "D": "dice", "R": "sensitivity"}
    rows = {}
    for i in range(8):
        p, r = rng.uniform(0.5, 0.9, 2)
        loss = (1 - weights.tversky(p, r, 0.2, 0.8)) ** 0.6
        rows[f"r{i}"] = [f"{loss:.4f}", f"{2 * p * r / (p + r):.4f}", f"{r:.4f}"]
    (one,) = checks("constants of a loss", columns, rows)
    assert one.strength == "recovered"
    weight, exponent = (float(w) for w in one.shown.split() if w.startswith("0.") and len(w) == 5)
    assert (weight, exponent) == pytest.approx((0.8, 0.6), abs=0.01)


def test_exchanged_weights_are_seen():
    columns = {"P": "precision", "R": "sensitivity"}
    columns["T"] = {"is": "tversky", "loss": {"false_positives": 0.7, "false_negatives": 0.3}}
    rows = {
        f"r{i}": [f"{p:.4f}", f"{r:.4f}", f"{weights.tversky(p, r, 0.3, 0.7):.4f}"]
        for i, (p, r) in enumerate([(0.9, 0.5), (0.6, 0.8), (0.7, 0.9)])
    }
    (one,) = checks("orientation of Tversky weights", columns, rows)
    assert one.shown.startswith("3 of 3 rows are nearer to the weights exchanged")
