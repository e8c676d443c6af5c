"""Paper 5's claim is cost: parameters, operations, time and memory of each network."""

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from busutils import compare
from busutils.studies.common import REPORTED, Results
from busutils.studies.mu_net import peak
from busutils.studies.mu_net import results as made
from busutils.studies.mu_net.settings import ROWS, Settings

WIDE = {"alpha": 1.4, "filters": 64, "dense_filters": 4096, "size": 256, "unet_size": 224}
"""The networks as their papers have them, at this paper's sizes."""
MILLION = 1e6


def as_drawn(settings: Settings) -> pd.DataFrame:
    """Parameters and operations of the six networks as their papers have them; nothing is trained.

    Columns: network, parameters, printed (parameters, NaN where the paper is silent), times
    (parameters, as a multiple of MU-Net's), operations (10^9 an image), size (pixels).
    """
    printed = _printed()
    wide = replace(settings, **WIDE)
    rows = []
    for row, parameters, operations in _counted(wide, list(ROWS)):
        size = wide.size_of(row)
        rows.append((ROWS[row], parameters, printed.get(row, np.nan), operations / 1e9, size))
    columns = ["network", "parameters", "printed", "operations, 10^9", "pixels a side"]
    table = pd.DataFrame(rows, columns=columns)
    times = table["parameters"] / table["parameters"].iloc[0]
    table.insert(3, "times MU-Net's", times)
    return table


def measured(results: Results) -> pd.DataFrame:
    """Cost of this run's networks beside their test Dice, in the printed order.

    Columns: network, parameters (10^6), operations (10^9 an image), seconds (median of one image
    at a time, after one that is not counted), memory (MiB that predicting one image adds to the
    framework, or NaN if it was not asked for), Dice, low, high.
    """
    settings = results.settings
    counted = {row: rest for row, *rest in _counted(settings, list(made.by_row(results)))}
    rows = []
    for row, entries in made.by_row(results).items():
        parameters, operations = counted[row]
        one = made.mean(results, entries)
        seconds = _seconds(entries[0], settings.timed_images)
        model, options = settings.network(row)
        asked = settings.measure_memory
        memory = peak.memory(model, settings.size_of(row), options) if asked else np.nan
        cost = (parameters / MILLION, operations / 1e9, seconds, memory)
        rows.append((ROWS[row], *cost, one.estimate, one.low, one.high))
    columns = ["network", "parameters, 10^6", "operations, 10^9", "seconds", "memory, MiB"]
    return pd.DataFrame(rows, columns=[*columns, "Dice", "low", "high"])


def _counted(settings: Settings, rows: list[str]) -> Iterator[tuple[str, int, int]]:
    import keras

    from busutils import models
    from busutils.models.operations import operations

    for row in rows:
        keras.backend.clear_session()
        model, options = settings.network(row)
        built = models.build(model, settings.size_of(row), **options)
        yield row, built.count_params(), operations(built)


def _seconds(entry, n: int) -> float:
    """Median time of predicting one test image with the trained network."""
    from busutils import training

    data = made.opened(entry.job)
    model = training.load(entry.job)
    image = training.prepare(data.images[made.test_rows(entry.job, data)[:1]], entry.job)
    taken = []
    for _ in range(n + 1):
        started = time.perf_counter()
        model.predict_on_batch(image)
        taken.append(time.perf_counter() - started)
    return float(np.median(taken[1:]))


def _printed() -> dict[str, int]:
    text = compare.reported(REPORTED, 5, "text")
    return {
        "mu_net": int(text.printed("6", "parameters proposed")),
        "resnet50": int(text.printed("6", "parameters U-Net ResNet-50")),
    }
