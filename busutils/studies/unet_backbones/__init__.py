"""Paper 1: ten backbones in a U-Net on BUSI.

Bal-Ghaoui, El Yousfi Alaoui, Jilbab, Bourouhou: U-Net transfer learning backbones for lesions
segmentation in breast ultrasound images. IJECE 13(5), 2023, 5747-5754.
"""

from busutils.studies.unet_backbones.planning import (
    Entry,
    check,
    dataset,
    entries,
    plan,
    protocol_of,
)
from busutils.studies.unet_backbones.settings import Settings

__all__ = [
    "Entry",
    "Settings",
    "check",
    "dataset",
    "entries",
    "plan",
    "protocol_of",
]
