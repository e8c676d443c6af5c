"""Brain MRI with tumour masks, grouped by patient: figshare 1512427 and LGG.

- Figshare 1512427, 3064 slices of 233 patients: Cheng et al., PLoS ONE 2015, doi
  10.1371/journal.pone.0140381. A slice is one MATLAB file (:mod:`busutils.data.matlab`).
- LGG, 110 patients: Buda, Saha, Mazurowski, Computers in Biology and Medicine 2019. A patient has a
  folder with ``<patient>_<slice>.tif`` and ``..._mask.tif``; channels are pre-contrast, FLAIR and
  post-contrast.
"""

import re
from itertools import groupby
from pathlib import Path

import numpy as np

from busutils.data import folders, masks, matlab
from busutils.data.files import NORMAL, Case, Listing, read_image, refuse_twins
from busutils.errors import UserError

SLICES = {"meningioma": 708, "glioma": 1426, "pituitary": 930}
"""Published number of figshare's slices by kind of tumour."""
FOLDS = "cvind.mat"
UNREADABLE = "unreadable"
"""Label of a slice of figshare that cannot be read, until its reading says why."""
LGG = "kaggle_3m"
"""Folder of LGG's patients."""
SEQUENCES = {"pre-contrast": 0, "post-contrast": 2}
"""Channels of LGG in which FLAIR (channel 1) stands where a sequence is missing."""

_SLICE = r"(?P<patient>TCGA_[^/]*)/(?P<case>[^/]+_(?P<number>\d+))"
_IMAGE, _MASK = rf"{_SLICE}\.(?i:tif)", rf"{_SLICE}_mask\.(?i:tif)"


def listing(root: Path) -> Listing:
    """List the slices of the set that lies in `root`, by patient and slice number.

    Of figshare, the label is the kind of tumour, and the folds that the authors drew by patient are
    the parts, where ``cvind.mat`` is there. Of LGG, it is "tumour", or "normal" where the mask is
    empty, and patients in whom a sequence is missing are noted.

    Raises
    ------
    UserError
        If `root` is missing, or neither of the two sets, if a slice lies there twice, or the folds
        are damaged or do not fit the slices.
    """
    root = folders.root(root, "the slices")
    if slices := _figshare_slices(root):
        return _figshare(root, slices)
    for folder in (root / LGG, root / "lgg-mri-segmentation" / LGG, root):
        names = folders.names(folder)
        if outlines := folders.matching(names, _MASK):
            return _lgg(folder, folders.matching(names, _IMAGE), outlines)
    raise UserError(
        f"{root} is neither figshare 1512427 (*.mat) nor LGG (TCGA_*/*_mask.tif): name the "
        "folder that holds the slices as data root"
    )


def recognises(root: Path) -> bool:
    """Whether a folder looks like one of the two sets, in it or deeper."""
    return bool(folders.matching(folders.names(root), rf"(.*/)?({_MASK}|[^/]+\.(?i:mat))"))


def _figshare_slices(root: Path) -> list[Path]:
    """Files of all slices under a folder, by their number."""
    files = [path for path in folders.names(root) if matlab.is_slice(path) and path.name != FOLDS]
    return sorted(files, key=lambda path: int(re.sub(r"\D", "", path.stem) or 0))


def _figshare(root: Path, slices: list[Path]) -> Listing:
    cases = []
    for path in slices:
        try:
            label, patient = matlab.about(path)
        except UserError:
            label, patient = UNREADABLE, path.stem
        cases.append(Case(path.stem, label, path, (path,), patient))
    refuse_twins(cases, "the set lies there twice, take one copy away")
    file = next(iter(sorted(root.rglob(FOLDS))), None)
    parts = _parts(file, cases) if file else None
    return Listing("Figshare brain tumours", root, tuple(cases), expected=SLICES, parts=parts)


def _parts(file: Path, cases: list[Case]) -> dict[str, str]:
    """Fold (1 to 5) of each slice, from a MATLAB file of either kind."""
    import h5py
    from scipy.io import loadmat  # takes as long to import as pandas
    from scipy.io.matlab import MatReadError

    try:
        if h5py.is_hdf5(file):
            with h5py.File(file) as content:
                folds = np.asarray(content["cvind"])
        else:
            folds = loadmat(file)["cvind"]
        folds = folds.ravel().astype(int)
    except (OSError, KeyError, ValueError, MatReadError) as error:
        raise UserError(
            f"{file} cannot be read as the folds of figshare 1512427 ({error}): replace it by "
            "a whole copy, or take it away"
        ) from error
    if len(cases) != len(folds):
        raise UserError(
            f"{file} has {len(folds)} folds, but {len(cases)} slices are there: bring all"
        )
    return {case.case: f"fold {fold}" for case, fold in zip(cases, folds, strict=True)}


def _lgg(
    folder: Path, images: dict[Path, folders.Fields], outlines: dict[Path, folders.Fields]
) -> Listing:
    slices: dict[tuple[str, int], Path] = {}
    for path, of in images.items():
        first = slices.setdefault((of["patient"], int(of["number"])), path)
        if first != path:
            raise UserError(f"{first} and {path} are both slice {of['number']}: take one away")
    masks_of, orphans = folders.paired(images, outlines)
    cases = []
    for (patient, _), path in sorted(slices.items()):  # patients in the order of text
        own = masks_of[path]
        cases.append(Case(path.stem, _label(own), path, own, patient))
    missing = {
        patient: " and ".join(_missing([case.image for case in of]))
        for patient, of in groupby(cases, lambda case: case.group)
    }
    notes = [f"{p}: {what} missing, FLAIR stands there" for p, what in missing.items() if what]
    return Listing("LGG", folder, tuple(cases), orphans, tuple(notes), channels=3)


def _label(own: tuple[Path, ...]) -> str:
    """Label of a slice by its mask; one that cannot be read says so when the slice is read."""
    try:
        return NORMAL if own and not masks.read(own[0]).lesion.any() else "tumour"
    except UserError:
        return "tumour"


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
