"""Figshare 1512427: 3064 slices of brain MRI of 233 patients, one MATLAB file each.

Cheng et al., PLoS ONE 2015, doi 10.1371/journal.pone.0140381.
"""

import re
from pathlib import Path

import numpy as np

from busutils.data import folders, matlab
from busutils.data.files import Case, Listing, refuse_twins
from busutils.data.registry import File, Source
from busutils.errors import UserError

UNREADABLE = "unreadable"
"""Label of a slice that cannot be read, until its reading says why."""
FOLDS = "cvind.mat"
COUNTS = {"meningioma": 708, "glioma": 1426, "pituitary": 930}
"""Published number of slices by kind of tumour."""
VERSION = 1


def slices(root: Path) -> list[Path]:
    """Return the files of all slices under a folder, by their number."""
    files = [path for path in folders.files(root, ".mat") if path.name != FOLDS]
    return sorted(files, key=lambda path: int(re.sub(r"\D", "", path.stem) or 0))


def listing(root: Path) -> Listing:
    """List the slices under `root`, with the kind of tumour as label and the patient as group.

    The folds that the authors drew by patient are the parts, where ``cvind.mat`` is there.

    Raises
    ------
    UserError
        If a slice lies there twice, or the folds are damaged or do not fit the slices.
    """
    cases = [_case(path) for path in slices(root)]
    refuse_twins(cases, "the set lies there twice, take one copy away")
    file = next(iter(sorted(root.rglob(FOLDS))), None)
    parts = _parts(file, [case.case for case in cases]) if file else None
    return Listing(SOURCE.name, root, tuple(cases), VERSION, expected=COUNTS, parts=parts)


def _case(path: Path) -> Case:
    try:
        label, patient = matlab.about(path)
    except UserError:
        label, patient = UNREADABLE, path.stem
    return Case(path.stem, label, path, (path,), group=patient)


def _parts(file: Path, cases: list[str]) -> dict[str, str]:
    from scipy.io.matlab import MatReadError  # takes as long to import as pandas

    try:
        numbers = _folds(file)
    except (OSError, KeyError, ValueError, MatReadError) as error:
        raise UserError(
            f"{file} cannot be read as the folds of figshare 1512427 ({error}): replace it by "
            "a whole copy, or take it away"
        ) from error
    if len(cases) != len(numbers):
        raise UserError(
            f"{file} has {len(numbers)} folds, but {len(cases)} slices are there: bring all"
        )
    return {case: f"fold {number}" for case, number in zip(cases, numbers, strict=True)}


def _folds(file: Path) -> np.ndarray:
    """Fold (1 to 5) of each slice, from a MATLAB file of either kind."""
    import h5py
    from scipy.io import loadmat

    if not h5py.is_hdf5(file):
        return loadmat(file)["cvind"].ravel().astype(int)
    with h5py.File(file) as content:
        return np.asarray(content["cvind"]).ravel().astype(int)


_FIGSHARE = {
    ("brainTumorDataPublic_1-766.zip", 3381290, 214_401_279):
        "cdac0a7f4152cb34dd79b13543da96c37a6928ad8cb823e2662150b1a73ade54",
    ("brainTumorDataPublic_767-1532.zip", 3381296, 217_848_429):
        "d18e896d14f7af791cdd3d9b9342f9f974742a06132effde5a5219209862b4ce",
    ("brainTumorDataPublic_1533-2298.zip", 3381293, 215_563_856):
        "612d9f506c55c54db5f2f38b6d50741ef97a6d7c32b3e1be76e789674a97aefb",
    ("brainTumorDataPublic_2299-3064.zip", 3381302, 231_679_762):
        "9a673c55d139133cfbc57097bf155b5ac9f33684ee97f40bf2afba332d416a3a",
    (FOLDS, 7005344, 5736): None,
}  # fmt: skip
"""Name, number in the address and size of each file -> sha256."""
SOURCE = Source(
    key="figshare",
    name="Figshare brain tumours",
    title="figshare 1512427, brain MRI, 3064 slices with a tumour",
    licence="CC BY 4.0",
    citation="Cheng et al., PLoS ONE 2015, doi 10.1371/journal.pone.0140381; Cheng et al., "
    "PLoS ONE 2016, doi 10.1371/journal.pone.0157112; data doi 10.6084/m9.figshare.1512427",
    files=tuple(
        File(name, f"https://ndownloader.figshare.com/files/{number}", sha256, size)
        for (name, number, size), sha256 in _FIGSHARE.items()
    ),
    folder="brainTumorDataPublic",
    bare=True,
)
