"""Printed numbers against each other: :mod:`scorecheck`, and what only this book's papers need.

That is: sizes of networks and files, choices of a search (:mod:`~.said`); how probable a draw or a
common denominator is (:mod:`~.chance`); the two classes of one experiment, two parts of a split
(:mod:`~.experiments`); weights of a loss (:mod:`~.weights`); what is unusual (:mod:`~.remarks`);
digits that a scan may misread (:mod:`~.digits`); means of both classes that were not called so
(:mod:`~.both_classes`); labels of findings (:mod:`~.context`); a part for a page; and the start
page (:mod:`~.start`).
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from scorecheck.checks import FITS, NOT, OPEN, UNUSUAL, Check
from scorecheck.kinds import Place
from scorecheck.printed_numbers import PrintedPaper

import scorecheck
from bookcheck import both_classes, chance, digits, experiments, remarks, said, weights
from bookcheck.context import BookTable
from bookcheck.page import front_page, markdown
from busutils import paths
from scorecheck import statements

__all__ = ["STATEMENTS", "arithmetic", "check", "front_page", "markdown", "of_paper", "read"]


def check(paper: PrintedPaper) -> list[Check]:
    """Every check of scorecheck and of this book, digits that may be misread, and findings."""
    found = scorecheck.check(paper, FAMILIES)
    found = [both_classes.named(one, paper) for one in found]
    _choose_kinds(paper, found)
    again = partial(digits.read_again, paper=paper, found=found, families=FAMILIES)
    return [_labelled(_weakened(again(one), paper), paper) for one in found]


def of_paper(number: int) -> list[Check]:
    """Every check of one of the book's papers."""
    folder = paths.project() / "book" / "reported"
    files = sorted(folder.glob(f"paper{number}_*.csv"))
    return check(read(files, folder / f"paper{number}.yaml"))


def arithmetic(paper: int, most: int = 2) -> str:
    """Return, as Markdown, what the arithmetic says of one of the book's papers.

    At most `most` rows of one question are shown, the others counted.
    """
    return markdown(of_paper(paper), most)


def _choose_kinds(paper: PrintedPaper, found: list[Check]) -> None:
    """Refuse a name, below weak or findings of a table, that no check of this table has."""
    for table, about in paper.tables.items():
        kinds = dict.fromkeys(one.kind for one in found if one.table == table)
        for key in ("weak", "findings"):
            for name in getattr(about, key):
                Place(paper.name, ("checks", "tables", table, key)).choose(name, kinds, "check")


def _weakened(one: Check, paper: PrintedPaper) -> Check:
    """Make a misfit a remark where its table's context calls such misfits weak."""
    weak = paper.tables[one.table].weak if one.table in paper.tables else {}
    if one.verdict != NOT or one.kind not in weak:
        return one
    return replace(one, verdict=FITS, strength=UNUSUAL, causes=(weak[one.kind], *one.causes))


def _labelled(one: Check, paper: PrintedPaper) -> Check:
    """A flagged check with the finding that its table's context names for this kind, or row."""
    if not one.flagged or one.finding or one.table not in paper.tables:
        return one
    finding = paper.tables[one.table].findings.get(one.kind, "")
    return replace(one, finding=finding.get(one.row, "") if isinstance(finding, dict) else finding)


def _beyond_code(paper: PrintedPaper) -> Iterator[Check]:
    for what, why in paper.more.get("not_by_code", {}).items():
        yield Check("beyond this code", what, OPEN, why)


OWN = {
    "together": [experiments.splits],
    "granularity": [experiments.classes],
    "losses": [weights.check],
    "summaries": [remarks.order],
    "statements": [_beyond_code],
}
"""Checks of this book, each asked after the family of scorecheck whose name it takes."""
KNOWN = dict(scorecheck.FAMILIES) | {"prevalence": remarks.of_rows, "together": remarks.of_sets}
FAMILIES = [(name, ask) for name, known in KNOWN.items() for ask in (known, *OWN.get(name, ()))]
STATEMENTS = {**statements.KINDS, **said.STATEMENTS, **chance.STATEMENTS}
read = partial(
    scorecheck.read,
    top=(
        *("title", "authors", "source", "address", "sentence", "short"),
        *("protocol", "inferred", "claims", "cuts", "parts"),
    ),
    tables=("caption", "doubt", "no_counterpart", "every", "columns", "rows"),
    checks={"settle": list[str], "note": str, "not_by_code": dict[str, str]},
    table=BookTable,
    statements=STATEMENTS,
)
"""Reads printed numbers and what they mean, with the keys that this book's files have."""
