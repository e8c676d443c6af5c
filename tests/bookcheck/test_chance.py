"""Draws and common denominators: tails by hand, and a search that is paid for."""

import numpy as np
import pytest
from scorecheck.errors import InputError
from scorecheck.spans import printed

from bookcheck import chance
from tests.bookcheck.test_checks import stated

DRAW = {"sample": 7, "population": 100}


@pytest.mark.parametrize(
    ("drawn", "marked", "answer"), [(3, 40, ("fits", "")), (7, 30, ("fits", "unusual"))]
)
def test_a_draw(drawn, marked, answer):
    assert stated({"draw": DRAW | {"drawn": drawn, "marked": marked}}) == answer


def test_an_improbable_draw():
    statement = {"draw": {"drawn": 50, "sample": 63, "marked": 209, "population": 630}}
    assert stated(statement) == ("does not fit", "improbable")
    # nobody says that it was random
    assert stated(statement | {"weak": True}) == ("fits", "unusual")


def test_a_draw_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="draw: 2 of 1 cannot be drawn where 2 of 4"):
        stated({"draw": {"drawn": 2, "sample": 1, "marked": 2, "population": 4}})


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ({"draw": DRAW | {"drawn": 2.5, "marked": 9}}, "2.5 is no whole number"),
        ({"draw": DRAW | {"drawn": ["T", "a", "x"], "marked": 9}}, "0.45 is no whole number"),
        ({"denominator": {"cells": [45, 80], "from": 10, "to": 20}}, "45 is no share: write %"),
        ({"denominator": {"cells": [0, 1], "from": 10, "to": 20}}, "no value lies between 0 and 1"),
        ({"halved": {"size": 224.6, "times": 5}}, "224.6 is no whole number"),
        ({"halved": {"size": 224, "times": -3}}, "224 halved -3 times means nothing"),
        ({"halved": {"size": -32, "times": 3}}, "-32 halved 3 times means nothing"),
        ({"widths": {"cells": [96.4], "base": [16]}}, "96.4 is no whole number"),
    ],
)
def test_what_is_no_count_or_share_is_refused(statement, told):
    with pytest.raises(InputError, match=told):
        stated(statement, {"a": "0.45"})


def test_tails_by_hand():
    assert chance.tail(2, 2, 2, 4) == pytest.approx(2 / 6)
    assert chance.tail(1, 2, 2, 4) == 1


def test_the_common_denominator_of_several_values():
    values = [printed(t, "%") for t in ("14.29", "42.86", "57.14", "71.43", "28.57")]  # sevenths
    found = chance.common_denominator(values, range(2, 40))
    assert (found.size, found.n, found.of) == (7, 5, 5)
    assert found.chance < 1e-10


def test_values_that_a_shift_brings_to_one_say_nothing():
    values = [printed(t, "%") for t in ("99.00", "98.00")]
    found = chance.common_denominator(values, range(2, 40), [0.01])
    assert found.of == 1


def test_the_search_is_paid_for():
    rng = np.random.default_rng(0)
    low = 0
    for _ in range(200):  # random shares: a small chance is as rare as it says
        values = [printed(f"{x:.2f}", "%") for x in rng.uniform(50, 99, 4)]
        low += chance.common_denominator(values, range(20, 200)).chance < 0.05
    assert low < 20
