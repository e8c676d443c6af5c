"""Pictures that show the same frame, or a neighbouring one, of the same tissue.

Exact copies have equal pixels. Near copies are cropped, scaled or brightened differently, carry
other markers, or are the next frame of the same sweep. They are proposed by landmarks that agree
on one transform (:mod:`~busutils.data.copies.landmarks`) and accepted if the pictures, aligned,
agree block by block (:mod:`~busutils.data.copies.alignment`). Neither labels nor file names are
looked at, and the order of the listing does not matter.
"""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from busutils.data.copies import alignment, landmarks
from busutils.data.files import Case, Listing, read_image, resize_image
from busutils.data.progress import bar
from busutils.errors import UserError

VERSION = 1

EVIDENCE = 0.25  # of landmarks, from which a pair is aligned
SAME = 0.9  # score from which it is one frame
SURE, FEW = 0.5, 14  # score that is enough for a small common part, and least number of blocks
# a neighbouring frame: score, common part of the larger picture, number of blocks. The score lies
# between the worst neighbouring frame and the best other pair, seen on BUSI
NEIGHBOUR, SHARE, MANY = 0.15, 0.6, 30
# where all pictures are alike (brains, smooth textures), other pairs score higher than in BUSI
# (median 0.07), and neighbours must score this many times their median
ABOVE = 2

_WORKING = 320  # longest side, pixels, at which pictures are compared
_DTYPES = {"case_a": str, "case_b": str, "kind": str, "score": float}


def find(listing: Listing, near: bool = True) -> pd.DataFrame:
    """Find the pairs of cases that show the same or a neighbouring frame.

    Files that cannot be read are left out (:mod:`busutils.data.check` reports them).

    Parameters
    ----------
    listing : Listing
    near : bool
        False looks for exact copies only, which takes a moment.

    Returns
    -------
    DataFrame
        case_a, case_b (in the order of the listing), kind ("exact" or "near"), score (1 for an
        exact copy, over 0.9 for the same frame, down to 0.15 for a neighbouring one), transform
        (array of shape (2, 3): place in b = transform @ (row, column, 1) of the place in a,
        pixels of the original images); the pairs in the order of the listing.
    """
    cases = listing.cases
    with ThreadPoolExecutor() as pool:
        seen = bar(pool.map(_read, cases), "looking for copies", len(cases))
        read = [picture for picture in seen if picture is not None]
    # sorted by content, so that the order of the listing does not change what is found
    read = pd.DataFrame(read, columns=["case", "content", "picture", "factor"])
    read = read.sort_values(["content", "case"], ignore_index=True)
    first = read.drop_duplicates("content", ignore_index=True)
    pairs = _exact(read)
    if near:
        pairs = pd.concat([pairs, _spread(_near(first), read)], ignore_index=True)
    return _in_order(pairs, {c.case: i for i, c in enumerate(cases)})


def to_json(pairs: pd.DataFrame) -> str:
    """Write what :func:`find` returned, to the last digit."""
    rows = pairs.assign(transform=[transform.tolist() for transform in pairs["transform"]])
    return json.dumps(rows.to_dict("list"))


def from_json(text: str) -> pd.DataFrame:
    """Read what :func:`to_json` wrote; a ValueError says that it is damaged."""
    pairs = pd.DataFrame(json.loads(text), dtype=object).astype(_DTYPES)
    return pairs.assign(transform=[np.array(rows) for rows in pairs["transform"]])


def groups(listing: Listing, pairs: pd.DataFrame) -> pd.Series:
    """Name the group of every case: the first case of the listing that it is linked to.

    Links are followed: neighbours of neighbours are in one group, since a split that divides
    them leaks. A case without copies is its own group. `pairs` are those of :func:`find`.

    Returns
    -------
    Series
        Group by case, in the order of the listing.
    """
    names = pd.Index([c.case for c in listing.cases], name="case")
    links = [names.get_indexer(pairs[side]) for side in ("case_a", "case_b")]
    graph = coo_array((np.ones(len(pairs)), links), shape=(len(names), len(names)))
    component = connected_components(graph, directed=False)[1]
    first = pd.Series(names, index=names).groupby(component).transform("first")
    return first.rename("group")


def _read(case: Case) -> tuple[str, str, np.ndarray, np.ndarray] | None:
    """Case, hash of the content, picture at working size, its scale (rows, columns)."""
    try:
        grey = read_image(case.image)
    except UserError:
        return None
    content = hashlib.sha256(repr(grey.shape).encode() + grey.tobytes()).hexdigest()
    factor = min(1.0, _WORKING / max(grey.shape))
    small = resize_image(grey, tuple(max(1, round(n * factor)) for n in grey.shape))
    return case.case, content, small, np.array(small.shape) / grey.shape


def _exact(read: pd.DataFrame) -> pd.DataFrame:
    both = read[["case", "content"]].merge(read[["case", "content"]], on="content")
    both = both.set_axis(["case_a", "content", "case_b"], axis=1).query("case_a < case_b")
    both = both[["case_a", "case_b"]].assign(kind="exact", score=1.0)
    return both.assign(transform=[np.eye(2, 3)] * len(both))


def _near(first: pd.DataFrame) -> pd.DataFrame:
    """Pairs of different contents, by content."""
    pictures = list(first["picture"])
    proposed = landmarks.candidates(pictures, EVIDENCE)
    prepared = [alignment.prepare(p) for p in pictures]

    def align(pair) -> alignment.Agreement:
        shift = np.array([pair.row, pair.column])
        return alignment.agreement(prepared[pair.a], prepared[pair.b], pair.scale, shift)

    with ThreadPoolExecutor() as pool:
        aligned = pool.map(align, proposed.itertuples())
        agreed = list(bar(aligned, "aligning pictures", len(proposed)))
    least = _least_score([found.score for found in agreed])
    rows = []
    for pair, found in zip(proposed.itertuples(), agreed, strict=True):
        if _accepted(found, least):
            a, b = first.loc[pair.a], first.loc[pair.b]
            linear, shift = found.transform[:, :2], found.transform[:, 2]
            full_size = np.column_stack([linear * a["factor"], shift]) / b["factor"][:, None]
            rows.append((a["content"], b["content"], "near", found.score, full_size))
    near = pd.DataFrame(rows, columns=["content_a", "content_b", "kind", "score", "transform"])
    near = near.sort_values("score", ascending=False, kind="stable")
    return near.drop_duplicates(["content_a", "content_b"])


def _least_score(scores: list[float]) -> float:
    """Score from which a pair shows neighbouring frames, in this set."""
    other = [score for score in scores if score < SAME]
    # a few pairs tell little: 20 of a usual set are added
    return max(NEIGHBOUR, ABOVE * float(np.median(other + [0.06] * 20)))


def _in_order(pairs: pd.DataFrame, order: dict[str, int]) -> pd.DataFrame:
    """Turn pairs around and sort them as the listing has them."""
    a, b = (pairs[side].map(order).to_numpy(int) for side in ("case_a", "case_b"))
    turned = [
        (q.case_b, q.case_a, q.kind, q.score, _inverse(q.transform)) if i > j else tuple(q)
        for i, j, q in zip(a, b, pairs.itertuples(index=False), strict=True)
    ]
    pairs = pd.DataFrame(turned, columns=pairs.columns).astype(_DTYPES)
    return pairs.iloc[np.lexsort([np.maximum(a, b), np.minimum(a, b)])].reset_index(drop=True)


def _inverse(transform: np.ndarray) -> np.ndarray:
    back = np.linalg.inv(transform[:, :2])
    return np.column_stack([back, -back @ transform[:, 2]])


def _accepted(found: alignment.Agreement, least: float) -> bool:
    if found.score >= max(SURE, least):
        return found.blocks >= FEW
    return found.score >= least and found.overlap >= SHARE and found.blocks >= MANY


def _spread(near: pd.DataFrame, read: pd.DataFrame) -> pd.DataFrame:
    """Pairs of cases from pairs of contents: exact copies share their near ones."""
    names = read[["case", "content"]]
    for side in "ab":
        near = near.merge(names.add_suffix(f"_{side}"), on=f"content_{side}")
    return near[["case_a", "case_b", "kind", "score", "transform"]]
