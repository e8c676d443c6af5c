"""Figshare 1512427: 3064 slices of brain MRI of 233 patients, one MATLAB file each.

Cheng et al., PLoS ONE 2015, doi 10.1371/journal.pone.0140381.
"""

import re
from pathlib import Path

import numpy as np

from busutils.data import folders, matlab
from busutils.data.files import Case, Listing, refuse_twins
from busutils.errors import UserError

UNREADABLE = "unreadable"
"""Label of a slice that cannot be read, until its reading says why."""
FOLDS = "cvind.mat"
COUNTS = {"meningioma": 708, "glioma": 1426, "pituitary": 930}
"""Published number of slices by kind of tumour."""


def slices(root: Path) -> list[Path]:
    """Return the files of all slices under a folder, by their number."""
    files = [path for path in folders.names(root) if matlab.is_slice(path) and path.name != FOLDS]
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
    return Listing("Figshare brain tumours", root, tuple(cases), expected=COUNTS, parts=parts)


def _case(path: Path) -> Case:
    try:
        label, patient = matlab.about(path)
    except UserError:
        label, patient = UNREADABLE, path.stem
    return Case(path.stem, label, path, (path,), group=patient)


def _parts(file: Path, cases: list[str]) -> dict[str, str]:
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
    return {case: f"fold {fold}" for case, fold in zip(cases, folds, strict=True)}
