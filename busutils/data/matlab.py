"""Slices of the figshare brain set: MATLAB v7.3 files, which are HDF5.

Cheng: brain tumor dataset, figshare 1512427. A file holds ``cjdata`` with label (1 meningioma,
2 glioma, 3 pituitary), PID (the patient), image (16 bits) and tumorMask. HDF5 has columns first, so
both arrays are transposed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from busutils.errors import UserError

if TYPE_CHECKING:
    import h5py

LABELS = {1: "meningioma", 2: "glioma", 3: "pituitary"}


def is_slice(path: Path) -> bool:
    """Whether a file is named as one of the set."""
    return path.suffix.lower() == ".mat"


def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the image, uint8 (height, width), and the mask, bool of that shape, of a slice.

    Grey levels are scaled to 0..255 by the slice's own smallest and largest one.

    Raises
    ------
    UserError
        If the file is missing, damaged or none of this set.
    """
    with _open(path) as data:
        _about(data)
        image = np.asarray(data["image"], float).T
        mask = np.asarray(data["tumorMask"]).T > 0
        if image.shape != mask.shape or image.ndim != 2:
            raise ValueError("its image and its mask have other shapes")
        low, high = image.min(), image.max()
    return np.rint(255 * (image - low) / max(high - low, 1)).astype(np.uint8), mask


def about(path: Path) -> tuple[str, str]:
    """Return label and patient of a slice without reading its arrays; errors as `read`."""
    with _open(path) as data:
        return _about(data)


def _about(data: "h5py.Group") -> tuple[str, str]:
    number = int(np.asarray(data["label"]).item())
    if number not in LABELS:
        raise ValueError(f"its label is {number}, none of {', '.join(map(str, LABELS))}")
    patient = "".join(chr(int(c)) for c in np.asarray(data["PID"]).ravel())
    return LABELS[number], patient


@contextmanager
def _open(path: Path) -> Iterator["h5py.Group"]:
    import h5py  # takes as long to import as all the rest of a listing

    if path.is_file() and not h5py.is_hdf5(path):
        raise UserError(
            f"{path} is no MATLAB v7.3 file: save it in MATLAB with '-v7.3', or take it out of the "
            "set"
        )
    try:
        with h5py.File(path) as file:
            if "cjdata" not in file:
                raise ValueError("it has no cjdata")
            yield file["cjdata"]
    except (OSError, LookupError, TypeError, ValueError, ArithmeticError, RuntimeError) as error:
        raise UserError(
            f"{path} cannot be read as a slice of figshare 1512427 ({error}): replace it by a "
            "whole copy, or take it out of the set"
        ) from error
