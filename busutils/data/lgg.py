"""LGG: brain MRI of 110 patients.

Buda, Saha, Mazurowski, Computers in Biology and Medicine 2019. A patient has a folder with
``<patient>_<slice>.tif`` and ``..._mask.tif``; channels are pre-contrast, FLAIR and post-contrast.
"""

import re
from pathlib import Path

from busutils.data import folders, masks
from busutils.data.files import NORMAL, Case, Listing, read_image
from busutils.data.registry import Source
from busutils.errors import UserError

TUMOUR = "tumour"
FOLDER = "kaggle_3m"
SEQUENCES = {"pre-contrast": 0, "post-contrast": 2}
"""Channels in which FLAIR (channel 1) stands where a sequence is missing."""
VERSION = 1

_SLICE = re.compile(r"(?P<patient>.+)_(?P<number>\d+)")


def find(root: Path) -> Path | None:
    """Return the folder of the patients in a data root; None if there is none."""
    places = (root / FOLDER, root / "lgg-mri-segmentation" / FOLDER, root)
    return next((f for f in places if any(_files(place)[1] for place in _patients(f))), None)


def listing(folder: Path) -> Listing:
    """List the slices of all patients by number: "tumour", or "normal" where the mask is empty.

    Patients in whom a sequence is missing are noted.

    Raises
    ------
    UserError
        If a patient has two files for one slice.
    """
    cases, orphans, notes = [], [], []
    for place in _patients(folder):
        images, outlines = _files(place)
        orphans += [path for key, path in outlines.items() if key not in images]
        for number, path in images.items():
            own = (outlines[number],) if number in outlines else ()
            cases.append(Case(path.stem, _label(own), path, own, group=place.name))
        if missing := _missing(list(images.values())):
            notes.append(f"{place.name}: {' and '.join(missing)} missing, FLAIR stands there")
    return Listing(
        SOURCE.name, folder, tuple(cases), VERSION, tuple(orphans), tuple(notes), channels=3
    )


def _patients(folder: Path) -> list[Path]:
    return sorted(folder.glob("TCGA_*"))


def _label(own: tuple[Path, ...]) -> str:
    """Label of a slice by its mask; one that cannot be read says so when the slice is read."""
    try:
        return NORMAL if own and not masks.read(own[0]).lesion.any() else TUMOUR
    except UserError:
        return TUMOUR


def _files(place: Path) -> tuple[dict[int, Path], dict[int, Path]]:
    """Images and masks of a patient by slice number (as a number: slice 2 comes before 10)."""
    by_kind: tuple[dict, dict] = ({}, {})
    for path in folders.files(place, ".tif", deep=False):
        stem = path.stem.removesuffix("_mask")
        if match := _SLICE.fullmatch(stem):
            number, files = int(match["number"]), by_kind[path.stem != stem]
            if number in files:
                raise UserError(
                    f"{files[number]} and {path} are both slice {number}: take one of them away"
                )
            files[number] = path
    return tuple(dict(sorted(files.items())) for files in by_kind)


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


SOURCE = Source(
    key="lgg",
    name="LGG",
    title="LGG, brain MRI, 110 patients",
    licence="CC BY-NC-SA 4.0, as a third party states; the page on Kaggle decides",
    citation="Buda, Saha, Mazurowski, Computers in Biology and Medicine 2019; Mazurowski et "
    "al., Journal of Neuro-Oncology 2017",
    folder=FOLDER,
    kaggle="mateuszbuda/lgg-mri-segmentation",
)
