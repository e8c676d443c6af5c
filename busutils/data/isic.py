"""ISIC 2018 Task 1 and HAM10000: photographs of skin lesions with their outlines.

Codella et al., arXiv 1902.03368; Tschandl, Rosendahl, Kittler: The HAM10000 dataset. Scientific
Data 5 (2018) 180161. Layouts, each with ``ISIC_<id>.jpg`` and ``ISIC_<id>_segmentation.png``:

- ``ISIC2018_Task1-2_<Part>_Input`` and ``ISIC2018_Task1_<Part>_GroundTruth``, Part being Training,
  Validation or Test; those that are there are read
- ``HAM10000_images_part_1``, ``..._2`` and ``HAM10000_segmentations_lesion_tschandl``, with
  ``HAM10000_metadata*`` (comma-separated; image_id, lesion_id) or without
"""

from pathlib import Path

import pandas as pd

from busutils.data import folders
from busutils.data.files import Case, Listing, refuse_twins
from busutils.errors import UserError

PARTS = {"Training": "train", "Validation": "val", "Test": "test"}
"""Parts of ISIC 2018 Task 1, and what they are for."""
NO_MASKS = (
    "ISIC 2019 is a classification release and has no masks: take isic (ISIC 2018 Task 1, or "
    "HAM10000 with its masks)"
)

_PART = rf"(?P<part>{'|'.join(PARTS)})"
_FILE = r"([^/]+/)?(?P<case>ISIC_[^/]*?)"  # in the folder or in one below it
_LAYOUTS = {
    rf"ISIC2018_Task1-2_{_PART}_Input": rf"ISIC2018_Task1_{_PART}_GroundTruth",
    r"HAM10000_images_part_[^/]*": r"HAM10000_segmentations_lesion[^/]*",
}
"""Folders of images -> folders of masks."""


def listing(root: Path) -> Listing:
    """List the photographs of a folder by their number, with the label "lesion".

    Images of one lesion (where HAM10000's metadata tells) share a group.

    Raises
    ------
    UserError
        If `root` is missing, or neither of the two sets.
    """
    root = folders.root(root, "the images and masks")
    images, masks = _files(root)
    masks_of, orphans = folders.paired(images, masks)
    lesions = _lesions(root)
    cases, parts = [], {}
    for path, found in sorted(images.items(), key=lambda item: item[1]["case"]):
        case = found["case"]
        group = (lesions.get(case) or case) if lesions else None
        cases.append(Case(case, "lesion", path, masks_of[path], group))
        if "part" in found:
            parts[case] = PARTS[found["part"]]
    refuse_twins(cases, "take one of them away")
    return Listing("ISIC 2018", root, tuple(cases), orphans, channels=3, parts=parts or None)


def recognises(root: Path) -> bool:
    """Whether a folder looks like one of the two sets."""
    return any(root.glob("ISIC2018_Task1*")) or any(root.glob("HAM10000*"))


def _files(root: Path) -> tuple[dict[Path, folders.Fields], dict[Path, folders.Fields]]:
    """Images and masks of the first layout that is there; parts without masks are left out."""
    names = folders.names(root)
    for image_folder, mask_folder in _LAYOUTS.items():
        masks = folders.matching(names, rf"{mask_folder}/{_FILE}(_segmentation)?\.(?i:png)")
        parts = {of.get("part") for of in masks.values()}
        images = folders.matching(names, rf"{image_folder}/{_FILE}\.(?i:jpg)")
        images = {path: of for path, of in images.items() if of.get("part") in parts}
        if images:
            return images, masks
    if any(root.glob("ISIC_2019*")):
        raise UserError(NO_MASKS)
    raise UserError(
        f"{root} is neither ISIC 2018 Task 1 (ISIC_*.jpg in ISIC2018_Task1-2_Training_Input and "
        "masks in ISIC2018_Task1_Training_GroundTruth) nor HAM10000 with its masks: name the "
        "folder that holds them as data root"
    )


def _lesions(root: Path) -> dict[str, str]:
    """Lesion id of each image, where HAM10000's metadata lies in `root`; images may lack one."""
    files = sorted(root.glob("HAM10000_metadata*"))
    if not files:
        return {}
    table = pd.read_csv(files[0], dtype=str, keep_default_na=False)
    if not {"image_id", "lesion_id"} <= set(table):
        raise UserError(
            f"{files[0]} has no columns image_id and lesion_id between commas: take the file as it "
            "was published, or take it away"
        )
    return dict(zip(table["image_id"], table["lesion_id"], strict=True))
