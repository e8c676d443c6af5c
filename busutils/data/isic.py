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
from busutils.data.registry import File, ImageSet, Source
from busutils.errors import UserError

PARTS = {"Training": "train", "Validation": "val", "Test": "test"}
"""Parts of ISIC 2018 Task 1, and what they are for."""
NO_MASKS = (
    "ISIC 2019 is a classification release and has no masks: take isic (ISIC 2018 Task 1, or "
    "HAM10000 with its masks)"
)
HAM = "HAM10000"
VERSION = 1


def listing(root: Path) -> Listing:
    """List the photographs of a folder by their number, with the label "lesion".

    Images of one lesion (where HAM10000's metadata tells) share a group.

    Raises
    ------
    UserError
        If `root` is missing, or neither of the two sets.
    """
    root = folders.root(root, "the images and masks")
    image_folders, mask_folders = _folders(root)
    masks = {
        p.stem.removesuffix("_segmentation"): p for f in mask_folders for p in _files(f, "png")
    }
    lesions = _lesions(root)
    images = sorted((p for f in image_folders for p in _files(f, "jpg")), key=lambda p: p.stem)
    if not images:
        raise UserError(f"{root} holds no ISIC_*.jpg: unpack the images there")
    group = {p.stem: lesions.get(p.stem) or p.stem for p in images} if lesions else {}
    cases = [
        Case(p.stem, "lesion", p, (masks[p.stem],) if p.stem in masks else (), group.get(p.stem))
        for p in images
    ]
    refuse_twins(cases, "take one of them away")
    known = {p.stem for p in images}
    orphans = tuple(path for stem, path in masks.items() if stem not in known)
    parts = {p.stem: _part(p.relative_to(root)) for p in images}
    official = parts if all(parts.values()) else None
    return Listing("ISIC 2018", root, tuple(cases), VERSION, orphans, channels=3, parts=official)


def _part(image: Path) -> str:
    """Part of ISIC 2018 by the folder that an image lies in; empty for HAM10000."""
    return next((role for word, role in PARTS.items() if f"_{word}_" in image.parts[0]), "")


def _folders(root: Path) -> tuple[list[Path], list[Path]]:
    """Folders of images and of masks."""
    pairs = [
        (root / f"ISIC2018_Task1-2_{word}_Input", root / f"ISIC2018_Task1_{word}_GroundTruth")
        for word in PARTS
    ]
    both = [pair for pair in pairs if pair[0].is_dir() and pair[1].is_dir()]
    if both:
        images, masks = zip(*both, strict=True)
        return list(images), list(masks)
    images = sorted(root.glob(f"{HAM}_images_part_*"))
    masks = sorted(root.glob(f"{HAM}_segmentations_lesion*"))
    if images and masks:
        return images, masks
    if any(root.glob("ISIC_2019*")):
        raise UserError(NO_MASKS)
    raise UserError(
        f"{root} is neither ISIC 2018 Task 1 (ISIC2018_Task1-2_Training_Input and "
        "ISIC2018_Task1_Training_GroundTruth) nor HAM10000 with its masks: name the folder that "
        "holds them as data root"
    )


def _files(folder: Path, kind: str) -> list[Path]:
    """ISIC files of a folder or of one in it."""
    found = folders.files(folder, f".{kind}")
    near = (p for p in found if len(p.relative_to(folder).parts) <= 2)
    return [p for p in near if p.name.startswith("ISIC_")]


def _lesions(root: Path) -> dict[str, str]:
    """Lesion id of each image, where HAM10000's metadata lies in `root`; images may lack one."""
    files = sorted(root.glob(f"{HAM}_metadata*"))
    if not files:
        return {}
    table = pd.read_csv(files[0], dtype=str, keep_default_na=False)
    if not {"image_id", "lesion_id"} <= set(table):
        raise UserError(
            f"{files[0]} has no columns image_id and lesion_id between commas: take the file as it "
            "was published, or take it away"
        )
    return dict(zip(table["image_id"], table["lesion_id"], strict=True))


def _recognises(root: Path) -> bool:
    return any(root.glob("ISIC2018_Task1*")) or any(root.glob(f"{HAM}*"))


def _archive(part: str, sha256: str) -> File:
    name = f"ISIC2018_Task1{'-2' if part.endswith('Input') else ''}_{part}.zip"
    url = f"https://isic-challenge-data.s3.amazonaws.com/2018/{name}"
    return File(name, url, sha256, 10_400_000_000 if part == "Training_Input" else None)


_TSCHANDL = (
    "Tschandl, Rosendahl, Kittler, Scientific Data 5:180161, 2018, doi 10.1038/sdata.2018.161"
)
_ISIC = {
    "Training_Input": "80f98572347a2d7a376227fa9eb2e4f7459d317cb619865b8b9910c81446675f",
    "Training_GroundTruth": "99f8b2bb3c4d6af483362010715f7e7d5d122d9f6c02cac0e0d15bef77c7604c",
    "Validation_Input": "0ea920fcfe512d12a6e620b50b50233c059f67b10146e1479c82be58ff15a797",
    "Validation_GroundTruth": "f6911e9c0a64e6d687dd3ca466ca927dd5e82145cb2163b7a1e5b37d7a716285",
    "Test_Input": "e59ae1f69f4ed16f09db2cb1d76c2a828487b63d28f6ab85997f5616869b127d",
    "Test_GroundTruth": "2e8f6edce454a5bdee52485e39f92bd6eddf357e81f39018d05512175238ef82",
}
SET = ImageSet(
    "isic",
    "ISIC 2018 Task 1 or HAM10000, photographs of skin lesions",
    listing,
    sources=(
        Source(
            key="isic2018",
            name="ISIC 2018",
            title="ISIC 2018 Task 1, photographs of skin lesions, 3694 images",
            licence="third parties disagree (CC0 or CC BY-NC 4.0); "
            "https://challenge.isic-archive.com/data/#2018 decides",
            citation=f"Codella et al., arXiv 1902.03368; {_TSCHANDL}",
            files=tuple(_archive(part, sha256) for part, sha256 in _ISIC.items()),
        ),
        Source(
            key="ham10000-masks",
            name=HAM,
            title="HAM10000, 10015 masks of skin lesions without the images",
            licence="CC BY-NC 4.0",
            citation="Tschandl et al., Nature Medicine 26:1229-1234, 2020, "
            f"doi 10.1038/s41591-020-0942-0; {_TSCHANDL}",
            files=(
                File(
                    "HAM10000_segmentations_lesion_tschandl.zip",
                    "https://dataverse.harvard.edu/api/access/datafile/3838943",
                    "6d88d7df8cc806c938932939d50c17fb9ad206c143343e4702c81cf3453c1e7a",
                    10_808_743,
                ),
            ),
        ),
    ),
    recognises=_recognises,
    without_masks={"isic2019": NO_MASKS},
)
