"""Paper 4: nine losses of one U-Net on VGG16, and eleven other models.

Wang, Dong, Guo, Shin, Zhang, Wang, Li, Ke: FgFEU-Net: A Fine-grained Feature Extraction U-Net Model
for Breast Tumor Segmentation Based on Transfer Learning. Preprints.org 202506.1600, 2025.
"""

from collections.abc import Mapping

from busutils.studies import common
from busutils.studies.common import Entry
from busutils.studies.fgfeu_net.planning import entries, refuse_unanswerable
from busutils.studies.fgfeu_net.settings import LOSSES, Settings

_study = common.Study(Settings, entries)
dataset, plan = _study.dataset, _study.plan


def check(values: Mapping) -> None:
    """Refuse parameters or a data root that cannot be used, before anything starts."""
    settings = Settings.of(values)
    refuse_unanswerable(settings, {case.label for case in common.listing(settings).cases})


__all__ = ["LOSSES", "Entry", "Settings", "check", "dataset", "entries", "plan"]
