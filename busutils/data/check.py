"""A check of all files of a set: what a run would refuse, and what a person should know."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import ndimage

from busutils import metrics
from busutils.data import folders, masks, pictures, reading
from busutils.data.copies import duplicates
from busutils.data.files import (
    NORMAL,
    Case,
    Listing,
    fitted,
    joined_mask,
    nearly_normal,
    read_image,
    unseen_levels,
)
from busutils.data.progress import bar
from busutils.data.report import TEXTS, Report
from busutils.errors import UserError

ALIKE = 0.7  # Dice of two masks of one frame, laid over each other, under which they contradict


def check(listing: Listing) -> Report:
    """Look at every file of a listing; nothing is changed, and unreadable files are reported.

    Near-duplicates take about a minute for 800 images on 2 cores, and are kept in the cache.
    """
    findings: dict[str, list[dict]] = {kind: [] for kind in TEXTS}
    with ThreadPoolExecutor() as pool:
        checked = pool.map(lambda case: _check_case(case, listing.root), listing.cases)
        checks = list(bar(checked, "looking at files", len(listing.cases)))
    for kind, item in (finding for check in checks for finding in check.findings):
        findings[kind].append(item)
    names = (folders.name(path, listing.root) for path in listing.orphans)
    findings["orphan_masks"] += [{"file": name} for name in names]
    taken = [check for check in checks if check.share is not None]
    findings["unseen_levels"] += [
        {"cases": [], "level": level, "why": f"{level}; they have {seen}"}
        for level, seen in unseen_levels([check.case for check in taken]).items()
    ]
    findings["inverted_masks"] += _inverted(taken)
    visible = replace(listing, cases=tuple(check.case for check in checks if check.visible))
    if listing.grouped:  # slices of one patient are alike by nature: only copies matter
        pairs = duplicates.find(visible, near=False)
        groups = reading.groups(listing)
    else:
        pairs = reading.pairs(visible)
        groups = duplicates.groups(listing, pairs)
        _compare_labels(groups, {case.case: case.label for case in listing.cases}, findings)
    findings["divided_groups"] += _divided(groups, listing.parts)
    agreement = _compare_masks(pairs, {check.case.case: check.case for check in taken}, findings)
    return Report(listing, findings, groups, agreement)


@dataclass
class _CaseCheck:
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

    def read(self, path: Path, reader: Callable[[Path], Any]) -> Any:
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


def _check_case(case: Case, root: Path) -> _CaseCheck:
    """Look at every file of a case; what cannot be read is a finding."""
    check = _CaseCheck(case, root)
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


def _masks(check: _CaseCheck) -> dict[Path, masks.Mask]:
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


def _compare(check: _CaseCheck, shape: tuple[int, int], read: dict[Path, masks.Mask]) -> None:
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


def _inverted(checks: Sequence[_CaseCheck]) -> list[dict]:
    """Lesions on more than half of the image, if most images of the set have such."""
    drawn = [c for c in checks if c.case.label != NORMAL and not c.case.lesion_levels]
    if not masks.are_inverted([check.share for check in drawn]):
        return []
    return [
        {"cases": [check.case.case], "why": f"{check.share:.0%}", "share": check.share}
        for check in drawn
        if check.share > 0.5
    ]


def _divided(groups: pd.Series, parts: dict[str, str] | None) -> list[dict]:
    """Groups that stand in more than one part of the split that the set's authors published."""
    if not parts:
        return []
    part = pd.Series(parts).reindex(groups.index)
    return [
        {"group": name, "cases": members.index.tolist(), "parts": sorted(members.unique())}
        for name, members in part.groupby(groups, sort=False)
        if len(members.unique()) > 1
    ]


def _compare_labels(groups: pd.Series, labels: dict[str, str], findings: dict) -> None:
    for name, of in groups[groups.duplicated(keep=False)].groupby(groups, sort=False):
        cases = of.index.tolist()
        members = {"group": name, "cases": cases, "labels": [*{labels[c]: None for c in cases}]}
        findings["duplicate_groups"].append(members)
        if len(members["labels"]) > 1:
            findings["mixed_groups"].append(members)


def _compare_masks(pairs: pd.DataFrame, cases: dict[str, Case], findings: dict) -> pd.DataFrame:
    """Compare the masks of copies of one frame; add those that differ (any pixel if exact)."""
    rows = []
    for pair in pairs.itertuples():
        names, exact = [pair.case_a, pair.case_b], pair.kind == "exact"
        if exact:
            findings["exact_duplicates"].append({"cases": names})
        if pair.score < duplicates.SAME or not cases.keys() >= set(names):
            continue
        a, b = (joined_mask(cases[name], pictures.shape_of(cases[name].image)) for name in names)
        if not (a.any() or b.any()):
            continue
        dice = _dice(a, b, pair.transform)
        rows.append((*names, dice))
        why = f"Dice of the two masks {dice:.2f}" if dice < (1 if exact else ALIKE) else ""
        if a.any() != b.any():
            why = "one mask is empty, the other is not"
        if why:
            item = {"cases": names, "why": why, "dice": round(dice, 4)}
            findings["contradicting_masks"].append(item)
    return pd.DataFrame(rows, columns=["case_a", "case_b", "dice"])


def _dice(a: np.ndarray, b: np.ndarray, transform: np.ndarray) -> float:
    """Dice of two masks where both pictures show something; 1 if both are empty there."""
    linear, shift = transform[:, :2], transform[:, 2]
    # 0 outside the second picture, 1 on its background, 2 on its lesion
    drawn = ndimage.affine_transform(b.astype(np.uint8) + 1, linear, shift, a.shape, order=0)
    a, b = a & (drawn > 0), drawn == 2
    return float(metrics.dice((a & b).sum(), (~a & b).sum(), (a & ~b).sum()))
