"""Paper 5: MU-Net and five other networks, on skin lesions and on brain tumours.

Nampalle, Uppala, Raman: Transfer learning based framework for image segmentation using medical
images and Tversky similarity. Preprint.
"""

from collections.abc import Mapping

from busutils.data import reading
from busutils.data.dataset import Dataset
from busutils.data.files import Listing
from busutils.studies import common
from busutils.studies.common import Entry
from busutils.studies.mu_net.planning import entries, refuse_unknown_patients
from busutils.studies.mu_net.settings import Settings

plan = common.Study(Settings, entries).plan


def check(values: Mapping) -> None:
    """Refuse parameters or a data root that cannot be used, before anything starts."""
    _listed(Settings.of(values))


def dataset(values: Mapping) -> Dataset:
    """Open the data set that the parameters name, at their size; its patients as `check`."""
    settings = Settings.of(values)
    return reading.load(_listed(settings), settings.size)


def _listed(settings: Settings) -> Listing:
    listing = common.listing(settings)
    refuse_unknown_patients(settings, listing)
    return listing


__all__ = ["Entry", "Settings", "check", "dataset", "entries", "plan"]
