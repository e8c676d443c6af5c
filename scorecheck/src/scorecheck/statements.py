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
from scorecheck.printed_numbers import PrintedNumber, PrintedPaper, Reference
from scorecheck.spans import Span, common, exactly, hull, image
from scorecheck.winners import not_better

BESIDE = dict.fromkeys(("finding", "where", "because", "reading"), str)
BESIDE |= {"causes": list[str], "weak": bool}
MEANT = ("something else is meant than was understood here", checks.MISPRINT)
Pair = Annotated[list[amount], 2, 2]
MEASURES = (
    *("%", "k", "K", "thousand", "M", "million", "G", "billion", "kB", "KB", "MB", "GB", "TB"),
    *("KiB", "MiB", "GiB", "nm", "µm", "um", "mm", "cm", "m", "ms", "s", "sec", "seconds"),
    *("min", "minutes", "h", "hours", "d", "days"),
)
"""Units that scale a number; others name what is counted."""
Correlations = Annotated[list[float], partial(several, kind=Annotated[float, -1, 1])]
MOST_CASES = 10**6
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


def alike(paper: PrintedPaper, places: Sequence[Reference]) -> list[PrintedNumber]:
    """The numbers of a comparison; refused where their units differ, or a % seems forgotten.

    A number that is known from elsewhere is in the unit of the others, a share where that is %.
    """
    numbers = [paper.number(place) for place in places]
    from_cells = [n for n, place in zip(numbers, places, strict=True) if isinstance(place, list)]
    for one, other in permutations(from_cells, 2):
        unlike = one.unit != other.unit and (one.unit, other.unit) != ("%", "")
        if unlike and one.unit in MEASURES:
            told = f"{other.text} {other.unit or 'without a unit'}"
            raise InputError(f"{one.text} {one.unit} and {told} differ: give both the same unit")
    for one, other in permutations(numbers, 2):
        if one.unit == "" and one.span.low > 1 and other.unit == "%" and other.span.high <= 1:
            told = f"{one.text} stands beside {other.plain}"
            raise InputError(f"{told}: write % in the unit of what is in per cent, 0.5 for 50 %")
    return numbers


@kind("same", "one quantity at several places")
def same(paper: PrintedPaper, places: Annotated[list[amount], 2]) -> Answer:
    """One quantity, printed at several places."""
    numbers = alike(paper, places)
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
    alike(paper, [total, *(part for n, part in zip(times, parts, strict=True) if n == 1)])
    pairs = [(n, paper.number(part)) for n, part in zip(times, parts, strict=True)]
    found = sum((n * part.span for n, part in pairs), exactly(0))
    told = " + ".join(p.text if n == 1 else f"{n} x {p.text}" for n, p in pairs)
    return _agrees(paper, total, found, f"{told} = {found}")


@kind("ratio", "ratio")
def ratio(paper: PrintedPaper, value: amount, of: Pair) -> Answer:
    """A printed ratio, or share, of two printed numbers."""
    share = paper.number(value).unit in ("", "%")  # otherwise so many of one a unit of the other
    over, under = alike(paper, of) if share else map(paper.number, of)
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
    wanted, *others = alike(paper, [value, *of])
    others = [n.span for n in others]
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
    sign, rivals = 1 if order == "largest" else -1, [c for c in among if c != cell]
    if not rivals:
        raise InputError("one number has no rival: name two cells or more")
    number, *others = alike(paper, [cell, *rivals])
    names = [_apart(c, cell) for c in rivals]
    for name in but_for:
        Place(path=("but_for",)).choose(name, names, "rival")
    own, others = sign * number.span, list(zip(names, others, strict=True))
    better = [(name, n) for name, n in others if (sign * n.span).low > own.high]
    worse = [name for name, n in others if own.low > (sign * n.span).high]
    wrong = [f"{name} {n.plain}" for name, n in better if name not in but_for]
    first, last = len(better) + 1, len(others) + 1 - len(worse)
    rank = f"{first} to {last}" if last > first else f"{first}"  # alike within rounding
    rank = f"{number.plain} has rank {rank} of {len(others) + 1}"
    return two_places(not wrong, f"{rank}, behind {', '.join(wrong)}" if wrong else rank)


@kind("larger", "larger of two", MEANT)
def larger(paper: PrintedPaper, places: Pair) -> Answer:
    """The first of two numbers is said to be the larger."""
    first, second = alike(paper, places)
    return two_places(first.span.high >= second.span.low, f"{first.plain} against {second.plain}")


@kind("above", "above a limit", MEANT)
def above(paper: PrintedPaper, cells: cells, limit: amount) -> Answer:
    """All of several cells are said to lie above a limit, which is a number of words: exact."""
    limit, *numbers = alike(paper, [limit, *cells])
    wrong = [
        f"{_apart(c, *cells)} {n.plain}"
        for c, n in zip(cells, numbers, strict=True)
        if n.span.high < limit.value
    ]
    told = f"{len(numbers) - len(wrong)} of {len(numbers)} are above {limit.plain}"
    return two_places(not wrong, f"{told}; not {', '.join(wrong)}" if wrong else told)


@kind("winner", "chance of a false winner", ())
def winner(
    paper: PrintedPaper,
    cells: cells,
    n: Annotated[int, 2, MOST_CASES],
    sd: Annotated[float, 0],
    correlation: Correlations = (0.0, 0.5, 0.8, 0.95),
    order: Literal["largest", "smallest"] = "largest",
) -> Answer:
    """The best of several means may be so by chance: a remark, never a misfit."""
    if len(cells) < 2:
        raise InputError("one number has no rival: name two cells or more")
    sign, numbers = 1 if order == "largest" else -1, alike(paper, cells)
    percent = {number.unit == "%" for number in numbers}
    if len(percent) > 1:
        raise InputError("some cells are in % and others are not: name those of one unit, as sd is")
    if percent == {True} and 0 < sd < 1:
        raise InputError(f"sd {sd:g} stands beside per cent: write 20 for a deviation of 0.2")
    names = [_apart(c, *cells) for c in cells]
    ranked = sorted((-sign * float(n.text), name) for n, name in zip(numbers, names, strict=True))
    (best, first), (rival, second) = [(-sign * mean, row) for mean, row in ranked[:2]]
    chances = [not_better(sign * (best - rival), n, sd, r) for r in correlation]
    told = ", ".join(f"{p:.2f} at {r:g}" for p, r in zip(chances, correlation, strict=True))
    shown = (
        f"{first} {best:g} before {second} {rival:g}, n = {n}: if the score of a case has "
        f"deviation {sd:g}, {first} is not better with probability {told} (the correlation of both "
        "scores)"
    )
    return FITS, CHANCE if max(chances) > PROBABLE else "", shown


def whole(paper: PrintedPaper, place: Reference) -> int:
    """A number of things that are counted; refused where it is none."""
    number = paper.number(place)
    if number.unit in MEASURES or not (number.span.width == 0 and number.span.low.is_integer()):
        raise InputError(f"{number.text} {number.unit}".rstrip() + " is no whole number: mend it")
    return int(number.span.low)


def _apart(one: Sequence, *others: Sequence) -> str:
    """The name of a cell among others: its row, or its column or table where all share that."""
    parts = (1, 2, 0)
    return str(next((one[i] for i in parts if any(one[i] != of[i] for of in others)), one[1]))


def _how(first: PrintedNumber, last: PrintedNumber) -> str:
    """In what two numbers differ, where that is simple: "99.08" and "98.08" in one digit."""
    digits = [a != b for a, b in zip(first.text, last.text, strict=False)]
    if len(first.text) == len(last.text) > 1 and sum(digits) == 1:
        return ", in one digit"
    ratio = first.span.middle / (last.span.middle or np.nan)
    return f"; the first is exactly {ratio:.0f} times the last" if ratio in (2.0, 3.0) else ""


def _agrees(paper: PrintedPaper, value: Reference, found: Span, told: str) -> Answer:
    number = paper.number(value)
    return two_places(number.span.meets(found), f"{told}, printed {number.plain}")
