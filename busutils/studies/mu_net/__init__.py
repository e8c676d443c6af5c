"""Paper 5: MU-Net and five other networks, on skin lesions and on brain tumours.

Nampalle, Uppala, Raman: Transfer learning based framework for image segmentation using medical
images and Tversky similarity. Preprint.
"""

from collections.abc import Mapping

from busutils.studies import common
from busutils.studies.common import Entry
from busutils.studies.mu_net.planning import entries, refuse_unknown_patients
from busutils.studies.mu_net.settings import Settings

_study = common.Study(Settings, entries)
dataset, plan = _study.dataset, _study.plan


def check(values: Mapping) -> None:
    """Refuse parameters or a data root that cannot be used, before anything starts."""
    settings = Settings.of(values)
    refuse_unknown_patients(settings, common.listing(settings))


__all__ = ["Entry", "Settings", "check", "dataset", "entries", "plan"]
