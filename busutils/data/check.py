"""A check of all files of a set: what a run would refuse, and what a person should know."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import ndimage

from busutils import metrics
from busutils.data import folders, masks, reading
from busutils.data.case_check import CaseCheck, check_case
from busutils.data.copies import duplicates
from busutils.data.files import NORMAL, Case, Listing, joined_mask, unseen_levels
from busutils.data.pictures import shape_of
from busutils.data.progress import bar
from busutils.data.report import TEXTS, Report

ALIKE = 0.7  # Dice of two masks of one frame, laid over each other, under which they contradict


def check(listing: Listing) -> Report:
    """Look at every file of a listing; nothing is changed, and unreadable files are reported.

    Near-duplicates take about a minute for 800 images on 2 cores, and are kept in the cache.
    """
    findings: dict[str, list[dict]] = {kind: [] for kind in TEXTS}
    with ThreadPoolExecutor() as pool:
        checked = pool.map(lambda case: check_case(case, listing.root), listing.cases)
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


def _inverted(checks: Sequence[CaseCheck]) -> list[dict]:
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
        a, b = (joined_mask(cases[name], shape_of(cases[name].image)) for name in names)
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
