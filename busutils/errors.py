"""The two errors that a user meets: each is one sentence that names the thing and the remedy.

`Damaged` is told by what reads the file, as one of them.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """A wrong call or input, refused before anything is written (exit code 2)."""

    exit_code = 2

    def _render_traceback_(self) -> list[str]:
        """Show the sentence alone in a notebook, where IPython would show where it was raised."""
        return [f"{type(self).__name__}: {self}"]


class RunError(UserError):
    """A run that began and could not be finished (exit code 1)."""

    exit_code = 1


class Damaged(ValueError):
    """What is wrong with what a file holds, in a few words."""


def choose(value: str, options: Iterable[str], what: str) -> str:
    """Return `value` if it is one of `options`.

    Raises
    ------
    UserError
        That names `what`, the nearest choice and all choices.

    Examples
    --------
    >>> choose("near", ["near", "far"], "distance")
    'near'
    """
    options = list(options)
    if value in options:
        return value
    near = get_close_matches(str(value), options, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise UserError(f"unknown {what} {value!r}: {hint}choose one of {', '.join(options)}")
