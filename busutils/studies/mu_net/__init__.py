"""Paper 5: MU-Net and five other networks, on skin lesions and on brain tumours.

Nampalle, Uppala, Raman: Transfer learning based framework for image segmentation using medical
images and Tversky similarity. Preprint.
"""

from collections.abc import Mapping

from busutils.data.dataset import Dataset
from busutils.studies import common
from busutils.studies.common import Entry
from busutils.studies.mu_net.planning import entries, refuse_unknown_patients
from busutils.studies.mu_net.settings import Settings

_study = common.Study(Settings, entries)
plan = _study.plan


def check(values: Mapping) -> None:
    """Refuse parameters or a data root that cannot be used, before anything starts."""
    _study.check(values)
    refuse_unknown_patients(Settings.of(values))


def dataset(values: Mapping) -> Dataset:
    """Open the data set that the parameters name, at their size; its patients as `check`."""
    refuse_unknown_patients(Settings.of(values))
    return _study.dataset(values)


__all__ = ["Entry", "Settings", "check", "dataset", "entries", "plan"]
