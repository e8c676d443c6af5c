"""What is wrong, or merely worth knowing, in a set of images and masks: in words and as JSON."""

import json
from collections import Counter
from dataclasses import dataclass

import pandas as pd

from busutils.data.files import NORMAL, Listing

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

TEXTS = REFUSED | {
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
    """What :func:`busutils.data.check.check` found.

    Attributes
    ----------
    listing : Listing
    findings : dict of str to list of dict
        By kind (the keys of `TEXTS`), each with "cases" or "file" and details, among them "why".
        Every kind is there, even with nothing found.
    groups : Series
        Group of every case: patient or lesion where the set tells, else from
        :func:`busutils.data.copies.duplicates.groups`.
    agreement : DataFrame
        case_a, case_b, dice: how well the masks of two copies of one frame agree, aligned. What
        two outlines of one lesion reach is about what a network can reach.
    """

    listing: Listing
    findings: dict[str, list[dict]]
    groups: pd.Series
    agreement: pd.DataFrame

    @property
    def counts(self) -> dict[str, int]:
        """Number of images by label."""
        return dict(Counter(case.label for case in self.listing.cases))

    @property
    def refused(self) -> tuple[str, ...]:
        """What a run would refuse the set for, in words; empty if it would take the set."""
        return tuple(
            f"{what.rstrip('?')} ({len(self.findings[kind])})"
            for kind, (what, _) in REFUSED.items()
            if self.findings[kind]
        )

    def to_dict(self) -> dict:
        """Return plain values."""
        listing, shared = self.listing, self.groups.duplicated(keep=False)
        return {
            "name": listing.name,
            "root": str(listing.root),
            "images": len(listing.cases),
            "masks": sum(len(case.masks) for case in listing.cases),
            "counts": self.counts,
            "expected": listing.expected,
            "counts_as_expected": listing.expected in (None, self.counts),
            "groups_told_by_the_set": self.groups.nunique() if listing.grouped else None,
            "images_in_duplicate_groups": 0 if listing.grouped else int(shared.sum()),
            "refused": list(self.refused),
            "notes": list(listing.notes),
            "findings": self.findings,
        }

    def to_json(self) -> str:
        """Return :meth:`to_dict` as JSON."""
        return json.dumps(self.to_dict(), indent=1)

    def to_text(self) -> str:
        """Return a summary for people: a line a finding, with its meaning and the remedy."""
        told, expected = self.to_dict(), self.listing.expected
        lines = ["{name}: {images} images, {masks} masks".format(**told)]
        for label in dict.fromkeys([*(expected or {}), *self.counts]):
            count = self.counts.get(label, 0)
            published = count if expected is None else expected.get(label, 0)
            more = "" if count == published else f" (published: {published})"
            lines.append(f"  {label}: {count}{more}")
        if self.listing.grouped:
            lines.append(f"  patients or lesions (groups): {told['groups_told_by_the_set']}")
        lines += [f"  note: {note}" for note in self.listing.notes]
        found = [_line(kind, items) for kind, items in self.findings.items() if items]
        if self.refused:
            found += [f"A run refuses this set until these are mended: {', '.join(self.refused)}"]
        return "\n".join(lines + (found or ["- nothing else to report"]))


def _line(kind: str, items: list[dict], most: int = 3) -> str:
    what, remedy = TEXTS[kind]
    shown = [_in_words(item) for item in items[:most]]
    shown += ["..."] * (len(items) > most)
    return f"- {what}: {len(items)} ({remedy}): {'; '.join(shown)}"


def _in_words(item: dict) -> str:
    """The cases of a finding, and why; what cannot be read names its file itself."""
    why, names = item.get("why", ""), " = ".join(item.get("cases") or [item.get("file", "")])
    if not why or not names or item.get("file", "\0") in why:
        return why or names
    return f"{names} ({why})"
