"""Data sets by name: generated ones are made where they are absent, side by side in one root."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from busutils.__main__ import main
from busutils.data import fetch, sets, sources
from busutils.data.files import Listing
from busutils.data.sets import ImageSet
from busutils.data.sources import Source
from busutils.errors import RunError, UserError
from busutils.phantoms import write_busi, write_isic, write_lgg

GENERATED = [name for name, entry in sets.SETS.items() if entry.generate]


@pytest.fixture
def small(monkeypatch):
    """Few and small phantoms."""
    for name, write, options in (
        ("phantom", write_busi, {"n": 24, "size": 96}),
        ("phantom_skin", write_isic, {"n": 10, "size": 48}),
        ("phantom_brain", write_lgg, {"patients": 2, "slices": 3, "size": 48}),
    ):
        few = replace(sets.SETS[name], generate=partial(write, **options))
        monkeypatch.setitem(sets.SETS, name, few)


def test_generated_sets_share_one_root(small, tmp_path, monkeypatch):
    monkeypatch.setenv("BUSUTILS_PHANTOMS", str(tmp_path))
    names = {name: sets.listing(name).name for name in GENERATED for _ in range(2)}
    assert names == {
        "phantom": "Phantoms",
        "phantom_skin": "Skin phantoms",
        "phantom_brain": "Brain phantoms",
    }
    assert {c.group for c in sets.listing("phantom_brain", str(tmp_path)).cases} == {
        "TCGA_PH_0000_20000101",
        "TCGA_PH_0001_20000101",
    }


def test_two_that_need_a_generated_set_at_once_make_it_once(small, tmp_path, monkeypatch):
    monkeypatch.setenv("BUSUTILS_PHANTOMS", str(tmp_path))
    entry, made = sets.SETS["phantom"], []

    def slowly(root):
        made.append(root)
        time.sleep(0.3)  # the other one comes meanwhile
        return entry.generate(root)

    monkeypatch.setitem(sets.SETS, "phantom", replace(entry, generate=slowly))
    with ThreadPoolExecutor(2) as pool:
        listed = [of.result() for of in [pool.submit(sets.listing, "phantom") for _ in range(2)]]
    assert [len(of.cases) for of in listed] == [24, 24]
    assert made == [tmp_path]
    assert [file.name for file in tmp_path.iterdir()] == ["Dataset_BUSI_with_GT"]


def test_a_folder_that_phantoms_cannot_be_written_to_is_named(small, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BUSUTILS_PHANTOMS", str(tmp_path / "file" / "phantom"))
    with pytest.raises(RunError, match=r"cannot write .*file/phantom.*free space"):
        sets.listing("phantom")


def test_a_set_that_is_not_known_is_refused():
    with pytest.raises(UserError, match="phantom_skin"):
        sets.listing("phantom_skins")


def test_a_fetched_set_needs_no_root(tmp_path, monkeypatch):
    monkeypatch.setattr(sets.paths, "project", lambda: tmp_path)
    with pytest.raises(UserError, match=r"give --data-root FOLDER, or call .*fetch isic2018"):
        sets.listing("isic")
    write_isic(tmp_path / "data" / "isic2018", n=10, size=48)
    assert sets.listing("isic").root == tmp_path / "data" / "isic2018"
    with pytest.raises(UserError, match=r"'pairs' needs its folder: give --data-root FOLDER$"):
        sets.listing("pairs", images="{case}.png", masks="{case}_mask.png")


@pytest.mark.parametrize("name", GENERATED)
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


def test_a_set_is_one_entry_with_its_source(tmp_path, monkeypatch, capsys):
    """Listing, recognising, credit, the list of sets, fetching and the choices follow from it."""
    source = Source("Mine", "Mine, 1 image", "CC0", "Me, 2026", folder="m", kaggle="me/m")
    mine = ImageSet(
        "one image",
        lambda root: Listing("Mine", root, ()),
        sources=("mine",),
        recognises=lambda root: (root / "mine.txt").exists(),
    )
    monkeypatch.setitem(sets.SETS, "mine", mine)
    monkeypatch.setitem(sources.known(), "mine", source)
    (tmp_path / "mine.txt").touch()
    assert sets.recognise(tmp_path) == "mine"
    assert sets.listing("mine", str(tmp_path)).name == "Mine"
    assert sets.credit("Mine") == "Images: Me, 2026; CC0"
    assert main(["data", "list"]) == 0
    listed = capsys.readouterr().out
    assert "mine: one image\n" in listed and "fetch mine: Mine, 1 image. Licence: CC0." in listed
    with pytest.raises(UserError, match=r"kaggle datasets download me/m"):
        fetch.fetch("mine", tmp_path)
    with pytest.raises(UserError, match=r"unknown data set 'min': .* brain, .*pairs, mine$"):
        sets.listing("min")
