"""The page on printed numbers: what it counts, shows, and says on the front page."""

import pytest
from scorecheck.checks import Check
from scorecheck.spans import Span

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
            printed=Span(0.5, 0.51),
            feasible=(Span(0.6, 0.7),),
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
    assert [t.get_text() for t in axes.get_yticklabels()] == ["paper 1"]


def test_the_table_puts_what_does_not_fit_first(page):
    verdicts = list(page.table(page.found[5])["verdict"])
    order = [NOT, "fits", "cannot be checked"]
    assert verdicts[0] == NOT and verdicts == sorted(verdicts, key=order.index)


def test_the_picture_shows_what_misfits_most(page, monkeypatch):
    shown = []
    monkeypatch.setitem(page.picture.__globals__, "display", lambda one: shown.append(one.data))
    page.picture(CHECKS[1])
    assert "1 of 1 printed values outside what the readings allow" in shown[0]
    page.picture(CHECKS[1][:2])
    page.show(1)
    assert shown[1:] == ["*Not in this run.*"]


def test_the_front_page_is_told_how_much_fits(page):
    assert list(page.front["finding"]) and set(page.front["paper"]) == {5}
    (line,) = [line for line in page.lines if line.startswith("- paper 5")]
    assert f"two printed places {len(page.front)}" in line
