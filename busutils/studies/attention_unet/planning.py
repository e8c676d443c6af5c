"""Paper 2: the jobs that its notebook's parameters ask for."""

from collections.abc import Iterator

import pandas as pd

from busutils.data import splits
from busutils.data.dataset import Dataset
from busutils.jobs import Job
from busutils.studies import common
from busutils.studies.attention_unet.settings import LAST, RANDOM, Settings
from busutils.studies.common import Entry


def entries(settings: Settings, data: Dataset) -> list[Entry]:
    """List every job: part is the split, name the network; a repeat is one fold and seed.

    The last fifth is one split, so it is trained on once; of a random fifth there are `repeats`.
    """
    return [*_entries(settings, data)]


def _entries(settings: Settings, data: Dataset) -> Iterator[Entry]:
    for part in settings.splits:
        for repeat in range(1 if part == LAST else settings.repeats):
            split = _split(settings, data, part, repeat)
            for network in settings.networks:
                job = _job(settings, data, network, split, repeat)
                yield Entry(part, network, f"{part}, {repeat + 1}", job)


def table(settings: Settings, cases: pd.DataFrame, part: str, repeat: int = 0) -> pd.DataFrame:
    """Roles of all cases in a split, `LAST` or `RANDOM`; a repeat of this is another fold."""
    if part == LAST:
        return splits.in_file_order(cases)
    unit = "group" if settings.grouped else "case"
    return splits.shares(cases, 1 + repeat % 5, seed=settings.split_seed + repeat // 5, unit=unit)


def _split(settings: Settings, data: Dataset, part: str, repeat: int) -> dict:
    about = {"grouped": settings.grouped, "fold": 1 + repeat % 5} if part != LAST else {}
    # scores of lesions are those of random fifths, where there are any
    fewest = 1 if part == LAST and RANDOM in settings.splits else 2
    roles = table(settings, data.cases, part, repeat)
    return common.keep_split(roles, {"kind": part, **about}, fewest)


def _job(settings: Settings, data: Dataset, network: str, split: dict, seed: int) -> Job:
    return common.job(
        settings,
        data,
        split,
        seed,
        model="attention_unet",
        options={"channels": 1, **settings.options(network)},
        batchnorm_momentum=settings.batchnorm_momentum,
        loss="bce",
        record="film",
    )
