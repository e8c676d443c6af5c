"""Read a listing's files into a `Dataset`, once: the result is kept in the store's cache."""

import hashlib
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from busutils import paths
from busutils.data import duplicates
from busutils.data.dataset import TEXT, Dataset, cached, empty_array, write_table
from busutils.data.files import (
    NORMAL,
    Case,
    Listing,
    brightest,
    joined_mask,
    read_image,
    resize_image,
    resize_mask,
    shape_of,
)
from busutils.errors import UserError


def load(
    listing: Listing, size: int, classes: tuple[str, ...] | None = None, store: Path | None = None
) -> Dataset:
    """Read `listing` at `size` x `size` pixels, or open the cache of an earlier reading.

    Raises
    ------
    UserError
        If no case has one of `classes`, a lesion image has no mask or a faint one, an image cannot
        be read, or the cache is damaged.
    RunError
        If the cache cannot be written.
    """
    cases = [c for c in listing.cases if classes is None or c.label in classes]
    if not cases:
        raise UserError(
            f"{listing.root} has no case of {', '.join(classes or ())}: name other classes"
        )
    _refuse_bare(cases, listing.root)
    store = store or paths.store()
    fingerprint = _fingerprint(listing, cases, size, store)
    by_name = {c.case: c for c in cases}

    def original(case: str) -> np.ndarray:
        return joined_mask(by_name[case], shape_of(by_name[case].image))

    def write(folder: Path) -> None:
        _decode(listing, cases, size, folder)

    dataset = cached(fingerprint, write, store, original)
    dataset.cases["group"] = dataset.cases["case"].map(groups(listing, store))
    return dataset


def groups(listing: Listing, store: Path | None = None) -> pd.Series:
    """Return the group of each case: its own if the listing gives one, else its near-duplicates.

    Near-duplicates are searched once (a minute for BUSI) and kept in the store's cache.
    """
    if listing.grouped:
        return pd.Series({c.case: c.group for c in listing.cases})
    store = store or paths.store()
    kept = store / "cache" / f"groups-{_content(listing, store)[:12]}-v{duplicates.VERSION}.txt"
    text = paths.remembered(kept, lambda: duplicates.groups(listing).to_csv())
    return pd.read_csv(io.StringIO(text), dtype=TEXT).set_index("case")["group"]


def _refuse_bare(cases: list[Case], root: Path) -> None:
    """Without its mask a lesion would be trained on as background."""
    bare = [c.image.relative_to(root) for c in cases if not c.masks and c.label != NORMAL]
    if bare:
        more = f" (nor have {len(bare) - 1} more)" if len(bare) > 1 else ""
        raise UserError(
            f"{bare[0]} in {root} shows a lesion but has no mask{more}: add the mask or take the "
            "image out"
        )


def _refuse_faint(case: Case) -> None:
    """A mask of 0 and 1 would be read as no lesion at all."""
    for path in case.masks:
        if path.suffix != ".mat" and (level := brightest(path)):
            raise UserError(
                f"the highest level of mask {path} is {level}, and lesion is over 127: write 255 "
                "where the lesion is"
            )


def _fingerprint(listing: Listing, cases: list[Case], size: int, store: Path) -> str:
    content = _content(listing, store)
    selection = [c.case for c in cases]
    text = json.dumps([listing.name, listing.version, content, size, selection])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _content(listing: Listing, store: Path) -> str:
    """Hash of all file contents; remembered by names, sizes and times, so a warm start is fast."""
    files = [path for c in listing.cases for path in (c.image, *c.masks)]
    stats = [(str(f), s.st_size, s.st_mtime_ns) for f in files for s in [f.stat()]]
    note = store / "cache" / f"{hashlib.sha256(json.dumps(stats).encode()).hexdigest()[:12]}.content"
    return paths.remembered(note, lambda: _hash(files, listing.root))


def _hash(files: list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _decode(listing: Listing, cases: list[Case], size: int, folder: Path) -> None:
    shape = (len(cases), size, size)
    everything = (*shape, listing.channels)
    images = empty_array(folder / "images.npy", np.uint8, everything)
    masks = empty_array(folder / "masks.npy", bool, shape)

    def decode(i: int) -> tuple:
        case = cases[i]
        original = shape_of(case.image)
        image = read_image(case.image, listing.channels, at_least=size)
        images[i] = resize_image(image, shape[1:]).reshape(everything[1:])
        joined = joined_mask(case, original)
        if case.label != NORMAL and not joined.any():
            _refuse_faint(case)
        masks[i] = resize_mask(joined, shape[1:])
        source = case.image.relative_to(listing.root).as_posix()
        return case.case, case.label, len(case.masks), *original, case.spacing_mm, source

    with ThreadPoolExecutor() as pool:  # Pillow decodes outside Python's lock
        rows = list(pool.map(decode, range(len(cases))))
    images.flush(), masks.flush()
    columns = ["case", "label", "n_masks", "height", "width", "spacing_mm", "source"]
    write_table(folder, listing.name, pd.DataFrame(rows, columns=columns))
