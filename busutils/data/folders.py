"""The files under a folder, as every reader sees them."""

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from busutils.errors import UserError

_SYSTEM = {
    *("thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information"),
    *("__macosx", "@eadir", "lost+found"),
}


def root(place: Path, contents: str) -> Path:
    """Return a data root as a path.

    Raises
    ------
    UserError
        If it is no folder.
    """
    place = Path(place)
    if not place.is_dir():
        raise UserError(f"{place} is not a folder: name the one that holds {contents}")
    return place


def files(root: Path, *suffixes: str, deep: bool = True) -> list[Path]:
    """List the files under a folder, and links that lead nowhere, in the natural order of names.

    Hidden files and folders (``._7.png`` of a Mac copy, ``.DS_Store``) and those of operating
    systems (``Thumbs.db``, ``__MACOSX``) are left out.

    Parameters
    ----------
    root : folder; if there is none, nothing is listed
    suffixes : ends of names such as ".png", in any case; none for all files
    deep : also in folders below
    """
    every = _walk(root, deep, ())
    found = [path for path in every if not suffixes or path.suffix.lower() in suffixes]
    return sorted(found, key=lambda path: (natural(name(path, root)), path.as_posix()))


def name(path: Path, root: Path) -> str:
    """Name of a file relative to `root`, with slashes, in the one form that all tables use.

    Letters with accents are one character (NFC; Macs write two). Bytes that are no UTF-8 are
    written as ``\\xfc``, line breaks and other controls as ``\\n``.
    """
    return plain(path.relative_to(root).as_posix())


def plain(text: str) -> str:
    """Bring a file's name into that form."""
    text = unicodedata.normalize("NFC", os.fsencode(text).decode(errors="backslashreplace"))
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", lambda c: repr(c[0])[1:-1], text)


def natural(text: str) -> list[tuple[str, int]]:
    """Key that sorts 2 before 10."""
    return [(word, int(digits or 0)) for word, digits in re.findall(r"(\D*)(\d*)", text)]


def _walk(folder: Path, deep: bool, above: tuple[str, ...]) -> Iterator[Path]:
    place = os.path.realpath(folder)
    if not folder.is_dir() or place in above:  # a link to a folder above would go round for ever
        return
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name.lower() in _SYSTEM:
            continue
        if path.is_dir():
            yield from _walk(path, deep, (*above, place)) if deep else ()
        elif path.is_file() or not path.exists():  # a link to nowhere is told when it is read
            yield path
