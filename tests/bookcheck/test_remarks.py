"""What is unusual in rows: far from the others, no better than nothing, another order."""

from tests.bookcheck.test_checks import checks

COLUMNS = {"R": "sensitivity", "S": "specificity", "A": "accuracy"}


def test_a_row_far_from_the_others_is_named():
    shares = [0.10, 0.101, 0.099, 0.1005, 0.102, 0.30]
    rows = {f"r{i}": ["0.80000", "0.90000", f"{0.9 - 0.1 * p:.5f}"] for i, p in enumerate(shares)}
    (one,) = checks("a row apart", COLUMNS, rows, one_set=True)
    assert one.row == "r5"


def test_doing_nothing_is_right_on_the_background():
    # share 0.10, so an empty answer is right on 0.90
    found = checks("doing nothing", COLUMNS, {"a": ["0.8000", "0.9000", "0.8900"]}, one_set=True)
    assert found[0].strength == "unusual"
    found = checks("doing nothing", COLUMNS, {"a": ["0.8000", "0.9500", "0.9350"]}, one_set=True)
    assert found[0].strength == ""


def test_dice_and_iou_that_order_rows_differently_are_unusual():
    columns = {"D": "dice", "J": "iou"}
    rows = {f"r{i}": [f"0.7{i}", f"0.6{6 - i}"] for i in range(7)}
    (one,) = checks("order by Dice and IoU", columns, rows)
    assert (one.verdict, one.strength) == ("fits", "unusual")
