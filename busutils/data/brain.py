"""Brain MRI with tumour masks: figshare 1512427 and the LGG set, both grouped by patient.

Cheng et al., PLoS ONE 2015, doi 10.1371/journal.pone.0140381 (figshare, 3064 slices of 233
patients, one MATLAB file each). Buda, Saha, Mazurowski, Computers in Biology and Medicine 2019
(LGG, 110 patients, a folder each with ``<patient>_<slice>.tif`` and ``..._mask.tif``; its channels
are pre-contrast, FLAIR and post-contrast).
"""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from busutils.data import folders, masks, matlab
from busutils.data.files import NORMAL, Case, Listing, read_image, refuse_twins
from busutils.errors import UserError

TUMOUR = "tumour"
UNREADABLE = "unreadable"
"""Label of a figshare slice that cannot be read, until its reading says why."""
FOLDS = "cvind.mat"
KINDS = {"meningioma": 708, "glioma": 1426, "pituitary": 930}
"""Published number of slices by kind, figshare."""
VERSION = 1

_SLICE = re.compile(r"(?P<patient>.+)_(?P<number>\d+)")


def listing(root: Path) -> Listing:
    """List the slices of the set that lies in `root`, by patient and slice number.

    Figshare slices have the tumour's kind as label; LGG slices "tumour", or "normal" where their
    mask is empty. LGG patients in whom a sequence is missing (FLAIR stands in its place) are noted.

    Raises
    ------
    UserError
        If `root` is missing, or neither of the two sets.
    """
    root = Path(root)
    if not root.is_dir():
        raise UserError(f"{root} is not a folder: name the one that holds the slices")
    if slices := _in_order(root):
        return _figshare(root, slices)
    places = (root / "kaggle_3m", root / "lgg-mri-segmentation" / "kaggle_3m", root)
    folder = next((f for f in places if any(_files(place)[1] for place in _patients(f))), None)
    if folder is None:
        raise UserError(
            f"{root} is neither figshare 1512427 (*.mat) nor LGG (TCGA_*/*_mask.tif): name the "
            "folder that holds the slices as data root"
        )
    return _lgg(folder)


def folds(root: Path) -> pd.Series:
    """Fold (1 to 5) of each figshare slice, as its authors drew them by patient; index is the case.

    Raises
    ------
    UserError
        If ``cvind.mat`` is missing, damaged, or does not fit the slices.
    """
    import h5py

    files = sorted(Path(root).rglob(FOLDS))
    if not files:
        raise UserError(f"{root} holds no {FOLDS}: fetch it too, or draw folds by patient")
    try:
        if h5py.is_hdf5(files[0]):
            with h5py.File(files[0]) as file:
                numbers = np.asarray(file["cvind"]).ravel().astype(int)
        else:  # an older MATLAB file
            numbers = loadmat(files[0])["cvind"].ravel().astype(int)
    except (OSError, KeyError, ValueError, MatReadError) as error:
        raise UserError(
            f"{files[0]} cannot be read as the folds of figshare 1512427 ({error}): replace it by "
            "a whole copy, or take it away"
        ) from error
    cases = [path.stem for path in _in_order(Path(root))]
    if len(cases) != len(numbers):
        raise UserError(
            f"{files[0]} has {len(numbers)} folds, but {len(cases)} slices are there: bring all"
        )
    return pd.Series(numbers, index=cases, name="fold")


def _in_order(root: Path) -> list[Path]:
    """Figshare slices by their number."""
    slices = [path for path in folders.files(root, ".mat") if path.name != FOLDS]
    return sorted(slices, key=lambda p: int(re.sub(r"\D", "", p.stem) or 0))


def _figshare(root: Path, slices: list[Path]) -> Listing:
    cases = []
    for path in slices:
        try:
            label, patient = matlab.about(path)
        except UserError:
            label, patient = UNREADABLE, path.stem
        cases.append(Case(path.stem, label, path, (path,), group=patient))
    refuse_twins(cases, "the set lies there twice, take one copy away")
    parts = {}
    if any(root.rglob(FOLDS)):
        parts = {case: f"fold {number}" for case, number in folds(root).items()}
    name = "Figshare brain tumours"
    return Listing(name, root, tuple(cases), VERSION, expected=KINDS, parts=parts or None)


def _lgg(folder: Path) -> Listing:
    cases, orphans, notes = [], [], []
    for place in _patients(folder):
        images, outlines = _files(place)
        orphans += [path for key, path in outlines.items() if key not in images]
        for number, path in images.items():
            own = (outlines[number],) if number in outlines else ()
            cases.append(Case(path.stem, _label(own), path, own, group=place.name))
        if missing := _missing(list(images.values())):
            notes.append(f"{place.name}: {' and '.join(missing)} missing, FLAIR stands there")
    return Listing("LGG", folder, tuple(cases), VERSION, tuple(orphans), tuple(notes), channels=3)


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
    found: tuple[dict, dict] = ({}, {})
    for path in folders.files(place, ".tif", deep=False):
        stem = path.stem.removesuffix("_mask")
        if match := _SLICE.fullmatch(stem):
            number = int(match["number"])
            if twin := found[path.stem != stem].get(number):
                raise UserError(f"{twin} and {path} are both slice {number}: take one of them away")
            found[path.stem != stem][number] = path
    return tuple(dict(sorted(one.items())) for one in found)


def _missing(images: list[Path]) -> list[str]:
    """Sequences of a patient that are a copy of FLAIR in every slice looked at."""
    looked = images[len(images) // 4 :: 4]
    copies = Counter()
    for path in looked:
        try:
            image = read_image(path, channels=3)
        except UserError:
            return []  # which is said when the slice is read
        for name, channel in {"pre-contrast": 0, "post-contrast": 2}.items():
            copies[name] += bool((image[..., channel] == image[..., 1]).all())
    return [name for name, n in copies.items() if looked and n == len(looked)]
