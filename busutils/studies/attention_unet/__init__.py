"""Paper 2: two attention U-Nets on BUSI.

Laghmati, Hicham, Cherradi, Hamida, Tmiri: Segmentation of Breast Cancer on Ultrasound Images using
Attention U-Net Model. IJACSA, 2023.
"""

from busutils.studies import common
from busutils.studies.attention_unet.planning import entries
from busutils.studies.attention_unet.settings import NETWORKS, Settings
from busutils.studies.common import Entry

_study = common.Study(Settings, entries)
check, dataset, plan = _study.check, _study.dataset, _study.plan

__all__ = ["NETWORKS", "Entry", "Settings", "check", "dataset", "entries", "plan"]
