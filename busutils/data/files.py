"""What a reader finds on disk, and how one image or mask is decoded."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import nan
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from busutils.data import matlab
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
    number of cases by label where there is one. `channels` is 1 (grey) or 3. `parts` is the part
    of each case in the split that the set's authors published, where there is one.
    """

    name: str
    root: Path
    cases: tuple[Case, ...]
    version: int
    orphans: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    expected: dict[str, int] | None = None
    channels: int = 1
    parts: dict[str, str] | None = None

    @property
    def grouped(self) -> bool:
        """Whether the set itself says which cases belong together (by patient or lesion)."""
        return bool(self.cases) and all(case.group for case in self.cases)


def read_image(path: Path, channels: int = 1, at_least: int | None = None) -> np.ndarray:
    """Return an image as uint8: grey levels (height, width), or colours (height, width, 3).

    Parameters
    ----------
    path : an image, or a MATLAB v7.3 file of the figshare brain set
    channels : 1 or 3
    at_least : a JPEG is decoded at 1/2, 1/4 or 1/8 of its size, as long as both sides stay as many
        pixels as this; a photograph of 12 megapixels then takes a fraction of time and memory

    Raises
    ------
    UserError
        If the file is missing, truncated, no image, or has more than 256 levels.
    """
    if path.suffix == ".mat":
        return np.repeat(matlab.read(path).image[..., None], channels, axis=2).squeeze()
    with _opened(path) as image:
        if image.mode.startswith(("I", "F")):
            raise UserError(
                f"{path} has more than 256 grey levels (mode {image.mode}), of which only the lowest "
                "would be told apart: save it with 8 bits, scaled as you want it"
            )
        if at_least:
            image.draft(None, (at_least, at_least))  # does nothing where the file is no JPEG
        return np.asarray(_converted(image, {1: "L", 3: "RGB"}[channels]))


def shape_of(path: Path) -> tuple[int, int]:
    """Return (height, width) of an image without decoding it."""
    if path.suffix == ".mat":
        return matlab.read(path).image.shape
    with _opened(path) as image:
        return image.size[::-1]


def read_mask(path: Path) -> np.ndarray:
    """Return a mask as bool of shape (height, width): lesion where a colour channel is over 127.

    One-bit, grey, RGB and RGBA files are read alike; transparency is ignored.

    Raises
    ------
    UserError
        If the file is missing, truncated or no image.
    """
    if path.suffix == ".mat":
        return matlab.read(path).mask
    with _opened(path) as image:
        grey = image.mode in ("1", "L")
        found = np.asarray(_converted(image, "L" if grey else "RGB"))
    return found > 127 if grey else found.max(axis=2) > 127


def brightest(path: Path) -> int:
    """Highest level of a mask file, 0 to 255."""
    with _opened(path) as image:
        return int(np.asarray(image.convert("L")).max())


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
    """Resize an image to `shape` (height, width): bilinear with antialiasing."""
    if image.shape[:2] == tuple(shape):
        return image
    return np.asarray(Image.fromarray(image).resize(shape[::-1], Image.Resampling.BILINEAR))


def _converted(image: Image.Image, mode: str) -> Image.Image:
    """Decode an image to a mode; transparency is ignored."""
    if image.mode in ("RGBA", "LA", "PA"):
        image = image.convert("RGBA").convert("RGB")
    return image.convert(mode)


def refuse_twins(cases: Sequence[Case], remedy: str) -> None:
    """Refuse two images with one case name.

    Raises
    ------
    UserError
        With both files and the remedy.
    """
    name, times = Counter(c.case for c in cases).most_common(1)[0]
    if times > 1:
        first, second, *_ = (c.image for c in cases if c.case == name)
        raise UserError(f"{first} and {second} are both case {name!r}: {remedy}")


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path) as image:
            yield image
    except (OSError, UnidentifiedImageError, SyntaxError) as error:
        raise UserError(
            f"{path} cannot be read as an image ({error}): replace it by a whole copy, "
            "or take it out of the set"
        ) from error
