"""Landmarks: places in a picture that are found again after cropping, scaling and brightening.

The way of SIFT (Lowe, International Journal of Computer Vision 60, 2004) without rotation, since
copies of medical images are hardly ever turned: blobs at several sizes, each described by the
edge directions around it. Two pictures that share a frame agree on where their landmarks are.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from scipy import ndimage
from sklearn.decomposition import PCA

from busutils.data.files import resize_image
from busutils.data.progress import bar

LONGEST = 224  # pixels of the largest of the sizes at which landmarks are looked for
SIZES = {1.0: 40, 0.79: 32, 0.63: 26, 0.5: 20, 0.4: 16}  # factor on it: landmarks kept
ALIKE = 0.85  # cosine from which two descriptions may show the same place

_BORDER = 8
_GRID = np.stack(np.meshgrid(*[(-7.5, -2.5, 2.5, 7.5)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
_TURNS = np.arange(8) * np.pi / 4


def describe(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find and describe the landmarks of one picture.

    Parameters
    ----------
    grey : uint8 array of shape (height, width)

    Returns
    -------
    places : float32 array of shape (n, 3)
        Row, column (pixels of `grey`) and the logarithm of the landmark's size.
    descriptions : float32 array of shape (n, 128)
        Of length 1.
    """
    found = [_at_size(grey, factor, keep) for factor, keep in SIZES.items()]
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def candidates(pictures: list[np.ndarray], least: float) -> pd.DataFrame:
    """Pairs of pictures whose landmarks agree on one scaling and shift.

    Parameters
    ----------
    pictures : list of uint8 arrays of shape (height, width)
    least : float
        Evidence from which a pair is returned. A match counts 1 if both landmarks have no other
        look-alike in the set and less the more they have: the edge of a dark cyst is like that of
        any other.

    Returns
    -------
    DataFrame
        a < b (positions in `pictures`), evidence, and the transform from a to b:
        ``place in b = scale * place in a + (row, column)``; strongest evidence first. A pair
        whose landmarks tell two different transforms has two rows.
    """
    with ThreadPoolExecutor() as pool:
        found = list(bar(pool.map(describe, pictures), "landmarks", len(pictures)))
    owner = np.repeat(np.arange(len(found)), [len(places) for places, _ in found])
    if len(owner) < 2 or len(np.unique(owner)) < 2:
        return pd.DataFrame(columns=["a", "b", "evidence", "scale", "row", "column"])
    places = np.concatenate([p for p, _ in found])
    first, second = _look_alikes(np.concatenate([d for _, d in found]), owner)
    shapes = np.array([p.shape for p in pictures], float)
    votes = _votes(places, owner, shapes, first, second)
    agreed = _strongest_cells(votes, len(pictures)).query("evidence >= @least")
    centre = shapes[agreed["a"]] / 2 * agreed["scale"].to_numpy()[:, None]
    agreed = agreed.assign(row=agreed["row"] - centre[:, 0], column=agreed["column"] - centre[:, 1])
    return agreed.sort_values("evidence", ascending=False, ignore_index=True)


def _at_size(grey: np.ndarray, factor: float, keep: int) -> tuple[np.ndarray, np.ndarray]:
    zoom = LONGEST * factor / max(grey.shape)
    shape = tuple(max(2 * _BORDER + 1, round(n * zoom)) for n in grey.shape)
    # the square root evens out speckle, which grows with brightness
    small = np.sqrt(resize_image(grey, shape).astype(np.float32))
    places = _blobs(small, keep)
    real = places * (np.array(grey.shape) / shape)
    size = np.full((len(places), 1), -np.log(zoom))
    return np.hstack([real, size]).astype(np.float32), _descriptions(small, places)


def _blobs(small: np.ndarray, keep: int) -> np.ndarray:
    contrast = np.abs(
        ndimage.gaussian_filter(small, 1.6, truncate=3)
        - ndimage.gaussian_filter(small, 3.2, truncate=3)
    )
    peak = (contrast == ndimage.maximum_filter(contrast, 7)) & (contrast > 0.01)
    inside = np.zeros_like(peak)
    inside[_BORDER:-_BORDER, _BORDER:-_BORDER] = True
    places = np.argwhere(peak & inside)
    strongest = np.argsort(-contrast[tuple(places.T)], kind="stable")
    return places[strongest[:keep]]


def _descriptions(small: np.ndarray, places: np.ndarray) -> np.ndarray:
    down, right = np.gradient(ndimage.gaussian_filter(small, 1.2))
    edges = [np.maximum(np.cos(t) * right + np.sin(t) * down, 0) for t in _TURNS]
    edges = np.stack([ndimage.gaussian_filter(e, 2.0, truncate=2) for e in edges])
    at = np.rint(places[:, None] + _GRID).astype(int).clip(0, np.array(small.shape) - 1)
    described = edges[:, at[..., 0], at[..., 1]].transpose(1, 2, 0).reshape(len(places), 128)
    # the second normalisation after clipping keeps one bright edge from deciding alone
    return _unit(_unit(described).clip(max=0.25)).astype(np.float32)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)


def _look_alikes(descriptions: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of landmarks (first in the earlier picture) that look alike, as two index arrays."""
    kept = min(32, *descriptions.shape)
    short = _unit(PCA(kept, svd_solver="covariance_eigh").fit_transform(descriptions))
    short = np.ascontiguousarray(short, dtype=np.float32)
    tiles = [(i, j) for i in range(0, len(short), 1024) for j in range(i, len(short), 4096)]
    pairs = [_tile(short, owner, i, j) for i, j in tiles]
    return tuple(np.concatenate(parts) for parts in zip(*pairs, strict=True))


def _tile(short: np.ndarray, owner: np.ndarray, i: int, j: int) -> tuple[np.ndarray, np.ndarray]:
    cosines = short[i : i + 1024] @ short[j : j + 4096].T
    first, second = np.divmod(np.flatnonzero(cosines > ALIKE), cosines.shape[1])
    first, second = first + i, second + j
    apart = owner[first] < owner[second]
    return first[apart], second[apart]


def _votes(places, owner, shapes, first, second) -> pd.DataFrame:
    """What each match says: a place in a (from its centre), the same place in b, and the scale."""
    common = np.bincount(np.concatenate([first, second]), minlength=len(owner))
    a, b = owner[first], owner[second]
    here, there = places[first, :2] - shapes[a] / 2, places[second, :2].astype(float)
    return pd.DataFrame(
        {
            "pair": a * len(shapes) + b,
            "weight": 1 / np.sqrt(common[first] * common[second]),
            "scale": np.exp(places[second, 2] - places[first, 2]),
            "step": 0.06 * shapes[b].max(axis=1),
            "y": here[:, 0],
            "x": here[:, 1],
            "row": there[:, 0],
            "column": there[:, 1],
            "spread": (here**2).sum(axis=1),
            "product": (here * there).sum(axis=1),
        }
    )


def _strongest_cells(votes: pd.DataFrame, n: int) -> pd.DataFrame:
    """Per pair the two cells of (row, column, scale) with most evidence, of four shifted grids."""
    line = np.column_stack(
        [
            (votes["row"] - votes["scale"] * votes["y"]) / votes["step"],
            (votes["column"] - votes["scale"] * votes["x"]) / votes["step"],
            np.log(votes["scale"]) / 0.46,
        ]
    )
    cells = [
        _cells(votes, np.floor(line + shift).astype(np.int64))
        for shift in ((0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0))
    ]
    best = pd.concat(cells).sort_values("evidence", ascending=False, kind="stable")
    # cells of shifted grids that say the same count once
    rounded = best[["row", "column"]].div(2 * best["step"], axis=0).round()
    rounded = rounded.assign(pair=best["pair"], scale=(np.log(best["scale"]) / 0.5).round())
    best = best[~rounded.duplicated()].groupby("pair").head(2)
    return best.assign(a=best["pair"] // n, b=best["pair"] % n)


def _cells(votes: pd.DataFrame, cell: np.ndarray) -> pd.DataFrame:
    """Evidence and transform (least squares) of every cell with at least four matches."""
    pair = key = votes["pair"].to_numpy()
    for axis in cell.T:
        key = key * 1000 + (axis + 500).clip(0, 999)
    order = np.argsort(key, kind="stable")
    _, start, count = np.unique(key[order], return_index=True, return_counts=True)
    keep = count >= 4
    weight = votes["weight"].to_numpy()[order]
    evidence = np.add.reduceat(weight, start)[keep]
    mean = {
        name: np.add.reduceat(votes[name].to_numpy()[order] * weight, start)[keep] / evidence
        for name in votes.columns.drop(["pair", "weight"])
    }
    # matches in one spot leave the scale to the sizes of the landmarks
    prior = mean["step"] ** 2
    joint = mean["product"] - mean["y"] * mean["row"] - mean["x"] * mean["column"]
    spread = mean["spread"] - mean["y"] ** 2 - mean["x"] ** 2
    scale = (joint + prior * mean["scale"]) / (spread + prior)
    scale = scale.clip(0.5 * mean["scale"], 2 * mean["scale"])
    return pd.DataFrame(
        {
            "pair": pair[order][start][keep],
            "evidence": evidence,
            "scale": scale,
            "row": mean["row"] - scale * mean["y"],
            "column": mean["column"] - scale * mean["x"],
            "step": mean["step"],
        }
    )
