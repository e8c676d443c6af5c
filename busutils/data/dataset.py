"""`Dataset`: images, masks and a table of cases, kept as memory maps.

Needs NumPy and pandas only, so that a training machine can open what another one has read
(:mod:`busutils.data.reading`).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from busutils import paths
from busutils.errors import UserError, choose

TEXT = dict.fromkeys(("case", "label", "group", "source", "twin", "role", "split"), str)
"""Columns of tables that stay text, so that a case called 1, 007 or NA keeps its name."""


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
        spacing_mm (NaN where unknown), source (file name).
    fingerprint : str
        12 hexadecimal digits of file contents, reader version, size and selection.
    """

    name: str
    images: np.ndarray
    masks: np.ndarray
    cases: pd.DataFrame
    fingerprint: str
    original: Callable[[str], np.ndarray] | None = None

    def __len__(self) -> int:
        return len(self.cases)

    def original_mask(self, case: str) -> np.ndarray:
        """Return the mask of `case` at the size of the original image, bool (height, width)."""
        choose(case, self.cases["case"], "case")
        if self.original is None:
            raise UserError(f"{self.name} was opened without its files: open it from its data root")
        return self.original(case)

    def reduced(self) -> str:
        """Say so if most images have been reduced to one longest side; else empty.

        For sets whose own images have many sizes: BUSI has 639, ISIC 2018 hundreds.
        """
        longest = self.cases[["height", "width"]].max(axis=1)
        side, n = longest.mode()[0], longest.value_counts().max()
        if n < len(self) / 2:
            return ""
        return f"a reduced copy: {n} of {len(self)} images have a longest side of {side} pixels"


def from_arrays(
    name: str,
    images: np.ndarray,
    masks: np.ndarray,
    cases: pd.DataFrame,
    fingerprint: str,
    store: Path | None = None,
) -> Dataset:
    """Keep arrays made in memory (phantoms) as a set under a given fingerprint."""
    folder = (store or paths.store()) / "cache" / fingerprint
    if not folder.exists():
        with paths.whole_folder(folder) as part:
            np.save(part / "images.npy", images)
            np.save(part / "masks.npy", masks)
            write_table(part, name, cases)
    return open_cached(fingerprint, store)


def open_cached(
    fingerprint: str,
    store: Path | None = None,
    original: Callable[[str], np.ndarray] | None = None,
) -> Dataset:
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
    try:
        meta = json.loads((folder / "meta.json").read_text())
        cases = read_table(folder / "cases.csv")
        images = np.load(folder / "images.npy", mmap_mode="r")
        masks = np.load(folder / "masks.npy", mmap_mode="r")
        if not len(images) == len(masks) == len(cases) == meta["n"]:
            raise ValueError("lengths differ")
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"the cache {folder} is damaged ({error}): delete it and run again"
        ) from error
    return Dataset(meta["name"], images, masks, cases, fingerprint, original)


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV table of cases: what stands in a column of `TEXT` is text, even NA, None or 007."""
    columns = pd.read_csv(path, nrows=0).columns
    empty = {column: [""] for column in columns if column not in TEXT}
    return pd.read_csv(path, dtype=TEXT, keep_default_na=False, na_values=empty)


def write_table(folder: Path, name: str, cases: pd.DataFrame) -> None:
    """Write the table of cases, and last the note that tells a whole cache."""
    cases.to_csv(folder / "cases.csv", index=False)
    (folder / "meta.json").write_text(json.dumps({"name": name, "n": len(cases)}))


def positives(labels: pd.Series, positive: str) -> pd.Series:
    """Tell which labels are positive.

    `positive` is one of the labels, or "lesion": all but normal ones.
    """
    return labels != "normal" if positive == "lesion" else labels == positive
