"""A mean of shares beside its standard deviation, by hand and on drawn values."""

import numpy as np
import pytest
from scorecheck.errors import InputError
from scorecheck.spans import exactly

import scorecheck
from scorecheck import columns, reading
from tests.scorecheck.tables import checks

NOT, FITS = "does not fit", "fits"


def answer(value, averaging="means", **column):
    (one,) = checks(
        "sd of shares", {"x": {"is": "dice", **column}}, {"a": [value]}, averaging=averaging
    )
    return one.verdict, one.strength


def test_zeros_and_ones_have_the_largest_deviation():
    assert columns.largest_deviation(exactly(0.5), 2) == pytest.approx(np.std([0, 1], ddof=1))
    nine = [1] * 9 + [0]
    tenth = columns.largest_deviation(exactly(0.9), 10)
    assert tenth == pytest.approx(np.std(nine, ddof=1))  # 0.3162


@pytest.mark.parametrize(
    ("value", "column", "verdict"),
    [
        ("0.900 +- 0.316", {"over": 10}, FITS),
        ("0.900 +- 0.320", {"over": 10}, NOT),
        ("0.900 +- 0.320", {}, FITS),  # of two values 0.424 at most
        ("0.900 +- 0.430", {}, NOT),
        ("90.0 +- 32.0%", {"over": 10}, NOT),
        ("0.95 +- 0.30", {"over": 120}, NOT),
        ("0.40 +- 0.60", {"over": 3}, FITS),  # 0.6 of 0.4, 1, 0: 0.49 x 1.5 = 0.60
        ("0.00 +- 0.00", {}, FITS),
        ("1.00 +- 0.20", {"over": 50}, NOT),
    ],
)
def test_a_deviation_is_at_most_what_its_mean_allows(value, column, verdict):
    assert answer(value, **column)[0] == verdict


@pytest.mark.parametrize("averaging", ["pooled", "unknown", "by column", "one mask"])
def test_beside_pooled_counts_it_is_a_remark(averaging):
    assert answer("0.95 +- 0.30", averaging, over=120) == (FITS, "unusual")
    assert answer("0.95 +- 0.60", averaging, over=120)[0] == NOT


def test_a_score_with_a_deviation_is_a_mean_and_no_share_of_counts():
    columns = {"d": {"is": "dice", "items": 50}, "j": "iou"}
    for pm, verdict in (("", NOT), (" +- 0.100", FITS)):  # 0.8/1.2 is 0.667, and 0.795 no k/50
        rows = {"a": ["0.795" + pm, "0.690" + pm]}
        found = checks("Dice and IoU", columns, rows, averaging="pooled")
        found += checks("whole number of items", columns, rows, averaging="pooled")
        assert {one.verdict for one in found} == {verdict}


def test_no_drawn_values_are_said_not_to_fit():
    rng = np.random.default_rng(0)
    for _ in range(200):
        n, decimals, ddof = int(rng.integers(2, 40)), int(rng.integers(1, 5)), int(rng.integers(2))
        x = rng.beta(rng.uniform(0.01, 3), rng.uniform(0.01, 3), n)
        value = f"{x.mean():.{decimals}f} +- {x.std(ddof=ddof):.{decimals}f}"
        assert answer(value, over=n)[0] == FITS, value
        assert answer(value)[0] == FITS, value


def test_a_column_of_deviations_is_set_beside_its_mean(tmp_path):
    (tmp_path / "t.yaml").write_text(
        "checks:\n  tables:\n    '1':\n      averaging: means\n"
        "      columns: {Dice: {is: dice, sd: SD, over: 120}}\n"
    )
    lines = "paper,table,row,column,value,unit\n,1,a,Dice,95.0,%\n,1,a,SD,30.0,%\n"
    (tmp_path / "t.csv").write_text(lines)
    (one,) = scorecheck.check(reading.read([tmp_path / "t.csv"], tmp_path / "t.yaml"))
    assert (one.kind, one.verdict) == ("sd of shares", NOT)
    (tmp_path / "t.csv").write_text(lines[:-2] + "\n")
    with pytest.raises(InputError, match="line 3: the deviation is in 'no unit', its mean in '%'"):
        reading.read([tmp_path / "t.csv"], tmp_path / "t.yaml")
