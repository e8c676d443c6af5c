"""Paper 1: ten backbones in a U-Net on BUSI.

Bal-Ghaoui, El Yousfi Alaoui, Jilbab, Bourouhou: U-Net transfer learning backbones for lesions
segmentation in breast ultrasound images. IJECE 13(5), 2023, 5747-5754.
"""

from busutils.studies import common
from busutils.studies.unet_backbones.planning import (
    Entry,
    entries,
    protocol_of,
)
from busutils.studies.unet_backbones.settings import Settings

_study = common.Study(Settings, entries)
check, dataset, plan = _study.check, _study.dataset, _study.plan

__all__ = [
    "Entry",
    "Settings",
    "check",
    "dataset",
    "entries",
    "plan",
    "protocol_of",
]
