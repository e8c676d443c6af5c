"""How far long work is, on stderr."""

import sys
from collections.abc import Iterable, Iterator


def bar(items: Iterable, what: str, total: int, quiet: bool = False) -> Iterator:
    """Pass `items` on; a bar appears if they take more than two seconds, and goes when they end."""
    from tqdm import tqdm

    options = {"total": total, "delay": 2, "mininterval": 1, "leave": False, "disable": quiet}
    yield from tqdm(items, what, file=sys.stderr, **options)
