"""What the book asks beyond scorecheck: sizes by hand, misread digits, two parts of a split."""

import pytest
from scorecheck.checks import NOT
from scorecheck.errors import InputError
from scorecheck.printed_numbers import PrintedPaper

from busutils.studies import printed
from scorecheck import statements
from tests.scorecheck.tables import paper, read_statements


def checks(kind, *args, **about):
    """All checks of one kind, misread digits named."""
    return [one for one in printed.check(paper(*args, **about)) if one.kind == kind]


def test_a_digit_that_looks_alike_is_named():
    columns = {"D": "dice", "J": "iou"}
    (one,) = checks("Dice and IoU", columns, {"a": ["0.800", "0.607"]}, averaging="one mask")
    assert one.shown.endswith("printed J 0.607 (0.667, which looks alike, would fit)")
    (one,) = checks("Dice and IoU", columns, {"a": ["0.800", "0.111"]}, averaging="one mask")
    assert "looks alike" not in one.shown


def test_a_digit_that_other_numbers_confirm_is_not_named():
    columns, rows = {"D": "dice", "J": "iou"}, {"a": ["0.800", "0.607"]}
    told = {"averaging": "one mask", "statements": [{"same": [["T", "a", "J"], 0.607]}]}
    (one,) = checks("Dice and IoU", columns, rows, **told)
    assert one.verdict == NOT and "looks alike" not in one.shown


def test_a_scan_does_not_misread_every_row():
    rows = {name: ["0.800", "0.607"] for name in "abc"}
    found = checks("Dice and IoU", {"D": "dice", "J": "iou"}, rows, averaging="one mask")
    assert [one.verdict for one in found] == [NOT] * 3
    assert "looks alike" not in "".join(one.shown for one in found)


def test_two_parts_of_a_random_split_have_one_share():
    columns = {
        f"{q} {of}": {"is": q, "of": of} for of in ("train", "val") for q in ("any_iou", "accuracy")
    }
    split, about = {"train": 400, "val": 100, "spread": 0.05}, {"one_set": True}
    same = {"a": ["0.4500", "0.9000", "0.4510", "0.9020"]}
    (one,) = printed.one_split(paper(columns, same, **about).rows("T"), split)
    assert one.strength == ""
    # an empty answer: shares 0.10 and 0.02; of the lesion: 0.08 to 0.16 and 0.015 to 0.03
    other = {"a": ["0.4500", "0.9120", "0.4900", "0.9840"]}
    (one,) = printed.one_split(paper(columns, other, **about).rows("T"), split)
    assert (one.verdict, one.strength) == ("fits", "unusual")  # means fix no share
    about["averaging"] = "pooled"
    (one,) = printed.one_split(paper(columns, other, **about).rows("T"), split)
    assert (one.verdict, one.strength) == ("does not fit", "improbable")


def test_sizes_by_hand():
    # 2 x 2 from 4 to 2 channels with bias: 34; then 3 x 3 from 2 + 1 to 2, with bias and norm
    # 54 + 2 + 8; and again from 2: 36 + 2 + 8; head 2 + 1
    assert printed.unet_decoder(4, [2], [1]) == 34 + 64 + 46 + 3
    assert printed.file_mib(2**18, 0) == 1
    assert printed.expansion_channels(1.4, [16, 24, 32, 96]) == [144, 192, 288, 816]


@pytest.mark.parametrize(("size", "verdict"), [(256, "fits"), (255, NOT)])
def test_an_odd_size_is_not_halved(size, verdict):
    said = read_statements([{"halved": {"size": size, "times": 3}}], {}, printed.STATEMENTS)
    (one,) = statements.check(PrintedPaper({}, statements=said))
    assert one.verdict == verdict


def test_a_split_that_lacks_a_part_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("paper,table,row,column,value,unit\n,1,a,Dice,0.80,\n")
    columns = "checks: {tables: {'1': {columns: {Dice: {is: dice, of: val}}, split: "
    for split, sentence in {
        "{train: 9, val: 1}": r"split: two groups of columns and spread",
        "{train: 9, val: 1, spread: 0.1}": r"split / train: unknown group .*choose one of val",
    }.items():
        (tmp_path / "t.yaml").write_text(columns + split + "}}}\n")
        with pytest.raises(InputError, match=sentence):
            printed.read([tmp_path / "t.csv"], tmp_path / "t.yaml")
