"""A printed number as the interval of values that it can stand for, and sums with such intervals.

A number printed with d decimals was rounded or cut. Rounded, the value lies within half a unit of
the last decimal; cut, between the number and one unit more. Papers do not say which, and mix both,
so a printed number x with unit u stands for [x - u/2, x + u]. Whole numbers of things are exact.

References
----------
Moore, Kearfott, Cloud: Introduction to Interval Analysis. SIAM 2009, chapters 2 and 5.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product

from scorecheck.errors import UserError

SLACK = 1e-9
"""Relative widening against floating-point error; a printed digit is a thousand times coarser."""
SEPARATORS = re.compile(r"\s*(?:\+-|±|/|;|:|x)\s*")


@dataclass(frozen=True, slots=True)
class Interval:
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

    def meets(self, other: "Interval") -> bool:
        """Whether the two have a value in common."""
        room = SLACK * max(1.0, abs(self.low), abs(self.high))
        return self.low <= other.high + room and other.low <= self.high + room

    def gap(self, other: "Interval") -> float:
        """Distance to another interval; 0 where they meet."""
        return max(0.0, other.low - self.high, self.low - other.high)

    def plus(self, other: "Interval", times: float = 1.0) -> "Interval":
        """Sum with `times` another interval; where `times` is negative, the ends change places."""
        ends = sorted((times * other.low, times * other.high))
        return Interval(self.low + ends[0], self.high + ends[1])

    def common(self, other: "Interval") -> "Interval | None":
        """What both hold, or None."""
        if not self.meets(other):
            return None
        low, high = sorted((max(self.low, other.low), min(self.high, other.high)))
        return Interval(low, high)

    def __str__(self) -> str:
        return f"{self.low:.4g}" if self.low == self.high else f"{self.low:.4f} to {self.high:.4f}"


UNIT = Interval(0.0, 1.0)


def exactly(value: float) -> Interval:
    """Return the interval that holds one value."""
    return Interval(float(value), float(value))


def printed(
    text: str, unit: str = "", part: int | None = None, decimals: int | None = None
) -> Interval:
    """Return what a printed number can stand for; per cent become shares.

    Parameters
    ----------
    text : as printed, so that "0.7370" has four decimals; or several numbers with +-, /, ;, : or
        x between them
    unit : "%" divides by 100; a number without decimals and without "%" is a whole number of
        something and exact
    part : which number, where `text` holds several
    decimals : how many decimals count at most, where zeros were appended to a whole column

    Raises
    ------
    UserError
        If there is no such number.

    Examples
    --------
    >>> printed("0.7370")
    Interval(low=0.73695, high=0.7371)
    >>> printed("72", "images")
    Interval(low=72.0, high=72.0)
    >>> print(printed("98.36 +- 0.62", "%", part=1))
    0.0062 to 0.0063
    """
    number = _number(piece(text, part))
    scale = Decimal(100 if unit == "%" else 1)
    shown = -number.as_tuple().exponent
    if shown <= 0 and unit != "%":
        return exactly(float(number))
    count = shown if decimals is None else min(shown, decimals)
    step = Decimal(1).scaleb(-max(count, 0))
    return Interval(float((number - step / 2) / scale), float((number + step) / scale))


def decimals_that_count(texts: Sequence[str]) -> int | None:
    """Return the decimals of a column without the zeros that seem appended to all its numbers.

    Each further decimal of a number is 0 with chance 1/10; if all are, and by chance that is one
    in a hundred or rarer, a program's format may have appended them. 0, 1 and 100 do not count,
    since shares end so, nor does a number that stands there again, and one number says nothing of
    a column. None where all decimals count.

    Examples
    --------
    >>> decimals_that_count(["0.8600", "0.8500", "1.0000"]), decimals_that_count(["0.80", "0.86"])
    (2, None)
    """
    numbers = [Decimal(t) for t in set(texts) if re.fullmatch(r"\d*\.\d+", t)]
    numbers = [n for n in numbers if n not in (0, 1, 100)]
    counted = max((-n.normalize().as_tuple().exponent for n in numbers), default=0)
    zeros = [-n.as_tuple().exponent - max(0, counted) for n in numbers]
    zeros = [k for k in zeros if k > 0]
    return max(0, counted) if len(zeros) > 1 and sum(zeros) > 1 else None


def piece(text: str, part: int | None) -> str:
    """Return one of several numbers in a text; without `part` the text, of mean and sd the mean.

    Examples
    --------
    >>> piece("0.9555/0.8534/0.9967", 1), piece("0.86 +- 0.02", None)
    ('0.8534', '0.86')
    """
    if part is None:
        return text.partition(" +- ")[0]
    pieces = SEPARATORS.split(text.strip())
    if part >= len(pieces):
        raise UserError(f"{text!r} has no number {part}: count from 0 to {len(pieces) - 1}")
    return pieces[part]


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        several = "name one of its numbers by a fourth entry of the cell"
        hint = several if SEPARATORS.search(text) else "mend it, or leave the cell out"
        raise UserError(f"{text!r} cannot be read as a number: {hint}") from error
    if not number.is_finite():
        raise UserError(f"{text!r} is not a finite number: leave the cell out of the checks")
    return number


def image(function: Callable[..., float], *arguments: Interval) -> Interval:
    """Return the values of a function that rises or falls all the way in each argument.

    The extremes of such a function over a box lie at corners of the box, so they are tried all.
    """
    values = [function(*corner) for corner in product(*((a.low, a.high) for a in arguments))]
    return Interval(min(values), max(values))


def clipped(interval: Interval, limits: Interval = UNIT) -> Interval:
    """Cut an interval to what a share can be; one wholly outside becomes the nearer limit."""
    low, high = (min(max(end, limits.low), limits.high) for end in (interval.low, interval.high))
    return Interval(low, high)


def hull(intervals: Sequence[Interval]) -> Interval:
    """Return the smallest interval that holds all."""
    return Interval(min(i.low for i in intervals), max(i.high for i in intervals))
