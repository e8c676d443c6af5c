"""Paper 4: nine losses of one U-Net on VGG16, and eleven other models.

Wang, Dong, Guo, Shin, Zhang, Wang, Li, Ke: FgFEU-Net: A Fine-grained Feature Extraction U-Net Model
for Breast Tumor Segmentation Based on Transfer Learning. Preprints.org 202506.1600, 2025.
"""

from busutils.studies import common
from busutils.studies.common import Entry
from busutils.studies.fgfeu_net.planning import answerable, entries
from busutils.studies.fgfeu_net.settings import LOSSES, Settings

_study = common.Study(Settings, entries)
check, dataset, plan = _study.check, _study.dataset, _study.plan

__all__ = ["LOSSES", "Entry", "Settings", "answerable", "check", "dataset", "entries", "plan"]
