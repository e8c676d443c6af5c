"""The files under a folder, as every reader sees them."""

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from busutils.errors import UserError

Fields = dict[str, str]
"""What the named groups of a regular expression find in the name of a file."""
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


def names(root: Path) -> dict[Path, str]:
    """Name each file under a folder, and each link that leads nowhere, in the natural order.

    Hidden files and folders (``._7.png`` of a Mac copy, ``.DS_Store``) and those of operating
    systems (``Thumbs.db``, ``__MACOSX``) are left out.
    """
    found = [(name(path, root), path) for path in _walk(root, ())]
    found.sort(key=lambda of: (natural(of[0]), of[1].as_posix()))
    return {path: name for name, path in found}


def matching(names: dict[Path, str], pattern: str) -> dict[Path, Fields]:
    """Take the files whose whole name matches a regular expression, with what its groups find."""
    matches = {path: re.fullmatch(pattern, name) for path, name in names.items()}
    return {path: match.groupdict() for path, match in matches.items() if match}


def paired(
    images: dict[Path, Fields], masks: dict[Path, Fields]
) -> tuple[dict[Path, tuple[Path, ...]], tuple[Path, ...]]:
    """Give each image the masks whose fields say the same of it; and the masks of no image.

    Parameters
    ----------
    images, masks : as :func:`matching` gives them; images have all fields that masks have
    """
    masks_of: dict[tuple[str, ...], list[Path]] = {}
    for path, fields in masks.items():
        masks_of.setdefault(tuple(fields.values()), []).append(path)
    shared = list(next(iter(masks.values()), {}))
    of_images = {
        path: tuple(masks_of.pop(tuple(fields[field] for field in shared), ()))
        for path, fields in images.items()
    }
    return of_images, tuple(path for paths in masks_of.values() for path in paths)


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


def _walk(folder: Path, above: tuple[str, ...]) -> Iterator[Path]:
    place = os.path.realpath(folder)
    if not folder.is_dir() or place in above:  # a link to a folder above would go round for ever
        return
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name.lower() in _SYSTEM:
            continue
        if path.is_dir():
            yield from _walk(path, (*above, place))
        elif path.is_file() or not path.exists():  # a link to nowhere is told when it is read
            yield path
