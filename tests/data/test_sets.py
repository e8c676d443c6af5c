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


def test_generated_sets_share_one_root(small, tmp_path, monkeypatch):
    monkeypatch.setenv("BUSUTILS_PHANTOMS", str(tmp_path))
    names = {name: sets.listing(name).name for name in sets.GENERATED for _ in range(2)}
    assert names == {
        "phantom": "Phantoms",
        "phantom_skin": "Skin phantoms",
        "phantom_brain": "Brain phantoms",
    }
    assert {c.group for c in sets.listing("phantom_brain", str(tmp_path)).cases} == {
        "TCGA_PH_0000_20000101",
        "TCGA_PH_0001_20000101",
    }


def test_a_set_that_is_not_known_is_refused():
    with pytest.raises(UserError, match="phantom_skin"):
        sets.listing("phantom_skins")


def test_a_fetched_set_needs_no_root(tmp_path, monkeypatch):
    monkeypatch.setattr(sets.paths, "project", lambda: tmp_path)
    with pytest.raises(UserError, match=r"give --data-root FOLDER, or call .*fetch isic2018"):
        sets.listing("isic")
    phantom_skin.write_isic(tmp_path / "data" / "isic2018", n=10, size=48)
    assert sets.listing("isic").root == tmp_path / "data" / "isic2018"
    with pytest.raises(UserError, match=r"'pairs' needs its folder: give --data-root FOLDER$"):
        sets.listing("pairs", images="{case}.png", masks="{case}_mask.png")


@pytest.mark.parametrize("name", sets.GENERATED)
def test_nothing_is_written_to_a_folder_that_is_named_as_data(small, tmp_path, name):
    (tmp_path / "mine.png").touch()
    with pytest.raises(UserError, match="name the data set that lies there"):
        sets.listing(name, str(tmp_path))
    assert [f.name for f in tmp_path.iterdir()] == ["mine.png"]


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("images", "{case}.png"),
        ("masks", "{case}_mask.png"),
        ("labels", "{label}_*"),
        ("groups", "{group}_*"),
        ("mask_levels", [1]),
    ],
)
@pytest.mark.parametrize("name", ["phantom", "busi", "isic", "brain"])
def test_what_is_said_of_a_known_set_is_not_passed_over(tmp_path, name, what, value):
    with pytest.raises(UserError, match=f"is for images of your own, and {name} is read as it is"):
        sets.listing(name, str(tmp_path), **{what: value})
    assert not list(tmp_path.iterdir())


def test_hidden_copies_do_not_make_a_set(tmp_path):
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "1.mat").touch()
    (tmp_path / "._1.mat").touch()
    assert sets.recognise(tmp_path) == "busi"
    (tmp_path / "1.MAT").touch()
    assert sets.recognise(tmp_path) == "brain"
