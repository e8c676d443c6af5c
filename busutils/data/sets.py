"""Data sets by name, as a notebook's parameters say them: the registry.

To add one, describe it in a file of its own (a `ImageSet`, as :mod:`busutils.data.busi` does) and
enter it in `SETS`. Listing, checking, fetching, credits and every list of choices follow.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from busutils import paths
from busutils.data import brain, busi, generated, isic, pairs
from busutils.data.files import Listing
from busutils.data.registry import ImageSet, Source
from busutils.errors import UserError, choose

_ENTRIES = (*generated.SETS, busi.SET, isic.SET, brain.SET, pairs.SET)
SETS: dict[str, ImageSet] = {entry.name: entry for entry in _ENTRIES}


def find(name: str) -> ImageSet:
    """Return a set by its name.

    Raises
    ------
    UserError
        If it is unknown, or known to have no masks; with what to take instead.
    """
    refuse_without_masks(name)
    return SETS[choose(name, SETS, "data set")]


def sources() -> dict[str, Source]:
    """Return where the files of all sets come from, by the name that `data fetch` is asked for."""
    return {source.key: source for entry in SETS.values() for source in entry.sources}


def credit(name: str) -> str:
    """Return what is due below pictures of a set: citation and licence; empty for others' sets."""
    known = {source.name: source for source in sources().values()}
    return f"Images: {known[name].citation}; {known[name].licence}" if name in known else ""


def listing(
    name: str,
    root: str = "",
    images: str = "",
    masks: str = "",
    labels: str = "",
    groups: str = "",
    mask_levels: Sequence[int] = (),
) -> Listing:
    """List the cases of a set.

    Parameters
    ----------
    name : a key of `SETS`
    root : folder of the files; empty means where `data fetch` puts the set, and for a generated
        one ``data/phantom`` (or $BUSUTILS_PHANTOMS), where what is absent is made
    images, masks, labels, groups, mask_levels : as in :func:`busutils.data.pairs.listing`, for
        images of one's own

    Raises
    ------
    UserError
        If the name is unknown, the root is not given or not what the name says, or something is
        said of a known set that only `pairs` reads.
    """
    entry = find(name)
    said = {
        "image_pattern": images,
        "mask_pattern": masks,
        "label_pattern": labels,
        "group_pattern": groups,
        "mask_levels": mask_levels,
    }
    if entry.own:
        return entry.listing(_folder(entry, root), *said.values())
    for parameter in filter(said.get, said):  # it would be passed over
        raise UserError(
            f"{parameter} is for images of your own, and {name} is read as it is known: leave "
            f"it out, or take dataset=pairs"
        )
    return entry.listing(_generated(entry, root) if entry.generate else _folder(entry, root))


def fetched(name: str) -> Path:
    """Return the folder that `busutils data fetch` writes for a set.

    Raises
    ------
    UserError
        If it is not there.
    """
    keys = [source.key for source in find(name).sources]
    for folder in (paths.project() / "data" / key for key in keys):
        if folder.is_dir():
            return folder
    fetch = f", or call `busutils data fetch {keys[0]}`" if keys else ""
    raise UserError(f"data set {name!r} needs its folder: give --data-root FOLDER{fetch}")


def refuse_without_masks(name: str) -> None:
    """Refuse a set that is known and has no masks, which a paper may name.

    Raises
    ------
    UserError
        With what to take instead.
    """
    for entry in SETS.values():
        if reason := entry.without_masks.get(re.sub("[^a-z0-9]", "", name.lower())):
            raise UserError(reason)


def recognise(root: Path) -> str:
    """Name the known set of a folder by its looks, or else busi, whose reader says more."""
    return next((entry.name for entry in SETS.values() if entry.recognises(root)), busi.SET.name)


def _folder(entry: ImageSet, root: str) -> Path:
    return Path(root).expanduser() if root else fetched(entry.name)


def _generated(entry: ImageSet, root: str) -> Path:
    """Data root of a generated set, which is made there unless a person names the folder."""
    folder = Path(root) if root else paths.phantoms()
    if not (folder / entry.folder).exists():
        if root:
            raise UserError(
                f"{root} has no {entry.folder}: name the data set that lies there, or leave "
                "the folder out, and phantoms are made elsewhere"
            )
        entry.generate(folder)
    return folder
