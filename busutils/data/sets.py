"""Data sets by name, as a notebook's parameters say them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from busutils import paths
from busutils.data import brain, busi, folders, isic, pairs, phantom, phantom_brain, phantom_skin
from busutils.data.files import Listing
from busutils.errors import UserError, choose

SETS = {
    "phantom": "generated breast ultrasound in BUSI's format; needs no download",
    "phantom_skin": "generated photographs of skin in ISIC's format; needs no download",
    "phantom_brain": "generated brain MRI in the format of LGG; needs no download",
    "busi": "BUSI, 780 breast ultrasound images (benign, malignant, normal)",
    "isic": "ISIC 2018 Task 1 or HAM10000, photographs of skin lesions",
    "brain": "figshare 1512427 or LGG, brain MRI with tumour masks, grouped by patient",
    "pairs": "your own: a folder, a pattern for images and one for masks",
}


FETCHED = {"busi": ("busi",), "isic": ("isic2018",), "brain": ("figshare", "lgg")}
"""Data set -> names by which it is fetched, and so of its folder in ``data/``."""


@dataclass(frozen=True)
class Generated:
    """A set that is made where it is absent: its folder, how it is written and listed."""

    folder: str
    write: Callable[[Path], Path]
    listing: Callable[[Path], Listing]


GENERATED = {
    "phantom": Generated(
        busi.FOLDER, phantom.write_busi, lambda root: busi.listing(root, "Phantoms")
    ),
    "phantom_skin": Generated(
        phantom_skin.FOLDERS[0].format("Test"),
        phantom_skin.write_isic,
        lambda root: _each_its_own(isic.listing(root, "Skin phantoms")),
    ),
    "phantom_brain": Generated(
        "kaggle_3m",
        phantom_brain.write_lgg,
        lambda root: replace(brain.listing(root), name="Brain phantoms"),
    ),
}
"""Sets of `SETS` that need no files; all of them fit into one data root."""


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
    root : folder of the files; empty means where `data fetch` puts the set, and for one of
        `GENERATED` ``data/phantom`` (or $BUSUTILS_PHANTOMS), where what is absent is made
    images, masks : patterns of :func:`busutils.data.pairs.listing`, for `pairs`
    labels, groups : its patterns of a case's name, for `pairs`; empty for none
    mask_levels : values of masks that are lesion, for `pairs`; empty leaves it to each file

    Raises
    ------
    UserError
        If the name is unknown, the root is not given or not what the name says, or something is
        said of a known set that only `pairs` reads.
    """
    refuse_maskless(name)
    choose(name, SETS, "data set")
    if name != "pairs":
        _refuse_said(name, images, masks, labels, groups, mask_levels)
    if name in GENERATED:
        return GENERATED[name].listing(_made(GENERATED[name], root))
    folder = Path(root).expanduser() if root else fetched(name)
    if name != "pairs":
        return {"busi": busi, "isic": isic, "brain": brain}[name].listing(folder)
    found = pairs.listing(folder, images, masks, labels or None, groups or None)
    if not mask_levels:
        return found
    levels = tuple(sorted(set(mask_levels)))
    cases = tuple(replace(case, lesion_levels=levels) for case in found.cases)
    return replace(found, cases=cases, said=found.said | {"mask_levels": levels})


def _refuse_said(name: str, *said: object) -> None:
    """A known set is read as it is known; what is said of it would be passed over."""
    names = ("image_pattern", "mask_pattern", "label_pattern", "group_pattern", "mask_levels")
    for parameter, value in zip(names, said, strict=True):
        if value:
            raise UserError(
                f"{parameter} is for images of your own, and {name} is read as it is known: leave "
                f"it out, or take dataset=pairs"
            )


def fetched(name: str) -> Path:
    """Return the folder that `busutils data fetch` writes for a set.

    Raises
    ------
    UserError
        If it is not there.
    """
    refuse_maskless(name)
    names = FETCHED.get(name, ())
    for folder in (paths.project() / "data" / called for called in names):
        if folder.is_dir():
            return folder
    fetch = f", or call `busutils data fetch {names[0]}`" if names else ""
    raise UserError(f"data set {name!r} needs its folder: give --data-root FOLDER{fetch}")


def refuse_maskless(name: str) -> None:
    """Refuse a set that is known and has no masks, which a paper may name.

    Raises
    ------
    UserError
        With what to take instead.
    """
    if re.sub("[^a-z0-9]", "", name.lower()) == "isic2019":
        raise UserError(isic.NO_MASKS)


def recognise(root: Path) -> str:
    """Name the known set of a folder: brain, isic, or else busi, whose reader says more."""
    names = [path.name.lower() for path in folders.files(root)]
    if any(
        n.endswith(".mat") or (n.startswith("tcga_") and n.endswith("_mask.tif")) for n in names
    ):
        return "brain"
    if any(root.glob("ISIC2018_Task1*")) or any(root.glob("HAM10000*")):
        return "isic"
    return "busi"


def _each_its_own(found: Listing) -> Listing:
    """Group each case alone: drawn independently, none is a near-duplicate of another."""
    return replace(found, cases=tuple(replace(c, group=c.case) for c in found.cases))


def _made(generated: Generated, root: str) -> Path:
    folder = Path(root) if root else paths.phantoms()
    if not (folder / generated.folder).exists():
        if root:
            raise UserError(
                f"{root} has no {generated.folder}: name the data set that lies there, or leave "
                "the folder out, and phantoms are made elsewhere"
            )
        generated.write(folder)
    return folder
