"""How far long work is, on stderr."""

import sys
from collections.abc import Iterable, Iterator


SECONDS = 2
"""Work that is done sooner shows nothing."""


def bar(items: Iterable, what: str, total: int, quiet: bool = False) -> Iterator:
    """Pass `items` on; a bar appears if they take more than `SECONDS`, and goes when they end."""
    from tqdm import tqdm

    options = {"total": total, "delay": SECONDS, "mininterval": 1, "leave": False, "disable": quiet}
    yield from tqdm(items, what, file=sys.stderr, **options)
