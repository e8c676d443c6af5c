"""What a paper says about its own numbers, one check a statement.

A statement is a mapping with one key that names its kind and, beside it, `finding`, `where` and
`because`. A cell is [table, row, column] or [table, row, column, part]; a plain number is something
known from elsewhere, exact. Several cells are a list, or {table, column, rows}.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from busutils.claims import granularity, sampling, size, summaries
from busutils.claims.intervals import Interval, image
from busutils.claims.result import (
    FITS,
    IMPROBABLE,
    LIMIT,
    MISPRINT,
    NOT,
    RECOVERED,
    TWO_PLACES,
    UNUSUAL,
    Check,
)
from busutils.claims.schema import Paper
from busutils.errors import UserError, choose

BESIDE = ("finding", "where", "because", "causes")
Answer = tuple[str, str, str]
"""Verdict, strength, what is shown."""


def check(paper: Paper) -> Iterator[Check]:
    """Check every statement of a paper.

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
        label, function = KINDS[kind]
        verdict, strength, shown = function(paper, statement[kind])
        yield Check(
            kind=label,
            place=str(statement.get("where", "")),
            verdict=verdict,
            strength=strength,
            shown="; ".join(filter(None, [shown, statement.get("because", "")])),
            readings=["as stated"],
            causes=tuple(statement.get("causes", (MISPRINT,) if strength else ())),
            finding=str(statement.get("finding", "")) if verdict == NOT or strength else "",
        )


def cells(paper: Paper, chosen: Any) -> list[Sequence]:
    """References of several cells: listed, or all of a column, or those of some rows."""
    if isinstance(chosen, Mapping):
        table, column = str(chosen["table"]), chosen["column"]
        rows = chosen.get("rows") or [r for t, r, c in paper.cells if (t, c) == (table, column)]
        return [[table, row, column] for row in rows if row not in chosen.get("without", ())]
    return list(chosen)


def same(paper: Paper, places: Sequence) -> Answer:
    """One quantity, printed at several places."""
    numbers = [paper.number(p) for p in places]
    low = max(n.interval.low for n in numbers)
    high = min(n.interval.high for n in numbers)
    told = " and ".join(n.text for n in numbers)
    if low <= high + 1e-9 * max(1.0, abs(high)):
        return FITS, "", f"{told} agree"
    ratio = numbers[0].interval.middle / (numbers[-1].interval.middle or np.nan)
    hint = f"; the first is exactly {ratio:.0f} times the last" if ratio in (2.0, 3.0) else ""
    return NOT, TWO_PLACES, f"{told} are one quantity and differ{hint}"


def total(paper: Paper, values: Mapping) -> Answer:
    """A total and its parts, each taken `times` times where that is given."""
    parts = [paper.number(p) for p in cells(paper, values["parts"])]
    times = values.get("times", [1] * len(parts))
    found = Interval(0, 0)
    for part, n in zip(parts, times, strict=True):
        found = found.plus(part.interval, n)
    told = " + ".join(
        p.text if n == 1 else f"{n} x {p.text}" for p, n in zip(parts, times, strict=True)
    )
    return _agrees(paper, values["total"], found, f"{told} = {found}")


def ratio(paper: Paper, values: Mapping) -> Answer:
    """A printed ratio, or share, of two printed numbers."""
    over, under = (paper.number(p) for p in values["of"])
    found = image(lambda a, b: a / b, over.interval, under.interval)
    return _agrees(paper, values["value"], found, f"{over.text} / {under.text} = {found}")


def mean(paper: Paper, values: Mapping) -> Answer:
    """A number that is the mean of others; a common slip of one unit of a digit is tried."""
    found = summaries.mean([paper.interval(c) for c in cells(paper, values["of"])])
    wanted = paper.interval(values["value"])
    text = paper.number(values["value"]).text
    told = f"mean {found.low:.6f} to {found.high:.6f}, printed {text}"
    if wanted.meets(found):
        return FITS, "", told
    shifts = [s * step for step in (0.1, 0.01, 0.001) for s in (1, -1)]
    slip = next((s for s in shifts if wanted.meets(Interval(found.low + s, found.high + s))), None)
    if slip is not None:
        told += f"; it fits with {slip:+g} exactly"
    if values.get("stated", True):
        return NOT, TWO_PLACES, told
    return FITS, UNUSUAL if slip is not None else "", f"{told}; that it is this mean is not said"


def best(paper: Paper, values: Mapping) -> Answer:
    """A cell that is said to be the best among others, or the best but for some."""
    number = paper.number(values["cell"])
    others = [c for c in cells(paper, values["among"]) if list(c) != list(values["cell"])]
    sign = 1 if values.get("order", "largest") == "largest" else -1
    better = [c for c in others if _beats(paper.interval(c), number.interval, sign)]
    allowed = values.get("but_for", ())
    wrong = [c for c in better if c[1] not in allowed]
    told = ", ".join(f"{c[1]} {paper.number(c).text}" for c in wrong)
    rank = f"{number.text} has rank {len(better) + 1} of {len(others) + 1}"
    return (NOT, TWO_PLACES, f"{rank}, behind {told}") if wrong else (FITS, "", rank)


def larger(paper: Paper, values: Sequence) -> Answer:
    """The first of two numbers is said to be the larger."""
    first, second = (paper.number(c) for c in values)
    told = f"{first.text} against {second.text}"
    good = first.interval.high >= second.interval.low
    return (FITS, "", told) if good else (NOT, TWO_PLACES, told)


def above(paper: Paper, values: Mapping) -> Answer:
    """All of several cells are said to lie above a limit."""
    limit = paper.number(values["limit"])
    numbers = [(c, paper.number(c)) for c in cells(paper, values["cells"])]
    wrong = [f"{c[1]} {n.text}" for c, n in numbers if n.interval.high < limit.interval.low]
    told = f"{len(numbers) - len(wrong)} of {len(numbers)} are above {limit.text}"
    return (NOT, TWO_PLACES, f"{told}; not {', '.join(wrong)}") if wrong else (FITS, "", told)


def edge(paper: Paper, values: Mapping) -> Answer:
    """Choices of a search at the ends of its grid: the optimum is then not bracketed."""
    ends = [paper.interval(values[end]).middle for end in ("start", "stop")]
    numbers = [paper.number(c) for c in cells(paper, values["cells"])]
    at = [n.text for n in numbers if any(n.interval.low <= e <= n.interval.high for e in ends)]
    told = f"{len(at)} of {len(numbers)} choices are ends of the grid ({', '.join(at)})"
    return FITS, UNUSUAL if 2 * len(at) > len(numbers) else "", told


def draw(paper: Paper, values: Mapping) -> Answer:
    """A number of marked things in a sample that is said to be random."""
    k, n, marked, population = (
        round(paper.interval(values[key]).middle)
        for key in ("drawn", "sample", "marked", "population")
    )
    chance = sampling.tail(k, n, marked, population)
    told = (
        f"{k} of {n} where {sampling.expected(n, marked, population):.1f} are expected of {marked} in "
        f"{population}: chance of a draw as far out {chance:.2g}"
    )
    if chance < LIMIT:
        return NOT, IMPROBABLE, told
    return FITS, UNUSUAL if chance < 0.01 else "", told


def denominator(paper: Paper, values: Mapping) -> Answer:
    """Distinct shares that may all be of one number of things, perhaps with a common shift."""
    texts = {paper.number(c).text: paper.interval(c) for c in cells(paper, values["cells"])}
    sizes = np.arange(values["from"], values["to"] + 1)
    found = granularity.denominator(list(texts.values()), sizes, values.get("shifts", [0.0]))
    told = (
        f"{found.n} of {found.of} distinct values are k/{found.size}"
        + (f" with {found.shift:+g}" if found.shift else "")
        + f"; chance {found.chance:.1g} over {len(sizes)} n and {len(values.get('shifts', [0]))} shifts"
    )
    if found.chance < LIMIT:
        return FITS, RECOVERED, told
    return FITS, UNUSUAL if found.chance < 0.01 else "", told


def halved(paper: Paper, values: Mapping) -> Answer:
    """A size that is halved and doubled again a number of times."""
    side = round(paper.interval(values["size"]).middle)
    times = round(paper.interval(values["times"]).middle)
    even = size.halvings(side)
    told = f"{side} can be halved evenly {even} times, {times} are described"
    return (FITS, "", told) if even >= times else (NOT, TWO_PLACES, told)


def parameters(paper: Paper, values: Mapping) -> Answer:
    """A printed parameter count against the described network."""
    count = size.described(values["network"])
    good = paper.interval(values["count"]).meets(Interval(count, count))
    told = f"the described network has {count:,} parameters, printed {paper.number(values['count']).text}"
    return (FITS, RECOVERED, told) if good else (NOT, TWO_PLACES, told)


def files(paper: Paper, values: Mapping) -> Answer:
    """Printed file sizes against weights and moments, within `room` MiB of overhead."""
    rows = [(*row, paper.number(row[0])) for row in values["rows"]]
    misses = [n.interval.middle - size.file_mib(w, t) for _, w, t, n in rows]
    near = [m for m in misses if 0 <= round(m, 1) <= values["room"]]
    told = (
        f"{len(near)} of {len(rows)} printed sizes are within {values['room']} MiB above weights and "
        f"two moments of the trainable ones (largest difference {max(misses, key=abs):.2f})"
    )
    return FITS, RECOVERED if 2 * len(near) > len(rows) else "", told


def widths(paper: Paper, values: Mapping) -> Answer:
    """Printed channels that are those of MobileNetV2's expansion layers at a width."""
    printed = [round(paper.interval(c).middle) for c in values["cells"]]
    fitting = [
        w / 100
        for w in range(50, 201, 5)
        if size.expansion_channels(w / 100, values["base"]) == printed
    ]
    told = f"channels {printed} are those at width {fitting}"
    return (FITS, RECOVERED, told) if fitting else (FITS, "", f"channels {printed} fit no width")


def one_method(paper: Paper, values: Mapping) -> Answer:
    """Two rows that are one method, against a difference that is claimed between methods."""
    twice, claimed = (
        abs(a.middle - b.middle)
        for a, b in ([paper.interval(c) for c in values[key]] for key in ("rows", "claimed"))
    )
    told = f"two runs of one method differ by {twice:.4f}, the methods compared by {claimed:.4f}"
    return FITS, UNUSUAL if 2 * twice > claimed else "", told


def far(paper: Paper, values: Mapping) -> Answer:
    """A number far from the mean of others in their standard deviations."""
    others = np.array([paper.interval(c).middle for c in cells(paper, values["others"])])
    number = paper.number(values["value"])
    scores = (number.interval.middle - others.mean()) / others.std()
    told = (
        f"{number.text} is {scores:+.1f} sd from the mean of {len(others)} others "
        f"({others.min():.4f} to {others.max():.4f})"
    )
    return FITS, UNUSUAL if abs(scores) > 3 else "", told


def _agrees(paper: Paper, value: Sequence | float, found: Interval, told: str) -> Answer:
    number = paper.number(value)
    if number.interval.meets(found):
        return FITS, "", f"{told}, printed {number.text}"
    return NOT, TWO_PLACES, f"{told}, printed {number.text}"


def _beats(other: Interval, one: Interval, sign: int) -> bool:
    return other.low > one.high if sign > 0 else other.high < one.low


KINDS: dict[str, tuple[str, Callable[[Paper, Any], Answer]]] = {
    "same": ("one quantity at several places", same),
    "sum": ("parts and total", total),
    "ratio": ("ratio", ratio),
    "mean": ("mean of cells", mean),
    "best": ("best of all", best),
    "larger": ("larger of two", larger),
    "above": ("above a limit", above),
    "edge": ("edge of a grid", edge),
    "draw": ("class mix of a draw", draw),
    "denominator": ("common denominator", denominator),
    "halved": ("halvings", halved),
    "parameters": ("parameter count", parameters),
    "files": ("file sizes", files),
    "widths": ("channel widths", widths),
    "one_method": ("one method twice", one_method),
    "far": ("far from others", far),
}
