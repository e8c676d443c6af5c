"""The data page: what a set of images holds, measured."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from skimage.measure import regionprops_table

from busutils.data import splits
from busutils.data.dataset import Dataset
from busutils.data.files import Listing, joined_mask, read_image
from busutils.jobs import Job
from busutils.studies import common


@dataclass(frozen=True)
class Settings(common.Settings):
    """The parameters cell of the notebook, by the same names."""

    samples: int
    groups_shown: int
    seed: int
    splits_drawn: int


def check(values: Mapping) -> None:
    """Refuse parameters or images that cannot be used, before anything starts."""
    dataset(values)


def listing(values: Mapping) -> Listing:
    """List the files of the set that the parameters name."""
    return common.listing(Settings.of(values))


def dataset(values: Mapping) -> Dataset:
    """Open the set that the parameters name."""
    return common.opened(Settings.of(values), values["size"])


def plan(values: Mapping, data: Dataset) -> list[Job]:
    """Return no job: this page trains nothing."""
    return []


def lesions(data: Dataset) -> pd.DataFrame:
    """Measure the lesion of each case that has one, at the size of `data`.

    Columns: case, label, area (share of the image), y, x (centre, 0 top and left, 1 bottom and
    right), width, height (of the box around it, share of the image).
    """
    rows = []
    for case, label, mask in zip(data.cases["case"], data.cases["label"], data.masks, strict=True):
        if mask.any():
            found = regionprops_table(
                mask.astype(np.uint8), properties=("area", "centroid", "bbox")
            )
            of = {key: float(value[0]) for key, value in found.items()}
            size = mask.shape[0]
            rows.append(
                {
                    "case": case,
                    "label": label,
                    "area": of["area"] / mask.size,
                    "y": (of["centroid-0"] + 0.5) / size,
                    "x": (of["centroid-1"] + 0.5) / size,
                    "height": (of["bbox-2"] - of["bbox-0"]) / size,
                    "width": (of["bbox-3"] - of["bbox-1"]) / size,
                }
            )
    return pd.DataFrame(rows)


def summary(data: Dataset, lesions: pd.DataFrame) -> pd.DataFrame:
    """Count and measure by class; `lesions` is what :func:`lesions` measured.

    Columns: label, images, several masks, in groups (images that share a frame with another),
    median width and height (pixels), median lesion area (per cent of the image), its 5th and 95th
    percentile.
    """
    together = shared(data)
    rows = []
    for label, of in data.cases.groupby("label", sort=False):
        area = 100 * lesions.loc[lesions["label"] == label, "area"]
        rows.append(
            {
                "label": label,
                "images": len(of),
                "several masks": int((of["n_masks"] > 1).sum()),
                "in groups": int(together[of.index].sum()),
                "median width": of["width"].median(),
                "median height": of["height"].median(),
                "lesion area, %": area.median(),
                "from": area.quantile(0.05),
                "to": area.quantile(0.95),
            }
        )
    return pd.DataFrame(rows)


def sample(data: Dataset, label: str, n: int, seed: int) -> list[str]:
    """Draw `n` cases of a label, each of another group."""
    of = data.cases[data.cases["label"] == label].drop_duplicates("group")
    return list(of.sample(min(n, len(of)), random_state=seed)["case"])


def pictures(found: Listing, names: list[str]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Read the original images (grey) and joined masks of some cases; empty names are left out."""
    by_name, names = {c.case: c for c in found.cases}, list(filter(None, names))
    images = [read_image(by_name[name].image) for name in names]
    masks = [joined_mask(by_name[n], i.shape) for n, i in zip(names, images, strict=True)]
    return images, masks


def largest_groups(data: Dataset, n: int) -> dict[str, list[str]]:
    """Return groups of near-duplicates: those that mix classes first, then the largest."""
    found = data.cases[shared(data)]
    groups = found.groupby("group", sort=False)
    order = pd.DataFrame({"mixed": groups["label"].nunique(), "images": groups.size()})
    chosen = order.sort_values(["mixed", "images"], ascending=False, kind="stable").index[:n]
    return {name: list(found.loc[found["group"] == name, "case"]) for name in chosen}


def shared(data: Dataset) -> pd.Series:
    """Whether each image is in one group with another."""
    return data.cases["group"].duplicated(keep=False)


def groups_title(found: Listing, data: Dataset) -> str:
    """How many images are in one group with another, and what a group is."""
    n = f"{shared(data).sum()} of {len(data)} images"
    if found.grouped:
        return f"{n} share a group, as the set itself tells them (patients, say), with another"
    return f"{n} share a frame with another"


def in_rows(groups: dict[str, list[str]], columns: int) -> list[str]:
    """List the first cases of each group, a row a group, filled up with empty names."""
    rows = (members[:columns] for members in groups.values())
    return [name for row in rows for name in [*row, *[""] * (columns - len(row))]]


def twins(data: Dataset, protocol: splits.Protocol, draws: int) -> pd.DataFrame:
    """Share of validation images that show a frame of a training image, by kind of split.

    Columns: split ("by image" or "by group"), seed, share (0 to 1).
    """
    rows = []
    for seed in range(draws):
        for kind, grouped in {"by image": False, "by group": True}.items():
            drawn = replace(protocol, seed=seed, grouped=grouped)
            table = splits.split(data.cases, drawn, 1)
            trained = set(table.loc[table["role"] == "train", "group"])
            share = table.loc[table["role"] == "val", "group"].isin(trained).mean()
            rows.append({"split": kind, "seed": seed, "share": share})
    return pd.DataFrame(rows)


def protocol(data: Dataset) -> splits.Protocol:
    """Paper 1's protocol: a tenth of the lesion images held out, five folds of the rest."""
    counts = data.cases.loc[data.cases["label"] != "normal", "label"].value_counts(sort=False)
    return splits.Protocol(test={k: round(n / 10) for k, n in counts.items()}, several_masks=True)
