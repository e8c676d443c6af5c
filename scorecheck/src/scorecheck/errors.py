"""The one error that a user meets: a sentence that names the thing, its place and the remedy."""


class InputError(ValueError):
    """Files or values that cannot be checked as they are (exit code 2)."""

    def _render_traceback_(self) -> list[str]:
        """Show the sentence alone in a notebook, where IPython would show where it was raised."""
        return [f"{type(self).__name__}: {self}"]
