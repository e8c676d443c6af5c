"""What is wrong, or worth knowing, with the files of one case."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from busutils.data import folders, masks, matlab, opening
from busutils.data.files import (
    NORMAL,
    Case,
    nearly_normal,
    other_shape,
    read_image,
    resize_mask,
    same_shape,
)
from busutils.errors import UserError


@dataclass
class Look:
    """What was seen of a case.

    Attributes
    ----------
    found : list of (kind, details), the kinds of :mod:`busutils.data.check`
    visible : whether its image can be read
    share : share of the image that is lesion (0 to 1); None if a run would refuse its files
    """

    case: Case
    root: Path
    found: list[tuple[str, dict]] = field(default_factory=list)
    visible: bool = False
    share: float | None = None

    def add(self, kind: str, file: Path | None = None, **details: object) -> None:
        """Note a finding."""
        place = {"file": folders.name(file, self.root)} if file else {}
        self.found.append((kind, {"cases": [self.case.case]} | place | details))


def look(case: Case, root: Path) -> Look:
    """Look at every file of a case; what cannot be read is a finding."""
    seen = Look(case, root)
    image = _image(seen)
    seen.visible = image is not None
    read = _masks(seen)
    if len(case.masks) > 1:
        seen.add("several_masks", masks=len(case.masks))
    if nearly_normal(case.label):
        seen.add("nearly_normal", why=f"label {case.label!r}")
    elif not case.masks and case.label != NORMAL:
        seen.add("missing_masks")
    if seen.visible and len(read) == len(case.masks):
        _compare(seen, image, read)
    return seen


def _image(seen: Look) -> np.ndarray | None:
    try:
        image = read_image(seen.case.image)
    except UserError as error:
        seen.add("unreadable", seen.case.image, why=folders.plain(str(error)))
        return None
    _turned(seen, seen.case.image)
    if image.min() == image.max():
        seen.add("constant", value=int(image.min()))
    return image


def _masks(seen: Look) -> dict[Path, masks.Mask]:
    read = {}
    for path in seen.case.masks:
        if path == seen.case.image and not seen.visible:
            continue  # one file holds both, and has been told
        try:
            read[path] = masks.read(path, seen.case.lesion_levels)
        except UserError as error:
            undecided = isinstance(error, masks.Undecided)
            kind = "undecided_masks" if undecided else "unreadable"
            seen.add(kind, path, why=folders.plain(str(error)))
            continue
        if path != seen.case.image:
            _turned(seen, path)
        if read[path].read_as:
            levels = [float(level) for level in read[path].levels]
            seen.add("nonbinary_masks", path, levels=levels, why=read[path].read_as)
    return read


def _turned(seen: Look, path: Path) -> None:
    if not matlab.is_slice(path) and opening.is_turned(path):
        seen.add("turned", path)


def _compare(seen: Look, image: np.ndarray, read: dict[Path, masks.Mask]) -> None:
    """Compare the masks with their image and label."""
    joined = np.zeros(image.shape, bool)
    for path, mask in read.items():
        shape = mask.lesion.shape
        sizes = {"image": list(image.shape), "mask": list(shape)}
        if not same_shape(shape, image.shape):
            why = folders.plain(other_shape(path, shape, image.shape))
            seen.add("other_shapes", path, **sizes, why=why)
            return
        if shape != image.shape:
            seen.add("size_mismatches", path, **sizes)
        joined |= resize_mask(mask.lesion, image.shape)
    seen.share = float(joined.mean())
    if seen.case.label == NORMAL and joined.any():
        seen.add("nonempty_normal_masks")
    if seen.case.label != NORMAL and read and not joined.any():
        seen.add("empty_lesion_masks")
