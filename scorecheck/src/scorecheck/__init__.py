"""Can these numbers be true? Arithmetic on the printed scores of a paper.

The way through: a CSV of printed numbers and a YAML file that says what they mean become a paper
(:mod:`~scorecheck.reading`) of spans (:mod:`~scorecheck.spans`); each family of checks asks it
questions; :mod:`~scorecheck.report` shows the answers. What the bounds are, and why they hold, is
in ``METHODS.md`` beside this package. Nothing here knows of a particular paper or network.

>>> checks = check(read(["table.csv"], "context.yaml"))  # doctest: +SKIP
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from scorecheck import columns, confusion, overlap, statements
from scorecheck.checks import NOT, Check
from scorecheck.errors import InputError
from scorecheck.printed_numbers import PrintedPaper
from scorecheck.reading import read
from scorecheck.readings import EPOCHS

__all__ = ["FAMILIES", "Check", "InputError", "PrintedPaper", "check", "read"]

WEAKER = {
    "one averaging of all columns": ("averaging", {"alike": "by column"}),
    "one epoch and threshold of all columns": ("epoch", {"same": "best by column"}),
    "one epoch of all columns, or the best of each": ("epoch", dict.fromkeys(EPOCHS, "unknown")),
    "images without a lesion being counted": ("empty", {"counted": "unknown"}),
}
"""What a context may say although papers hardly ever print it, and what is left without it."""
Family = tuple[str, Callable[[PrintedPaper], Iterable[Check]]]
FAMILIES: Sequence[Family] = (
    ("overlap", overlap.check),
    ("prevalence", confusion.check),
    ("together", confusion.check_sets),
    ("granularity", columns.check_whole_numbers),
    ("losses", overlap.check_losses),
    ("summaries", columns.check),
    ("spread", columns.check_deviations),
    ("statements", statements.check),
)


def check(paper: PrintedPaper, families: Sequence[Family] = FAMILIES) -> list[Check]:
    """Put every question to a paper that its context allows, and say what a misfit rests on.

    A misfit rests on what it does not outlive; of two assumptions, on the stronger alone.
    """
    found = answers(paper, families)
    if not any(one.verdict == NOT for one in found):
        return found
    left = {w: misfits(answers(_without(paper, *key), families)) for w, key in WEAKER.items()}
    same, best = list(WEAKER)[1:3]
    for i, one in enumerate(found):
        if one.verdict == NOT:
            asked = (one.kind, one.place, one.column)
            rests = [what for what, wrong in left.items() if not wrong[asked]]
            found[i] = replace(one, rests=[w for w in rests if w != best or same not in rests])
    return found


def answers(paper: PrintedPaper, families: Sequence[Family]) -> list[Check]:
    """Every family's answers; what a table that is joined from others asks again is left out."""

    def question(one: Check) -> tuple:
        return one.kind, one.row, one.column, one.printed or one.shown

    found = [
        replace(one, family=family, paper=paper.name)
        for family, ask in families
        for one in ask(paper)
    ]
    joined = {name for name, about in paper.tables.items() if about.join}
    asked = {question(one) for one in found if one.table not in joined}
    return [one for one in found if one.table not in joined or question(one) not in asked]


def misfits(found: Iterable[Check]) -> Counter:
    """What does not fit: questions, by kind, place and column, each with how often it is asked."""
    return Counter((one.kind, one.place, one.column) for one in found if one.verdict == NOT)


def _without(paper: PrintedPaper, key: str, weaker: Mapping[str, str]) -> PrintedPaper:
    """The paper without an assumption of its tables' contexts."""
    tables = {}
    for name, about in paper.tables.items():
        said = getattr(about, key)
        tables[name] = replace(about, **{key: weaker.get(said, said)})
    return replace(paper, tables=tables)
