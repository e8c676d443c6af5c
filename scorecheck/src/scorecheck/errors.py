"""The one error that a user meets: a sentence that names the thing, its place and the remedy."""


class InputError(ValueError):
    """Files or values that cannot be checked as they are (exit code 2)."""
