"""Data sets by name, as a notebook's parameters say them."""

import os
from pathlib import Path

from busutils import paths
from busutils.data import brain, busi, isic, pairs, phantom
from busutils.data.files import Listing
from busutils.errors import UserError, choose

SETS = {
    "phantom": "generated breast ultrasound in BUSI's format; needs no download",
    "busi": "BUSI, 780 breast ultrasound images (benign, malignant, normal)",
    "isic": "ISIC 2018 Task 1 or HAM10000, photographs of skin lesions",
    "brain": "figshare 1512427 or LGG, brain MRI with tumour masks, grouped by patient",
    "pairs": "your own: a folder, a pattern for images and one for masks",
}


def listing(name: str, root: str = "", images: str = "", masks: str = "") -> Listing:
    """List the cases of a set.

    Parameters
    ----------
    name : a key of `SETS`
    root : folder of the files; for `phantom` empty means ``data/phantom``, made where absent
    images, masks : patterns of :func:`busutils.data.pairs.listing`, for `pairs`

    Raises
    ------
    UserError
        If the name is unknown, the root is not given or not what the name says.
    """
    if name == "isic2019":
        raise UserError(
            "ISIC 2019 is a classification release and has no masks: take isic (ISIC 2018 Task 1, "
            "or HAM10000 with its masks)"
        )
    choose(name, SETS, "data set")
    if name == "phantom":
        return busi.listing(_phantoms(root), "Phantoms")
    if not root:
        raise UserError(f"data set {name!r} needs its folder: give --data-root FOLDER")
    folder = Path(root).expanduser()
    if name == "pairs":
        return pairs.listing(folder, images, masks)
    return {"busi": busi, "isic": isic, "brain": brain}[name].listing(folder)


def recognise(root: Path) -> str:
    """Name the known set that lies in a folder: brain, isic, or else busi, whose reader says more."""
    if root.is_dir():
        if any(root.rglob("TCGA_*_mask.tif")) or any(root.rglob("*.mat")):
            return "brain"
        if any(root.glob("ISIC2018_Task1*")) or any(root.glob("HAM10000*")):
            return "isic"
    return "busi"


def _phantoms(root: str) -> Path:
    folder = Path(root or os.environ.get("BUSUTILS_PHANTOMS") or paths.project() / "data/phantom")
    if not (folder / busi.FOLDER).exists():
        phantom.write_busi(folder)
    return folder
