"""BUSI: 780 breast ultrasound images in three folders, with their masks.

Al-Dhabyani, Gomaa, Khaled, Fahmy: Dataset of breast ultrasound images. Data in Brief 28 (2020)
104863. Layout: ``Dataset_BUSI_with_GT/<label>/<label> (<i>).png`` with ``..._mask.png``,
``..._mask_1.png``, ``..._mask_2.png``.
"""

import re
from pathlib import Path

from busutils.data import folders
from busutils.data.files import Case, Listing, refuse_twins
from busutils.data.registry import File, ImageSet, Source
from busutils.errors import UserError

COUNTS = {"benign": 437, "malignant": 210, "normal": 133}
FOLDER = "Dataset_BUSI_with_GT"
VERSION = 1
OWN = (
    "--images 'images/{case}.png' --masks 'masks/{case}.png' (of a run: dataset=pairs, "
    "image_pattern and mask_pattern)"
)
"""How images of one's own are named; said to those whose folder is no BUSI."""

_NAME = re.compile(r"(?P<case>.+ \((?P<number>\d+)\))(?P<mask>_mask(_\d+)?)?")


def listing(root: Path) -> Listing:
    """List the cases of a BUSI folder in numeric order, benign, malignant, normal.

    `root` may be the folder that holds ``Dataset_BUSI_with_GT``, that folder itself, or a copy in
    which it is nested in itself.

    Raises
    ------
    UserError
        If `root` is missing or empty, or no BUSI.
    """
    folder, nested = _find(root)
    cases, orphans = [], []
    for label in COUNTS:
        images, masks = _files(folder / label)
        cases += [Case(c, label, path, tuple(masks.pop(c, ()))) for c, path in images]
        orphans += [path for paths in masks.values() for path in paths]
    if cases:
        refuse_twins(cases, "take one of them away")
    notes = (f"{FOLDER} is nested in itself; the inner folder is read",) if nested else ()
    return Listing("BUSI", folder, tuple(cases), VERSION, tuple(orphans), notes, COUNTS)


def _find(root: Path) -> tuple[Path, bool]:
    root = folders.root(root, f"{FOLDER} as data root")
    if not any(root.iterdir()):
        raise UserError(f"{root} is empty: unpack BUSI there, or run `busutils data fetch busi`")
    candidates = (root, root / FOLDER, root / FOLDER / FOLDER)
    found = [f for f in candidates if all((f / label).is_dir() for label in COUNTS)]
    if not found:
        raise UserError(
            f"{root} is no BUSI (no folders {', '.join(COUNTS)} in it or in its {FOLDER}): "
            "name the folder that holds them as data root; for images of your own give patterns, "
            f"{OWN}"
        )
    return found[-1], found[-1].parent.name == FOLDER


def _files(folder: Path) -> tuple[list[tuple[str, Path]], dict[str, list[Path]]]:
    images, masks = [], {}
    pictures = folders.files(folder, ".png", deep=False)
    matches = [(_NAME.fullmatch(path.stem), path) for path in pictures]
    named = [(m, path) for m, path in matches if m]
    for match, path in sorted(named, key=lambda m: (int(m[0]["number"]), m[1].stem)):
        if match["mask"]:
            masks.setdefault(match["case"], []).append(path)
        else:
            images.append((match["case"], path))
    return images, masks


SET = ImageSet(
    "busi",
    "BUSI, 780 breast ultrasound images (benign, malignant, normal)",
    listing,
    sources=(
        Source(
            key="busi",
            name="BUSI",
            title="BUSI, breast ultrasound, 780 images",
            licence="official text not found; third-party copies state CC BY 4.0",
            citation="Al-Dhabyani, Gomaa, Khaled, Fahmy, Data in Brief 28:104863, 2020, "
            "doi 10.1016/j.dib.2019.104863",
            files=(
                File(
                    "Dataset_BUSI.zip",
                    "https://scholar.cu.edu.eg/Dataset_BUSI.zip",
                    "b2ce09f6063a31a73f628b6a6ee1245187cbaec225e93e563735691d68654de7",
                ),
            ),
            folder=FOLDER,
            kaggle="aryashah2k/breast-ultrasound-images-dataset",
            verify=False,
        ),
    ),
)
