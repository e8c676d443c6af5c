"""Brain MRI with tumour masks: figshare 1512427 and the LGG set, both grouped by patient."""

from pathlib import Path

from busutils.data import figshare, folders, lgg
from busutils.data.files import Listing
from busutils.errors import UserError


def listing(root: Path) -> Listing:
    """List the slices of the set that lies in `root`, by patient and slice number.

    Raises
    ------
    UserError
        If `root` is missing, or neither of the two sets.
    """
    root = folders.root(root, "the slices")
    if figshare.slices(root):
        return figshare.listing(root)
    if folder := lgg.find(root):
        return lgg.listing(folder)
    raise UserError(
        f"{root} is neither figshare 1512427 (*.mat) nor LGG (TCGA_*/*_mask.tif): name the "
        "folder that holds the slices as data root"
    )


def recognises(root: Path) -> bool:
    """Whether a folder looks like one of the two sets, in it or deeper."""
    deeper = folders.matching(folders.names(root), rf"(.*/)?({lgg.MASK}|[^/]+\.(?i:mat))")
    return bool(deeper)
