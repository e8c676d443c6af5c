"""The data page: what a set of images holds, measured."""

from collections.abc import Mapping
from dataclasses import dataclass

from busutils.data.dataset import Dataset
from busutils.data.files import Listing
from busutils.jobs import Job
from busutils.studies import common


@dataclass(frozen=True)
class Settings(common.Settings):
    """The parameters cell of the notebook, by the same names."""

    samples: int
    groups_shown: int
    seed: int
    splits_drawn: int


def check(values: Mapping) -> None:
    """Refuse parameters or images that cannot be used, before anything starts."""
    dataset(values)


def listing(values: Mapping) -> Listing:
    """List the files of the set that the parameters name."""
    return common.listing(Settings.of(values))


def dataset(values: Mapping) -> Dataset:
    """Open the set that the parameters name."""
    return common.opened(Settings.of(values), values["size"])


def plan(values: Mapping, data: Dataset) -> list[Job]:
    """Return no job: this page trains nothing."""
    return []
