"""Planted copies are found, other draws of the same texture are not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import ndimage

from busutils.data import busi, check, reading
from busutils.data.copies import duplicates
from busutils.data.files import Case, Listing

PUBLISHED = Path(__file__).resolve().parents[3] / "book" / "results" / "groups" / "busi.csv"


def texture(seed: int, shape=(240, 300)) -> np.ndarray:
    """Speckle in layers, uint8: the same model for every seed."""
    rng = np.random.default_rng(seed)
    speckle = ndimage.gaussian_filter(rng.rayleigh(1, shape), (1, 1.5))
    layers = ndimage.gaussian_filter(rng.normal(0, 1, shape), (6, 25))
    bright = speckle * np.exp(layers / layers.std() / 2)
    return (bright / bright.max() * 255).clip(0, 255).astype(np.uint8)


def zoom(image: np.ndarray, factor: float) -> np.ndarray:
    size = [round(n * factor) for n in image.shape[::-1]]
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def moved(image: np.ndarray, field: float, seed: int) -> np.ndarray:
    """A neighbouring frame: tissue moved by a smooth field, part of the speckle new."""
    rng = np.random.default_rng(seed)
    wave = ndimage.gaussian_filter(rng.normal(size=(2, *image.shape)), (0, 40, 40))
    grid = np.indices(image.shape) + field * wave / wave.std()
    tissue = ndimage.map_coordinates(image.astype(float), grid, order=1, mode="reflect")
    return (0.7 * tissue + 0.3 * texture(seed, image.shape)).astype(np.uint8)


FRAME = texture(1)
COPIES = {
    "same": FRAME,
    "recrop": FRAME[20:220, 30:270],
    "corner": FRAME[:150, :190],  # 40 % of the frame
    "rescale": zoom(FRAME, 0.7),
    "enlarged crop": zoom(FRAME[30:200, 40:260], 1.9),
    "brighter": (255 * (FRAME / 255) ** 0.6).astype(np.uint8),
    "darker": (FRAME * 0.4).astype(np.uint8),
    "shift": np.roll(FRAME, (7, -11), (0, 1)),
    "marked": np.where(np.indices(FRAME.shape)[0] // 6 == 20, 255, FRAME).astype(np.uint8),
    "neighbour": moved(FRAME, 2, 77),
}
OTHERS = {f"other {seed}": texture(seed) for seed in range(2, 14)}


def published_table(listing: Listing, pairs: pd.DataFrame) -> pd.DataFrame:
    """Cases in groups of two or more, as in ``book/results/groups``, with their strongest link."""
    turned = pairs.rename(columns={"case_a": "case_b", "case_b": "case_a"})
    links = pd.concat([pairs, turned]).sort_values("score", ascending=False, kind="stable")
    strongest = links.drop_duplicates("case_a").set_index("case_a")[["score", "kind"]]
    cases = pd.DataFrame([(c.case, c.label) for c in listing.cases], columns=["case", "label"])
    cases["group"] = duplicates.groups(listing, pairs).to_numpy()
    grouped = cases.join(strongest, on="case", how="inner")
    place = grouped["group"].map({c.case: i for i, c in enumerate(listing.cases)})
    return grouped.iloc[place.argsort(kind="stable")].reset_index(drop=True)


def groups_of(listing: Listing) -> pd.Series:
    return duplicates.groups(listing, duplicates.find(listing))


def write(root: Path, images: dict[str, np.ndarray], label: str = "benign") -> Listing:
    for name, image in images.items():
        Image.fromarray(image).save(root / f"{name}.png")
    cases = tuple(Case(name, label, root / f"{name}.png", ()) for name in images)
    return Listing("textures", root, cases)


@pytest.fixture(scope="module")
def listing(tmp_path_factory) -> Listing:
    return write(tmp_path_factory.mktemp("textures"), {"frame": FRAME} | COPIES | OTHERS)


@pytest.fixture(scope="module")
def pairs(listing) -> pd.DataFrame:
    return duplicates.find(listing)


@pytest.mark.parametrize("copy", COPIES)
def test_copies_are_found(pairs, copy):
    found = pairs[(pairs["case_a"] == "frame") & (pairs["case_b"] == copy)]
    assert found["kind"].tolist() == ["exact" if copy == "same" else "near"]
    least = {"same": 1, "neighbour": 0.5}.get(copy, 0.7)
    assert found["score"].item() >= least


def test_other_draws_of_the_same_texture_are_not_found(pairs, listing):
    assert not {*pairs["case_a"], *pairs["case_b"]} & OTHERS.keys()
    groups = duplicates.groups(listing, pairs)
    assert groups.tolist() == ["frame"] * (1 + len(COPIES)) + list(OTHERS)
    assert groups.index.tolist() == [case.case for case in listing.cases]


@pytest.mark.parametrize("n", [None, 0], ids=["pairs", "no pairs"])
def test_kept_pairs_are_read_as_they_were_found(pairs, n):
    pairs = pairs[:n]
    read = duplicates.from_json(duplicates.to_json(pairs))
    pd.testing.assert_frame_equal(read.drop(columns="transform"), pairs.drop(columns="transform"))
    for there, here in zip(read["transform"], pairs["transform"], strict=True):
        np.testing.assert_array_equal(there, here)


def test_transform_leads_to_the_same_place(pairs):
    transform = pairs.set_index(["case_a", "case_b"])["transform"]
    places = np.array([[60, 100, 1], [120, 200, 1]])
    expected = {
        "recrop": [[40, 70], [100, 170]],
        "rescale": [[42, 70], [84, 140]],
        "enlarged crop": [[57, 114], [171, 304]],
        "shift": [[67, 89], [127, 189]],
    }
    for copy, there in expected.items():
        np.testing.assert_allclose(places @ transform["frame", copy].T, there, atol=1.5)
    # the pair between two copies, found or turned around, goes through the frame
    back = pairs.set_index(["case_a", "case_b"]).loc[("recrop", "shift"), "transform"]
    np.testing.assert_allclose(np.array([40, 70, 1]) @ back.T, [67, 89], atol=1.5)


def test_order_of_the_listing_does_not_matter(pairs, listing):
    turned = Listing("turned", listing.root, listing.cases[::-1])
    again = duplicates.find(turned)

    def links(table):
        return {(frozenset((p.case_a, p.case_b)), p.kind, p.score) for p in table.itertuples()}

    assert links(again) == links(pairs)
    order = [case.case for case in turned.cases]
    assert all(order.index(p.case_a) < order.index(p.case_b) for p in again.itertuples())
    assert duplicates.groups(turned, again)["frame"] == "neighbour"  # the first of its listing


def test_names_and_labels_do_not_matter(pairs, listing, tmp_path):
    few = ["frame", "rescale", "other 2", "other 3", "shift"]
    cases = {case.case: case for case in listing.cases}
    renamed = [
        Case(f"x{i}", f"label {i}", cases[name].image, ()) for i, name in enumerate(few, start=1)
    ]
    groups = groups_of(Listing("renamed", listing.root, tuple(renamed)))
    assert groups.to_dict() == {"x1": "x1", "x2": "x1", "x3": "x3", "x4": "x4", "x5": "x1"}


def test_links_are_followed():
    cases = tuple(Case(name, "benign", Path(name), ()) for name in "edcba")
    pairs = pd.DataFrame({"case_a": ["d", "c"], "case_b": ["b", "b"], "score": [0.3, 0.9]})
    listing = Listing("five", Path(), cases)
    assert duplicates.groups(listing, pairs).to_dict() == {
        "e": "e", "d": "d", "c": "d", "b": "d", "a": "a"
    }  # fmt: skip
    table = published_table(listing, pairs.assign(kind="near"))
    assert table["case"].tolist() == ["d", "c", "b"]
    assert table["group"].tolist() == ["d", "d", "d"]
    assert table["score"].tolist() == [0.3, 0.9, 0.9]


def test_colour_small_large_flat_and_broken_images(tmp_path):
    colour = np.stack([FRAME, FRAME // 2, FRAME // 3], axis=-1)
    large = zoom(texture(3), 4.5)
    images = {
        "colour": colour,
        "colour again": colour[10:, 10:],
        "large": large,
        "small": zoom(large, 0.1),
        "black": np.zeros((50, 60), np.uint8),
        "white": np.full((50, 70), 255, np.uint8),
        "pixel": np.zeros((1, 1), np.uint8),
        "line": texture(4)[:2],
        "broken": FRAME,
    }
    listing = write(tmp_path, images)
    (tmp_path / "broken.png").write_bytes((tmp_path / "broken.png").read_bytes()[:500])
    groups = groups_of(listing)
    together = groups[groups != groups.index].to_dict()
    assert together == {"colour again": "colour", "small": "large"}


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny_sets(tmp_path, n):
    listing = write(tmp_path, dict(list(OTHERS.items())[:n]))
    assert duplicates.find(listing).empty
    assert groups_of(listing).tolist() == list(OTHERS)[:n]


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return pd.read_csv(PUBLISHED)


def test_published_groups_are_whole(published):
    assert published["case"].is_unique
    assert (published.groupby("group").size() >= 2).all()
    first = published.groupby("group", sort=False)["case"].first()
    assert first.tolist() == first.index.tolist()
    assert published["group"].nunique() >= 130
    assert published["score"].between(duplicates.NEIGHBOUR, 1).all()


def test_published_groups_mix_classes_where_the_data_are_known_to(published):
    group = published.set_index("case")["group"]
    for known in KNOWN:
        assert len({*group[list(known)]}) == 1
    labels = published.groupby("group")["label"].agg(set)
    assert sum(len(found) > 1 for found in labels) == len(KNOWN)


KNOWN = [
    ("benign (42)", "benign (131)", "malignant (51)"),
    ("benign (85)", "benign (164)", "malignant (52)"),
    ("benign (333)", "malignant (77)", "malignant (78)"),
    ("benign (399)", "malignant (93)"),
    ("benign (406)", "malignant (94)"),
    ("benign (433)", "malignant (145)"),
    ("benign (269)", "normal (1)"),
    ("benign (437)", "normal (34)"),
]


@pytest.fixture(scope="module")
def real(shared) -> tuple[Listing, pd.DataFrame]:
    """BUSI and its pairs, which are looked for once and kept in the store."""
    listing = busi.listing(shared / "data" / "busi")
    return listing, reading.pairs(listing)


@pytest.mark.realdata
@pytest.mark.slow
def test_busi_gives_the_published_groups(real, published):
    listing, pairs = real
    found = published_table(listing, pairs)
    same = ["case", "label", "group", "kind"]
    pd.testing.assert_frame_equal(found[same], published[same])
    np.testing.assert_allclose(found["score"], published["score"], atol=0.02)


@pytest.mark.realdata
@pytest.mark.slow
def test_the_check_of_busi(real):
    listing, _ = real
    report = check.check(listing).to_dict()
    assert report["counts"] == {"benign": 437, "malignant": 210, "normal": 133}
    assert report["counts_as_expected"]
    assert (report["images"], report["masks"]) == (780, 798)
    findings = report["findings"]
    several = {item["cases"][0]: item["masks"] for item in findings["several_masks"]}
    assert len(several) == 17
    assert [case for case, n in several.items() if n == 3] == ["benign (195)"]
    assert findings["exact_duplicates"] == [{"cases": ["benign (433)", "malignant (145)"]}]
    assert len(findings["duplicate_groups"]) >= 130
    assert len(findings["mixed_groups"]) == 8
    contradicting = {tuple(item["cases"]): item for item in findings["contradicting_masks"]}
    assert contradicting["benign (433)", "malignant (145)"]["dice"] == pytest.approx(0.87, abs=5e-3)
    for pair in (("benign (269)", "normal (1)"), ("benign (437)", "normal (34)")):
        assert contradicting[pair]["why"] == "one mask is empty, the other is not"
    nothing = set(findings) - {
        "several_masks", "exact_duplicates", "duplicate_groups", "mixed_groups",
        "contradicting_masks",
    }  # fmt: skip
    assert all(findings[kind] == [] for kind in nothing)
