"""Reading photographs of skin at their original sizes: minutes for all of ISIC 2018, and memory.

Generated JPEGs and masks have the sizes of ISIC 2018, in their proportions; a process of its own
reads them at 256 x 256 in one pass, as a first run does, and tells its peak memory.
"""

import resource
import tempfile
import time
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from busutils.data import isic, reading

SIZES = {
    (1024, 768): 20,
    (4288, 2848): 14,
    (3008, 2000): 11,
    (767, 576): 7,
    (2048, 1536): 6,
    (3872, 2592): 5,
    (6688, 4439): 1,
}
"""Width and height of 64 images; 5.5 million pixels each on average, as 1000 of the set have."""
ALL = 2594
"""Images of the training part of ISIC 2018."""


def main(smaller: int = 1) -> dict:
    """Measure, print and return seconds, peak MiB, and minutes for the whole training part.

    Sides are divided by `smaller`, for a trial.
    """
    with tempfile.TemporaryDirectory() as folder:
        n = _write(Path(folder), smaller)
        with get_context("spawn").Pool(1) as pool:
            seconds, peak = pool.apply(_read, (Path(folder),))
    record = {"cases": n, "seconds": seconds, "peak_mib": peak, "all": seconds / n * ALL / 60}
    print(
        f"photographs: {n} of original sizes in {seconds:.1f} s, peak {peak:.0f} MiB; "
        f"{record['all']:.1f} min for all {ALL}"
    )
    return record


def _write(folder: Path, smaller: int) -> int:
    images = folder / "ISIC2018_Task1-2_Training_Input"
    masks = folder / "ISIC2018_Task1_Training_GroundTruth"
    images.mkdir(), masks.mkdir()
    sizes = [(w // smaller, h // smaller) for (w, h), n in SIZES.items() for _ in range(n)]
    rng = np.random.default_rng(0)
    for i, (width, height) in enumerate(sizes):
        coarse = Image.fromarray(rng.integers(60, 220, (12, 16, 3), np.uint8))
        skin = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), np.int16)
        grain = rng.integers(-6, 7, (height, width, 1), np.int16)
        picture = Image.fromarray(np.clip(skin + grain, 0, 255).astype(np.uint8))
        picture.save(images / f"ISIC_{i:07d}.jpg", quality=90)
        y, x = np.ogrid[:height, :width]
        inside = (x / width - 0.5) ** 2 + (y / height - 0.5) ** 2 < 0.1
        Image.fromarray(inside).convert("L").save(masks / f"ISIC_{i:07d}_segmentation.png")
    return len(sizes)


def _read(folder: Path) -> tuple[float, float]:
    start = time.perf_counter()
    found = isic.listing(folder)
    apart = tuple(replace(case, group=case.case) for case in found.cases)  # no search for copies
    with tempfile.TemporaryDirectory() as store:
        reading.load(replace(found, cases=apart), 256, store=Path(store))
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
