"""Distances between outlines against MedPy's, on lesions in images of 256 pixels.

python -m benchmarks.bench_surface
"""

import time

import numpy as np
from medpy.metric import assd, hd95

from busutils import surface

CASES, SIZE = 100, 256


def main(cases: int = CASES, size: int = SIZE) -> dict:
    """Measure, print and return seconds of both, and their ratio; both give the same distances."""
    truth, predicted = _ellipses(0, cases, size), _ellipses(1, cases, size)
    start = time.perf_counter()
    ours = surface.scores(truth, predicted)
    middle = time.perf_counter()
    theirs = [(hd95(*of), assd(*of)) for of in zip(predicted, truth, strict=True)]
    end = time.perf_counter()
    if not np.allclose(ours[["hd95", "assd"]], theirs, atol=1e-6):
        raise AssertionError("the two measure other distances")
    one, other = middle - start, end - middle
    print(
        f"HD95 and average distance, {cases} lesions in {size} px: {one:.2f} s (with surface "
        f"Dice), MedPy {other:.2f} s, ratio {other / one:.1f}"
    )
    return {"ours_s": one, "medpy_s": other, "ratio": other / one}


def _ellipses(seed: int, n: int, size: int) -> np.ndarray:
    """One lesion an image, a tenth to a third of it wide, near its middle."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] / size
    masks = []
    for _ in range(n):
        (top, left), (height, width) = rng.uniform(0.4, 0.6, 2), rng.uniform(0.05, 0.17, 2)
        masks.append(((y - top) / height) ** 2 + ((x - left) / width) ** 2 < 1)
    return np.array(masks)


if __name__ == "__main__":
    main()
