"""What is wrong, or merely worth knowing, in a set of images and masks."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import ndimage

from busutils.data import folders, masks, reading
from busutils.data.copies import duplicates
from busutils.data.copies.contact_sheet import figure
from busutils.data.files import NORMAL, Case, Listing, joined_mask, shape_of, unseen_levels
from busutils.data.look import Look, look
from busutils.data.progress import bar

__all__ = ["Report", "check", "figure"]

ALIKE = 0.7  # Dice of two masks of one frame, laid over each other, under which they contradict

# what a finding is called, and what is to be done
REFUSED = {
    "unreadable": ("files that cannot be read", "mend them, or take the cases out"),
    "nearly_normal": (f"labels nearly {NORMAL!r}", f"without a lesion: {NORMAL!r}; else another"),
    "missing_masks": ("lesion images without a mask", f"add masks, or label them {NORMAL!r}"),
    "undecided_masks": ("masks that do not say what is lesion", "say it with mask levels"),
    "unseen_levels": ("mask levels that no mask has", "say others"),
    "inverted_masks": ("lesions on more than half of the image, in most images: inverted?",
                       "say what is lesion: mask level 0 if it is black, 255 if it is as large"),
    "other_shapes": ("masks of another shape than the image", "they would be stretched: mend them"),
}  # fmt: skip
"""Kinds of findings for which a run refuses the set."""

_TEXTS = REFUSED | {
    "constant": ("images of one grey level", "take them out"),
    "orphan_masks": ("masks without an image", "add the images; until then they are not used"),
    "empty_lesion_masks": ("lesion images with an empty mask", "correct them, or take them out"),
    "nonempty_normal_masks": (f"{NORMAL} images with a lesion", "correct their masks or labels"),
    "nonbinary_masks": ("masks with other values than 0 and 255", "what is read as lesion"),
    "size_mismatches": ("masks of another size than the image", "scaled to it when read"),
    "turned": ("files turned as their EXIF says", "masks must fit the upright images"),
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
        By kind (the keys of `_TEXTS`), each with "cases" or "file" and details, among them "why".
        Every kind is there, even with nothing found.
    groups : Series
        Group of every case: patient or lesion where the set tells, else from
        :func:`busutils.data.copies.duplicates.groups`.
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

    @property
    def refused(self) -> tuple[str, ...]:
        """What a run would refuse the set for, in words; empty if it would take the set."""
        found = {kind: len(self.findings[kind]) for kind in REFUSED if self.findings[kind]}
        return tuple(f"{REFUSED[kind][0].rstrip('?')} ({n})" for kind, n in found.items())

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
            "refused": list(self.refused),
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
        if self.refused:
            found += [f"A run refuses this set until these are mended: {', '.join(self.refused)}"]
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

    Near-duplicates take about a minute for 800 images on 2 cores, and are kept in the cache.
    """
    findings = {kind: [] for kind in _TEXTS}
    findings["orphan_masks"] += [{"file": _name(path, listing)} for path in listing.orphans]
    looks = _look_at(listing)
    for kind, item in (found for seen in looks for found in seen.found):
        findings[kind].append(item)
    readable = {seen.case.case: seen.case for seen in looks if seen.share is not None}
    _judge_levels(looks, findings)
    visible = replace(listing, cases=tuple(seen.case for seen in looks if seen.visible))
    if listing.grouped:  # slices of one patient are alike by nature: only copies matter
        pairs = duplicates.find(visible, near=False)
        groups = reading.groups(listing)
    else:
        pairs = reading.pairs(visible)
        groups = duplicates.groups(listing, pairs)
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


def _look_at(listing: Listing) -> list[Look]:
    with ThreadPoolExecutor() as pool:
        looks = pool.map(lambda case: look(case, listing.root), listing.cases)
        return list(bar(looks, "looking at files", len(listing.cases)))


def _judge_levels(looks: list[Look], findings: dict) -> None:
    """Add what the masks of a set say only together."""
    read = [seen for seen in looks if seen.share is not None]
    for level, seen in unseen_levels([seen.case for seen in read]).items():
        item = {"cases": [], "level": level, "why": f"{level}; they have {seen}"}
        findings["unseen_levels"].append(item)
    drawn = [s for s in read if s.case.label != NORMAL and not s.case.lesion_levels]
    if masks.are_inverted([seen.share for seen in drawn]):
        findings["inverted_masks"] += [
            {"cases": [seen.case.case], "why": f"{seen.share:.0%}", "share": seen.share}
            for seen in drawn
            if seen.share > 0.5
        ]


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
    return folders.name(path, listing.root)


def _line(kind: str, items: list[dict], most: int = 3) -> str:
    what, remedy = _TEXTS[kind]
    shown = [_in_words(item) for item in items[:most]]
    shown += ["..."] * (len(items) > most)
    return f"- {what}: {len(items)} ({remedy}): {'; '.join(shown)}"


def _in_words(item: dict) -> str:
    """The cases of a finding, and why; what cannot be read names its file itself."""
    why, names = item.get("why", ""), " = ".join(item.get("cases") or [item.get("file", "")])
    if not why or not names or item.get("file", "\0") in why:
        return why or names
    return f"{names} ({why})"
