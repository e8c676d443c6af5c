"""The one rule for claims, on scores that a pencil can check."""

import pandas as pd
import pytest
import yaml

from busutils import compare, paths, statistics
from busutils.compare import Claim, rule
from busutils.errors import UserError

SAID = "A is best."


def rows(name, score, repeats=3, cases=50, spread=0.01, **facts):
    """Scores of a row: 50 cases a repeat around a mean; every repeat shifts all rows alike."""
    told = [
        {"row": name, "repeat": f"r{r}", "case": c, "group": c}
        | {"score": score + spread * ((c + r) % 2 - 0.5)}
        for r in range(repeats)
        for c in range(cases)
    ]
    return pd.DataFrame(told).assign(**facts)


def judge(tmp_path, claim, *tables, **more):
    """Judge one claim about rows whose scores are called `dice`."""
    about = {"id": "a", "sentence": SAID, "score": "dice", "first": "A"} | claim
    paper = {"protocol": {}, "claims": [about], "tables": {"1": {}}}
    (tmp_path / "paper9.yaml").write_text(yaml.safe_dump(paper, sort_keys=False))
    scores = {"dice": pd.concat(tables)} if tables else {}
    (judged,) = compare.judge(tmp_path, 9, scores, **more)
    return judged


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.01, 0.03, "supported"),
        (-0.03, -0.01, "opposite"),
        (-0.02, 0.01, "not supported"),
        (-0.02, 0.04, "undecided"),  # an advantage of 0.05 is excluded, one of 0.02 is not
        (-0.20, 0.20, "undecided"),
    ],
)
def test_a_margin_that_turns_the_word_decides_nothing(low, high, word):
    difference = statistics.Interval((low + high) / 2, low, high, 0.95, "", 99, 99)
    judged = compare.decided(SAID, difference, 3)
    assert judged.word == word
    assert ("undecided if 0.02 is the least that matters" in judged.note) == (
        (low, high) == (-0.02, 0.04)
    )
    few = compare.decided(SAID, difference, 2)
    assert (few.word, few.difference) == ("not tested", difference)
    assert few.note == "2 trainings a side where 3 are needed"
    assert few.settle == "3 trainings a side, each with a split or a seed of its own"
    assert judged.settle == (rule.MORE if word == "undecided" else "")


@pytest.mark.parametrize(
    ("b", "c", "word", "shown"),
    [
        (0.5, 0.4, "supported", "A minus B"),
        (0.7, 0.4, "opposite", "A minus B"),
        (0.6, 0.4, "not supported", "A minus B"),
    ],
)
def test_best_is_better_than_each(tmp_path, b, c, word, shown):
    judged = judge(tmp_path, {"kind": "best"}, rows("A", 0.6), rows("B", b), rows("C", c))
    assert judged.word == word
    assert judged.note.startswith(shown)
    assert judged.difference.estimate == pytest.approx(0.6 - b)


def test_best_is_opposite_only_after_holm():
    def difference(low, high, p):
        middle = (low + high) / 2
        return statistics.Difference(middle, low, high, 0.95, "", 99, 99, p=p, scope="")

    def word(p):
        family = {"B": difference(-0.03, -0.001, p), "C": difference(-0.1, 0.02, 0.6)}
        return rule.word_of(family, 0.02)

    assert word(0.01) == "opposite"
    assert word(0.04) == "not supported"  # 0.08 after Holm; an advantage over B is excluded


@pytest.mark.parametrize(
    ("limits", "close", "shown"),
    [
        ({"B": (0.01, 0.05), "C": (0.02, 0.04)}, False, "B"),  # supported: B is nearest to zero
        ({"B": (-0.03, 0.28), "C": (-0.02, 0.01)}, False, "C"),  # not supported, because of C
        ({"B": (0.01, 0.02), "C": (-0.02, 0.28)}, False, "C"),  # undecided, because of C
        ({"B": (-0.20, 0.10), "C": (-0.04, -0.01)}, False, "C"),  # opposite, because of C
        ({"B": (-0.01, 0.00), "C": (-0.03, 0.10)}, True, "C"),  # close to B, not surely to C
    ],
)
def test_the_difference_that_is_shown_gives_the_word_alone(limits, close, shown):
    of = {
        name: statistics.Interval((low + high) / 2, low, high, 0.95, "", 99, 99)
        for name, (low, high) in limits.items()
    }
    assert rule.deciding(of, close) == shown
    assert rule.word_of({shown: of[shown]}, 0.02, close) == rule.word_of(of, 0.02, close)


@pytest.mark.parametrize(
    ("b", "word"), [(0.6, "supported"), (0.61, "supported"), (0.8, "opposite")]
)
def test_close_may_be_a_little_below(tmp_path, b, word):
    assert judge(tmp_path, {"kind": "close"}, rows("A", 0.6), rows("B", b)).word == word


def test_close_at_one_margin_only_is_undecided(tmp_path):
    judged = judge(tmp_path, {"kind": "close"}, rows("A", 0.6), rows("B", 0.63))
    assert judged.word == "undecided"
    least = "if {} is the least that matters"
    told = f"opposite {least.format(0.02)}, supported {least.format(0.05)}"
    assert told in judged.note


def test_groups_are_compared_by_their_means(tmp_path):
    claim = {"kind": "groups", "first": ["A", "B"], "second": ["C", "D"]}
    tables = [rows(name, s) for name, s in zip("ABCD", (0.6, 0.4, 0.45, 0.35), strict=True)]
    judged = judge(tmp_path, claim, *tables)
    assert (judged.word, judged.difference.estimate) == ("supported", pytest.approx(0.1))


def test_two_sides_are_compared_on_the_repeats_of_both(tmp_path):
    judged = judge(tmp_path, {"kind": "pair"}, rows("A", 0.6, 9), rows("B", 0.5, 2))
    assert (judged.word, judged.difference.estimate) == ("not tested", pytest.approx(0.1))
    assert "2 trainings a side where 3 are needed" in judged.note


@pytest.mark.parametrize(
    ("claim", "tables", "why", "settle"),
    [
        ({}, [rows("B", 0.5)], "what it speaks of was not run", rule.NAMED),
        ({}, [rows("A", 0.5)], "what it speaks of was not run", rule.NAMED),
        (
            {"second": ["B", "C"]},
            [rows("A", 0.6), rows("B", 0.5)],
            *("1 of the 3 rows that it names", rule.NAMED),
        ),
        (
            {"weights": "imagenet"},
            [rows("A", 0.6, weights="phantom"), rows("B", 0.5, weights="imagenet")],
            *("encoders start from phantoms, not from ImageNet", "encoders from ImageNet"),
        ),
        (
            {},
            [rows("A", 0.2), rows("B", 0.5), rows("ellipse", 0.3, trivial=True)],
            "our re-run is not above the ellipse (0.300): A 0.200",
            "rows that beat the answers without training",
        ),
        (
            {"weights": "imagenet"},
            [rows("A", 0.6, weights="none"), rows("B", 0.5, 1, weights="imagenet")],
            "1 training a side where 3 are needed",
            "encoders from ImageNet; 3 trainings a side, each with a split or a seed of its own",
        ),
    ],
)
def test_what_was_not_tested_says_why_and_what_would_settle_it(
    tmp_path, claim, tables, why, settle
):
    judged = judge(tmp_path, {"kind": "best"} | claim, *tables)
    assert judged.word == "not tested"
    assert why in judged.note
    assert judged.settle == settle
    assert (judged.difference is None) == why.startswith("what it speaks of")


def test_weights_that_the_paper_does_not_print_are_not_asked_for(tmp_path):
    tables = rows("A", 0.6, weights="imagenet"), rows("B", 0.5, weights=None)
    assert judge(tmp_path, {"kind": "pair", "weights": "imagenet"}, *tables).word == "supported"


@pytest.mark.parametrize(
    ("about", "facts", "word", "why"),
    [
        ("", {"rate": 0.001}, "undecided", "learning rates differ (0.0001, 0.001)"),
        ("", {"loss": "bce"}, "undecided", "losses differ (bce, dice)"),
        ("loss", {"loss": "bce"}, "supported", ""),
        ("", {"rising": True}, "supported", "3 of 6 trainings still got better when they ended"),
    ],
)
def test_sides_that_are_trained_in_other_ways_decide_nothing(tmp_path, about, facts, word, why):
    own = rows("A", 0.6, **({"rate": 0.0001, "loss": "dice", "rising": False} | facts))
    other = rows("B", 0.5, rate=0.0001, loss="dice", rising=False)
    judged = judge(tmp_path, {"kind": "pair", "about": about}, own, other)
    assert judged.word == word
    assert why in judged.note
    assert bool(judged.settle) == (word == "undecided")


def test_better_than_chance_is_against_the_answers_without_training(tmp_path):
    def word(score):
        tables = rows("A", score), rows("B", 0.1), rows("always", 0.5, trivial=True)
        return judge(tmp_path, {"kind": "better than chance"}, *tables).word

    assert word(0.6) == "supported"
    assert word(0.4) == "not supported"  # it failed to train, which is no counter-example


def test_two_ways_that_disagree_are_undecided_and_both_are_told(tmp_path):
    ways = {"small": {"first": "A"}, "large": {"first": "B"}, "not run": {"first": "D"}}
    tables = rows("A", 0.6), rows("B", 0.4), rows("C", 0.5)
    judged = judge(tmp_path, {"kind": "pair", "second": "C", "ways": ways}, *tables)
    assert judged.word == "undecided"
    assert judged.difference.estimate == pytest.approx(0.1)  # of the first way
    assert "small: supported; A minus C" in judged.note
    assert "large: opposite; difference −0.100" in judged.note
    assert "not run" not in judged.note
    assert judged.settle == "the same answer by every way to ask"


@pytest.mark.parametrize(("own", "word"), [(2, "supported"), (5, "opposite")])
def test_least_is_counted(tmp_path, own, word):
    counted = pd.DataFrame({"row": ["A", "B", "C"], "score": [own, 4, 6]})
    claim = {"kind": "least", "second": ["B", "C"], "unit": "MiB"}
    judged = judge(tmp_path, claim, counted)
    assert (judged.word, judged.difference.estimate) == (word, 4 - own)
    assert f"MiB, B minus A: {4 / own:.2f} times as much" in judged.note
    assert judge(tmp_path, claim | {"second": ["D"]}, counted).word == "not tested"
    unsure = judge(tmp_path, claim | {"open": "how B was built"}, counted)
    assert (unsure.word, unsure.difference) == ("undecided", judged.difference)
    assert "not printed: how B was built" in unsure.note


@pytest.mark.parametrize(
    ("right", "repeats", "word"),
    [(0.73, 3, "not supported"), (0.98, 3, "supported"), (0.73, 1, "not tested")],
)
def test_a_printed_number_is_set_against_one_more_repeat(tmp_path, right, repeats, word):
    (tmp_path / "paper9_table1.csv").write_text(
        "paper,table,row,column,value,unit\n9,1,mean,TsA,98.08,%\n"
    )
    columns = {"TsA": {"score": "accuracy", "split": "test", "scale": 100}}
    claim = {"kind": "number", "printed": ["1", "mean", "TsA"], "cases": 647, "trainings": 10}
    paper = {"protocol": {}, "tables": {"1": {"columns": columns}}}
    paper["claims"] = [{"id": "a", "sentence": SAID, "score": "right", "first": "A"} | claim]
    (tmp_path / "paper9.yaml").write_text(yaml.safe_dump(paper, sort_keys=False))
    told = rows("A", 0, repeats, 2000)
    told["score"] = (told["case"] < round(2000 * right)).astype(float)
    (judged,) = compare.judge(tmp_path, 9, {"right": told})
    assert judged.word == word
    assert judged.difference.estimate == pytest.approx(100 * right - 98.08)
    assert f"ours {100 * right:.2f} (" in judged.note and "printed 98.08" in judged.note
    (other,) = compare.judge(tmp_path, 9, {"right": told.assign(differs="not comparable (size)")})
    assert (other.word, other.difference) == ("not tested", judged.difference)
    assert "not comparable (size)" in other.note
    assert "the paper's protocol" in other.settle


def test_runs_on_phantoms_carry_no_word(tmp_path):
    tables = rows("A", 0.6), rows("B", 0.5)
    judged = judge(tmp_path, {"kind": "pair"}, *tables, phantoms=True)
    assert (judged.word, judged.difference.estimate) == ("", pytest.approx(0.1))
    few = judge(tmp_path, {"kind": "pair"}, rows("A", 0.6, 1), rows("B", 0.5, 1), phantoms=True)
    assert (few.word, few.settle) == ("", "")


def test_claims_on_another_part_are_left_out_and_a_page_judges_its_own(tmp_path):
    claims = [{"id": x, "sentence": x} for x in ("a", "b", "c")]
    claims[0]["part"], claims[2]["not_tested"] = "brain", "two tasks"
    (tmp_path / "paper9.yaml").write_text(yaml.safe_dump({"protocol": {}, "claims": claims}))
    own = {"b": Claim("b", "supported")}
    judged = compare.judge(tmp_path, 9, {}, own, part="skin")
    assert judged == [own["b"], Claim("c", "not tested", None, "two tasks")]
    with pytest.raises(UserError, match=r"kind of the claim 'b'.*best, pair"):
        compare.judge(tmp_path, 9, {}, part="skin")


@pytest.mark.parametrize("paper", [1, 2, 3, 4, 5])
def test_claims_of_the_papers_are_whole(paper):
    folder = paths.project() / "book" / "reported"
    claims = compare.context(folder, paper)["claims"]
    assert 3 <= len(claims) <= 6
    assert len({claim["id"] for claim in claims}) == len(claims)
    for claim in claims:
        assert claim["where"] and claim["sentence"].endswith(".")
        ways = claim.get("ways", {"": {}}).values()
        if claim.get("kind"):
            assert all({"first", "score"} <= {*claim, *way} for way in ways)
