"""Brain MRI with tumour masks: figshare 1512427 and the LGG set, both grouped by patient."""

from pathlib import Path

from busutils.data import figshare, folders, lgg
from busutils.data.files import Listing
from busutils.data.registry import ImageSet
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


def _recognises(root: Path) -> bool:
    names = (path.name.lower() for path in folders.files(root, ".mat", ".tif"))
    return any(
        name.endswith(".mat") or (name.startswith("tcga_") and name.endswith("_mask.tif"))
        for name in names
    )


SET = ImageSet(
    "brain",
    "figshare 1512427 or LGG, brain MRI with tumour masks, grouped by patient",
    listing,
    sources=(figshare.SOURCE, lgg.SOURCE),
    recognises=_recognises,
)
