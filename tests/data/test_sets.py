"""Data sets by name: generated ones are made where they are absent, side by side in one root."""

import pytest

from busutils.data import phantom, phantom_brain, phantom_skin, sets
from busutils.errors import UserError


@pytest.fixture
def small(monkeypatch):
    """Few and small phantoms."""
    for name, write, options in (
        ("phantom", phantom.write_busi, {"n": 24, "size": 96}),
        ("phantom_skin", phantom_skin.write_isic, {"n": 10, "size": 48}),
        ("phantom_brain", phantom_brain.write_lgg, {"patients": 2, "slices": 3, "size": 48}),
    ):
        made = sets.GENERATED[name]
        few = sets.Generated(made.folder, lambda r, w=write, o=options: w(r, **o), made.listing)
        monkeypatch.setitem(sets.GENERATED, name, few)


def test_generated_sets_share_one_root(small, tmp_path):
    names = {
        name: sets.listing(name, str(tmp_path)).name for name in sets.GENERATED for _ in range(2)
    }
    assert names == {
        "phantom": "Phantoms",
        "phantom_skin": "Skin phantoms",
        "phantom_brain": "Brain phantoms",
    }
    assert {c.group for c in sets.listing("phantom_brain", str(tmp_path)).cases} == {
        "TCGA_PH_0000_20000101",
        "TCGA_PH_0001_20000101",
    }


def test_a_set_of_files_needs_its_folder():
    with pytest.raises(UserError, match="'isic' needs its folder: give --data-root"):
        sets.listing("isic")
    with pytest.raises(UserError, match="phantom_skin"):
        sets.listing("phantom_skins")
