"""What a reader finds on disk, and how an image and the masks of a case are read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from busutils.data import masks, pictures
from busutils.errors import UserError

NORMAL = "normal"
"""The label of images without a lesion: they need no mask."""


@dataclass(frozen=True)
class Case:
    """One image with its masks; nothing is decoded yet.

    `lesion_levels` are the values of its masks that are lesion; none leaves it to each file.
    """

    case: str
    label: str
    image: Path
    masks: tuple[Path, ...]
    group: str | None = None
    lesion_levels: tuple[int, ...] = ()


@dataclass(frozen=True)
class Listing:
    """What a reader found under a data root.

    `orphans` are masks without an image, `notes` what else a person should know, `expected` the
    published number of cases by label where there is one. `channels` is 1 (grey) or 3. `parts` is
    the part of each case in the split that the set's authors published, where there is one. `said`
    holds what a person said of the set that changes what the same files give, and `version` is the
    reader's, raised when they would give other cases: both tell caches apart.
    """

    name: str
    root: Path
    cases: tuple[Case, ...]
    orphans: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    expected: dict[str, int] | None = None
    channels: int = 1
    parts: dict[str, str] | None = None
    said: dict = field(default_factory=dict)
    version: int = 1

    @property
    def grouped(self) -> bool:
        """Whether the set itself says which cases belong together (by patient or lesion)."""
        return bool(self.cases) and all(case.group for case in self.cases)


def read_image(path: Path, channels: int = 1, at_least: int | None = None) -> np.ndarray:
    """Return an upright image as uint8: grey levels (height, width), or colours (height, width, 3).

    Parameters
    ----------
    path : an image, or a slice of figshare
    channels : 1 or 3
    at_least : a JPEG is decoded at 1/2, 1/4 or 1/8 of its size, as long as both sides stay as many
        pixels as this; a photograph of 12 megapixels then takes a fraction of time and memory

    Raises
    ------
    UserError
        If the file is missing, damaged, of a format that is not read, holds several pictures, or
        has more than 256 levels.
    """
    image = pictures.decode(path, at_least)
    if image.mode.startswith(("I", "F")):
        raise UserError(
            f"{path} has more than 256 grey levels (mode {image.mode}), of which only the lowest "
            "would be told apart: save it with 8 bits, scaled as you want it"
        )
    if image.mode in ("RGBA", "LA", "PA"):
        image = image.convert("RGBA").convert("RGB")  # transparency is ignored
    return np.asarray(image.convert({1: "L", 3: "RGB"}[channels]))


def joined_mask(case: Case, shape: tuple[int, int]) -> np.ndarray:
    """Return the union of a case's masks, bool of `shape` (height, width).

    A mask of another size than its image is resized (nearest neighbour); a case without a mask
    file has no lesion.

    Raises
    ------
    UserError
        If a mask cannot be read, does not say what is lesion, or has another shape than the image.
    """
    joined = np.zeros(shape, bool)
    for path in case.masks:
        joined |= fitted(masks.read(path, case.lesion_levels).lesion, shape, path)
    return joined


def fitted(mask: np.ndarray, shape: tuple[int, int], path: Path) -> np.ndarray:
    """Return the bool mask of the file `path` at the `shape` of its image.

    Raises
    ------
    UserError
        If it would be stretched.
    """
    if same_shape(mask.shape, shape):
        return resize_mask(mask, shape)
    sizes = "{1} x {0} pixels on an image of {3} x {2}".format(*mask.shape, *shape)
    why = "it is turned by 90 degrees" if mask.shape == shape[::-1] else "it would be stretched"
    raise UserError(f"mask {path} has {sizes}, so {why}: save it in the shape of its image")


def same_shape(mask: tuple[int, int], image: tuple[int, int]) -> bool:
    """Whether a mask has the height and width of its image, or both scaled alike and rounded."""
    (h, w), (height, width) = mask, image
    return abs(w * height - h * width) <= max(h, w, height, width)  # a pixel of the smaller one


def resize_mask(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resize a bool mask to `shape` (height, width) by nearest neighbour."""
    if mask.shape == tuple(shape):
        return mask
    return np.asarray(Image.fromarray(mask).resize(shape[::-1], Image.Resampling.NEAREST))


def resize_image(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resize an image to `shape` (height, width): bilinear with antialiasing."""
    if image.shape[:2] == tuple(shape):
        return image
    return np.asarray(Image.fromarray(image).resize(shape[::-1], Image.Resampling.BILINEAR))


def nearly_normal(label: str) -> bool:
    """Whether a label is meant as `NORMAL` and is not written so."""
    return label != NORMAL and label.strip().lower() == NORMAL


def unseen_levels(cases: Sequence[Case]) -> dict[int, str]:
    """Levels that are said to be lesion and that no mask has, with those that the masks have."""
    wanted = sorted({level for case in cases for level in case.lesion_levels})
    if not wanted:
        return {}
    read = (masks.read(path, case.lesion_levels) for case in cases for path in case.masks)
    seen = sorted({level for mask in read for level in mask.levels})
    return {level: masks.in_words(seen) for level in wanted if level not in seen}


def refuse_twins(cases: Sequence[Case], remedy: str) -> None:
    """Refuse two images with one case name.

    Raises
    ------
    UserError
        With both files and the remedy.
    """
    images: dict[str, Path] = {}
    for case in cases:
        first = images.setdefault(case.case, case.image)
        if first != case.image:
            raise UserError(f"{first} and {case.image} are both case {case.case!r}: {remedy}")
