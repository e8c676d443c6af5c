"""The page on printed numbers: what it counts, shows, and says on the front page."""

import pytest
from scorecheck.checks import Check

from bookcheck import plots
from busutils import parameters
from tests import cells

NAME = "07_claims"
NOT = "does not fit"
CHECKS = {
    1: [
        Check("a", "here", "fits", "1", family="overlap"),
        Check("a", "here", "fits", "1", "unusual", family="losses"),
        Check("a", "here", "fits", "1", "recovered", family="losses"),
        Check(
            *("b", "Table 1, x", NOT, "2", "fits under no reading tried"),
            family="overlap",
            table="1",
            finding="P9.1",
        ),
    ]
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The variables of the page of paper 5 alone."""
    values = parameters.resolve(NAME, "quick", {}) | {"papers": [5], "own_results": False}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUSUTILS_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.chdir(tmp_path_factory.mktemp("run"))
        return cells.names(parameters.source(NAME), values)


def test_answers_are_counted_by_paper_and_kind(page):
    counted = page.counted(CHECKS)
    assert counted[["kind", "answer", "n"]].to_numpy().tolist() == [
        ["overlap", NOT, 1],
        ["overlap", "fits", 1],
        ["losses", "recovered", 1],
        ["losses", "unusual", 1],
    ]
    assert page.totals(CHECKS[1]) == {"fits": 3, NOT: 1, "cannot be checked": 0}
    (axes,) = plots.overview(counted, "title").axes
    assert sorted(t.get_text() for t in axes.texts) == ["1", "1", "1", "1"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["Paper 1"]


def test_the_table_puts_what_does_not_fit_first(page):
    verdicts = list(page.table(page.found[5])["verdict"])
    order = [NOT, "fits", "cannot be checked"]
    assert verdicts[0] == NOT and verdicts == sorted(verdicts, key=order.index)


def test_a_part_folds_its_checks_and_one_that_was_not_asked_for_says_so(page, monkeypatch):
    shown = []
    monkeypatch.setitem(page.part.__globals__, "display", lambda one: shown.append(one.data))
    page.part(5)
    page.part(1)
    told, folded = shown[0].split("<details>")
    assert "Tversky similarity" in told and page.in_words(page.totals(page.found[5])) in told
    assert "What would settle it" in folded and folded.endswith("</details>")
    assert shown[1:] == ["*Not in this run.*"]


def test_the_front_page_is_told_how_much_fits(page):
    assert list(page.front["finding"]) and set(page.front["paper"]) == {5}
    (line,) = [line for line in page.lines if line.startswith("- Paper 5")]
    wrong = page.totals(page.found[5])[NOT]
    assert f"{wrong} of {len(page.found[5])} checks" in line
    assert f"two ways: {len(page.front)}." in line
