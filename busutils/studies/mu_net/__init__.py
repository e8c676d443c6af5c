"""Paper 5: MU-Net and five other networks, on skin lesions and on brain tumours.

Nampalle, Uppala, Raman: Transfer learning based framework for image segmentation using medical
images and Tversky similarity. Preprint.
"""

from busutils.studies import common
from busutils.studies.common import Entry
from busutils.studies.mu_net.planning import entries, refuse_unknown_patients
from busutils.studies.mu_net.settings import Settings

_study = common.Study(Settings, entries, refuse_unknown_patients)
check, dataset, plan = _study.check, _study.dataset, _study.plan

__all__ = ["Entry", "Settings", "check", "dataset", "entries", "plan"]
