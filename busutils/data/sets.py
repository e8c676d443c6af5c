"""Data sets by name, as a notebook's parameters say them: the registry.

To add one, write its reader in a file of its own (as :mod:`busutils.data.busi`), enter it in `SETS`
and say in ``sources.yaml`` where its files come from. Listing, checking, fetching, credits and
every list of choices follow.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from busutils import paths, phantoms
from busutils.data import brain, busi, isic, pairs, sources
from busutils.data.files import Listing
from busutils.errors import UserError, choose


@dataclass(frozen=True)
class ImageSet:
    """A set of images that a run can name.

    Attributes
    ----------
    about : str
        What it is, in a line.
    listing : callable
        Lists the cases in a data root; for images of one's own it takes patterns too.
    sources : tuple of str
        Keys of :func:`busutils.data.sources.known`; the files of any of them will do.
    recognises : callable
        Whether a folder looks like this set.
    generate : callable or None
        Writes a set that needs no files to a data root, where `folder` appears.
    """

    about: str
    listing: Callable[..., Listing]
    sources: tuple[str, ...] = ()
    recognises: Callable[[Path], bool] = lambda root: False
    generate: Callable[[Path], object] | None = None
    folder: str = ""


def _named(name: str, reader: Callable[[Path], Listing]) -> Callable[[Path], Listing]:
    """A reader of phantoms, which lie there as another set does."""
    return lambda root: replace(reader(root), name=name)


def _apart(root: Path) -> Listing:
    """Photographs, each a group: drawn independently, none is a near-duplicate of another."""
    drawn = isic.listing(root)
    return replace(drawn, cases=tuple(replace(case, group=case.case) for case in drawn.cases))


SETS = {
    "phantom": ImageSet(
        "generated breast ultrasound in BUSI's format; needs no download",
        _named("Phantoms", busi.listing),
        generate=phantoms.write_busi,
        folder=busi.FOLDER,
    ),
    "phantom_skin": ImageSet(
        "generated photographs of skin in ISIC's format; needs no download",
        _named("Skin phantoms", _apart),
        generate=phantoms.write_isic,
        folder="ISIC2018_Task1-2_Test_Input",
    ),
    "phantom_brain": ImageSet(
        "generated brain MRI in the format of LGG; needs no download",
        _named("Brain phantoms", brain.listing),
        generate=phantoms.write_lgg,
        folder=brain.LGG,
    ),
    "busi": ImageSet(
        "BUSI, 780 breast ultrasound images (benign, malignant, normal)", busi.listing, ("busi",)
    ),
    "isic": ImageSet(
        "ISIC 2018 Task 1 or HAM10000, photographs of skin lesions",
        isic.listing,
        ("isic2018", "ham10000-masks"),
        isic.recognises,
    ),
    "brain": ImageSet(
        "figshare 1512427 or LGG, brain MRI with tumour masks, grouped by patient",
        brain.listing,
        ("figshare", "lgg"),
        brain.recognises,
    ),
    "pairs": ImageSet("your own: a folder, a pattern for images and one for masks", pairs.listing),
}
"""All sets by the name that ``dataset=`` takes."""

WITHOUT_MASKS = {"isic2019": isic.NO_MASKS}
"""Sets that a paper may name and that have no masks (letters and digits alone) -> what to take."""


def find(name: str) -> ImageSet:
    """Return a set by its name.

    Raises
    ------
    UserError
        If it is unknown, or known to have no masks; with what to take instead.
    """
    refuse_without_masks(name)
    return SETS[choose(name, SETS, "data set")]


def refuse_without_masks(name: str) -> None:
    """Refuse a set that is known and has no masks, which a paper may name.

    Raises
    ------
    UserError
        With what to take instead.
    """
    if reason := WITHOUT_MASKS.get(re.sub("[^a-z0-9]", "", name.lower())):
        raise UserError(reason)


def credit(name: str) -> str:
    """Return what is due below pictures of a set: citation and licence; empty for others' sets."""
    known = {source.name: source for source in sources.known().values()}
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
    folder = Path(root).expanduser() if root else None
    if name == "pairs":
        return entry.listing(folder or fetched(name), *said.values())
    for parameter in filter(said.get, said):  # it would be passed over
        raise UserError(
            f"{parameter} is for images of your own, and {name} is read as it is known: leave "
            f"it out, or take dataset=pairs"
        )
    if entry.generate:
        return entry.listing(_generated(entry, folder))
    return entry.listing(folder or fetched(name))


def fetched(name: str) -> Path:
    """Return the folder that `busutils data fetch` writes for a set.

    Raises
    ------
    UserError
        If it is not there.
    """
    keys = find(name).sources
    for folder in (paths.project() / "data" / key for key in keys):
        if folder.is_dir():
            return folder
    fetch = f", or call `busutils data fetch {keys[0]}`" if keys else ""
    raise UserError(f"data set {name!r} needs its folder: give --data-root FOLDER{fetch}")


def recognise(root: Path) -> str:
    """Name the known set of a folder by its looks, or else busi, whose reader says more."""
    return next((name for name, entry in SETS.items() if entry.recognises(root)), "busi")


def _generated(entry: ImageSet, root: Path | None) -> Path:
    """Data root of a generated set, which is made there unless a person names the folder."""
    folder = root or paths.phantoms()
    if not (folder / entry.folder).exists():
        if root:
            raise UserError(
                f"{root} has no {entry.folder}: name the data set that lies there, or leave "
                "the folder out, and phantoms are made elsewhere"
            )
        _generate(entry, folder)
    return folder


def _generate(entry: ImageSet, folder: Path) -> None:
    """Make a set, or wait until another process has made it."""
    while not (folder / entry.folder).exists():
        with paths.locked(folder / f".{entry.folder}.lock") as mine:
            if mine and not (folder / entry.folder).exists():
                entry.generate(folder)
        if not mine:
            time.sleep(0.1)
