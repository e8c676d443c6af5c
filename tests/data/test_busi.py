"""The BUSI reader on a tiny copy of its layout, and on the real set."""

import numpy as np
import pytest
from PIL import Image

from busutils.data import busi, files, masks
from busutils.errors import UserError


@pytest.fixture
def root(tmp_path):
    """Two benign (one with three masks), one malignant, one normal, one orphan mask."""
    folder = tmp_path / "root" / busi.FOLDER
    names = {
        "benign": [
            *("benign (1)", "benign (1)_mask", "benign (1)_mask_1", "benign (1)_mask_2"),
            *("benign (10)", "benign (10)_mask", "benign (2)", "benign (2)_mask"),
        ],
        "malignant": ["malignant (1)", "malignant (1)_mask", "malignant (7)_mask"],
        "normal": ["normal (1)", "normal (1)_mask"],
    }
    for label, stems in names.items():
        (folder / label).mkdir(parents=True)
        for stem in stems:
            Image.fromarray(np.zeros((6, 5), np.uint8)).save(folder / label / f"{stem}.png")
    return tmp_path / "root"


def test_cases_in_numeric_order_with_all_masks(root):
    listing = busi.listing(root)
    names = [c.case for c in listing.cases]
    assert names == ["benign (1)", "benign (2)", "benign (10)", "malignant (1)", "normal (1)"]
    masks = [m.stem for m in listing.cases[0].masks]
    assert masks == ["benign (1)_mask", "benign (1)_mask_1", "benign (1)_mask_2"]
    assert [o.name for o in listing.orphans] == ["malignant (7)_mask.png"]


def test_a_second_image_of_a_case_is_named_and_capitals_do_not_matter(root):
    folder = root / busi.FOLDER / "benign"
    (folder / "benign (2).png").rename(folder / "benign (2).PNG")
    assert [c.case for c in busi.listing(root).cases][1] == "benign (2)"
    (folder / "benign (2).png").touch()
    with pytest.raises(UserError, match=r"are both case 'benign \(2\)': take one of them away"):
        busi.listing(root)


def test_nested_copy_is_read_and_reported(root):
    (root / "x").mkdir()
    (root / busi.FOLDER).rename(root / "x" / busi.FOLDER)
    (root / "x").rename(root / busi.FOLDER)
    listing = busi.listing(root)
    assert len(listing.cases) == 5
    assert "nested" in listing.notes[0]
    assert busi.listing(root / busi.FOLDER / busi.FOLDER).root == listing.root


def test_lesion_without_mask_is_listed_for_the_check(root):
    (root / busi.FOLDER / "malignant" / "malignant (1)_mask.png").unlink()
    assert busi.listing(root).cases[3].masks == ()


def test_wrong_roots_are_refused(tmp_path):
    with pytest.raises(UserError, match="is not a folder"):
        busi.listing(tmp_path / "nowhere")
    with pytest.raises(UserError, match="is empty"):
        busi.listing(tmp_path)
    (tmp_path / "photos").mkdir()
    with pytest.raises(UserError, match="is no BUSI"):
        busi.listing(tmp_path)


@pytest.mark.realdata
def test_real_set(shared):
    listing = busi.listing(shared / "data" / "busi")
    labels = [c.label for c in listing.cases]
    assert {label: labels.count(label) for label in busi.COUNTS} == busi.COUNTS
    several = {c.case: len(c.masks) for c in listing.cases if len(c.masks) > 1}
    assert len(several) == 17
    assert several.pop("benign (195)") == 3
    assert set(several.values()) == {2}
    three = next(c for c in listing.cases if c.case == "benign (195)")
    image = files.read_image(three.image)
    parts = [masks.read(m).lesion.sum() for m in three.masks]
    assert sum(parts) - files.joined_mask(three, image.shape).sum() == 19  # they overlap by 19 px
