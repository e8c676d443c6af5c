"""A set is read once; its cache is whole or absent, and tells when it is damaged."""

import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from busutils import paths
from busutils.data import reading
from busutils.data.dataset import open_cached
from busutils.data.files import Case, Listing
from busutils.errors import RunError, UserError


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
    return Listing("Tiny", tmp_path, tuple(cases), 1)


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
    assert dataset.original_mask("case 0").shape == (40, 60)
    with pytest.raises(UserError, match="unknown case"):
        dataset.original_mask("case 9")


def test_second_call_reads_the_cache(listing, tmp_path, monkeypatch):
    first = reading.load(listing, 32, store=tmp_path / "store")
    monkeypatch.setattr(reading, "_decode", None)  # decoding again would fail
    second = reading.load(listing, 32, store=tmp_path / "store")
    assert isinstance(second.images, np.memmap)
    np.testing.assert_array_equal(first.images, second.images)
    assert first.fingerprint == second.fingerprint


def test_fingerprint_tells_content_size_and_selection(listing, tmp_path):
    store = tmp_path / "store"
    prints = {
        reading.load(listing, 32, store=store).fingerprint,
        reading.load(listing, 16, store=store).fingerprint,
        reading.load(listing, 32, ("benign",), store=store).fingerprint,
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
    again = Listing("Tiny", moved, tuple(cases), 1)
    assert reading.load(again, 32, store=tmp_path / "other").fingerprint == first


def test_unknown_class_is_refused(listing, tmp_path):
    with pytest.raises(UserError, match="no case of malignant"):
        reading.load(listing, 32, ("malignant",), tmp_path / "store")


def test_lesion_without_mask_is_refused(listing, tmp_path):
    first = Case("case 0", "benign", listing.cases[0].image, ())
    bare = Listing("Tiny", listing.root, (first, *listing.cases[1:]), 1)
    with pytest.raises(UserError, match=r"0.png in .* 'benign', not 'normal'\) but has no mask: add"):
        reading.load(bare, 32, store=tmp_path / "store")
    normal = Case("case 2", "normal", listing.cases[2].image, (), group="g2")
    fine = Listing("Tiny", listing.root, (*listing.cases[:2], normal), 1)
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
    with pytest.raises(RunError, match="cannot write .*BUSUTILS_RUNS"):
        reading.load(listing, 32, store=tmp_path / "file" / "store")


def test_full_disk_leaves_nothing(tmp_path):
    with pytest.raises(RunError, match="No space left"), paths.whole_folder(tmp_path / "x") as part:
        (part / "a").write_text("a")
        raise OSError(28, os.strerror(28))
    assert list(tmp_path.iterdir()) == []


def test_a_case_called_by_a_number_keeps_its_name_and_its_group(tmp_path, store):
    from busutils.data import brain, phantom_brain

    found = brain.listing(phantom_brain.write_figshare(tmp_path, n=6, size=32))
    data = reading.load(found, 32)
    assert data.cases["case"].tolist() == ["1", "2", "3", "4", "5", "6"]
    assert data.cases["group"].tolist() == ["100000"] * 3 + ["100001"] * 3
    assert data.original_mask("2").any()


def test_a_reduced_copy_is_told(listing):
    data = reading.load(listing, 16)
    sizes = data.cases.assign(height=[300, 416, 200], width=[416, 300, 190])
    told = replace(data, cases=sizes).reduced()
    assert told == "a reduced copy: 2 of 3 images have a longest side of 416 pixels"
    assert replace(data, cases=sizes.assign(width=[500, 510, 520])).reduced() == ""
