"""Generated sets (:mod:`busutils.phantoms`), read by the readers of the sets that they imitate."""

from dataclasses import replace
from pathlib import Path

from busutils import phantoms
from busutils.data import brain, busi, isic, lgg
from busutils.data.files import Listing
from busutils.data.registry import ImageSet


def _breast(root: Path) -> Listing:
    return replace(busi.listing(root), name="Phantoms")


def _skin(root: Path) -> Listing:
    """Each case is a group: drawn independently, none is a near-duplicate of another."""
    listing = isic.listing(root)
    alone = tuple(replace(case, group=case.case) for case in listing.cases)
    return replace(listing, name="Skin phantoms", cases=alone)


def _brain(root: Path) -> Listing:
    return replace(brain.listing(root), name="Brain phantoms")


SETS = (
    ImageSet(
        "phantom",
        "generated breast ultrasound in BUSI's format; needs no download",
        _breast,
        generate=phantoms.write_busi,
        folder=busi.FOLDER,
    ),
    ImageSet(
        "phantom_skin",
        "generated photographs of skin in ISIC's format; needs no download",
        _skin,
        generate=phantoms.write_isic,
        folder="ISIC2018_Task1-2_Test_Input",
    ),
    ImageSet(
        "phantom_brain",
        "generated brain MRI in the format of LGG; needs no download",
        _brain,
        generate=phantoms.write_lgg,
        folder=lgg.FOLDER,
    ),
)
