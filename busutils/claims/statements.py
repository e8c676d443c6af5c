"""What a paper says about its own numbers, one check a statement.

A statement is a mapping with one key that names its kind and, beside it, `finding`, `where`,
`because`, `causes` and `reading` (how the statement is taken); `weak` says that the paper need not
mean it, so that a misfit is a remark. A cell is [table, row, column] or [table, row, column,
part]; a plain number is something known from elsewhere, exact. Several cells are a list, or
{table, column, rows}.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from busutils.claims import described, misread, summaries
from busutils.claims.intervals import Interval, hull, image
from busutils.claims.result import (
    AS_STATED,
    FITS,
    MISPRINT,
    NOT,
    OPEN,
    RECOVERED,
    TWO_PLACES,
    UNUSUAL,
    Answer,
    Check,
)
from busutils.claims.schema import Number, Paper
from busutils.errors import UserError, choose

OF_NOTHING = ("", RECOVERED)  # strengths that need no innocent cause
BESIDE = ("finding", "where", "because", "causes", "weak", "reading")


def check(paper: Paper) -> Iterator[Check]:
    """Check every statement of a paper; what is said to be beyond code is left open.

    Raises
    ------
    UserError
        If a statement has no kind, or a kind that is not known.
    """
    for statement in paper.statements:
        kinds = [key for key in statement if key not in BESIDE]
        if len(kinds) != 1:
            raise UserError(f"statement {dict(statement)} needs one kind: {', '.join(KINDS)}")
        kind = choose(kinds[0], KINDS, "kind of statement")
        about = KINDS[kind]
        _complete(kind, statement[kind], about.needs)
        verdict, strength, shown = about.ask(paper, statement[kind])
        if statement.get("weak") and verdict == NOT:
            verdict, strength = FITS, UNUSUAL
        yield Check(
            kind=about.label,
            place=str(statement.get("where", "")),
            verdict=verdict,
            strength=strength,
            shown="; ".join(filter(None, [shown, statement.get("because", "")])),
            readings=[statement.get("reading", AS_STATED)],
            causes=tuple(statement.get("causes", () if strength in OF_NOTHING else about.causes)),
            finding=str(statement.get("finding", "")) if verdict == NOT or strength else "",
        )
    for what, why in paper.not_by_code.items():
        yield Check("beyond this code", str(what), OPEN, str(why))


def same(paper: Paper, places: Sequence) -> Answer:
    """One quantity, printed at several places."""
    numbers = [paper.number(p) for p in places]
    low = max(n.interval.low for n in numbers)
    high = min(n.interval.high for n in numbers)
    told = " and ".join(n.plain for n in numbers)
    if low <= high + 1e-9 * max(1.0, abs(high)):
        return FITS, "", f"{told} agree"
    return NOT, TWO_PLACES, f"{told} differ{_how(numbers[0], numbers[-1])}"


def total(paper: Paper, values: Mapping) -> Answer:
    """A total and its parts, each taken `times` times where that is given."""
    parts = [paper.number(p) for p in paper.chosen(values["parts"])]
    times = values.get("times", [1] * len(parts))
    found = Interval(0, 0)
    for part, n in zip(parts, times, strict=True):
        found = found.plus(part.interval, n)
    pairs = zip(parts, times, strict=True)
    told = " + ".join(p.text if n == 1 else f"{n} x {p.text}" for p, n in pairs)
    return _agrees(paper, values["total"], found, f"{told} = {found}")


def ratio(paper: Paper, values: Mapping) -> Answer:
    """A printed ratio, or share, of two printed numbers."""
    over, under = (paper.number(p) for p in values["of"])
    found = image(lambda a, b: a / b, over.interval, under.interval)
    return _agrees(paper, values["value"], found, f"{over.text} / {under.text} = {found}")


def mean(paper: Paper, values: Mapping) -> Answer:
    """A number that is the mean of others; a common slip of one unit of a digit is tried.

    A mean that is weighted, as by numbers of images, lies between the others: a remark, unless
    the mean is said to be `plain`.
    """
    others = [paper.interval(c) for c in paper.chosen(values["of"])]
    found = summaries.mean(others)
    wanted = paper.interval(values["value"])
    text = paper.number(values["value"]).plain
    told = f"mean {found.low:.6f} to {found.high:.6f}, printed {text}"
    if wanted.meets(found):
        return FITS, "", told
    shifts = [s * step for step in (0.1, 0.01, 0.001) for s in (1, -1)]
    slip = next((s for s in shifts if wanted.meets(Interval(found.low + s, found.high + s))), None)
    if slip is not None:
        told += f"; with {slip:+g}, one of {len(shifts)} slips tried, it fits"
    if values.get("stated", True):
        weighted = wanted.meets(hull(others)) and not values.get("plain", False)
        told += "; a weighted mean fits" * weighted
        return (FITS, UNUSUAL, told) if weighted else (NOT, TWO_PLACES, told)
    return FITS, UNUSUAL if slip is not None else "", f"{told}; that it is this mean is not said"


def best(paper: Paper, values: Mapping) -> Answer:
    """A cell that is said to be the best among others, or the best but for some."""
    number = paper.number(values["cell"])
    others = [c for c in paper.chosen(values["among"]) if c[1] != values["cell"][1]]
    sign = 1 if values.get("order", "largest") == "largest" else -1
    better = [c for c in others if _beats(paper.interval(c), number.interval, sign)]
    worse = [c for c in others if _beats(number.interval, paper.interval(c), sign)]
    allowed = values.get("but_for", ())
    wrong = [c for c in better if c[1] not in allowed]
    told = ", ".join(f"{c[1]} {paper.number(c).plain}" for c in wrong)
    first, last = len(better) + 1, len(others) + 1 - len(worse)
    rank = f"{first} to {last}" if last > first else f"{first}"  # alike within rounding
    rank = f"{number.plain} has rank {rank} of {len(others) + 1}"
    return (NOT, TWO_PLACES, f"{rank}, behind {told}") if wrong else (FITS, "", rank)


def larger(paper: Paper, values: Sequence) -> Answer:
    """The first of two numbers is said to be the larger."""
    first, second = (paper.number(c) for c in values)
    told = f"{first.plain} against {second.plain}"
    good = first.interval.high >= second.interval.low
    return (FITS, "", told) if good else (NOT, TWO_PLACES, told)


def above(paper: Paper, values: Mapping) -> Answer:
    """All of several cells are said to lie above a limit, which is a number of words: exact."""
    limit = paper.number(values["limit"])
    numbers = [(c, paper.number(c)) for c in paper.chosen(values["cells"])]
    wrong = [f"{c[1]} {n.plain}" for c, n in numbers if n.interval.high < limit.value]
    told = f"{len(numbers) - len(wrong)} of {len(numbers)} are above {limit.plain}"
    return (NOT, TWO_PLACES, f"{told}; not {', '.join(wrong)}") if wrong else (FITS, "", told)


def _complete(kind: str, values: Any, needs: Sequence[str]) -> None:
    """Refuse a statement that lacks a key, or is no list of two or more cells."""
    if not needs and not (isinstance(values, list) and len(values) > 1):
        raise UserError(
            f"{kind}: {values!r} is not a list of two or more cells: write [CELL, CELL]"
        )
    missing = [key for key in needs if not isinstance(values, Mapping) or key not in values]
    if missing:
        raise UserError(f"{kind}: {values!r} lacks {', '.join(missing)}: add it")


def _how(first: Number, last: Number) -> str:
    """In what two numbers differ, where that is simple."""
    if len(first.text) > 1 and misread.differ_in_one_digit(first.text, last.text):
        return ", in one digit"
    ratio = first.interval.middle / (last.interval.middle or np.nan)
    return f"; the first is exactly {ratio:.0f} times the last" if ratio in (2.0, 3.0) else ""


def _agrees(paper: Paper, value: Sequence | float, found: Interval, told: str) -> Answer:
    number = paper.number(value)
    if number.interval.meets(found):
        return FITS, "", f"{told}, printed {number.plain}"
    return NOT, TWO_PLACES, f"{told}, printed {number.plain}"


def _beats(other: Interval, one: Interval, sign: int) -> bool:
    return other.low > one.high if sign > 0 else other.high < one.low


@dataclass(frozen=True)
class Kind:
    """How a statement is asked, the keys that it needs (none for a list of cells), and causes."""

    label: str
    ask: Callable[[Paper, Any], Answer]
    needs: Sequence[str] = ()
    causes: Sequence[str] = (MISPRINT,)


MEANT = "something else is meant than was understood here"
FLAT = "scores that hardly change over the grid"
CHANCE = "chance"
WEIGHTED = "a mean weighted by the number of images"
PARTS = ("a mean over batches or folds", "several items an image")
SEED = "another seed, or another number of epochs"
KINDS = {
    "same": Kind("one quantity at several places", same),
    "sum": Kind("parts and total", total, ("total", "parts")),
    "ratio": Kind("ratio", ratio, ("value", "of")),
    "mean": Kind("mean of cells", mean, ("value", "of"), (MISPRINT, WEIGHTED)),
    "best": Kind("best of all", best, ("cell", "among"), (MEANT, MISPRINT)),
    "larger": Kind("larger of two", larger, (), (MEANT, MISPRINT)),
    "above": Kind("above a limit", above, ("cells", "limit"), (MEANT, MISPRINT)),
    "edge": Kind("edge of a grid", described.edge, ("cells", "start", "stop"), (FLAT,)),
    "draw": Kind(
        "class mix of a draw", described.draw, ("drawn", "sample", "marked", "population"), (MEANT,)
    ),
    "denominator": Kind(
        "common denominator", described.denominator, ("cells", "from", "to"), (CHANCE, *PARTS)
    ),
    "counts": Kind("counts, by mlscorecheck", described.counts, ("scores",)),
    "halved": Kind("halvings", described.halved, ("size", "times")),
    "parameters": Kind("parameter count", described.parameters, ("count", "network")),
    "files": Kind("file sizes", described.files, ("rows", "room")),
    "widths": Kind("channel widths", described.widths, ("cells", "base")),
    "one_method": Kind("one method twice", described.one_method, ("rows", "claimed"), (SEED,)),
}
