"""Read a listing's files into a `Dataset`, once: the result is kept in the store's cache."""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from busutils import paths
from busutils.data import folders, masks, pictures
from busutils.data.copies import duplicates
from busutils.data.dataset import Dataset, cached, empty_array, write_table
from busutils.data.files import (
    NORMAL,
    Case,
    Listing,
    joined_mask,
    nearly_normal,
    read_image,
    resize_image,
    resize_mask,
    unseen_levels,
)
from busutils.data.progress import bar
from busutils.errors import UserError


def load(listing: Listing, size: int, store: Path | None = None) -> Dataset:
    """Read `listing` at `size` x `size` pixels, or open the cache of an earlier reading.

    Raises
    ------
    UserError
        If there is no case, a lesion image has no mask, an image or mask cannot be read, masks do
        not say what is lesion or do not fit their images, or the cache is damaged.
    RunError
        If the cache cannot be written.
    """
    if not listing.cases:
        raise UserError(f"{listing.root} holds no images: bring some, or name another folder")
    _refuse_faulty(listing.cases, listing.root)
    store = store or paths.store()
    fingerprint = _fingerprint(listing, size, store)
    dataset = cached(fingerprint, partial(_decode, listing, size), store)
    _refuse_other_labels(dataset, listing.cases, store / "cache" / fingerprint)
    dataset.cases["group"] = dataset.cases["case"].map(groups(listing, store))
    return dataset


def groups(listing: Listing, store: Path | None = None) -> pd.Series:
    """Return the group of each case: its own if the listing gives one, else its near-duplicates."""
    if listing.grouped:
        return pd.Series({c.case: c.group for c in listing.cases})
    return duplicates.groups(listing, pairs(listing, store))


def pairs(listing: Listing, store: Path | None = None) -> pd.DataFrame:
    """Find near-duplicates by :mod:`busutils.data.copies.duplicates`, once for the same images.

    It takes minutes, and what was found is kept in the store's cache.
    """
    store = store or paths.store()
    content = _digest(listing.root, [c.image for c in listing.cases], store)
    digest = _short_hash([content, [c.case for c in listing.cases]])
    kept = store / "cache" / f"pairs-{digest}-v{duplicates.VERSION}.json"
    text = paths.remembered(kept, lambda: duplicates.to_json(duplicates.find(listing)))
    return duplicates.from_json(text)


def _refuse_faulty(cases: Sequence[Case], root: Path) -> None:
    """What would be trained on as a kind of lesion (a folder `Normal`), or as background."""
    for case in cases:
        if nearly_normal(case.label):
            raise UserError(
                f"{case.image} has the label {case.label!r}, but images without a lesion are "
                f"labelled {NORMAL!r}: rename it so, or otherwise if it shows a lesion"
            )
    bare = [c for c in cases if not c.masks and c.label != NORMAL]
    if bare:
        more = f" (nor have {len(bare) - 1} more)" if len(bare) > 1 else ""
        raise UserError(
            f"{bare[0].image.relative_to(root)} in {root} shows a lesion (its label is "
            f"{bare[0].label!r}, not {NORMAL!r}) but has no mask{more}: add the mask, take the "
            f"image out, or label it {NORMAL!r} if it shows none"
        )


def _refuse_other_labels(dataset: Dataset, cases: Sequence[Case], folder: Path) -> None:
    """The same files were read before, when another pattern gave them other labels."""
    for case, label in zip(cases, dataset.cases["label"], strict=True):
        if case.label != label:
            raise UserError(
                f"the cache {folder} has the label {label!r} for {case.case}, now "
                f"{case.label!r}: say labels by label_pattern, or delete the cache and the "
                "jobs made from it"
            )


def _fingerprint(listing: Listing, size: int, store: Path) -> str:
    files = [path for case in listing.cases for path in (case.image, *case.masks)]
    content = _digest(listing.root, files, store)
    names = [case.case for case in listing.cases]
    about = [listing.name, listing.version, content, size, names]
    return _short_hash(about + [listing.said] * bool(listing.said))


def _short_hash(about: list) -> str:
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:12]


def _digest(root: Path, files: list[Path], store: Path) -> str:
    """Hash of file contents; remembered by names, sizes and times, so a warm start is fast."""

    def read() -> str:
        digest = hashlib.sha256()
        for path in files:
            name = path.relative_to(root).as_posix()
            digest.update(name.encode(errors="backslashreplace"))  # bytes that are no UTF-8
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    for path in files:
        pictures.refuse_dead(path)
    stats = [(str(f), s.st_size, s.st_mtime_ns) for f in files for s in [f.stat()]]
    return paths.remembered(store / "cache" / f"{_short_hash(stats)}.content", read)


def _decode(listing: Listing, size: int, folder: Path) -> None:
    cases, shape = listing.cases, (size, size)
    n, channels = len(cases), listing.channels
    images = empty_array(folder / "images.npy", np.uint8, (n, *shape, channels))
    lesions = empty_array(folder / "masks.npy", bool, (n, *shape))

    def decode(i: int) -> tuple:
        case = cases[i]
        original = pictures.shape_of(case.image)
        image = read_image(case.image, channels, at_least=size)
        images[i] = resize_image(image, shape).reshape(*shape, channels)
        joined = joined_mask(case, original)
        lesions[i] = resize_mask(joined, shape)
        source = folders.name(case.image, listing.root)
        row = case.case, case.label, len(case.masks), *original, source
        return row, joined.mean()

    with ThreadPoolExecutor() as pool:  # Pillow decodes outside Python's lock
        rows, shares = zip(*bar(pool.map(decode, range(n)), "reading", n), strict=True)
    _refuse_levels(cases, shares)
    images.flush(), lesions.flush()
    columns = ["case", "label", "n_masks", "height", "width", "source"]
    write_table(folder, listing.name, pd.DataFrame(rows, columns=columns))


def _refuse_levels(cases: Sequence[Case], shares: Sequence[float]) -> None:
    """Masks that are inverted, or have none of the levels that are said to be lesion."""
    for level, seen in unseen_levels(cases).items():
        raise UserError(f"no mask has the level {level} of mask_levels: they have {seen}")
    both = zip(cases, shares, strict=True)
    lesions = [share for case, share in both if case.label != NORMAL and not case.lesion_levels]
    if masks.are_inverted(lesions):
        raise UserError(
            "lesion covers more than half of most images, as in inverted masks: say which level is "
            "lesion (mask_levels 0 where lesions are black, 255 where they are as large)"
        )
