"""What is wrong, or merely worth knowing, in a set of images and masks."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from scipy import ndimage

from busutils.data import duplicates, reading
from busutils.data.files import NORMAL, Case, Listing, joined_mask, read_image, read_mask, shape_of
from busutils.data.sheet import figure
from busutils.errors import UserError

__all__ = ["Report", "check", "figure"]

ALIKE = 0.7  # Dice of two masks of one frame, laid over each other, under which they contradict

# what a finding is called, and what is to be done
_TEXTS = {
    "unreadable": ("unreadable files", "replace them by whole copies, or take the cases out"),
    "constant": ("images of one grey level", "take them out"),
    "missing_masks": ("lesion images without a mask", "add the masks, or take the images out"),
    "orphan_masks": ("masks without an image", "add the images; until then they are not used"),
    "empty_lesion_masks": ("lesion images with an empty mask", "correct them, or take them out"),
    "nonempty_normal_masks": (f"{NORMAL} images with a lesion", "correct their masks or labels"),
    "nonbinary_masks": ("masks with other values than 0 and 255", "over 127 is read as lesion"),
    "size_mismatches": ("masks of another size than the image", "stretched to it when read"),
    "several_masks": ("images with several masks", "joined when read"),
    "exact_duplicates": ("pairs of equal images", "split by group, or keep one of each"),
    "duplicate_groups": ("groups of the same or a neighbouring frame", "split by group"),
    "divided_groups": ("groups in several parts of the published split", "split by group"),
    "mixed_groups": ("groups that mix classes", "a label may be wrong: look, or leave them out"),
    "contradicting_masks": ("pairs of one frame with different masks", "look, or leave them out"),
}


@dataclass(frozen=True)
class Report:
    """What :func:`check` found.

    Attributes
    ----------
    counts, expected : dict
        Number of images by label; `expected` is None for a set without published numbers.
    masks : int
        Number of mask files.
    findings : dict of str to list of dict
        By kind (unreadable, constant, missing_masks, orphan_masks, empty_lesion_masks,
        nonempty_normal_masks, nonbinary_masks, size_mismatches, several_masks, exact_duplicates,
        duplicate_groups, divided_groups, mixed_groups, contradicting_masks), each with "cases" or "file" and
        details. Every kind is there, even with nothing found.
    groups : Series
        Group of every case: patient or lesion where the set tells, else from
        :func:`busutils.data.duplicates.groups`.
    agreement : DataFrame
        case_a, case_b, dice: how well the masks of two copies of one frame agree, aligned. What
        two outlines of one lesion reach is about what a network can reach.
    grouped : bool
        Whether the set itself tells groups; near-duplicates are then not searched for.
    """

    name: str
    root: str
    counts: dict[str, int]
    expected: dict[str, int] | None
    masks: int
    findings: dict[str, list[dict]]
    notes: tuple[str, ...] = ()
    groups: pd.Series = field(default_factory=pd.Series, repr=False)
    agreement: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    grouped: bool = False

    def to_dict(self) -> dict:
        """Return plain values."""
        return {
            "name": self.name,
            "root": self.root,
            "images": sum(self.counts.values()),
            "masks": self.masks,
            "counts": self.counts,
            "expected": self.expected,
            "counts_as_expected": self.expected is None or self.counts == self.expected,
            "groups_told_by_the_set": self.groups.nunique() if self.grouped else None,
            "images_in_duplicate_groups": 0 if self.grouped else int(self._shared.sum()),
            "notes": list(self.notes),
            "findings": self.findings,
        }

    def to_json(self) -> str:
        """Return :meth:`to_dict` as JSON."""
        return json.dumps(self.to_dict(), indent=1)

    def to_text(self) -> str:
        """Return a summary for people: a line a finding, with its meaning and the remedy."""
        labels = dict.fromkeys([*(self.expected or {}), *self.counts])
        lines = [f"{self.name}: {sum(self.counts.values())} images, {self.masks} masks"]
        lines += [f"  {label}: {self._count(label)}" for label in labels]
        if self.grouped:
            lines += [f"  patients or lesions (groups): {self.groups.nunique()}"]
        lines += [f"  note: {note}" for note in self.notes]
        found = [_line(kind, items) for kind, items in self.findings.items() if items]
        return "\n".join(lines + (found or ["- nothing else to report"]))

    @property
    def _shared(self) -> pd.Series:
        return self.groups.duplicated(keep=False)

    def _count(self, label: str) -> str:
        count = self.counts.get(label, 0)
        published = count if self.expected is None else self.expected.get(label, 0)
        return f"{count}" if count == published else f"{count} (published: {published})"


def check(listing: Listing) -> Report:
    """Look at every file of a listing; nothing is changed, and unreadable files are reported.

    Takes about a minute for 800 images on 2 cores, most of it for near-duplicates.
    """
    findings = {kind: [] for kind in _TEXTS}
    findings["orphan_masks"] += [{"file": _name(path, listing)} for path in listing.orphans]
    readable = {case.case: case for case in listing.cases if _look_at(case, listing, findings)}
    # Slices of one patient are alike by nature: where the set tells groups, only copies matter.
    pairs = duplicates.find(listing, near=not listing.grouped)
    groups = reading.groups(listing) if listing.grouped else duplicates.groups(listing, pairs)
    labels = pd.Series([case.label for case in listing.cases], index=groups.index, dtype=object)
    if not listing.grouped:
        _compare_labels(groups, labels, findings)
    findings["divided_groups"] += _divided(groups, listing.parts)
    agreement = _compare_masks(pairs, readable, findings)
    return Report(
        name=listing.name,
        root=str(listing.root),
        counts={str(label): int(n) for label, n in labels.value_counts(sort=False).items()},
        expected=listing.expected,
        masks=sum(len(case.masks) for case in listing.cases),
        findings=findings,
        notes=listing.notes,
        groups=groups,
        agreement=agreement,
        grouped=listing.grouped,
    )


def _divided(groups: pd.Series, parts: dict[str, str] | None) -> list[dict]:
    """Groups that stand in more than one part of the split that the set's authors published."""
    if not parts:
        return []
    part = pd.Series(parts).reindex(groups.index)
    found = part.groupby(groups, sort=False).unique()
    return [
        {"group": name, "cases": groups.index[groups == name].tolist(), "parts": sorted(of)}
        for name, of in found.items()
        if len(of) > 1
    ]


def _look_at(case: Case, listing: Listing, findings: dict) -> bool:
    """Add what is wrong with one case; tell whether all of it can be read."""
    try:
        image = read_image(case.image)
        masks = [read_mask(path) for path in case.masks]
    except UserError as error:
        findings["unreadable"].append({"cases": [case.case], "why": str(error)})
        return False
    if image.min() == image.max():
        findings["constant"].append({"cases": [case.case], "value": int(image.min())})
    if len(masks) > 1:
        findings["several_masks"].append({"cases": [case.case], "masks": len(masks)})
    for path, mask in zip(case.masks, masks, strict=True):
        item = {"cases": [case.case], "file": _name(path, listing)}
        if mask.shape != image.shape:
            sizes = {"image": list(image.shape), "mask": list(mask.shape)}
            findings["size_mismatches"].append(item | sizes)
        if levels := _grey_levels(path):
            findings["nonbinary_masks"].append(item | {"levels": levels})
    if kind := _wrong_lesion(case, any(mask.any() for mask in masks)):
        findings[kind].append({"cases": [case.case]})
    return True


def _wrong_lesion(case: Case, lesion: bool) -> str | None:
    if case.label == NORMAL:
        return "nonempty_normal_masks" if lesion else None
    if not case.masks:
        return "missing_masks"
    return None if lesion else "empty_lesion_masks"


def _grey_levels(path: Path) -> int:
    """Number of values of a mask if there are others than 0 and 255, else 0."""
    if path.suffix == ".mat":
        return 0  # read as: everything that is not 0
    with Image.open(path) as image:
        if image.mode == "1":
            return 0
        found = np.reshape(image.convert("RGB").histogram(), (3, 256)).any(axis=0)
    return int(found.sum()) if found[1:255].any() else 0


def _compare_labels(groups: pd.Series, labels: pd.Series, findings: dict) -> None:
    for name, cases in groups[groups.duplicated(keep=False)].groupby(groups, sort=False):
        members = {"group": name, "cases": cases.index.tolist()}
        members["labels"] = labels[cases.index].unique().tolist()
        findings["duplicate_groups"].append(members)
        if len(members["labels"]) > 1:
            findings["mixed_groups"].append(members)


def _compare_masks(pairs: pd.DataFrame, readable: dict, findings: dict) -> pd.DataFrame:
    """Compare the masks of copies of one frame; add those that differ (any pixel if exact)."""
    rows = []
    for pair in pairs.itertuples():
        cases, exact = [pair.case_a, pair.case_b], pair.kind == "exact"
        if exact:
            findings["exact_duplicates"].append({"cases": cases})
        if pair.score < duplicates.SAME or not all(case in readable for case in cases):
            continue
        a, b = (_joined(readable[case]) for case in cases)
        if not (a.any() or b.any()):
            continue
        dice = _dice(a, b, pair.transform)
        rows.append((*cases, dice))
        one_empty = a.any() != b.any()
        if one_empty or dice < (1 if exact else ALIKE):
            words = f"Dice of the two masks {dice:.2f}"
            why = "one mask is empty, the other is not" if one_empty else words
            item = {"cases": cases, "why": why, "dice": round(dice, 4)}
            findings["contradicting_masks"].append(item)
    return pd.DataFrame(rows, columns=["case_a", "case_b", "dice"])


def _joined(case: Case) -> np.ndarray:
    return joined_mask(case, shape_of(case.image))


def _dice(a: np.ndarray, b: np.ndarray, transform: np.ndarray) -> float:
    """Dice of two masks where both pictures show something; 1 if both are empty there."""
    linear, shift = transform[:, :2], transform[:, 2]
    # 0 outside the second picture, 1 on its background, 2 on its lesion
    drawn = ndimage.affine_transform(b.astype(np.uint8) + 1, linear, shift, a.shape, order=0)
    a, b = a & (drawn > 0), drawn == 2
    total = a.sum() + b.sum()
    return float(2 * (a & b).sum() / total) if total else 1.0


def _name(path: Path, listing: Listing) -> str:
    return path.relative_to(listing.root).as_posix()


def _line(kind: str, items: list[dict], most: int = 3) -> str:
    what, remedy = _TEXTS[kind]
    shown = [" = ".join(item.get("cases") or [item["file"]]) for item in items[:most]]
    shown += ["..."] * (len(items) > most)
    return f"- {what}: {len(items)} ({remedy}): {'; '.join(shown)}"
