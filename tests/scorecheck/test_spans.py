"""A printed number as an interval: pencil values."""

import pytest
from scorecheck.errors import InputError
from scorecheck.spans import Span, common, decimals_that_count, exactly, image, piece, printed


@pytest.mark.parametrize(
    ("text", "unit", "low", "high"),
    [
        ("0.7", "", 0.65, 0.8),  # rounded 0.65 to 0.75, or cut 0.7 to 0.8
        ("0.70", "", 0.695, 0.71),
        ("98.08", "%", 0.98075, 0.9809),
        ("64", "%", 0.635, 0.65),
        ("72", "images", 72, 72),
        ("0.0000", "", -0.00005, 0.0001),
        ("-0.5", "", -0.55, -0.4),
    ],
)
def test_rounding_and_cutting_are_both_meant(text, unit, low, high):
    found = printed(text, unit)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)


def test_zeros_appended_to_a_column_do_not_count():
    assert printed("98.9000", "%", decimals=2) == printed("98.90", "%")
    assert printed("98.36", "%", decimals=4) == printed("98.36", "%")
    assert printed("95.00", "%", decimals=0) == printed("95", "%")


@pytest.mark.parametrize(
    ("texts", "decimals"),
    [
        (["0.8600", "0.8500", "0.9100"], 2),
        (["98.9000", "96.99", "97.7400"], 2),
        (["95.0", "96.0", "97.0"], 0),
        (["0.860", "0.850"], 2),  # one in a hundred
        (["0.8600", "0.8501"], None),
        (["0.80", "0.86", "0.91"], None),
        (["0.9000"], None),  # one number says nothing
        (["0.9000", "0.9000"], None),
        (["1.0000", "0.0000", "0.8500"], None),  # shares end so
        (["12", "14", "n/a"], None),
    ],
)
def test_zeros_that_end_a_whole_column_were_appended(texts, decimals):
    assert decimals_that_count(texts) == decimals


def test_one_of_several_numbers_can_be_named():
    assert printed("98.36 +- 0.62", "%", 1) == printed("0.62", "%")
    assert [piece("80:10:10", i) for i in range(3)] == ["80", "10", "10"]
    assert piece("128x128x144", 2) == "144"


@pytest.mark.parametrize(
    ("text", "part", "sentence"),
    [
        ("1/2", None, "name one of its numbers"),
        ("n/a", None, "mend it"),
        ("nan", None, "mend it"),
        ("0.9 +- x", None, "mend it"),
        ("1/2", 2, "has no number 2: count from 0 to 1"),
    ],
)
def test_what_is_no_number_is_refused(text, part, sentence):
    with pytest.raises(InputError, match=sentence):
        printed(text, "", part)


def test_sums_and_images_take_the_ends():
    assert Span(1, 2) - Span(0, 3) == Span(-2, 2)
    assert image(lambda a, b: a / b, Span(1, 2), Span(4, 8)) == Span(0.125, 0.5)
    assert Span(0, 1).gap(Span(3, 4)) == 2
    assert common([Span(0, 2), Span(1, 3)]) == Span(1, 2)
    assert common([exactly(1), Span(2, 3)]) is None
