"""A set is read once; its cache is whole or absent, and tells when it is damaged."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from busutils import paths
from busutils.data import reading, sets, splits
from busutils.data.copies import duplicates
from busutils.data.dataset import open_cached, read_table
from busutils.data.files import Case, Listing
from busutils.errors import RunError, UserError
from tests import figshare as figshare_files


@pytest.fixture
def listing(tmp_path):
    rng = np.random.default_rng(0)
    cases = []
    for i, (height, width) in enumerate([(40, 60), (32, 32), (50, 20)]):
        image, mask = tmp_path / f"{i}.png", tmp_path / f"{i}_mask.png"
        Image.fromarray(rng.integers(0, 256, (height, width), np.uint8)).save(image)
        truth = np.zeros((height, width), bool)
        truth[: height // 2] = True
        Image.fromarray(truth).save(mask)
        label = "normal" if i == 2 else "benign"
        cases.append(Case(f"case {i}", label, image, (mask,), group=f"g{i}"))
    return Listing("Tiny", tmp_path, tuple(cases))


def test_images_masks_and_table(listing, tmp_path):
    dataset = reading.load(listing, 32, store=tmp_path / "store")
    assert dataset.images.shape == (3, 32, 32, 1)
    assert dataset.images.dtype == np.uint8
    assert dataset.masks.dtype == bool
    assert dataset.masks[:, :16].all()
    assert not dataset.masks[:, 16:].any()
    assert dataset.cases[["height", "width"]].to_numpy().tolist() == [[40, 60], [32, 32], [50, 20]]
    assert dataset.cases["group"].tolist() == ["g0", "g1", "g2"]
    np.testing.assert_array_equal(
        dataset.images[1, ..., 0], np.asarray(Image.open(listing.cases[1].image))
    )


def test_second_call_reads_the_cache(listing, tmp_path, monkeypatch):
    first = reading.load(listing, 32, store=tmp_path / "store")
    monkeypatch.setattr(reading, "read_image", None)  # decoding again would fail
    second = reading.load(listing, 32, store=tmp_path / "store")
    assert isinstance(second.images, np.memmap)
    np.testing.assert_array_equal(first.images, second.images)
    assert first.fingerprint == second.fingerprint


def test_fingerprint_tells_content_size_and_selection(listing, tmp_path):
    store = tmp_path / "store"
    prints = {
        reading.load(listing, 32, store=store).fingerprint,
        reading.load(listing, 16, store=store).fingerprint,
        reading.load(replace(listing, cases=listing.cases[:2]), 32, store=store).fingerprint,
    }
    Image.fromarray(np.zeros((40, 60), np.uint8)).save(listing.cases[0].image)
    prints.add(reading.load(listing, 32, store=store).fingerprint)
    assert len(prints) == 4


def test_fingerprint_does_not_depend_on_where_the_files_are(listing, tmp_path):
    first = reading.load(listing, 32, store=tmp_path / "store").fingerprint
    moved = tmp_path / "moved"
    moved.mkdir()
    cases = []
    for c in listing.cases:
        image, mask = (p.rename(moved / p.name) for p in (c.image, *c.masks))
        cases.append(Case(c.case, c.label, image, (mask,), c.group))
    again = Listing("Tiny", moved, tuple(cases))
    assert reading.load(again, 32, store=tmp_path / "other").fingerprint == first


def test_a_set_without_images_is_refused(listing, tmp_path):
    with pytest.raises(UserError, match="holds no images: bring some"):
        reading.load(replace(listing, cases=()), 32, tmp_path / "store")


def test_lesion_without_mask_is_refused(listing, tmp_path):
    first = Case("case 0", "benign", listing.cases[0].image, ())
    bare = Listing("Tiny", listing.root, (first, *listing.cases[1:]))
    with pytest.raises(
        UserError, match=r"0.png in .* 'benign', not 'normal'\) but has no mask: add"
    ):
        reading.load(bare, 32, store=tmp_path / "store")
    normal = Case("case 2", "normal", listing.cases[2].image, (), group="g2")
    fine = Listing("Tiny", listing.root, (*listing.cases[:2], normal))
    assert not reading.load(fine, 32, store=tmp_path / "store").masks[2].any()


def test_a_mask_of_zeros_and_ones_gives_the_same_as_one_of_255(listing, tmp_path):
    first = reading.load(listing, 32, store=tmp_path / "store")
    faint = listing.root / "0_mask.png"
    Image.fromarray(np.asarray(Image.open(faint)).astype(np.uint8)).save(faint)
    again = reading.load(listing, 32, store=tmp_path / "store")
    assert again.fingerprint != first.fingerprint
    np.testing.assert_array_equal(again.masks, first.masks)


def test_an_image_of_sixteen_bits_is_refused(listing, tmp_path):
    Image.fromarray(np.arange(1024, dtype=np.uint16).reshape(32, 32)).save(listing.cases[1].image)
    with pytest.raises(UserError, match=r"1.png has more than 256 grey levels .* with 8 bits"):
        reading.load(listing, 32, store=tmp_path / "store")


def test_unreadable_image_leaves_no_cache(listing, tmp_path):
    listing.cases[2].image.write_bytes(b"no image")
    with pytest.raises(UserError, match="cannot be read"):
        reading.load(listing, 32, store=tmp_path / "store")
    assert not [p for p in (tmp_path / "store" / "cache").iterdir() if p.is_dir()]


@pytest.mark.parametrize("name", ["images.npy", "cases.csv", "meta.json"])
def test_damaged_cache_is_named(listing, tmp_path, name):
    fingerprint = reading.load(listing, 32, store=tmp_path / "store").fingerprint
    file = tmp_path / "store" / "cache" / fingerprint / name
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(UserError, match=f"cache .*{fingerprint} is damaged .*delete it"):
        open_cached(fingerprint, tmp_path / "store")


def test_a_store_that_cannot_be_written_is_named(listing, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match=r"cannot write .*BUSUTILS_RUNS"):
        reading.load(listing, 32, store=tmp_path / "file" / "store")


def test_full_disk_leaves_nothing(tmp_path):
    with pytest.raises(RunError, match="No space left"), paths.whole_folder(tmp_path / "x") as part:
        (part / "a").write_text("a")
        raise OSError(28, os.strerror(28))
    assert list(tmp_path.iterdir()) == []


def test_a_case_called_by_a_number_keeps_its_name_and_its_group(tmp_path, store):
    from busutils.data import brain

    found = brain.listing(figshare_files.write(tmp_path, n=6, size=32))
    data = reading.load(found, 32)
    assert data.cases["case"].tolist() == ["1", "2", "3", "4", "5", "6"]
    assert data.cases["group"].tolist() == ["100000"] * 3 + ["100001"] * 3


def test_a_reduced_copy_is_told(listing):
    data = replace(reading.load(listing, 16), name="BUSI")
    sizes = data.cases.assign(height=[300, 416, 200], width=[416, 300, 190])
    told = replace(data, cases=sizes).reduced()
    assert told == "a reduced copy: 2 of 3 images have a longest side of 416 pixels"
    assert replace(data, cases=sizes.assign(width=[500, 510, 520])).reduced() == ""


ODD = ("NA", "None", "NULL", "nan", "007", "1.0", "1e3", "True", "M\xfcller", 'a, "b" [c]*', "-")


def test_names_that_look_like_something_else_stay_as_they_are(tmp_path, store):
    """As case, label and group at once, through the cache and back."""
    rng = np.random.default_rng(0)
    for kind in ("images", "masks"):
        for name in ODD:
            folder = tmp_path / "own" / name
            folder.mkdir(parents=True, exist_ok=True)
            levels = rng.integers(0, 256, (9, 9), np.uint8)
            Image.fromarray(levels if kind == "images" else np.uint8(levels > 200)).save(
                folder / f"{kind}.png"
            )
    root, patterns = tmp_path / "own", ("{label}/images.png", "{label}/masks.png")
    with pytest.raises(UserError, match=r"has no {case}"):
        sets.listing("pairs", str(root), *patterns)
    patterns = [p.replace("{label}", "{case}") for p in patterns]
    listing = sets.listing("pairs", str(root), *patterns, "{label}", "{group}")
    for _ in range(2):  # read, and from the cache
        table = reading.load(listing, 8).cases
        assert sorted(table["case"]) == sorted(ODD)
        assert table["label"].equals(table["case"].rename("label"))
        assert table["group"].equals(table["case"].rename("group"))
        assert table["n_masks"].tolist() == [1] * len(ODD)
    split = splits.in_file_order(table)
    split.to_csv(tmp_path / "odd.csv", index=False)
    again = read_table(tmp_path / "odd.csv")
    pd.testing.assert_frame_equal(again, split.reset_index(drop=True), check_dtype=False)
    assert splits.split_id(again) == splits.split_id(split)


def test_a_file_name_that_is_no_utf8_is_carried(listing, tmp_path):
    first = listing.cases[0].image
    raw = first.rename(os.fsdecode(os.fsencode(first.parent) + b"/M\xfcller.png"))
    cases = (replace(listing.cases[0], image=raw), *listing.cases[1:])
    data = reading.load(replace(listing, cases=cases), 16, store=tmp_path / "store")
    assert data.cases["source"][0] == r"M\xfcller.png"


def test_what_is_said_of_labels_and_levels_tells_caches_apart(tmp_path, store):
    image = np.random.default_rng(0).integers(0, 256, (12, 12), np.uint8)
    mask = np.zeros((12, 12), np.uint8)
    mask[:4], mask[4:8] = 127, 255
    for name in ("a_cyst", "b_solid"):
        for kind, array in {"images": image, "masks": mask}.items():
            (tmp_path / "own" / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(tmp_path / "own" / kind / f"{name}.png")
    own = ("pairs", str(tmp_path / "own"), "images/{case}.png", "masks/{case}.png")
    with pytest.raises(UserError, match=r"a_cyst.png has the levels 0, 127, 255: say which"):
        reading.load(sets.listing(*own), 12)
    plain = reading.load(sets.listing(*own, mask_levels=[127]), 12)
    assert plain.masks[0].sum() == 48 and plain.masks[0, :4].all()
    both = reading.load(sets.listing(*own, mask_levels=[255, 127]), 12)
    assert both.masks[0, :8].all() and set(both.cases["label"]) == {"lesion"}
    named = reading.load(sets.listing(*own, labels="*_{label}", mask_levels=[127, 255]), 12)
    assert named.cases["label"].tolist() == ["cyst", "solid"]
    assert len({plain.fingerprint, both.fingerprint, named.fingerprint}) == 3
    with pytest.raises(
        UserError, match="no mask has the level 128 of mask_levels: they have 0, 127"
    ):
        reading.load(sets.listing(*own, mask_levels=[128]), 12)


def test_labels_by_another_pattern_do_not_come_from_the_cache(listing, tmp_path):
    reading.load(listing, 16, store=tmp_path / "store")
    cases = (replace(listing.cases[0], label="cyst"), *listing.cases[1:])
    with pytest.raises(UserError, match="has the label 'benign' for case 0, now 'cyst': say"):
        reading.load(replace(listing, cases=cases), 16, store=tmp_path / "store")


@pytest.mark.parametrize("label", ["Normal", "NORMAL", "normal "])
def test_a_label_that_is_nearly_normal_is_refused(listing, label):
    cases = (*listing.cases[:2], replace(listing.cases[2], label=label, masks=()))
    with pytest.raises(UserError, match=f"2.png has the label '{label}', .* labelled 'normal'"):
        reading.load(replace(listing, cases=cases), 16)


def test_inverted_turned_and_dead_files_are_refused(listing, tmp_path):
    mask = listing.cases[0].masks[0]
    lesion = np.asarray(Image.open(mask))
    Image.fromarray(lesion.T.copy()).save(mask)
    with pytest.raises(
        UserError, match=r"0_mask.png has 40 x 60 pixels on an image of 60 x 40, so it"
    ):
        reading.load(listing, 16)
    for case in listing.cases[:2]:
        full = np.ones(np.asarray(Image.open(case.image)).shape, bool)
        full[:3, :3] = False
        Image.fromarray(full).save(case.masks[0])
    with pytest.raises(
        UserError, match="lesion covers more than half of most images, as in inverted"
    ):
        reading.load(listing, 16)
    black = tuple(replace(case, lesion_levels=(0,)) for case in listing.cases)
    assert reading.load(replace(listing, cases=black), 40).masks[0].mean() < 0.02
    mask.unlink()
    mask.symlink_to("/nowhere/mask.png")
    with pytest.raises(UserError, match=r"0_mask.png is a link to /nowhere/mask.png"):
        reading.load(listing, 16)
    assert not [p for p in paths.store().glob("cache/*.part")]


def test_copies_are_looked_for_once_for_the_same_images(listing, store, monkeypatch):
    first, second, third = (replace(case, group=None) for case in listing.cases)
    second.image.write_bytes(first.image.read_bytes())
    listing = replace(listing, cases=(first, second, third))
    first = reading.pairs(listing)
    assert first[["case_a", "case_b", "kind"]].to_numpy().tolist() == [
        ["case 0", "case 1", "exact"]
    ]
    mask = listing.cases[0].masks[0]
    os.utime(mask)  # a mask that is mended changes nothing
    with monkeypatch.context() as patch:
        patch.setattr(duplicates, "find", None)
        again = reading.pairs(listing)
    for column in ("case_a", "case_b", "kind", "score"):
        assert again[column].tolist() == first[column].tolist()
    for one, other in zip(first["transform"], again["transform"], strict=True):
        np.testing.assert_array_equal(one, other)
    (kept,) = (store / "cache").glob("pairs-*.json")
    kept.write_text(kept.read_text()[:-9])  # damaged, so it is made again
    assert reading.pairs(listing)["case_a"].tolist() == first["case_a"].tolist()
    renamed = tuple(replace(case, case=f"x {case.case}") for case in listing.cases)
    assert reading.pairs(replace(listing, cases=renamed))["case_a"][0] == f"x {first['case_a'][0]}"
