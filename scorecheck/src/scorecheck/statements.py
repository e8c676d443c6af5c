"""What a paper says about its own numbers, one check a statement.

A statement is a mapping with one key that names its kind and, beside it, `finding`, `where`,
`because`, `causes` and `reading` (how the statement is taken); `weak` says that the paper need not
mean it, so that a misfit is a remark. A cell is [table, row, column] or [table, row, column,
part]; a plain number is something known from elsewhere, exact. Several cells are a list, or
{table, column, rows}. A kind is asked with the paper and the values under its key.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scorecheck import counts, kinds, summaries, whole_numbers
from scorecheck.checks import (
    AS_STATED,
    FITS,
    IMPROBABLE,
    MISPRINT,
    NOT,
    OPEN,
    RECOVERED,
    TWO_PLACES,
    UNUSUAL,
    Answer,
    Check,
    by_chance,
)
from scorecheck.context import POPULATION
from scorecheck.errors import InputError
from scorecheck.kinds import all_of, amount, amounts, cell, cells, keys, many, text, whole, yes
from scorecheck.printed_numbers import PrintedNumber, PrintedPaper
from scorecheck.spans import Span, exactly, hull, image

OF_NOTHING = ("", RECOVERED)  # strengths that need no innocent cause
BESIDE = {
    **{"finding": text, "where": text, "because": text, "causes": many(text), "weak": yes},
    "reading": text,
}
KIND, VALUES, AT = "kind", "values", "at"
"""Keys under which a statement that was read keeps its kind, what it says, and its place."""


@dataclass(frozen=True)
class StatementKind:
    """How a statement is called, asked, and read from a file, and its innocent causes."""

    label: str
    ask: Callable[[PrintedPaper, Any], Answer]
    reads: kinds.Kind
    causes: Sequence[str] = (MISPRINT,)


def statement(
    given: Any, place: kinds.Place, known: Mapping[str, StatementKind] | None = None
) -> dict[str, Any]:
    """Read one statement from plain values; `known` are its possible kinds."""
    known = known or KINDS
    found = keys({kind: about.reads for kind, about in known.items()} | BESIDE)(given, place)
    named = [key for key in found if key in known]
    if len(named) != 1:
        raise place.error(f"one statement needs one kind, such as same: choose {', '.join(known)}")
    kind = named[0]
    return found | {KIND: known[kind], VALUES: found[kind], AT: str(place / kind)}


def check(paper: PrintedPaper) -> Iterator[Check]:
    """Check every statement of a paper; what is said to be beyond code is left open."""
    for said in paper.statements:
        about = said[KIND]
        try:
            verdict, strength, shown = about.ask(paper, said[VALUES])
        except InputError as error:
            raise InputError(f"{said[AT]}: {error}") from error
        if said.get("weak") and verdict == NOT:
            verdict, strength = FITS, UNUSUAL
        yield Check(
            about.label,
            str(said.get("where", "")),
            verdict,
            "; ".join(filter(None, [shown, said.get("because", "")])),
            strength,
            readings=[said.get("reading", AS_STATED)],
            causes=tuple(said.get("causes", () if strength in OF_NOTHING else about.causes)),
            finding=str(said.get("finding", "")) if verdict == NOT or strength else "",
        )
    for what, why in paper.not_by_code.items():
        yield Check("beyond this code", str(what), OPEN, str(why))


def two_places(good: bool, shown: str) -> Answer:
    """What is said twice: it fits, or two printed places contradict."""
    return (FITS, "", shown) if good else (NOT, TWO_PLACES, shown)


def same(paper: PrintedPaper, places: Sequence) -> Answer:
    """One quantity, printed at several places."""
    numbers = [paper.number(p) for p in places]
    low = max(n.span.low for n in numbers)
    high = min(n.span.high for n in numbers)
    told = " and ".join(n.plain for n in numbers)
    if low <= high + 1e-9 * max(1.0, abs(high)):
        return FITS, "", f"{told} agree"
    if any(_per_cent(a, b) for a in numbers for b in numbers):
        raise InputError(f"{told} differ 100 times: write % in the unit of what is in per cent")
    return NOT, TWO_PLACES, f"{told} differ{_how(numbers[0], numbers[-1])}"


def total(paper: PrintedPaper, values: Mapping) -> Answer:
    """A total and its parts, each taken `times` times where that is given."""
    parts = [paper.number(p) for p in values["parts"]]
    times = values.get("times", [1] * len(parts))
    if len(times) != len(parts):
        raise InputError(f"{len(times)} times stand beside {len(parts)} parts: give one for each")
    pairs = list(zip(parts, times, strict=True))
    found = sum((n * part.span for part, n in pairs), exactly(0))
    told = " + ".join(p.text if n == 1 else f"{n} x {p.text}" for p, n in pairs)
    return _agrees(paper, values["total"], found, f"{told} = {found}")


def ratio(paper: PrintedPaper, values: Mapping) -> Answer:
    """A printed ratio, or share, of two printed numbers."""
    over, under = (paper.number(p) for p in values["of"])
    if under.span.low <= 0 <= under.span.high:
        raise InputError(f"a ratio to {under.text} is not defined: name another number")
    found = image(lambda a, b: a / b, over.span, under.span)
    return _agrees(paper, values["value"], found, f"{over.text} / {under.text} = {found}")


def mean(paper: PrintedPaper, values: Mapping) -> Answer:
    """A number that is the mean of others; a common slip of one unit of a digit is tried.

    A mean that is weighted, as by numbers of images, lies between the others: a remark, unless
    the mean is said to be `plain`.
    """
    others = [paper.span(c) for c in values["of"]]
    found, wanted = summaries.mean(others), paper.number(values["value"])
    told = f"mean {found.low:.6f} to {found.high:.6f}, printed {wanted.plain}"
    if wanted.span.meets(found):
        return FITS, "", told
    shifts = [s * step for step in (0.1, 0.01, 0.001) for s in (1, -1)]
    slip = next((s for s in shifts if wanted.span.meets(found + exactly(s))), None)
    if slip is not None:
        told += f"; with {slip:+g}, one of {len(shifts)} slips tried, it fits"
    if not values.get("stated", True):
        told += "; that it is this mean is not said"
        return FITS, UNUSUAL if slip is not None else "", told
    weighted = wanted.span.meets(hull(others)) and not values.get("plain", False)
    told += "; a weighted mean fits" * weighted
    return (FITS, UNUSUAL, told) if weighted else (NOT, TWO_PLACES, told)


def best(paper: PrintedPaper, values: Mapping) -> Answer:
    """A cell that is said to be the best among others, or the best but for some."""
    number = paper.number(values["cell"])
    others = [c for c in values["among"] if c[1] != values["cell"][1]]
    sign = 1 if values.get("order", "largest") == "largest" else -1
    spans = [(c, sign * paper.span(c)) for c in others]
    better = [c for c, span in spans if span.low > (sign * number.span).high]
    worse = [c for c, span in spans if (sign * number.span).low > span.high]
    wrong = [c for c in better if c[1] not in values.get("but_for", ())]
    told = ", ".join(f"{c[1]} {paper.number(c).plain}" for c in wrong)
    first, last = len(better) + 1, len(others) + 1 - len(worse)
    rank = f"{first} to {last}" if last > first else f"{first}"  # alike within rounding
    rank = f"{number.plain} has rank {rank} of {len(others) + 1}"
    return two_places(not wrong, f"{rank}, behind {told}" if wrong else rank)


def larger(paper: PrintedPaper, values: Sequence) -> Answer:
    """The first of two numbers is said to be the larger."""
    first, second = (paper.number(c) for c in values)
    return two_places(first.span.high >= second.span.low, f"{first.plain} against {second.plain}")


def above(paper: PrintedPaper, values: Mapping) -> Answer:
    """All of several cells are said to lie above a limit, which is a number of words: exact."""
    limit = paper.number(values["limit"])
    numbers = [(c, paper.number(c)) for c in values["cells"]]
    wrong = [f"{c[1]} {n.plain}" for c, n in numbers if n.span.high < limit.value]
    told = f"{len(numbers) - len(wrong)} of {len(numbers)} are above {limit.plain}"
    return two_places(not wrong, f"{told}; not {', '.join(wrong)}" if wrong else told)


def edge(paper: PrintedPaper, values: Mapping) -> Answer:
    """Choices of a search at the ends of its grid: the optimum is then not bracketed."""
    ends = [paper.span(values[end]).middle for end in ("start", "stop")]
    numbers = [paper.number(c) for c in values["cells"]]
    at = [n.text for n in numbers if any(n.span.low <= e <= n.span.high for e in ends)]
    told = f"{len(at)} of {len(numbers)} choices are ends of the grid ({', '.join(at)})"
    return FITS, UNUSUAL if 2 * len(at) > len(numbers) else "", told


def draw(paper: PrintedPaper, values: Mapping) -> Answer:
    """A number of marked things in a sample that is said to be random."""
    k, n, marked, population = (
        round(paper.span(values[key]).middle) for key in ("drawn", "sample", "marked", "population")
    )
    possible = 0 <= k <= min(n, marked) and 0 <= n - k <= population - marked
    if not possible or not 1 <= population <= POPULATION:
        raise InputError(
            f"{k} of {n} cannot be drawn where {marked} of {population} are marked: mend a number"
        )
    chance = whole_numbers.tail(k, n, marked, population)
    told = (
        f"{k} of {n} where {n * marked / population:.1f} are expected of "
        f"{marked} in {population}: chance of a draw as far out {chance:.2g}"
    )
    return *by_chance(chance, (NOT, IMPROBABLE)), told


def denominator(paper: PrintedPaper, values: Mapping) -> Answer:
    """Distinct shares that may all be of one number of things, perhaps with a common shift."""
    texts = {paper.number(c).text: paper.span(c) for c in values["cells"]}
    first, last = values["from"], values["to"]
    if first > last:
        raise InputError(f"from {first} is above to {last}: exchange them")
    sizes, shifts = np.arange(first, last + 1), values.get("shifts", [0.0])
    found = whole_numbers.denominator(list(texts.values()), sizes, shifts)
    told = (
        f"{found.n} of {found.of} distinct values between 0 and 1 are k/{found.size}"
        + (f" with {found.shift:+g}" if found.shift else "")
        + f"; chance {found.chance:.1g} over all n from {first} to {last} and shifts tried"
    )
    return *by_chance(found.chance, (FITS, RECOVERED)), told


def whole_counts(paper: PrintedPaper, values: Mapping) -> Answer:
    """Scores of whole counts with known class totals, or of folds; asked of mlscorecheck."""
    scores = {name: paper.span(cell) for name, cell in values["scores"].items()}
    given = {"folds", "positives", "negatives"} & set(values)
    if given == {"folds"}:
        return counts.mean_of_folds(scores, values["folds"])
    if given == {"positives", "negatives"}:
        return counts.one_set(scores, values["positives"], values["negatives"])
    raise InputError("give either folds, or positives and negatives")


def one_method(paper: PrintedPaper, values: Mapping) -> Answer:
    """Two rows that are one method, against a difference that is claimed between methods."""
    pairs = ([paper.span(c).middle for c in values[key]] for key in ("rows", "claimed"))
    twice, claimed = (abs(a - b) for a, b in pairs)
    told = f"two runs of one method differ by {twice:.4f}, the methods compared by {claimed:.4f}"
    return FITS, UNUSUAL if 2 * twice > claimed else "", told


def _per_cent(one: PrintedNumber, other: PrintedNumber) -> bool:
    """Whether a number without a unit is another in per cent."""
    share = Span(one.span.low / 100, one.span.high / 100)
    return not one.unit and one.span.low > 1 >= other.span.low and share.meets(other.span)


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


MEANT = ("something else is meant than was understood here", MISPRINT)
PAIR = many(amount, least=2, most=2)
LARGE = whole(1, 100_000)
MANY = whole(1, 10**7)
BEST = {
    "cell": cell,
    "among": cells,
    "order": kinds.choice(["largest", "smallest"], "order"),
    "but_for": many(text),
}
COUNTS = {
    "scores": kinds.named(amount, kinds.choice(counts.NAMES, "score")),
    "positives": MANY,
    "negatives": MANY,
    "folds": many(many(MANY, least=2, most=2), most=100),
}
SHIFTS = many(kinds.between(-1, 1))
DENOMINATOR = {"cells": amounts, "from": LARGE, "to": LARGE, "shifts": SHIFTS}
SUM = {"total": amount, "parts": amounts, "times": many(kinds.number)}
MEAN = {"value": amount, "of": amounts, "stated": yes, "plain": yes}
DRAW = dict.fromkeys(("drawn", "sample", "marked", "population"), amount)
KINDS = {
    "same": StatementKind("one quantity at several places", same, many(amount, least=2)),
    "sum": StatementKind("parts and total", total, keys(SUM, ["total", "parts"])),
    "ratio": StatementKind("ratio", ratio, all_of(value=amount, of=PAIR)),
    "mean": StatementKind(
        "mean of cells",
        mean,
        keys(MEAN, ["value", "of"]),
        (MISPRINT, "a mean weighted by the number of images"),
    ),
    "best": StatementKind("best of all", best, keys(BEST, ["cell", "among"]), MEANT),
    "larger": StatementKind("larger of two", larger, PAIR, MEANT),
    "above": StatementKind("above a limit", above, all_of(cells=cells, limit=amount), MEANT),
    "edge": StatementKind(
        "edge of a grid",
        edge,
        all_of(cells=amounts, start=amount, stop=amount),
        ("scores that hardly change over the grid",),
    ),
    "draw": StatementKind("class mix of a draw", draw, all_of(**DRAW), MEANT[:1]),
    "denominator": StatementKind(
        "common denominator",
        denominator,
        keys(DENOMINATOR, ["cells", "from", "to"]),
        ("chance", "a mean over batches or folds", "several items an image"),
    ),
    "counts": StatementKind("counts, by mlscorecheck", whole_counts, keys(COUNTS, ["scores"])),
    "one_method": StatementKind(
        "one method twice",
        one_method,
        all_of(rows=PAIR, claimed=PAIR),
        ("another seed, or another number of epochs",),
    ),
}
