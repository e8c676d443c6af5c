"""Paper 3: one U-Net that outlines a lesion and calls it benign or malignant.

Paudel, Khakurel: Segmenting Abnormalities and Predicting Breast Cancer in Ultrasound Images using
Modified UNET Architecture. Journal of Science and Technology 4(1), 2024.
"""

from busutils.studies import common
from busutils.studies.common import Entry
from busutils.studies.multitask_unet.planning import entries, refuse_other_labels
from busutils.studies.multitask_unet.settings import Settings

_study = common.Study(Settings, entries, refuse_other_labels)
check, dataset, plan = _study.check, _study.dataset, _study.plan

__all__ = ["Entry", "Settings", "check", "dataset", "entries", "plan"]
