"""ISIC 2018 and HAM10000: what is read, how large photographs are decoded, what is refused."""

import shutil

import numpy as np
import pytest
from PIL import Image

from busutils.data import fetch, isic, masks, reading, sets
from busutils.data.files import read_image
from busutils.data.pictures import shape_of
from busutils.errors import UserError
from busutils.phantoms import skin, write_isic


@pytest.fixture
def root(tmp_path):
    return write_isic(tmp_path / "isic", n=20, size=96)


def test_the_official_parts_are_read_in_order(root):
    found = isic.listing(root)
    assert [c.case for c in found.cases] == [f"ISIC_{i:07d}" for i in range(20)]
    parts = list(found.parts.values())
    assert [parts.count(p) for p in ("train", "val", "test")] == [14, 2, 4]
    assert {c.label for c in found.cases} == {"lesion"}
    assert not found.orphans


def test_images_have_three_channels_and_their_own_masks(root, store, monkeypatch):
    monkeypatch.setattr(reading, "groups", lambda listing, store=None: {})
    data = reading.load(isic.listing(root), 48)
    assert data.images.shape == (20, 48, 48, 3)
    image, mask = skin.photograph(np.random.default_rng([0, 0]), 96)
    assert np.abs(data.images[0].mean((0, 1)) - image.mean((0, 1))).max() < 2
    assert data.masks[0].mean() == pytest.approx(mask.mean(), abs=0.01)
    assert data.cases.loc[0, ["height", "width"]].tolist() == [96, 128]


def test_a_large_jpeg_is_decoded_small_but_not_smaller_than_asked(tmp_path):
    rng = np.random.default_rng(0)
    blocks = np.kron(rng.integers(0, 255, (30, 40, 3)), np.ones((20, 20, 1))).astype(np.uint8)
    Image.fromarray(blocks).save(tmp_path / "large.jpg", quality=95)
    assert shape_of(tmp_path / "large.jpg") == (600, 800)
    small = read_image(tmp_path / "large.jpg", channels=3, at_least=128)
    assert small.shape == (150, 200, 3)
    whole = read_image(tmp_path / "large.jpg", channels=3)
    assert whole.shape == (600, 800, 3)
    averaged = whole.reshape(150, 4, 200, 4, 3).mean(axis=(1, 3))
    assert np.abs(averaged - small).mean() < 5  # colours are stored at half resolution
    assert read_image(tmp_path / "large.jpg").shape == (600, 800)


def test_grey_one_bit_and_colour_masks_are_read_alike(tmp_path):
    mask = np.eye(8) > 0
    grey = Image.fromarray(np.where(mask, 255, 0).astype(np.uint8))
    for mode in ("L", "1", "RGB", "RGBA", "P"):
        grey.convert(mode).save(tmp_path / f"{mode}.png")
        np.testing.assert_array_equal(masks.read(tmp_path / f"{mode}.png").lesion, mask)


def test_ham10000_is_grouped_by_lesion_and_a_mac_file_is_none(root, tmp_path):
    ham = tmp_path / "ham"
    masks = ham / "HAM10000_segmentations_lesion_tschandl"
    images = ham / "HAM10000_images_part_1"
    shutil.copytree(root / "ISIC2018_Task1-2_Training_Input", images)
    shutil.copytree(root / "ISIC2018_Task1_Training_GroundTruth", masks)
    (masks / "__MACOSX").mkdir()
    (masks / "__MACOSX" / "._ISIC_0000001_segmentation.png").write_bytes(b"x")
    (masks / "._ISIC_0000001_segmentation.png").write_bytes(b"x")
    rows = [f"HAM_{i // 2},ISIC_{i:07d}" for i in range(14)]
    (ham / "HAM10000_metadata.csv").write_text("\n".join(["lesion_id,image_id", *rows]))
    found = isic.listing(ham)
    assert len(found.cases) == 14
    assert [c.group for c in found.cases[:3]] == ["HAM_0", "HAM_0", "HAM_1"]
    assert all(c.masks for c in found.cases)
    assert found.parts is None


def test_an_image_without_a_lesion_id_is_a_group_of_its_own(root):
    rows = [f"HAM_{i // 2},ISIC_{i:07d}" for i in range(13)]
    metadata = root / "HAM10000_metadata.csv"
    metadata.write_text("\n".join(["lesion_id,image_id", *rows]))
    found = isic.listing(root)
    groups = [c.group for c in found.cases[:14]]
    assert found.grouped
    assert groups[:2] == ["HAM_0", "HAM_0"] and groups[12:] == ["HAM_6", "ISIC_0000013"]
    metadata.write_text(metadata.read_text().replace(",", "\t"))
    with pytest.raises(UserError, match=r"HAM10000_metadata.csv has no columns image_id"):
        isic.listing(root)


def test_a_folder_above_the_set_is_no_part_of_it(root):
    moved = root.rename(root.with_name("My_Training_data"))
    assert set(isic.listing(moved).parts.values()) == {"train", "val", "test"}


def test_missing_masks_are_named_and_orphans_listed(root, store):
    masks = root / "ISIC2018_Task1_Training_GroundTruth"
    (masks / "ISIC_0000002_segmentation.png").rename(masks / "ISIC_0000099_segmentation.png")
    found = isic.listing(root)
    assert [p.name for p in found.orphans] == ["ISIC_0000099_segmentation.png"]
    with pytest.raises(UserError, match=r"ISIC_0000002.jpg .* has no mask"):
        reading.load(found, 48)


def test_what_is_no_isic_is_refused(tmp_path):
    with pytest.raises(UserError, match="is neither ISIC 2018"):
        isic.listing(tmp_path)
    with pytest.raises(UserError, match="is not a folder"):
        isic.listing(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"ISIC 2019 is a classification release .* take isic"):
        sets.listing("isic2019", str(tmp_path))
    with pytest.raises(UserError, match="ISIC 2019 is a classification release"):
        sets.fetched("ISIC_2019")
    with pytest.raises(UserError, match="ISIC 2019 is a classification release"):
        fetch.fetch("isic2019", tmp_path)
    (tmp_path / "ISIC_2019_Training_Input").mkdir()
    with pytest.raises(UserError, match="ISIC 2019 is a classification release"):
        isic.listing(tmp_path)


def test_phantoms_are_not_written_twice(root):
    with pytest.raises(UserError, match="is there already"):
        write_isic(root, n=20, size=96)
    with pytest.raises(UserError, match="ask for 10 or more"):
        write_isic(root / "more", n=4)


@pytest.mark.realdata
def test_the_shared_photographs(shared):
    found = isic.listing(shared / "data" / "isic2018")
    assert len(found.cases) == 1000
    assert all(len(c.masks) == 1 for c in found.cases)
    assert set(found.parts.values()) == {"train"}
