"""BUSI: 780 breast ultrasound images in three folders, with their masks.

Al-Dhabyani, Gomaa, Khaled, Fahmy: Dataset of breast ultrasound images. Data in Brief 28 (2020)
104863. Layout: ``Dataset_BUSI_with_GT/<label>/<label> (<i>).png`` with ``..._mask.png``,
``..._mask_1.png``, ``..._mask_2.png``.
"""

from pathlib import Path

from busutils.data import folders
from busutils.data.files import Case, Listing, refuse_twins
from busutils.errors import UserError

COUNTS = {"benign": 437, "malignant": 210, "normal": 133}
FOLDER = "Dataset_BUSI_with_GT"
_CASE = rf"(?P<label>{'|'.join(COUNTS)})/(?P<case>[^/]+ \(\d+\))"


def listing(root: Path) -> Listing:
    """List the cases of a BUSI folder in numeric order, benign, malignant, normal.

    `root` may be the folder that holds ``Dataset_BUSI_with_GT``, that folder itself, or a copy in
    which it is nested in itself.

    Raises
    ------
    UserError
        If `root` is missing or empty, or no BUSI.
    """
    folder = _find(root)
    names = folders.names(folder)
    images = folders.matching(names, rf"{_CASE}\.(?i:png)")
    masks = folders.matching(names, rf"{_CASE}_mask(_\d+)?\.(?i:png)")
    masks_of, orphans = folders.paired(images, masks)
    cases = [Case(of["case"], of["label"], path, masks_of[path]) for path, of in images.items()]
    refuse_twins(cases, "take one of them away")
    nested = folder.parent.name == FOLDER
    notes = (f"{FOLDER} is nested in itself; the inner folder is read",) if nested else ()
    return Listing("BUSI", folder, tuple(cases), orphans, notes, COUNTS)


def _find(root: Path) -> Path:
    root = folders.root(root, f"{FOLDER} as data root")
    if not any(root.iterdir()):
        raise UserError(f"{root} is empty: unpack BUSI there, or run `busutils data fetch busi`")
    candidates = (root / FOLDER / FOLDER, root / FOLDER, root)
    for folder in candidates:
        if all((folder / label).is_dir() for label in COUNTS):
            return folder
    raise UserError(
        f"{root} is no BUSI (no folders {', '.join(COUNTS)} in it or in its {FOLDER}): "
        "name the folder that holds them as data root; for images of your own give patterns, "
        "--images 'images/{case}.png' --masks 'masks/{case}.png' (of a run: dataset=pairs, "
        "image_pattern and mask_pattern)"
    )
