"""Planning writes nothing: what a plan needs in the store is promised there, and kept later.

A promise is made by the name that a thing will have in the store, such as ``splits/<id>.csv``. It
is its content, or how it is made. What trains or bundles a job keeps the promises that it needs.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from busutils import paths
from busutils.errors import UserError

_PROMISED: dict[str, bytes | Callable[[Path], object]] = {}


def promise(name: str, made: bytes | Callable[[Path], object]) -> None:
    """Say what will stand in a store by this name.

    `made` is the content of a file, or a function that puts it into a store where it is missing.
    """
    _PROMISED[name] = made


def content(name: str) -> bytes | None:
    """Return the content that a file is promised to have, if one is."""
    made = _PROMISED.get(name)
    return made if isinstance(made, bytes) else None


def keep(name: str, store: Path) -> None:
    """Put what was promised by this name, if anything was, into a store that lacks it."""
    made = _PROMISED.get(name)
    if callable(made):
        made(store)
    elif made is not None:
        paths.write(store / name, made)


@contextmanager
def aside() -> Iterator[None]:
    """Read what was never read in a scratch folder, which is thrown away when the block ends.

    Caches and phantoms that are there are seen through links.
    """
    store, phantoms = paths.store(), paths.phantoms()
    with tempfile.TemporaryDirectory(prefix="busutils-") as place:
        scratch = Path(place)
        for file in (store / "cache").glob("*"):
            _link(file, scratch / "runs" / "cache" / file.name)
        for folder in phantoms.glob("*"):
            _link(folder, scratch / "phantom" / folder.name)
        set_aside = {"BUSUTILS_RUNS": "runs", "BUSUTILS_PHANTOMS": "phantom"}
        try:
            with paths.variables({k: str(scratch / name) for k, name in set_aside.items()}):
                yield
        except UserError as error:
            told = str(error).replace(str(scratch / "runs"), str(store))
            raise type(error)(told.replace(str(scratch / "phantom"), str(phantoms))) from error


def _link(there: Path, here: Path) -> None:
    """Link a file, or a folder's files: a folder of its own can be written anew."""
    if there.is_dir():
        for file in there.iterdir():
            _link(file, here / file.name)
    else:
        here.parent.mkdir(parents=True, exist_ok=True)
        here.symlink_to(there)
