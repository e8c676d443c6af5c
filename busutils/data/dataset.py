"""`Dataset`: images, masks and a table of cases, kept as memory maps.

Needs NumPy and pandas only, so that a training machine can open what another one has read
(:mod:`busutils.data.reading`).
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from busutils import paths
from busutils.errors import UserError

TEXT = dict.fromkeys(
    ("case", "label", "group", "source", "twin", "role", "split", "job", "answer"), str
)
"""Columns of tables that stay text, so that a case called 1, 007 or NA keeps its name."""
FILES = ("images.npy", "masks.npy", "cases.csv")
PLANNED_WITH = ("case", "label", "group", "n_masks", "height", "width")
"""Columns of the table of cases that a run is published with: what plans and splits ask."""


class NoPixels:
    """Stands for the images or masks of a set that was opened from its table of cases alone.

    `shape` is that of masks, (n, size, size); whatever else is asked raises :class:`UserError`.
    """

    def __init__(self, name: str, shape: tuple[int, ...]):
        self.name, self.shape = name, shape

    def _refuse(self, *_: object, **__: object) -> np.ndarray:
        raise UserError(NEEDS_PIXELS.format(self.name))

    __array__ = __getitem__ = __getattr__ = _refuse


NEEDS_PIXELS = (
    "a published table of cases has no pixels of {}: give the folder of the images as data root, "
    "tag the cell `images`, or keep what it measures with `run.measured`"
)


MANY_SIZES = ("BUSI", "ISIC 2018")
"""Sets whose own images have many sizes: BUSI has 639, ISIC 2018 hundreds."""


@dataclass(frozen=True)
class Dataset:
    """Cases of one set at one size.

    Attributes
    ----------
    name : str
        As people call the set.
    images : uint8 array of shape (n, size, size, channels)
        Grey levels, or three channels where the set has them.
    masks : bool array of shape (n, size, size)
        True on the lesion.
    cases : DataFrame
        One row a case: case, label, group, n_masks, height, width (of the original, pixels),
        source (file name).
    fingerprint : str
        12 hexadecimal digits of file contents, reader version, size and selection.
    """

    name: str
    images: np.ndarray
    masks: np.ndarray
    cases: pd.DataFrame
    fingerprint: str

    def __len__(self) -> int:
        return len(self.cases)

    @property
    def size(self) -> int:
        """Pixels a side."""
        return self.images.shape[1]

    @property
    def has_pixels(self) -> bool:
        """Whether images and masks are there, not only the table of cases."""
        return not isinstance(self.images, NoPixels)

    def reduced(self) -> str:
        """Say so if most images of a set of `MANY_SIZES` have one longest side; else empty."""
        if self.name not in MANY_SIZES:
            return ""
        longest = self.cases[["height", "width"]].max(axis=1)
        side, n = longest.mode()[0], longest.value_counts().max()
        if n < len(self) / 2:
            return ""
        return f"a reduced copy: {n} of {len(self)} images have a longest side of {side} pixels"


def cached(fingerprint: str, write: Callable[[Path], None], store: Path | None = None) -> Dataset:
    """Open a set, which `write` puts into a folder where it is missing or damaged.

    Raises
    ------
    RunError
        If it cannot be written.
    """
    folder = (store or paths.store()) / "cache" / fingerprint
    if folder.exists() and _damage(folder):
        shutil.rmtree(folder)
    if not folder.exists():
        with paths.whole_folder(folder) as part:
            write(part)
    return open_cached(fingerprint, store)


def open_cached(fingerprint: str, store: Path | None = None) -> Dataset:
    """Open a set that was read before, as read-only memory maps.

    Raises
    ------
    UserError
        If it is not there or damaged.
    """
    folder = (store or paths.store()) / "cache" / fingerprint
    if not folder.exists():
        raise UserError(
            f"data set {fingerprint} is not in {folder.parent}: read it from its data root"
        )
    if reason := _damage(folder):
        raise UserError(f"the cache {folder} is damaged ({reason}): delete it and run again")
    name = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["name"]
    images, masks = (np.load(folder / file, mmap_mode="r") for file in FILES[:2])
    return Dataset(name, images, masks, read_table(folder / "cases.csv"), fingerprint)


def from_table(file: Path, name: str, size: int, fingerprint: str) -> Dataset:
    """Open the table of cases that a run was published with: enough to plan and to split.

    Parameters
    ----------
    file : CSV with the columns of `PLANNED_WITH`
    name, size, fingerprint : of the set that the run read

    Returns
    -------
    Dataset whose images and masks are :class:`NoPixels`.
    """
    cases = read_table(file)
    absent = NoPixels(name, (len(cases), size, size))
    return Dataset(name, absent, absent, cases, fingerprint)


def empty_array(file: Path, kind: type, shape: tuple[int, ...]) -> np.memmap:
    """Make an array in a ``.npy`` file, to be filled through memory.

    All of it is allocated at once, so that a full disk is an error here: later the system would end
    the process without a word.
    """
    array = np.lib.format.open_memmap(file, "w+", kind, shape)
    with file.open("r+b") as opened:
        os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)
    return array


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV table of cases: a column of `TEXT` holds text, even NA, None or 007."""
    columns = pd.read_csv(path, nrows=0).columns
    empty = {column: [""] for column in columns if column not in TEXT}
    return pd.read_csv(path, dtype=TEXT, keep_default_na=False, na_values=empty)


def write_arrays(
    folder: Path, name: str, images: np.ndarray, masks: np.ndarray, cases: pd.DataFrame
) -> None:
    """Write a cache of arrays in memory."""
    np.save(folder / "images.npy", images)
    np.save(folder / "masks.npy", masks)
    write_table(folder, name, cases)


def write_table(folder: Path, name: str, cases: pd.DataFrame) -> None:
    """Write the table of cases, and last the note that tells a whole cache."""
    cases.to_csv(folder / "cases.csv", index=False)
    about = {"name": name, "n": len(cases)}
    with paths.whole_file(folder / "meta.json") as part:
        part.write_text(json.dumps(about | {"sha256": _hash(folder, about)}), encoding="utf-8")


def _damage(folder: Path) -> str:
    """What is wrong with a cache; empty if nothing is."""
    try:
        stats = [(folder / name).stat() for name in (*FILES, "meta.json")]
        stamps = tuple((of.st_size, of.st_mtime_ns) for of in stats)
        return "" if _is_whole(folder, stamps) else "its files are not what was written"
    except (OSError, ValueError) as error:
        return str(error)


@cache
def _is_whole(folder: Path, stamps: tuple) -> bool:
    """Found once in a process and again when a file changes: hashing takes a second for 1 GB."""
    about = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    told = about.pop("sha256", "") if isinstance(about, dict) else ""
    return told == _hash(folder, about)


def _hash(folder: Path, about: dict) -> str:
    hashes = [paths.sha256(folder / name) for name in FILES]
    return hashlib.sha256(json.dumps([about, *hashes], sort_keys=True).encode()).hexdigest()


def positives(labels: pd.Series, positive: str) -> pd.Series:
    """Tell which labels are positive.

    `positive` is one of the labels, or "lesion": all but normal ones.
    """
    return labels != "normal" if positive == "lesion" else labels == positive
