"""What is wrong, or worth knowing, with the files of one case."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from busutils.data import folders, masks, pictures
from busutils.data.files import NORMAL, Case, fitted, nearly_normal, read_image
from busutils.errors import UserError

Content = TypeVar("Content")


@dataclass
class CaseCheck:
    """What the files of a case show.

    Attributes
    ----------
    findings : list of (kind, details), the kinds of :mod:`busutils.data.report`
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

    def read(self, path: Path, reader: Callable[[Path], Content]) -> Content | None:
        """Read a file; that it cannot be read, or is turned, is a finding."""
        try:
            content = reader(path)
        except UserError as error:
            kind = "undecided_masks" if isinstance(error, masks.Undecided) else "unreadable"
            self.add(kind, path, why=folders.plain(str(error)))
            return None
        if pictures.is_turned(path):
            self.add("turned", path)
        return content


def check_case(case: Case, root: Path) -> CaseCheck:
    """Look at every file of a case; what cannot be read is a finding."""
    check = CaseCheck(case, root)
    image = check.read(case.image, read_image)
    check.visible = image is not None
    if check.visible and image.min() == image.max():
        check.add("constant", value=int(image.min()))
    read = _masks(check)
    if len(case.masks) > 1:
        check.add("several_masks", masks=len(case.masks))
    if nearly_normal(case.label):
        check.add("nearly_normal", why=f"label {case.label!r}")
    elif not case.masks and case.label != NORMAL:
        check.add("missing_masks")
    if check.visible and len(read) == len(case.masks):
        _compare(check, image.shape, read)
    return check


def _masks(check: CaseCheck) -> dict[Path, masks.Mask]:
    read = {}
    reader = partial(masks.read, lesion_levels=check.case.lesion_levels)
    for path in check.case.masks:
        if path == check.case.image and not check.visible:
            continue  # one file holds both, and has been told
        if mask := check.read(path, reader):
            read[path] = mask
            if mask.read_as:
                levels = [float(level) for level in mask.levels]
                check.add("nonbinary_masks", path, levels=levels, why=mask.read_as)
    return read


def _compare(check: CaseCheck, shape: tuple[int, int], read: dict[Path, masks.Mask]) -> None:
    """Compare the masks with the shape of their image and with the label."""
    joined = np.zeros(shape, bool)
    for path, mask in read.items():
        sizes = {"image": list(shape), "mask": list(mask.lesion.shape)}
        try:
            joined |= fitted(mask.lesion, shape, path)
        except UserError as error:
            check.add("other_shapes", path, **sizes, why=folders.plain(str(error)))
            return
        if mask.lesion.shape != shape:
            check.add("size_mismatches", path, **sizes)
    check.share = float(joined.mean())
    if check.case.label == NORMAL and joined.any():
        check.add("nonempty_normal_masks")
    if check.case.label != NORMAL and read and not joined.any():
        check.add("empty_lesion_masks")
