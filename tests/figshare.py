"""Brain phantoms in the format of figshare 1512427."""

from pathlib import Path

import h5py
import numpy as np

from busutils.phantoms.brain import patient_slices


def write(root: Path, n: int = 24, size: int = 128) -> Path:
    """Write `n` slices, three a patient, as MATLAB v7.3 files with folds; return the folder."""
    folder = root / "brainTumorDataPublic"
    folder.mkdir(parents=True)
    for i in range(n):
        patient = i // 3
        image, mask = list(patient_slices(0, patient, 5, size))[1 + i % 3]
        _write_slice(folder / f"{i + 1}.mat", 1 + patient % 3, patient, image[..., 2], mask)
    with h5py.File(folder / "cvind.mat", "w") as file:
        file["cvind"] = (1 + np.arange(n) // 3 % 5)[None].astype(float)
    return folder


def _write_slice(path: Path, label: int, patient: int, image: np.ndarray, mask: np.ndarray) -> None:
    with h5py.File(path, "w") as file:
        data = file.create_group("cjdata")
        data["label"] = np.array([[float(label)]])
        data["PID"] = np.array([[ord(c)] for c in f"{100_000 + patient}"], np.uint16)
        data["image"] = image.T.astype(np.int16) * 40
        data["tumorMask"] = mask.T.astype(np.uint8)
