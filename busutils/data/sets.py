"""Data sets by name, as a notebook's parameters say them."""

import os
from pathlib import Path

from busutils import paths
from busutils.data import busi, pairs, phantom
from busutils.data.files import Listing
from busutils.errors import UserError, choose

SETS = {
    "phantom": "generated breast ultrasound in BUSI's format; needs no download",
    "busi": "BUSI, 780 breast ultrasound images (benign, malignant, normal)",
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
    choose(name, SETS, "data set")
    if name == "phantom":
        return busi.listing(_phantoms(root), "Phantoms")
    if not root:
        raise UserError(f"data set {name!r} needs its folder: give --data-root FOLDER")
    folder = Path(root).expanduser()
    return pairs.listing(folder, images, masks) if name == "pairs" else busi.listing(folder)


def _phantoms(root: str) -> Path:
    folder = Path(root or os.environ.get("BUSUTILS_PHANTOMS") or paths.project() / "data/phantom")
    if not (folder / busi.FOLDER).exists():
        phantom.write_busi(folder)
    return folder
