"""Can these numbers be true? Arithmetic on the printed numbers of a paper.

The way through: a CSV of printed numbers and a YAML file that says what they mean (`files`,
`meaning`) become a paper of intervals (`schema`, `intervals`); each family of checks (`overlap`,
`prevalence`, `together`, `granularity`, `losses`, `summaries`, `statements`) asks it questions;
`report` shows the answers (`result`). Nothing here knows of a particular paper.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from busutils import paths
from busutils.claims import (
    granularity,
    losses,
    overlap,
    prevalence,
    report,
    statements,
    summaries,
    together,
)
from busutils.claims.files import read
from busutils.claims.result import Check
from busutils.claims.schema import Paper

FAMILIES = (overlap, prevalence, together, granularity, losses, summaries, statements)


def check(paper: Paper) -> list[Check]:
    """Put every question to a paper that its context allows."""
    found = [
        replace(one, family=family.__name__.rpartition(".")[2])
        for family in FAMILIES
        for one in family.check(paper)
    ]
    return [replace(_named(one, paper), paper=paper.name) for one in _once(found, paper)]


def check_files(files: Iterable[Path], context: Path) -> list[Check]:
    """Read printed numbers with their context and check them."""
    return check(read(files, context))


def arithmetic(paper: int, most: int = 2) -> str:
    """Return, as Markdown, what the arithmetic says of one of the book's papers.

    At most `most` rows of one question are shown, the others counted.
    """
    folder = paths.project() / "book" / "reported"
    files = sorted(folder.glob(f"paper{paper}_*.csv"))
    return report.markdown(check_files(files, folder / f"paper{paper}.yaml"), most)


def _once(found: list[Check], paper: Paper) -> list[Check]:
    """Leave out what a table that is joined from others asks again."""
    joined = {name for name, about in paper.tables.items() if about.join}
    asked = {_question(one) for one in found if one.table not in joined}
    return [one for one in found if one.table not in joined or _question(one) not in asked]


def _question(one: Check) -> tuple:
    return one.kind, one.row, one.column, one.printed or one.shown


def _named(one: Check, paper: Paper) -> Check:
    """Give a flagged check the finding that its table's context names for this kind."""
    if one.finding or not one.flagged or one.table not in paper.tables:
        return one
    named = paper.tables[one.table].findings.get(one.kind, "")
    return replace(one, finding=named.get(one.row, "") if isinstance(named, dict) else named)
