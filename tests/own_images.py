"""Made-up images with a lesion each, as a person's own folder may hold them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = 64


def write(root: Path, labels: Sequence[str] = ("lesion",), n: int = 24, twice: int = 3) -> Path:
    """Write ``<label>/<case>/us.png`` with a mask beside it, ``roi_1.png``.

    Every `twice`-th lesion has its halves in two masks; 0 is never. No two images are alike.
    """
    for i in range(n):
        folder = root / labels[i % len(labels)] / f"{i}"
        folder.mkdir(parents=True)
        image, truth = pair(i)
        Image.fromarray(image).save(folder / "us.png")
        upper = np.arange(SIZE)[:, None] < np.argwhere(truth)[:, 0].mean()
        halves = [truth & upper, truth & ~upper] if twice and i % twice == 0 else [truth]
        for number, mask in enumerate(halves, start=1):
            Image.fromarray(mask).save(folder / f"roi_{number}.png")
    return root


def pair(i: int) -> tuple[np.ndarray, np.ndarray]:
    """Image (uint8) and truth (bool) of case `i`: a dark ellipse on speckle."""
    rng = np.random.default_rng(i)
    y, x = np.mgrid[:SIZE, :SIZE]
    centre, axes = rng.uniform(22, 42, 2), rng.uniform(8, 14, 2)
    truth = ((y - centre[0]) / axes[0]) ** 2 + ((x - centre[1]) / axes[1]) ** 2 < 1
    grey = rng.integers(100, 256, (SIZE, SIZE)) * np.where(truth, 0.4, 1)
    return grey.astype(np.uint8), truth
