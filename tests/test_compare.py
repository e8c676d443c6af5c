"""Verdicts on numbers and claims, and a paper's table, with values a pencil can check."""

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from busutils import compare, show, statistics
from busutils.compare import Column, Reported, Row
from busutils.errors import UserError

OURS = statistics.Interval(0.70, 0.68, 0.72, 0.95, "by hand", 100, 100)
PAPER = {
    "dataset": "busi",
    "classes": ["benign", "malignant"],
    "size": 256,
    "encoder_weights": "imagenet",
    "epochs": 100,
}
SAME = PAPER | {"dataset": "BUSI", "classes": ("malignant", "benign"), "epochs": 50}


# --- verdict on a number


@pytest.mark.parametrize(
    ("printed", "half"), [("0.7370", 0.00005), ("0.71", 0.005), ("72", 0.5), ("1e3", 500)]
)
def test_half_a_unit_of_the_last_decimal(printed, half):
    assert compare.half_unit(printed) == pytest.approx(half)


@pytest.mark.parametrize("printed", ["500x500", "", "nan"])
def test_what_is_no_number_is_refused(printed):
    with pytest.raises(UserError, match="number"):
        compare.half_unit(printed)


@pytest.mark.parametrize(
    ("printed", "word"),
    [  # a repeat of 100 cases falls within 0.70 ± 0.02 √2 = 0.6717 to 0.7283
        ("0.70", "compatible"),
        ("0.7283", "compatible"),
        ("0.7284", "re-run lower"),
        ("0.6717", "compatible"),
        ("0.6716", "re-run higher"),
        ("0.73", "compatible"),  # 0.725 prints so too
        ("0.74", "re-run lower"),
    ],
)
def test_a_number_is_judged_by_one_more_repeat_and_the_printed_rounding(printed, word):
    judged = compare.verdict(printed, OURS)
    assert judged.word == word
    assert judged.difference == pytest.approx(float(printed) - 0.70)
    assert judged.half_width == pytest.approx(0.02 * 2**0.5)


def test_a_wide_interval_says_nothing_about_what_it_holds_but_decides_what_lies_outside():
    wide = statistics.Interval(0.70, 0.64, 0.76, 0.95, "by hand", 9, 9)
    held = compare.verdict("0.72", wide)
    assert (held.word, held.reason) == ("too imprecise", "±0.085")
    assert compare.verdict("0.30", wide).word == "re-run higher"
    assert compare.verdict("0.72", wide, coarse=0.1).word == "compatible"


def test_obstacles_stand_and_the_difference_is_shown():
    judged = compare.verdict("0.90", OURS, obstacle="not comparable", reason="weights")
    assert (judged.word, judged.reason) == ("not comparable", "weights")
    assert judged.difference == pytest.approx(0.2)
    with pytest.raises(UserError, match="not converged"):
        compare.verdict("0.90", OURS, obstacle="not convinced")


def test_without_our_number_it_is_not_re_run():
    judged = compare.verdict("0.9", None, reason="too slow")
    assert (judged.word, judged.reason) == ("not re-run", "too slow")
    assert np.isnan(judged.difference)


def test_exact_numbers_agree_if_they_print_alike():
    assert compare.verdict("87.8", statistics.exact(87.78)).word == "compatible"
    assert compare.verdict("195.0", statistics.exact(195.21)).word == "re-run higher"
    assert compare.verdict("72", statistics.exact(72.5)).word == "compatible"


@given(st.floats(0, 1), st.floats(0.001, 0.03), st.floats(0, 1))
def test_verdict_and_difference_agree_in_direction(estimate, half, printed):
    ours = statistics.Interval(estimate, estimate - half, estimate + half, 0.95, "", 50, 50)
    judged = compare.verdict(f"{printed:.4f}", ours)
    if judged.word == "re-run higher":
        assert judged.difference < -half
    elif judged.word == "re-run lower":
        assert judged.difference > half
    else:
        assert abs(judged.difference) <= half * 2**0.5 + 0.0001


# --- what can be compared


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({}, []),
        ({"encoder_weights": "phantom"}, ["weights"]),
        ({"dataset": "phantom", "classes": ["benign"]}, ["data"]),
        ({"size": 128, "epochs": 49}, ["image size", "epochs"]),
    ],
)
def test_a_run_is_held_to_the_papers_protocol(change, reasons):
    assert compare.obstacles(SAME | change, PAPER) == reasons


def test_what_the_paper_does_not_print_is_not_compared_and_what_the_run_hides_is_refused():
    assert compare.obstacles({}, dict.fromkeys(PAPER)) == []
    hidden = {key: value for key, value in SAME.items() if key != "size"}
    with pytest.raises(UserError, match="'size'"):
        compare.obstacles(hidden, PAPER)


def test_converged_looks_at_the_best_value_of_the_last_quarter():
    def history(job, dice):
        return pd.DataFrame({"job": job, "epoch": range(1, len(dice) + 1), "val_dice": dice})

    flat = history("flat", [0.3, 0.5, 0.60, 0.65, 0.66, 0.60, 0.665, 0.669])
    rising = history("rising", [0.1, 0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65])
    short = history("short", [0.5, 0.5, 0.5])
    shuffled = pd.concat([flat, rising, short]).sample(frac=1, random_state=0)
    found = compare.converged(shuffled)
    assert found.to_dict() == {"flat": True, "rising": False, "short": False}


# --- a paper's table


def counted(job, case, tp, fp, fn, split="val", threshold=0.5, group=None):
    """One line of a cases table, 100 pixels an image."""
    return {
        **{"job": job, "case": case, "label": "benign", "group": group or case, "split": split},
        **{"threshold": threshold, "tp": tp, "fp": fp, "fn": fn, "tn": 100 - tp - fp - fn},
    }


def reported(**columns: Column) -> Reported:
    rows = [("r1", name, "0.5000") for name in columns] + [("r2", "Dice", "0.4")]
    cells = pd.DataFrame(rows, columns=["row", "column", "value"]).assign(paper="9", table="1")
    return Reported(cells, dict(columns), {"r1": {"label": "Net"}}, PAPER)


CASES = pd.DataFrame(
    [
        counted("j1", "a", 5, 5, 0),  # Dice 2/3
        counted("j1", "b", 0, 0, 10),  # 0
        counted("j2", "c", 10, 0, 0),  # 1
        counted("j2", "d", 1, 1, 1),  # 1/2
        counted("j2", "d", 9, 0, 0, threshold=0.9),
        counted("j1", "n", 0, 0, 0, split="normal"),
        counted("j1", "m", 0, 3, 0, split="normal"),
    ]
)
JOBS = {"j1": "fold 1", "j2": "fold 2"}


def test_table_has_every_printed_cell_with_our_mean_over_cases():
    made = compare.table(reported(Dice=Column("dice", cases=4)), CASES, {"r1": Row(JOBS, SAME)})
    assert list(made.columns[:9]) == [
        *("row", "column", "printed", "ours", "low", "high", "verdict", "reason", "n")
    ]
    dice = [2 / 3, 0, 1, 1 / 2]
    first, second = made.iloc[0], made.iloc[1]
    half = student.ppf(0.975, 3) * np.std(dice, ddof=1) / 2
    assert (first.row, first.printed, first.n, first.key) == ("Net", "0.5000", 4, "r1")
    assert [first.ours, first.low, first.high] == pytest.approx(
        [np.mean(dice), np.mean(dice) - half, np.mean(dice) + half]
    )
    assert first.difference == pytest.approx(0.5 - np.mean(dice))
    assert first.verdict == "too imprecise"
    assert (second.verdict, second.reason, second.n) == ("not re-run", "not in this run", 0)


def test_reductions_are_what_they_are_called():
    columns = {
        "pooled": Column("dice", reduction="pooled"),
        "share": Column("left_empty", "normal", "share", cases=113, scale=113),
        "iou": Column("iou"),
    }
    rows = {"r1": Row({"j1": "fold 1"}, SAME)}
    made = compare.table(reported(**columns), CASES, rows).set_index("column")
    assert made.ours["pooled"] == pytest.approx(10 / 25)
    assert made.ours["share"] == pytest.approx(113 / 2)
    assert "Wilson" in made.method["share"]
    assert made.ours["iou"] == pytest.approx((0.5 + 0) / 2)
    assert made.n["pooled"] == made.n["share"] == 2


def test_spread_of_a_pooled_score_is_not_thinned_by_cases_that_it_does_not_count():
    """Three trainings find all, half and none of their ten sick cases among a hundred."""
    lines = [
        counted(job, f"{job}-{i}", int(i < found), 0, int(found <= i < 10))
        for job, found in {"j1": 10, "j2": 5, "j3": 0}.items()
        for i in range(100)
    ]
    asked = reported(x=Column("sensitivity", reduction="pooled", cases=100))
    row = Row(dict.fromkeys(["j1", "j2", "j3"], "x"), SAME)
    made = compare.table(asked, pd.DataFrame(lines), {"r1": row}).iloc[0]
    assert made.ours == pytest.approx(0.5)
    assert made.half_width == pytest.approx(student.ppf(0.975, 2) * 0.5, rel=0.01)


def test_a_row_can_average_more_than_its_columns_say():
    asked = reported(Dice=Column("dice", cases=2))
    alone = compare.table(asked, CASES, {"r1": Row(JOBS, SAME)}).iloc[0]
    asked.rows["r1"] |= {"cases": 20, "trainings": 10}
    mean = compare.table(asked, CASES, {"r1": Row(JOBS, SAME)}).iloc[0]
    assert (mean.ours, mean.low) == (alone.ours, alone.low)
    assert mean.half_width < alone.half_width


def test_trainings_of_one_case_are_averaged_within_it():
    twice = pd.DataFrame(
        [counted(job, case, tp, 0, 10 - tp) for job, tps in JOBS_TPS.items() for case, tp in tps]
    )
    made = compare.table(reported(Dice=Column("dice")), twice, {"r1": Row(JOBS, SAME)})
    assert made.n[0] == 3
    assert made.ours[0] == pytest.approx(
        np.mean([2 * tp / (10 + tp) for tp in (10, 5, 2, 8, 5, 4)])
    )


JOBS_TPS = {"j1": [("a", 10), ("b", 5), ("c", 2)], "j2": [("a", 8), ("b", 5), ("c", 4)]}


@pytest.mark.parametrize(
    ("row", "column", "verdict", "reason"),
    [
        (Row(JOBS, SAME | {"size": 64}), Column("dice"), "not comparable", "image size"),
        (Row(JOBS, SAME, obstacle="fold"), Column("dice"), "not comparable", "fold"),
        (
            Row(JOBS, SAME | {"epochs": 9}),
            Column("dice", obstacle="definition"),
            *("not comparable", "epochs, definition"),
        ),
        (
            Row(JOBS, SAME | {"size": 64}, converged=False),
            Column("dice"),
            *("not converged", "image size"),
        ),
        (  # as many epochs as the paper's, so it ends where the paper's ended
            Row(JOBS, SAME | {"size": 64, "epochs": 100}, converged=False),
            Column("dice"),
            *("not comparable", "image size"),
        ),
        (
            Row(
                given={"x": statistics.exact(0.5)},
                parameters=SAME | {"epochs": 100},
                converged=False,
            ),
            Column(),
            *("compatible", ""),
        ),
        (Row(JOBS, SAME, not_rerun="slow"), Column("dice"), "not re-run", "slow"),
        (Row(JOBS, SAME), Column(), "not re-run", "no value"),
        (
            Row({"j2": "fold 2"}, SAME, {"j2": 0.9}),  # a set of lesions has no normal images
            Column("left_empty", split="normal"),
            *("not re-run", "no value"),
        ),
        (Row(given={"x": 0.5}, parameters=SAME), Column(), "too imprecise", "one number"),
        (Row(given={"x": statistics.exact(0.5)}, parameters=SAME), Column(), "compatible", ""),
        (
            Row(
                given={"x": statistics.exact(0.5)}, parameters={**SAME, "size": 1}, converged=False
            ),
            Column(depends=[]),
            *("compatible", ""),
        ),
    ],
)
def test_what_stands_in_the_way_is_said(row, column, verdict, reason):
    made = compare.table(reported(x=column), CASES, {"r1": row})
    assert (made.verdict[0], made.reason[0]) == (verdict, reason)


def test_a_training_that_still_improves_is_not_put_down_to_the_image_size():
    because = compare.verdicts.because
    assert because("not converged", "image size") == " (also image size)"
    assert because("not comparable", "image size") == " (image size)"
    assert because("not converged", "") == ""


def test_a_rows_own_protocol_goes_over_the_papers():
    base = reported(Dice=Column("dice"))
    base.rows["r1"]["protocol"] = {"encoder_weights": None}
    row = Row(JOBS, SAME | {"encoder_weights": "none"})
    assert compare.table(base, CASES, {"r1": row}).verdict[0] == "too imprecise"


def test_a_row_that_is_neither_printed_nor_a_network_is_refused():
    with pytest.raises(UserError, match=r"r3.*r1, r2.*plain_unet"):
        compare.table(reported(Dice=Column("dice")), CASES, {"r3": Row()})


def test_a_network_that_is_not_printed_stands_below_with_our_number_alone():
    base = reported(Dice=Column("dice"), Size=Column(depends=[]))
    printed = compare.table(base, CASES, {"r1": Row(JOBS, SAME)})
    rows = {"plain_unet": Row(JOBS, SAME), "r1": Row(JOBS, SAME)}
    made = compare.table(base, CASES, rows)
    pd.testing.assert_frame_equal(made[: len(printed)], printed)
    dice, size = made[len(printed) :].to_dict("records")
    assert (dice["row"], dice["column"], size["column"]) == ("plain_unet", "Dice", "Size")
    assert (dice["printed"], dice["verdict"], dice["reason"]) == ("", "not printed", "")
    assert dice["ours"] == printed["ours"][0]
    assert np.isnan([dice["difference"], size["ours"]]).all()
    shown = compare.readable(made, "Dice").iloc[-1]
    assert (shown["row"], shown["printed"], shown["verdict"]) == ("plain_unet", "–", "not printed")
    told = compare.verdicts_markdown("A paper", "page", [], {"Table 1": made})
    assert told == compare.verdicts_markdown("A paper", "page", [], {"Table 1": printed})
    assert base.printed("plain_unet", "Dice") == ""


def test_each_job_is_scored_at_its_own_threshold():
    found = compare.scores(CASES, JOBS, thresholds={"j1": 0.5, "j2": 0.9})
    assert list(found.case) == ["a", "b", "d"]
    assert list(found["repeat"]) == ["fold 1", "fold 1", "fold 2"]
    assert list(found.score) == pytest.approx([2 / 3, 0, 1])
    with pytest.raises(UserError, match="job j1 has no val cases"):
        compare.scores(CASES, JOBS, thresholds=0.9)
    with pytest.raises(UserError, match="job j2 has no normal cases: complete it"):
        compare.scores(CASES, {"j2": "fold 2"}, "left_empty", {"j2": 0.5}, "normal")


def test_scores_feed_a_paired_difference():
    first = compare.scores(CASES, {"j1": "fold 1"})
    second = first.assign(score=first.score - 0.25)
    made = statistics.paired_difference(first, second)
    assert (made.estimate, made.scope) == (pytest.approx(0.25), "these trained weights")


# --- how it is shown


@pytest.fixture
def made() -> pd.DataFrame:
    rows = {"r1": Row(JOBS, SAME | {"size": 64}, given={"Size": statistics.exact(0.51)})}
    columns = {"Dice": Column("dice"), "Size": Column(depends=[])}
    return compare.table(reported(**columns), CASES, rows)


def test_numbers_are_plain_and_in_order(made):
    plain = compare.numbers({"Table 1": made, "Table 2": made}, "run-1")
    names = ["net_dice", "net_size", "r2_dice"]
    assert list(plain) == [f"table_{of}_{name}" for of in (1, 2) for name in names]
    assert plain["table_1_net_size"] == {
        **{"value": 0.51, "low": 0.51, "high": 0.51, "printed": "0.5000"},
        **{"verdict": "re-run higher", "run": "run-1"},
    }
    assert plain["table_1_r2_dice"]["value"] is None
    assert type(plain["table_1_net_dice"]["value"]) is float
    with pytest.raises(UserError, match="names of their own"):
        compare.numbers({"Table 1": pd.concat([made, made])}, "run-1")


def test_readable_prints_what_the_interval_justifies(made):
    shown = compare.readable(made)
    assert list(shown.columns) == [
        "row",
        "column",
        "printed",
        "ours",
        "95 % interval",
        "n",
        "verdict",
    ]
    assert list(shown.iloc[0])[2:5] == ["0.5000", "0.5", "0.0–1.0"]  # of -0.12 to 1.20
    assert list(shown.iloc[1])[3:] == ["0.5100", "–", "–", "re-run higher"]
    assert list(shown.iloc[2])[3:] == ["–", "–", "–", "not re-run"]
    assert shown.verdict[0] == "not comparable"
    coarse = made.assign(printed="0.5")
    assert compare.readable(coarse).ours[1] == "0.51"
    assert compare.readable(made.assign(printed="")).printed[0] == "–"
    assert "column" not in compare.readable(made, "Dice")
    with pytest.raises(UserError, match="Dice, Size"):
        compare.readable(made, "Dise")


@pytest.mark.parametrize(
    ("ours", "half", "shown"),
    [
        (0.5123, 0.07, ["0.51", "0.44–0.58"]),
        (0.5123, 0.018, ["0.512", "0.494–0.530"]),
        (0.0004, 0.02, ["0.00", "0.00–0.02"]),
        (-0.0004, 0.02, ["0.00", "−0.02 to 0.02"]),  # a loss
        (84.51, 7.2, ["85", "77–92"]),
    ],
)
def test_the_last_digit_is_worth_half_of_the_half_width_or_less(made, ours, half, shown):
    line = made[:1].assign(ours=ours, low=ours - half, high=ours + half)
    line.attrs = {}
    assert list(compare.readable(line).iloc[0])[3:5] == shown


def test_a_count_ends_where_there_are_no_more_images():
    columns = {"share": Column("left_empty", "normal", "share", cases=113, scale=113)}
    made = compare.table(reported(**columns), CASES, {"r1": Row({"j1": "fold 1"}, SAME)})
    assert compare.readable(made.assign(low=-20.0, high=130.0))["95 % interval"][0] == "0–113"


def test_reasons_of_verdicts_are_told_once_and_counted(made):
    def line(n, word, reason, half_width=np.nan):
        return pd.concat([made[:1]] * n).assign(verdict=word, reason=reason, half_width=half_width)

    table = pd.concat(
        [
            line(2, "not comparable", "image size"),
            line(1, "not comparable", "image size, weights, read as (0.7, 0.3)"),
            line(1, "not converged", "image size, epochs"),
            line(1, "re-run lower", ""),
            line(1, "too imprecise", "±0.09", 0.09),
            line(1, "too imprecise", "±0.06", 0.06),
        ]
    )
    shown = compare.readable(table, "Dice")
    assert shown.attrs["note"] == (
        "Not comparable, 3 rows: image size, in 1 also weights, in 1 also read as (0.7, 0.3). "
        "Not converged, 1 row: also image size and epochs. "
        "Too imprecise, 2 rows: one more repeat of ours falls within ±0.06 to ±0.09."
    )
    assert shown.attrs["note"] in show.table(shown).to_html()
    assert compare.readable(made[1:2]).attrs["note"] == ""


def test_the_card_is_whole_html_and_escapes_what_it_is_given():
    gained = statistics.Interval(0.15, 0.1, 0.2, 0.95, "", 9, 9)
    claims = [compare.Claim(f"A <{w}> & B", w, gained) for w in ("supported", "not tested", "")]
    html = compare.glance("A < B", "s & t", claims, {"Data": "n > 5"}, "run 1")
    words = " ".join(ElementTree.fromstring(html.replace("<br>", "<br/>")).itertext())
    for part in ["A < B", "s & t", "supported", "not tested", "n > 5", "run 1", "+0.150 (+0.100"]:
        assert part in words
    assert html.count("class='verdict'") == 2  # a run on phantoms carries no word
    with pytest.raises(UserError, match="opposite, undecided"):
        compare.glance("", "", [compare.Claim("A", "likely")], {})


def test_the_card_links_to_the_paper_and_says_what_would_settle_a_claim():
    claim = compare.decided("A is better.", statistics.Interval(0.1, 0.0, 0.2, 0.95, "", 9, 9), 2)
    html = compare.glance("A", "s", [claim], {}, address="https://doi.org/10.1/a?b&c")
    card = ElementTree.fromstring(html.replace("<br>", "<br/>"))
    assert card.find(".//a").get("href") == "https://doi.org/10.1/a?b&c"
    assert card.find(".//a").text == "doi.org/10.1/a?b&c"
    assert (
        "Would settle it: 3 trainings a side, each with a split or a seed of its own."
        in " ".join(card.itertext())
    )
    assert "<a " not in compare.glance("A", "s", [], {})


def test_front_page_lines_count_the_verdicts(made):
    text = compare.verdicts_markdown("Paper 9", "papers/09.html", [], {"Table 1": made})
    assert "**[Paper 9](papers/09.html)**" in text
    tally = "3 printed numbers: 1 not comparable (image size); 1 re-run higher; 1 not re-run"
    assert tally in text
