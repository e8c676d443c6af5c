"""Paper 5's claim is cost: parameters, operations, time and memory of each network."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from busutils import compare, jobs
from busutils.studies.common import REPORTED, Entry, Results
from busutils.studies.mu_net import peak
from busutils.studies.mu_net import results as made
from busutils.studies.mu_net.settings import ROWS, Settings

WIDE = {"alpha": 1.4, "filters": 64, "dense_filters": 4096, "size": 256, "unet_size": 224}
"""The networks as their papers have them, at this paper's sizes."""


@dataclass(frozen=True)
class Drawn:
    """The six networks as their papers have them; nothing is trained.

    Attributes
    ----------
    table : columns network, parameters, printed (parameters, missing where the paper is silent),
        times MU-Net's (parameters), operations (10^9 an image), pixels a side
    stages : what MU-Net's encoder hands to its decoder, largest first: layer -> height x width x
        channels
    """

    table: pd.DataFrame
    stages: dict[str, str]


def as_drawn(settings: Settings) -> Drawn:
    """Build the six networks as their papers have them, and count."""
    from busutils import models
    from busutils.models.operations import operations

    printed, wide = _printed(), replace(settings, **WIDE)
    rows, stages = [], {}
    for row, name in ROWS.items():
        model, options = wide.network(row)
        built = models.outline(model, wide.size_of(row), **options)
        stages = stages or _stages(built)  # MU-Net is the first one
        count = built.count_params(), printed.get(row, pd.NA)
        rows.append((name, *count, operations(built) / 1e9, wide.size_of(row)))
    columns = ["network", "parameters", "printed", "operations, 10^9", "pixels a side"]
    table = pd.DataFrame(rows, columns=columns).astype({"printed": "Int64"})
    table.insert(3, "times MU-Net's", table["parameters"] / table["parameters"].iloc[0])
    return Drawn(table, stages)


def measured(results: Results, networks: Mapping[str, Any]) -> pd.DataFrame:
    """Cost of this run's networks beside their test Dice, in the printed order.

    Columns: network, parameters (10^6), operations (10^9 an image), seconds (median of one image
    at a time, after one that is not counted), memory (MiB that predicting one image adds to the
    framework, or NaN if it was not asked for), Dice, low, high.

    Parameters
    ----------
    networks : from :func:`busutils.studies.mu_net.results.load`
    """
    from busutils.models.operations import operations

    settings, rows = results.settings, []
    for row, entries in made.by_row(results).items():
        model, one = networks[row], made.mean(results, entries)
        asked = (settings.network(row)[0], settings.size_of(row), settings.network(row)[1])
        memory = peak.memory(*asked) if settings.measure_memory else np.nan
        seconds = _seconds(model, entries[0], settings.timed_images)
        cost = (model.count_params() / 1e6, operations(model) / 1e9, seconds, memory)
        rows.append((ROWS[row], *cost, one.estimate, one.low, one.high))
    columns = ["network", "parameters, 10^6", "operations, 10^9", "seconds", "memory, MiB"]
    return pd.DataFrame(rows, columns=[*columns, "Dice", "low", "high"])


def _seconds(model, entry: Entry, n: int) -> float:
    """Median time of predicting one test image."""
    from busutils.batches import prepare

    data = made.opened(entry.job)
    first = jobs.rows(entry.job, data.cases["case"], "test")[:1]
    image = prepare(data.images[first], entry.job)
    taken = []
    for _ in range(n + 1):
        started = time.perf_counter()
        model.predict_on_batch(image)
        taken.append(time.perf_counter() - started)
    return float(np.median(taken[1:]))


def _stages(model) -> dict[str, str]:
    from busutils.models import mu_net

    names = (*reversed(mu_net.SKIPS), mu_net.BOTTOM)
    return {name: "x".join(map(str, model.get_layer(name).output.shape[1:])) for name in names}


def _printed() -> dict[str, int]:
    text = compare.reported(REPORTED, 5, "text")
    return {
        "mu_net": int(text.printed("6", "parameters proposed")),
        "resnet50": int(text.printed("6", "parameters U-Net ResNet-50")),
    }
