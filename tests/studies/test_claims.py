"""The page on printed numbers: counts, pictures, our own tables."""

import pandas as pd
import pytest
from scorecheck.checks import Check
from scorecheck.spans import Span

from busutils.errors import UserError
from busutils.figures import claims as plots
from busutils.studies import claims as study
from busutils.values import Whole

CHECKS = {
    1: [
        Check("a", "here", "fits", "1", family="overlap"),
        Check("a", "here", "fits", "1", "unusual", family="losses"),
        Check("a", "here", "fits", "1", "recovered", family="losses"),
        Check(
            "b",
            "Table 1, x",
            "does not fit",
            "2",
            "fits under no reading tried",
            family="overlap",
            table="1",
            printed=Span(0.5, 0.51),
            feasible=(Span(0.6, 0.7),),
            finding="P9.1",
        ),
    ]
}


def test_answers_are_counted_by_paper_and_kind():
    counted = study.counted(CHECKS)
    assert counted[["kind", "answer", "n"]].to_numpy().tolist() == [
        ["overlap", "does not fit", 1],
        ["overlap", "fits", 1],
        ["losses", "recovered", 1],
        ["losses", "unusual", 1],
    ]
    assert study.totals(CHECKS[1]) == {"fits": 3, "does not fit": 1, "cannot be checked": 0}


def test_the_overview_has_a_bar_a_cell_with_its_counts():
    (axes,) = plots.overview(study.counted(CHECKS), "title").axes
    assert sorted(t.get_text() for t in axes.texts) == ["1", "1", "1", "1"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["paper 1"]


def test_the_picture_shows_what_misfits_most():
    figure, said = study.picture(CHECKS[1])
    assert said == "1 of 1 printed values outside what the readings allow"
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["Table 1, x"]
    assert study.picture(CHECKS[1][:2]) is None


def test_one_route_is_no_matter_for_the_front():
    assert study.front(CHECKS).empty
    assert "two printed places 0\n" in study.verdicts(CHECKS, "/page")


def test_our_own_published_results_fit():
    found = [one for checks in study.our_checks().values() for one in checks]
    if not found:
        pytest.skip("nothing is published yet")
    assert [one.shown for one in found if one.verdict == "does not fit"] == []
    assert {one.kind for one in found} >= {"Dice and IoU", "one confusion matrix"}


def test_our_tables_keep_four_decimals(tmp_path, monkeypatch):
    monkeypatch.setenv("BUSUTILS_PUBLISHED", str(tmp_path))
    folder = tmp_path / "notebooks" / "01_unet_backbones-busi-cpu" / "tables"
    folder.mkdir(parents=True)
    table = {"row": ["a", "a"], "column": ["Dice", "Size"], "ours": [0.5, 9.0]}
    pd.DataFrame(table).to_csv(folder / "table2.csv", index=False)
    (paper,) = study.ours().values()
    assert paper.cells == {("table2", "a", "Dice"): ("0.5000", "")}
    assert study.per_case_example() is None


def test_wrong_parameters_are_refused():
    with pytest.raises(UserError, match="papers has 7, which is not a whole number from 1 to 5"):
        study.check({"papers": [7], "__annotations__": {"papers": list[Whole[1, 5]]}})
    assert study.plan({}, study.dataset({})) == []
