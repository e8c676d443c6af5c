"""The one error that a user meets: a sentence that names the thing, its place and the remedy."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Files or values that cannot be checked as they are (exit code 2)."""


def choose(value: str, options: Iterable[str], what: str) -> str:
    """Return `value` if it is one of `options`, or raise with `what` it is and the nearest."""
    options = list(options)
    if value in options:
        return value
    near = get_close_matches(str(value), options, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise InputError(f"unknown {what} {value!r}: {hint}choose one of {', '.join(options)}")
