"""What a reader finds on disk, and how one image or mask is decoded."""

from dataclasses import dataclass
from math import nan
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from busutils.errors import UserError

NORMAL = "normal"
"""The label of images without a lesion: they need no mask."""


@dataclass(frozen=True)
class Case:
    """One image with its masks; nothing is decoded yet."""

    case: str
    label: str
    image: Path
    masks: tuple[Path, ...]
    group: str | None = None
    spacing_mm: float = nan


@dataclass(frozen=True)
class Listing:
    """What a reader found under a data root.

    `version` is the reader's: raised when the same files would give other cases. `orphans` are
    masks without an image, `notes` what else a person should know, `expected` the published
    number of cases by label where there is one.
    """

    name: str
    root: Path
    cases: tuple[Case, ...]
    version: int
    orphans: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    expected: dict[str, int] | None = None


def read_image(path: Path) -> np.ndarray:
    """Return an image as grey levels, uint8 of shape (height, width).

    Raises
    ------
    UserError
        If the file is missing, truncated or no image.
    """
    return np.asarray(_open(path, "L"))


def read_mask(path: Path) -> np.ndarray:
    """Return a mask as bool of shape (height, width): lesion where a colour channel is over 127.

    One-bit, grey, RGB and RGBA files are read alike; transparency is ignored.

    Raises
    ------
    UserError
        If the file is missing, truncated or no image.
    """
    return np.asarray(_open(path, "RGB")).max(axis=2) > 127


def joined_mask(case: Case, shape: tuple[int, int]) -> np.ndarray:
    """Return the union of a case's masks, bool of `shape` (height, width).

    A mask of another size than its image is resized (nearest neighbour); a case without a mask
    file has no lesion.
    """
    joined = np.zeros(shape, bool)
    for path in case.masks:
        joined |= resize_mask(read_mask(path), shape)
    return joined


def resize_mask(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resize a bool mask to `shape` (height, width) by nearest neighbour."""
    if mask.shape == tuple(shape):
        return mask
    return np.asarray(Image.fromarray(mask).resize(shape[::-1], Image.Resampling.NEAREST))


def resize_image(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resize grey levels to `shape` (height, width): bilinear with antialiasing."""
    if image.shape == tuple(shape):
        return image
    return np.asarray(Image.fromarray(image).resize(shape[::-1], Image.Resampling.BILINEAR))


def _open(path: Path, mode: str) -> Image.Image:
    try:
        with Image.open(path) as image:
            if image.mode in ("RGBA", "LA", "PA"):
                return image.convert("RGBA").convert("RGB").convert(mode)
            return image.convert(mode)
    except (OSError, UnidentifiedImageError, SyntaxError) as error:
        raise UserError(
            f"{path} cannot be read as an image ({error}): replace it by a whole copy, "
            "or take it out of the set"
        ) from error
