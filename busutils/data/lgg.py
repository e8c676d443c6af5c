"""LGG: brain MRI of 110 patients.

Buda, Saha, Mazurowski, Computers in Biology and Medicine 2019. A patient has a folder with
``<patient>_<slice>.tif`` and ``..._mask.tif``; channels are pre-contrast, FLAIR and post-contrast.
"""

from itertools import groupby
from pathlib import Path

from busutils.data import folders, masks
from busutils.data.files import NORMAL, Case, Listing, read_image, refuse_twins
from busutils.errors import UserError

TUMOUR = "tumour"
FOLDER = "kaggle_3m"
SEQUENCES = {"pre-contrast": 0, "post-contrast": 2}
"""Channels in which FLAIR (channel 1) stands where a sequence is missing."""
SLICE = r"(?P<patient>TCGA_[^/]*)/(?P<case>[^/]+_(?P<number>\d+))"
IMAGE, MASK = rf"{SLICE}\.(?i:tif)", rf"{SLICE}_mask\.(?i:tif)"


def find(root: Path) -> Path | None:
    """Return the folder of the patients in a data root; None if there is none."""
    places = (root / FOLDER, root / "lgg-mri-segmentation" / FOLDER, root)
    return next((place for place in places if folders.matching(folders.names(place), MASK)), None)


def listing(folder: Path) -> Listing:
    """List the slices of all patients by number: "tumour", or "normal" where the mask is empty.

    Patients in whom a sequence is missing are noted.

    Raises
    ------
    UserError
        If there are two files of one slice.
    """
    names = folders.names(folder)
    images = folders.matching(names, IMAGE)
    masks_of, orphans = folders.paired(images, folders.matching(names, MASK))
    in_order = sorted(images, key=lambda p: (images[p]["patient"], int(images[p]["number"])))
    cases = [
        Case(path.stem, _label(masks_of[path]), path, masks_of[path], images[path]["patient"])
        for path in in_order
    ]
    refuse_twins(cases, "take one of them away")
    missing = {
        patient: " and ".join(_missing([case.image for case in slices]))
        for patient, slices in groupby(cases, lambda case: case.group)
    }
    notes = [f"{p}: {what} missing, FLAIR stands there" for p, what in missing.items() if what]
    return Listing("LGG", folder, tuple(cases), orphans, tuple(notes), channels=3)


def _label(own: tuple[Path, ...]) -> str:
    """Label of a slice by its mask; one that cannot be read says so when the slice is read."""
    try:
        return NORMAL if own and not masks.read(own[0]).lesion.any() else TUMOUR
    except UserError:
        return TUMOUR


def _missing(images: list[Path]) -> list[str]:
    """Sequences of a patient that are a copy of FLAIR in every slice looked at."""
    try:
        pixels = [read_image(path, channels=3) for path in images[len(images) // 4 :: 4]]
    except UserError:
        return []  # which is said when the slice is read
    return [
        name
        for name, channel in SEQUENCES.items()
        if pixels and all((p[..., channel] == p[..., 1]).all() for p in pixels)
    ]
