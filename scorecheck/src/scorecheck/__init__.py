"""Can these numbers be true? Arithmetic on the printed numbers of a paper.

The way through: a CSV of printed numbers and a YAML file that says what they mean (`files`,
`meaning`) become a paper of intervals (`schema`, `intervals`); each family of checks (`overlap`,
`prevalence`, `together`, `granularity`, `losses`, `summaries`, `spread`, `statements`) asks it
questions; `report` shows the answers (`result`). Nothing here knows of a particular paper.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from busutils import paths
from scorecheck import (
    granularity,
    losses,
    overlap,
    prevalence,
    report,
    spread,
    statements,
    summaries,
    together,
)
from scorecheck.reading import read
from scorecheck.checks import FITS, NOT, UNUSUAL, Check
from scorecheck.paper import Paper

WEAKER = {
    "one averaging of all columns": {"averaging": {"alike": "by column"}},
    "one epoch and threshold of all columns": {"epoch": {"same": "best by column"}},
    "one epoch of all columns, or the best of each": {
        "epoch": {"same": "unknown", "best by column": "unknown"}
    },
    "images without a lesion being counted": {"empty": {"counted": "unknown"}},
}
"""What a context may say although papers hardly ever print it, and what is left without it."""
FAMILIES = (overlap, prevalence, together, granularity, losses, summaries, spread, statements)


def check(paper: Paper) -> list[Check]:
    """Put every question to a paper that its context allows, and say what a misfit rests on."""
    found = _answers(paper)
    if any(one.verdict == NOT for one in found):
        left = {what: _misfits(_answers(_without(paper, keys))) for what, keys in WEAKER.items()}
        found = [_rested(one, left) for one in found]
    return [_named(_read_again(one, paper, found), paper) for one in found]


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


def _answers(paper: Paper) -> list[Check]:
    found = [
        replace(one, family=family.__name__.rpartition(".")[2], paper=paper.name)
        for family in FAMILIES
        for one in family.check(paper)
    ]
    return _once(found, paper)


def _without(paper: Paper, keys: Mapping[str, Mapping[str, str]]) -> Paper:
    """The paper without an assumption of its tables' contexts."""
    tables = {
        name: replace(
            about, **{key: new.get(was := getattr(about, key), was) for key, new in keys.items()}
        )
        for name, about in paper.tables.items()
    }
    return replace(paper, tables=tables)


def _rested(one: Check, left: Mapping[str, Counter]) -> Check:
    """Say which assumptions a misfit does not outlive; of two on epochs the stronger."""
    if one.verdict != NOT:
        return one
    rests = [what for what, misfits in left.items() if not misfits[_asked(one)]]
    same, best = list(WEAKER)[1:3]
    return replace(one, rests=[what for what in rests if what != best or same not in rests])


def _read_again(one: Check, paper: Paper, found: list[Check]) -> Check:
    """Name the nearest number that looks like the printed one and fits, here and everywhere.

    Not where most of a column does not fit: a scan does not misread a digit in every row.
    """
    asked = [c for c in found if (c.table, c.column) == (one.table, one.column)]
    wrong = {c.row for c in asked if c.verdict == NOT}
    if not one.cell or not one.alike or len(wrong) > max(2, len({c.row for c in asked}) / 2):
        return replace(one, alike=())
    before = _misfits(found)
    for text in one.alike:
        answers = _answers(paper.reread(one.cell, text))
        solved = not any(c.cell == one.cell for c in answers if c.verdict == NOT)
        if solved and _misfits(answers) < before:
            told = f"{one.shown} ({text}, which looks alike, would fit)"
            return replace(one, shown=told, alike=(text,))
    return replace(one, alike=())


def _misfits(found: list[Check]) -> Counter:
    """What does not fit: questions, each with how often it is asked."""
    return Counter(_asked(c) for c in found if c.verdict == NOT)


def _asked(one: Check) -> tuple[str, str, str]:
    return one.kind, one.place, one.column


def _once(found: list[Check], paper: Paper) -> list[Check]:
    """Leave out what a table that is joined from others asks again."""
    joined = {name for name, about in paper.tables.items() if about.join}
    asked = {_question(one) for one in found if one.table not in joined}
    return [one for one in found if one.table not in joined or _question(one) not in asked]


def _question(one: Check) -> tuple:
    return one.kind, one.row, one.column, one.printed or one.shown


def _named(one: Check, paper: Paper) -> Check:
    """Give a flagged check the finding that its table's context names for this kind.

    A misfit that the context calls weak becomes a remark.
    """
    if not one.flagged or one.table not in paper.tables:
        return one
    about = paper.tables[one.table]
    if one.verdict == NOT and one.kind in about.weak:
        causes = (about.weak[one.kind], *one.causes)
        one = replace(one, verdict=FITS, strength=UNUSUAL, causes=causes)
    named = about.findings.get(one.kind, "")
    named = named.get(one.row, "") if isinstance(named, Mapping) else named
    return one if one.finding else replace(one, finding=named)
