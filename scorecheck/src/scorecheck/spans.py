"""A printed number as the span of values that it can stand for, and arithmetic with such spans.

A number printed with d decimals was rounded or cut. Rounded, the value lies within half a unit of
the last decimal; cut, between the number and one unit more. Papers do not say which, and mix both,
so a printed number x with unit u stands for [x - u/2, x + u]. Whole numbers of things are exact.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, product

from scorecheck.errors import InputError

SLACK = 1e-9
"""Relative widening against floating-point error; a printed digit is a thousand times coarser."""
MOST = 10**15
MEND = "mend it, or leave it out"
NUMBER = r"(?:\d{1,15}(?:\.\d{1,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?"
PLAIN = re.compile(rf"([+-]?{NUMBER})(?: \+- {NUMBER})?")
SEPARATORS = re.compile(r"\s*(?:\+-|±|/|;|:|x)\s*")


@dataclass(frozen=True, slots=True)
class Span:
    """All values from `low` to `high`, both included."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The value halfway."""
        return (self.low + self.high) / 2

    @property
    def width(self) -> float:
        """Distance of the ends."""
        return self.high - self.low

    def meets(self, other: "Span") -> bool:
        """Whether the two have a value in common."""
        room = SLACK * max(1.0, abs(self.low), abs(self.high))
        return self.low <= other.high + room and other.low <= self.high + room

    def gap(self, other: "Span") -> float:
        """Distance to another span; 0 where they meet."""
        return max(0.0, other.low - self.high, self.low - other.high)

    def __add__(self, other: "Span") -> "Span":
        return Span(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Span") -> "Span":
        return self + -1 * other

    def __rsub__(self, value: float) -> "Span":
        return Span(value - self.high, value - self.low)

    def __rmul__(self, times: float) -> "Span":
        return Span(*sorted((times * self.low, times * self.high)))

    def __str__(self) -> str:
        return f"{self.low:.4g}" if self.low == self.high else f"{self.low:.4f} to {self.high:.4f}"


UNIT = Span(0.0, 1.0)


def exactly(value: float) -> Span:
    """Return the span that holds one value."""
    return Span(float(value), float(value))


def printed(
    text: str, unit: str = "", part: int | None = None, decimals: int | None = None
) -> Span:
    """Return what a printed number can stand for: "0.737" for 0.7365 to 0.738.

    Parameters
    ----------
    text : as printed; or several numbers with +-, /, ;, : or x between them
    unit : "%" divides by 100; without it a number without decimals is exact
    part : which number, where `text` holds several
    decimals : how many decimals count at most, where zeros were appended to a whole column
    """
    text = piece(text, part)
    if not re.fullmatch(f"[+-]?{NUMBER}", text):
        pieces = SEPARATORS.split(text)
        several = len(pieces) > 1 and all(map(PLAIN.match, pieces))
        remedy = "name one of its numbers by a fourth entry of the cell" if several else MEND
        raise InputError(f"{text!r} cannot be read as a number: {remedy}")
    number, scale = Decimal(text), Decimal(100 if unit == "%" else 1)
    if abs(number) >= MOST:
        raise InputError(f"{text} is too large: {MEND}")
    shown = -number.as_tuple().exponent
    if shown <= 0 and unit != "%":
        return exactly(float(number))
    count = shown if decimals is None else min(shown, decimals)
    step = Decimal(1).scaleb(-max(count, 0))
    return Span(float((number - step / 2) / scale), float((number + step) / scale))


def decimals_that_count(texts: Sequence[str]) -> int | None:
    """Return the decimals of a column without the zeros that seem appended to all its numbers.

    Each further decimal of a number is 0 with chance 1/10; if all are, and by chance that is one
    in a hundred or rarer, a program's format may have appended them: of 0.8600 and 0.8500 two
    count. 0, 1 and 100 do not, since shares end so, nor does a number that stands there again, and
    one number says nothing of a column. None where all decimals count.
    """
    numbers = [Decimal(t) for t in set(texts) if re.fullmatch(r"\d*\.\d+", t)]
    numbers = [n for n in numbers if n not in (0, 1, 100)]
    counted = max([0, *(-n.normalize().as_tuple().exponent for n in numbers)])
    longer = [n for n in numbers if -n.as_tuple().exponent > counted]
    return counted if len(longer) > 1 else None


def piece(text: str, part: int | None) -> str:
    """Return one of several numbers in a text; without `part` the text, of mean and sd the mean."""
    if part is None:
        plain = PLAIN.fullmatch(text)
        return plain[1] if plain else text
    pieces = SEPARATORS.split(text.strip())
    if part >= len(pieces):
        raise InputError(f"{text!r} has no number {part}: count from 0 to {len(pieces) - 1}")
    return pieces[part]


def image(function: Callable[..., float], *arguments: Span) -> Span:
    """Return the values of a function that rises or falls all the way in each argument.

    The extremes of such a function over a box lie at corners of the box, so they are tried all.
    """
    values = [function(*corner) for corner in product(*((a.low, a.high) for a in arguments))]
    return Span(min(values), max(values))


def clipped(span: Span) -> Span:
    """Cut a span to what a share can be; one wholly outside becomes the nearer limit."""
    return Span(*(min(max(end, 0.0), 1.0) for end in (span.low, span.high)))


def hull(spans: Sequence[Span]) -> Span:
    """Return the smallest span that holds all."""
    return Span(min(i.low for i in spans), max(i.high for i in spans))


def common(spans: Sequence[Span]) -> Span | None:
    """Return what all spans hold, or None."""
    ends = sorted((max(i.low for i in spans), min(i.high for i in spans)))
    return Span(*ends) if all(a.meets(b) for a, b in combinations(spans, 2)) else None
