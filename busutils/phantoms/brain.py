"""Brain MRI phantoms in the format of LGG; nothing has to be downloaded.

A head is an ellipse with a skull, two tissues and dark ventricles; a tumour is an irregular bright
region inside it, largest in the middle slices of a patient. Three sequences differ in contrast. A
score on them says nothing about patients.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from busutils.errors import UserError
from busutils.paths import whole_folder
from busutils.phantoms.skin import lesion
from busutils.phantoms.tissue import noise

CONTRAST = {"pre-contrast": (0.5, -0.08), "FLAIR": (0.4, 0.25), "post-contrast": (0.5, 0.15)}
"""Sequence -> brightness of tissue, and what the tumour adds."""


def write_lgg(
    root: Path, patients: int = 8, slices: int = 6, seed: int = 0, size: int = 128
) -> Path:
    """Write patients as the LGG set is laid out; return the folder ``kaggle_3m``.

    The outer slices hold no tumour; every fourth patient lacks the post-contrast sequence, which
    FLAIR stands for, as in the real set.

    Raises
    ------
    UserError
        If the folder is there already.
    RunError
        If it cannot be written.
    """
    folder = Path(root) / "kaggle_3m"
    if folder.exists():
        raise UserError(f"{folder} is there already: delete it or name another root")
    with whole_folder(folder) as part:
        for number in range(patients):
            name = f"TCGA_PH_{number:04d}_20000101"
            (part / name).mkdir()
            for i, (image, mask) in enumerate(patient_slices(seed, number, slices, size), start=1):
                if number % 4 == 3:
                    image[..., 2] = image[..., 1]
                Image.fromarray(image).save(part / name / f"{name}_{i}.tif")
                outline = Image.fromarray(mask).convert("L")
                outline.save(part / name / f"{name}_{i}_mask.tif")
    return folder


def patient_slices(
    seed: int, number: int, slices: int, size: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield image, uint8 (size, size, 3), and mask, bool (size, size), of each slice."""
    rng = np.random.default_rng([seed, number])
    head, ventricles, texture = _head(rng, size)
    tumour = lesion(rng, (size, size), area=(0.006, 0.07), centre=(0.3, 0.7)) * head
    for i in range(slices):
        height = 1 - abs(2 * i / max(slices - 1, 1) - 1)  # 0 at the ends, 1 in the middle
        region = tumour > 1 - 0.5 * height
        region &= height > 0
        image = np.zeros((size, size, 3))
        for channel, (tissue, gain) in enumerate(CONTRAST.values()):
            grey = head * (tissue + 0.08 * texture - 0.35 * ventricles) + gain * region
            image[..., channel] = 255 * np.clip(grey + rng.normal(0, 0.02, grey.shape), 0, 1)
        yield image.astype(np.uint8), region


def _head(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y, x = (np.mgrid[:size, :size] + 0.5) / size * 2 - 1
    head = np.hypot(x / rng.uniform(0.68, 0.76), y / rng.uniform(0.82, 0.9)) < 1
    pairs = [np.hypot((x - side * 0.14) / 0.09, (y + 0.05) / 0.3) < 1 for side in (-1, 1)]
    return head, pairs[0] | pairs[1], noise(rng, (size, size), (size / 16,) * 2)
