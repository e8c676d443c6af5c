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

from scorecheck import delegate, described, misread, summaries, values
from scorecheck.intervals import Interval, hull, image
from scorecheck.checks import (
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
from scorecheck.paper import Number, Paper
from scorecheck.kinds import amount, amounts, cell, cells, keys, many, text, whole, yes
from scorecheck.errors import UserError

OF_NOTHING = ("", RECOVERED)  # strengths that need no innocent cause
BESIDE = {
    "finding": text,
    "where": text,
    "because": text,
    "causes": many(text),
    "weak": yes,
    "reading": text,
}
AT = "at"
"""Key under which a statement that was read keeps its place."""


def statement(given: Any, place: values.Place) -> dict[str, Any]:
    """Read one statement from plain values.

    Raises
    ------
    UserError
        If it has no kind or two, an unknown key, or a value of another kind.
    """
    known = {kind: about.reads for kind, about in KINDS.items()} | BESIDE
    found = keys(known)(given, place)
    kinds = [key for key in found if key in KINDS]
    if len(kinds) != 1:
        raise place.error(f"one statement needs one kind, such as same: choose {', '.join(KINDS)}")
    return found | {AT: str(place / kinds[0])}


def check(paper: Paper) -> Iterator[Check]:
    """Check every statement of a paper; what is said to be beyond code is left open.

    Raises
    ------
    UserError
        If the numbers of a statement do not allow its question, such as a ratio to 0.
    """
    for statement in paper.statements:
        kind = next(key for key in statement if key in KINDS)
        about = KINDS[kind]
        try:
            verdict, strength, shown = about.ask(paper, statement[kind])
        except UserError as error:
            raise UserError(f"{statement.get(AT, kind)}: {error}") from error
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
    if any(_per_cent(a, b) for a in numbers for b in numbers):
        raise UserError(f"{told} differ 100 times: write % in the unit of what is in per cent")
    return NOT, TWO_PLACES, f"{told} differ{_how(numbers[0], numbers[-1])}"


def total(paper: Paper, values: Mapping) -> Answer:
    """A total and its parts, each taken `times` times where that is given."""
    parts = [paper.number(p) for p in paper.chosen(values["parts"])]
    times = values.get("times", [1] * len(parts))
    if len(times) != len(parts):
        raise UserError(f"{len(times)} times stand beside {len(parts)} parts: give one for each")
    found = Interval(0, 0)
    for part, n in zip(parts, times, strict=True):
        found = found.plus(part.interval, n)
    pairs = zip(parts, times, strict=True)
    told = " + ".join(p.text if n == 1 else f"{n} x {p.text}" for p, n in pairs)
    return _agrees(paper, values["total"], found, f"{told} = {found}")


def ratio(paper: Paper, values: Mapping) -> Answer:
    """A printed ratio, or share, of two printed numbers."""
    over, under = (paper.number(p) for p in values["of"])
    if under.interval.low <= 0 <= under.interval.high:
        raise UserError(f"a ratio to {under.text} is not defined: name another number")
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


def _per_cent(one: Number, other: Number) -> bool:
    """Whether a number without a unit is another in per cent."""
    share = Interval(one.interval.low / 100, one.interval.high / 100)
    return (
        not one.unit and one.interval.low > 1 >= other.interval.low and share.meets(other.interval)
    )


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
    """How a statement is called, asked, and read from a file, and its innocent causes."""

    label: str
    ask: Callable[[Paper, Any], Answer]
    reads: values.Kind
    causes: Sequence[str] = (MISPRINT,)


def all_of(**known: values.Kind) -> values.Kind:
    """Keys that are all needed."""
    return keys(known, list(known))


MEANT = "something else is meant than was understood here"
FLAT = "scores that hardly change over the grid"
CHANCE = "chance"
WEIGHTED = "a mean weighted by the number of images"
PARTS = ("a mean over batches or folds", "several items an image")
SEED = "another seed, or another number of epochs"
PAIR = many(amount, least=2, most=2)
BEST = {
    "cell": cell,
    "among": cells,
    "order": values.choice(["largest", "smallest"], "order"),
    "but_for": many(text),
}
COUNTS = {
    "scores": values.named(amount, values.choice(delegate.NAMES, "score")),
    "positives": whole(1, 10**7),
    "negatives": whole(1, 10**7),
    "folds": many(many(whole(1, 10**7), least=2, most=2), most=100),
}
DENOMINATOR = {
    "cells": amounts,
    "from": whole(1, 100_000),
    "to": whole(1, 100_000),
    "shifts": many(values.between(-1, 1)),
}
DECODER = {
    "bottom": whole(1, 10**6),
    "filters": many(whole(1, 10**6)),
    "skips": many(whole(0, 10**6)),
    "up": whole(1, 100),
    "kernel": whole(1, 100),
    "convolutions": whole(0, 100),
    "norm": yes,
}
NETWORK = all_of(encoder=whole(), decoder=keys(DECODER, ["bottom", "filters", "skips"]))
KINDS = {
    "same": Kind("one quantity at several places", same, many(amount, least=2)),
    "sum": Kind(
        "parts and total",
        total,
        keys({"total": amount, "parts": amounts, "times": many(values.number)}, ["total", "parts"]),
    ),
    "ratio": Kind("ratio", ratio, all_of(value=amount, of=PAIR)),
    "mean": Kind(
        "mean of cells",
        mean,
        keys({"value": amount, "of": amounts, "stated": yes, "plain": yes}, ["value", "of"]),
        (MISPRINT, WEIGHTED),
    ),
    "best": Kind("best of all", best, keys(BEST, ["cell", "among"]), (MEANT, MISPRINT)),
    "larger": Kind("larger of two", larger, PAIR, (MEANT, MISPRINT)),
    "above": Kind("above a limit", above, all_of(cells=cells, limit=amount), (MEANT, MISPRINT)),
    "edge": Kind(
        "edge of a grid",
        described.edge,
        all_of(cells=amounts, start=amount, stop=amount),
        (FLAT,),
    ),
    "draw": Kind(
        "class mix of a draw",
        described.draw,
        all_of(drawn=amount, sample=amount, marked=amount, population=amount),
        (MEANT,),
    ),
    "denominator": Kind(
        "common denominator",
        described.denominator,
        keys(DENOMINATOR, ["cells", "from", "to"]),
        (CHANCE, *PARTS),
    ),
    "counts": Kind("counts, by mlscorecheck", described.counts, keys(COUNTS, ["scores"])),
    "halved": Kind("halvings", described.halved, all_of(size=amount, times=amount)),
    "parameters": Kind(
        "parameter count", described.parameters, all_of(count=amount, network=NETWORK)
    ),
    "files": Kind(
        "file sizes",
        described.files,
        all_of(rows=many(described.file_row), room=values.between(0, 1e6)),
    ),
    "widths": Kind(
        "channel widths",
        described.widths,
        all_of(cells=many(amount), base=many(whole(1, 10**6))),
    ),
    "one_method": Kind(
        "one method twice", described.one_method, all_of(rows=PAIR, claimed=PAIR), (SEED,)
    ),
}
