"""What is wrong, or worth knowing, with the files of one case."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from busutils.data import folders, masks, matlab, pictures
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
class CaseCheck:
    """What the files of a case show.

    Attributes
    ----------
    findings : list of (kind, details), the kinds of :mod:`busutils.data.check`
    visible : whether its image can be read
    share : share of the image that is lesion (0 to 1); None if a run would refuse its files
    """

    case: Case
    root: Path
    findings: list[tuple[str, dict]] = field(default_factory=list)
    visible: bool = False
    share: float | None = None

    def add(self, kind: str, file: Path | None = None, **details: object) -> None:
        """Note a finding."""
        place = {"file": folders.name(file, self.root)} if file else {}
        self.findings.append((kind, {"cases": [self.case.case]} | place | details))


def check_case(case: Case, root: Path) -> CaseCheck:
    """Look at every file of a case; what cannot be read is a finding."""
    check = CaseCheck(case, root)
    image = _image(check)
    check.visible = image is not None
    read = _masks(check)
    if len(case.masks) > 1:
        check.add("several_masks", masks=len(case.masks))
    if nearly_normal(case.label):
        check.add("nearly_normal", why=f"label {case.label!r}")
    elif not case.masks and case.label != NORMAL:
        check.add("missing_masks")
    if check.visible and len(read) == len(case.masks):
        _compare(check, image, read)
    return check


def _image(check: CaseCheck) -> np.ndarray | None:
    path = check.case.image
    try:
        image = read_image(path)
    except UserError as error:
        check.add("unreadable", path, why=folders.plain(str(error)))
        return None
    _note_turned(check, path)
    if image.min() == image.max():
        check.add("constant", value=int(image.min()))
    return image


def _masks(check: CaseCheck) -> dict[Path, masks.Mask]:
    read = {}
    for path in check.case.masks:
        if path == check.case.image and not check.visible:
            continue  # one file holds both, and has been told
        try:
            mask = read[path] = masks.read(path, check.case.lesion_levels)
        except UserError as error:
            undecided = isinstance(error, masks.Undecided)
            kind = "undecided_masks" if undecided else "unreadable"
            check.add(kind, path, why=folders.plain(str(error)))
            continue
        if path != check.case.image:
            _note_turned(check, path)
        if mask.read_as:
            levels = [float(level) for level in mask.levels]
            check.add("nonbinary_masks", path, levels=levels, why=mask.read_as)
    return read


def _note_turned(check: CaseCheck, path: Path) -> None:
    if not matlab.is_slice(path) and pictures.is_turned(path):
        check.add("turned", path)


def _compare(check: CaseCheck, image: np.ndarray, read: dict[Path, masks.Mask]) -> None:
    """Compare the masks with their image and label."""
    joined = np.zeros(image.shape, bool)
    for path, mask in read.items():
        shape = mask.lesion.shape
        sizes = {"image": list(image.shape), "mask": list(shape)}
        if not same_shape(shape, image.shape):
            why = folders.plain(other_shape(path, shape, image.shape))
            check.add("other_shapes", path, **sizes, why=why)
            return
        if shape != image.shape:
            check.add("size_mismatches", path, **sizes)
        joined |= resize_mask(mask.lesion, image.shape)
    check.share = float(joined.mean())
    if check.case.label == NORMAL and joined.any():
        check.add("nonempty_normal_masks")
    if check.case.label != NORMAL and read and not joined.any():
        check.add("empty_lesion_masks")
