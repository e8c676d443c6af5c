"""What a paper says about its own numbers, one check a statement.

A statement is a mapping with one key that names its kind and, beside it, `finding`, `where`,
`because`, `causes` and `reading` (how the statement is taken); `weak` says that the paper need not
mean it, so that a misfit is a remark. A kind is a function of the paper and of what stands under
its key: its arguments are the keys there, each with the kind of its values; or `places`, a list.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from typing import Annotated, Any, Literal

import numpy as np

from scorecheck import checks, columns
from scorecheck.checks import CHANCE, FITS, NOT, RECOVERED, TWO_PLACES, UNUSUAL, Answer, Check
from scorecheck.errors import InputError
from scorecheck.kinds import Place, amount, amounts, arguments, cell, cells, keys, several
from scorecheck.printed_numbers import PrintedNumber, PrintedPaper
from scorecheck.spans import Span, common, exactly, hull, image
from scorecheck.winners import not_better

BESIDE = dict.fromkeys(("finding", "where", "because", "reading"), str)
BESIDE |= {"causes": list[str], "weak": bool}
MEANT = ("something else is meant than was understood here", checks.MISPRINT)
Pair = Annotated[list[amount], 2, 2]
Correlations = Annotated[list[float], partial(several, kind=Annotated[float, -1, 1])]
PROBABLE = 0.05
"""Above this probability that the best is not better a reader should look at it."""


@dataclass(frozen=True)
class StatementKind:
    """How a statement is called and asked, and its innocent causes."""

    label: str
    ask: Callable[..., Answer]
    causes: Sequence[str]


KINDS: dict[str, StatementKind] = {}


def kind(
    name: str,
    label: str,
    causes: Sequence[str] = (checks.MISPRINT,),
    known: dict[str, StatementKind] = KINDS,
) -> Callable:
    """Register a function as a kind of statement."""

    def register(ask: Callable[..., Answer]) -> Callable[..., Answer]:
        known[name] = StatementKind(label, ask, causes)
        return ask

    return register


def statement(
    given: Any, place: Place, known: Mapping[str, StatementKind] = KINDS
) -> Callable[[PrintedPaper], Check]:
    """Read one statement from plain values, to be checked on a paper; `known` are its kinds."""
    reads = {name: partial(arguments, about.ask) for name, about in known.items()}
    said = keys(reads | BESIDE, given, place)
    names = [key for key in said if key in known]
    if len(names) != 1:
        raise place.error(f"one statement needs one kind, such as same: choose {', '.join(known)}")
    (name,) = names

    def checked(paper: PrintedPaper) -> Check:
        try:
            verdict, strength, shown = known[name].ask(paper, **said[name])
        except InputError as error:
            raise (place / name).error(error) from error
        if said.get("weak") and verdict == NOT:
            verdict, strength = FITS, UNUSUAL
        causes = () if strength in ("", RECOVERED) else known[name].causes
        return Check(
            known[name].label,
            said.get("where", ""),
            verdict,
            "; ".join(filter(None, [shown, said.get("because", "")])),
            strength,
            readings=[said.get("reading", checks.AS_STATED)],
            causes=said.get("causes", causes),
            finding=said.get("finding", "") if verdict == NOT or strength else "",
        )

    return checked


def check(paper: PrintedPaper) -> Iterator[Check]:
    """Check every statement of a paper."""
    return (checked(paper) for checked in paper.statements)


def two_places(good: bool, shown: str) -> Answer:
    """What is said twice: it fits, or two printed places contradict."""
    return (FITS, "", shown) if good else (NOT, TWO_PLACES, shown)


@kind("same", "one quantity at several places")
def same(paper: PrintedPaper, places: Annotated[list[amount], 2]) -> Answer:
    """One quantity, printed at several places."""
    numbers = [paper.number(p) for p in places]
    told = " and ".join(n.plain for n in numbers)
    if common([n.span for n in numbers]):
        return FITS, "", f"{told} agree"
    for one, other in permutations(numbers, 2):
        forgotten = not one.unit and one.span.low > 1 >= other.span.low
        if forgotten and (0.01 * one.span).meets(other.span):
            raise InputError(f"{told} differ 100 times: write % in the unit of what is in per cent")
    return NOT, TWO_PLACES, f"{told} differ{_how(numbers[0], numbers[-1])}"


@kind("sum", "parts and total")
def total(paper: PrintedPaper, total: amount, parts: amounts, times: list[float] = ()) -> Answer:
    """A total and its parts, each taken `times` times where that is given."""
    times = times or [1] * len(parts)
    if len(times) != len(parts):
        raise InputError(f"{len(times)} times stand beside {len(parts)} parts: give one for each")
    pairs = [(n, paper.number(part)) for n, part in zip(times, parts, strict=True)]
    found = sum((n * part.span for n, part in pairs), exactly(0))
    told = " + ".join(p.text if n == 1 else f"{n} x {p.text}" for n, p in pairs)
    return _agrees(paper, total, found, f"{told} = {found}")


@kind("ratio", "ratio")
def ratio(paper: PrintedPaper, value: amount, of: Pair) -> Answer:
    """A printed ratio, or share, of two printed numbers."""
    over, under = map(paper.number, of)
    if under.span.low <= 0 <= under.span.high:
        raise InputError(f"a ratio to {under.text} is not defined: name another number")
    found = image(lambda a, b: a / b, over.span, under.span)
    return _agrees(paper, value, found, f"{over.text} / {under.text} = {found}")


@kind("mean", "mean of cells", (checks.MISPRINT, "a mean weighted by the number of images"))
def mean(paper: PrintedPaper, value: amount, of: amounts, plain: bool = False) -> Answer:
    """A number that is the mean of others.

    A mean that is weighted, as by numbers of images, lies between the others: a remark, unless
    the mean is said to be `plain`.
    """
    others, wanted = [paper.span(c) for c in of], paper.number(value)
    found = columns.mean(others)
    told = f"mean {found.low:.6f} to {found.high:.6f}, printed {wanted.plain}"
    if wanted.span.meets(found):
        return FITS, "", told
    weighted = wanted.span.meets(hull(others)) and not plain
    told += "; a weighted mean fits" * weighted
    return (FITS, UNUSUAL, told) if weighted else (NOT, TWO_PLACES, told)


@kind("best", "best of all", MEANT)
def best(
    paper: PrintedPaper,
    cell: cell,
    among: cells,
    order: Literal["largest", "smallest"] = "largest",
    but_for: list[str] = (),
) -> Answer:
    """A cell that is said to be the best among others, or the best but for some."""
    number, sign = paper.number(cell), 1 if order == "largest" else -1
    own, others = sign * number.span, [c for c in among if c[1] != cell[1]]
    better = [c for c in others if (sign * paper.span(c)).low > own.high]
    worse = [c for c in others if own.low > (sign * paper.span(c)).high]
    wrong = [f"{c[1]} {paper.number(c).plain}" for c in better if c[1] not in but_for]
    first, last = len(better) + 1, len(others) + 1 - len(worse)
    rank = f"{first} to {last}" if last > first else f"{first}"  # alike within rounding
    rank = f"{number.plain} has rank {rank} of {len(others) + 1}"
    return two_places(not wrong, f"{rank}, behind {', '.join(wrong)}" if wrong else rank)


@kind("larger", "larger of two", MEANT)
def larger(paper: PrintedPaper, places: Pair) -> Answer:
    """The first of two numbers is said to be the larger."""
    first, second = map(paper.number, places)
    return two_places(first.span.high >= second.span.low, f"{first.plain} against {second.plain}")


@kind("above", "above a limit", MEANT)
def above(paper: PrintedPaper, cells: cells, limit: amount) -> Answer:
    """All of several cells are said to lie above a limit, which is a number of words: exact."""
    limit, numbers = paper.number(limit), [(c[1], paper.number(c)) for c in cells]
    least = float(limit.text) / (100 if limit.unit else 1)
    wrong = [f"{row} {n.plain}" for row, n in numbers if n.span.high < least]
    told = f"{len(numbers) - len(wrong)} of {len(numbers)} are above {limit.plain}"
    return two_places(not wrong, f"{told}; not {', '.join(wrong)}" if wrong else told)


@kind("winner", "chance of a false winner", ())
def winner(
    paper: PrintedPaper,
    cells: cells,
    n: Annotated[int, 2],
    sd: Annotated[float, 0],
    correlation: Correlations = (0.0, 0.5, 0.8, 0.95),
    order: Literal["largest", "smallest"] = "largest",
) -> Answer:
    """The best of several means may be so by chance: a remark, never a misfit."""
    if len(cells) < 2:
        raise InputError("one number has no rival: name two cells or more")
    sign = 1 if order == "largest" else -1
    ranked = sorted((-sign * float(paper.number(c).text), c[1]) for c in cells)
    (best, first), (rival, second) = [(-sign * mean, row) for mean, row in ranked[:2]]
    chances = [not_better(sign * (best - rival), n, sd, r) for r in correlation]
    told = ", ".join(f"{p:.2f} at {r:g}" for p, r in zip(chances, correlation, strict=True))
    shown = (
        f"{first} {best:g} before {second} {rival:g}, n = {n}: if the score of a case has "
        f"deviation {sd:g}, {first} is not better with probability {told} (the correlation of both "
        "scores)"
    )
    return FITS, CHANCE if max(chances) > PROBABLE else "", shown


def _how(first: PrintedNumber, last: PrintedNumber) -> str:
    """In what two numbers differ, where that is simple: "99.08" and "98.08" in one digit."""
    digits = [a != b for a, b in zip(first.text, last.text, strict=False)]
    if len(first.text) == len(last.text) > 1 and sum(digits) == 1:
        return ", in one digit"
    ratio = first.span.middle / (last.span.middle or np.nan)
    return f"; the first is exactly {ratio:.0f} times the last" if ratio in (2.0, 3.0) else ""


def _agrees(paper: PrintedPaper, value: Sequence | float, found: Span, told: str) -> Answer:
    number = paper.number(value)
    return two_places(number.span.meets(found), f"{told}, printed {number.plain}")
