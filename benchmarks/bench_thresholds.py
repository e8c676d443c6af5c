"""The threshold search in one pass against one comparison for each of the paper's 11 thresholds.

python -m benchmarks.bench_thresholds
"""

import time

import numpy as np
import pandas as pd

from busutils import metrics, thresholds

CASES, SIZE = 114, 256
"""A validation fold of paper 1."""


def main(cases: int = CASES, size: int = SIZE) -> dict:
    """Measure, print and return seconds of both, and their ratio; both give the same counts."""
    rng = np.random.default_rng(0)
    truth = rng.random((cases, size, size)) < 0.1
    levels = rng.integers(0, 256, truth.shape, dtype=np.uint8)
    one, first = _best(lambda: thresholds.counts(truth, levels, thresholds.PAPER_GRID))
    eleven, second = _best(lambda: _passes(truth, levels))
    if not first[metrics.COUNTS].equals(second[metrics.COUNTS]):
        raise AssertionError("the two searches count differently")
    print(
        f"threshold search, {cases} images of {size} px: one pass {one:.2f} s, "
        f"eleven passes {eleven:.2f} s, ratio {eleven / one:.1f}"
    )
    return {"one_pass_s": one, "eleven_passes_s": eleven, "ratio": eleven / one}


def _passes(truth: np.ndarray, levels: np.ndarray) -> pd.DataFrame:
    found = [
        metrics.counts(truth, levels >= np.ceil(t * 255 - 1e-9)).assign(threshold=t)
        for t in thresholds.PAPER_GRID
    ]
    table = pd.concat(found).rename_axis("row").reset_index()
    return table.sort_values(["row", "threshold"], ignore_index=True)


def _best(call, times: int = 3) -> tuple[float, pd.DataFrame]:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


if __name__ == "__main__":
    main()
