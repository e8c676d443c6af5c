"""Digits that a scan takes for one another: would one of them make a number fit?

Only pairs that look alike in print are tried, one digit at a time, so that few of the nine other
digits count. A number that fits so is an innocent cause, never a proof that the scan misread it.
"""

from collections.abc import Iterable, Iterator

from scorecheck.intervals import Interval, printed

ALIKE = {
    "0": "689",
    "1": "47",
    "2": "7",
    "3": "58",
    "4": "19",
    "5": "36",
    "6": "058",
    "7": "12",
    "8": "0369",
    "9": "048",
}
"""For each digit, those that scans take it for."""


def variants(text: str) -> Iterator[str]:
    """Yield a printed number with one digit taken for one that looks like it.

    Examples
    --------
    >>> list(variants("0.2"))
    ['6.2', '8.2', '9.2', '0.7']
    """
    for i, digit in enumerate(text):
        for other in ALIKE.get(digit, ""):
            yield text[:i] + other + text[i + 1 :]


def fitting(text: str, unit: str, allowed: Iterable[Interval]) -> list[str]:
    """Return the variants of a printed number that some reading allows, nearest to it first."""
    allowed = list(allowed)
    found = [v for v in variants(text) if any(printed(v, unit).meets(a) for a in allowed)]
    return sorted(found, key=lambda v: abs(float(v) - float(text)))


def differ_in_one_digit(first: str, second: str) -> bool:
    """Whether two printed numbers are the same but for one digit.

    Examples
    --------
    >>> differ_in_one_digit("99.08", "98.08"), differ_in_one_digit("0.91", "0.9")
    (True, False)
    """
    pairs = zip(first, second, strict=False)
    return len(first) == len(second) and sum(a != b for a, b in pairs) == 1
