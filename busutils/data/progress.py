"""How far long work is, on stderr."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SECONDS = 2
"""Work that is done sooner shows nothing."""
_SILENT = ContextVar("silent", default=False)


@contextmanager
def silent(wanted: bool = True) -> Iterator[None]:
    """Show no bar within, if that is `wanted`."""
    token = _SILENT.set(wanted)
    try:
        yield
    finally:
        _SILENT.reset(token)


def bar(items: Iterable, what: str, total: int) -> Iterator:
    """Pass `items` on; a bar appears if they take more than `SECONDS`, and goes when they end."""
    from tqdm import tqdm

    options = {"total": total, "delay": SECONDS, "mininterval": 1, "leave": False}
    yield from tqdm(items, what, file=sys.stderr, disable=_SILENT.get(), **options)
