"""Own data by folder and patterns: tiny folders with known answers, and STU-Hospital."""

import os
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from busutils.data import busi, pairs
from busutils.data.files import joined_mask, read_image
from busutils.errors import UserError
from busutils.phantoms import write_busi


@pytest.fixture
def folder(tmp_path):
    """Function that makes empty files; listing opens none."""

    def make(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return tmp_path

    return make


def found(listing):
    root = listing.root
    return {c.case: [m.relative_to(root).as_posix() for m in c.masks] for c in listing.cases}


def test_two_folders(folder):
    root = folder("images/b.png", "images/a.png", "masks/a.png", "masks/b.png", "readme.txt")
    listing = pairs.listing(root)
    assert found(listing) == {"a": ["masks/a.png"], "b": ["masks/b.png"]}
    assert {(c.label, c.group) for c in listing.cases} == {("lesion", None)}
    assert (listing.name, listing.orphans) == (root.name, ())


def test_masks_beside_the_images_with_a_suffix(folder):
    root = folder("7.png", "7_mask.png", "7_mask_1.png", "12.png", "12_mask.png")
    listing = pairs.listing(root, "{case}.png", "{case}_mask*.png")
    assert found(listing) == {"7": ["7_mask.png", "7_mask_1.png"], "12": ["12_mask.png"]}


def test_images_with_a_suffix_beside_the_masks(folder):
    root = folder("7_image.png", "7.png")
    assert found(pairs.listing(root, "{case}_image.png", "{case}.png")) == {"7": ["7.png"]}


def test_a_folder_a_case(folder):
    root = folder(
        "p1/7/us.png", "p1/7/roi_2.png", "p1/7/roi_10.png", "p2/8/us.png", "p2/8/roi_1.png"
    )
    listing = pairs.listing(root, "{group}/{case}/us.png", "{group}/{case}/roi_*.png")
    assert found(listing) == {"7": ["p1/7/roi_2.png", "p1/7/roi_10.png"], "8": ["p2/8/roi_1.png"]}
    assert [c.group for c in listing.cases] == ["p1", "p2"]


def test_a_repeated_field_stands_for_the_same_text(folder):
    root = folder("1/1.png", "1/1_m.png", "2/2.png", "2/2_m.png", "2/1.png")
    listing = pairs.listing(root, "{case}/{case}.png", "{case}/{case}_m.png")
    assert list(found(listing)) == ["1", "2"]


def test_natural_order(folder):
    root = folder(*(f"{kind}/a{n}.png" for kind in ("images", "masks") for n in (10, 9, 100)))
    assert list(found(pairs.listing(root))) == ["a9", "a10", "a100"]


def test_label_and_group_from_the_name_of_the_case(folder):
    root = folder(
        *(f"{kind}/{c}.png" for kind in ("images", "masks") for c in ("cyst_p1_a", "tumour_p1_b"))
    )
    listing = pairs.listing(root, label="{label}_p*", group="*_{group}_*")
    assert [(c.label, c.group) for c in listing.cases] == [("cyst", "p1"), ("tumour", "p1")]


def test_one_label_for_all(folder):
    root = folder("images/a.png", "masks/a.png")
    assert pairs.listing(root, label="benign").cases[0].label == "benign"
    with pytest.raises(UserError, match=r"'\*_benign' has no \{label\}: write \{label\} for"):
        pairs.listing(root, label="*_benign")


def test_only_normal_images_need_no_mask(folder):
    root = folder("normal/1.png", "cyst/2.png", "cyst/2_m.png")
    assert found(pairs.listing(root, "{label}/{case}.png", "{label}/{case}_m.png")) == {
        "1": [],
        "2": ["cyst/2_m.png"],
    }


def test_masks_without_an_image_are_orphans(folder):
    root = folder("images/a.png", "masks/a.png", "masks/b.png", "masks/notes.txt")
    assert pairs.listing(root).orphans == (root / "masks/b.png",)


def test_special_characters_are_literal(folder):
    root = folder("im[1]/a (1)+.png", "ma/a (1)+.png", "im1/b.png")
    assert found(pairs.listing(root, "im[1]/{case}+.png", "ma/{case}+.png")) == {
        "a (1)": ["ma/a (1)+.png"]
    }


@pytest.mark.parametrize(
    ("images", "masks", "message"),
    [
        ("images/*.png", "masks/{case}.png", r"'images/\*.png' has no \{case\}: write"),
        ("images/{case}.png", "masks/a.png", r"'masks/a.png' has no \{case\}"),
        ("images/{cases}.png", "masks/{case}.png", "did you mean 'case'"),
        ("images/{case}.png", "masks/{label}_{case}.png", r"has \{label\}, which image pattern"),
        ("images/{case}*.png", "masks/{case}.png", r"where \{case\} ends and \* begins"),
        ("../images/{case}.png", "masks/{case}.png", "leaves the folder"),
        ("/images/{case}.png", "masks/{case}.png", "leaves the folder"),
        ("scans/{case}.png", "masks/{case}.png", "image pattern .*images/a.png is there"),
        ("images/{case}.png", "rois/{case}.png", "mask pattern 'rois"),
        ("images/{case}.png", "images/{case}.png", "image pattern .* and the mask pattern"),
    ],
)
def test_a_faulty_pattern_is_named(folder, images, masks, message):
    root = folder("images/a.png", "masks/a.png")
    with pytest.raises(UserError, match=message) as caught:
        pairs.listing(root, images, masks)
    assert caught.value.exit_code == 2


def test_an_image_without_a_mask_is_listed_for_the_check(folder):
    root = folder("images/a.png", "images/b.png", "masks/a.png")
    assert [len(c.masks) for c in pairs.listing(root).cases] == [1, 0]


def test_two_images_of_one_case_are_named(folder):
    root = folder("cyst/1.png", "cyst/1_m.png", "solid/1.png", "solid/1_m.png")
    with pytest.raises(UserError, match=r"cyst/1.png and .*solid/1.png are both case '1'"):
        pairs.listing(root, "{label}/{case}.png", "{label}/{case}_m.png")


def test_a_case_that_the_label_pattern_misses_is_named(folder):
    root = folder("images/a.png", "masks/a.png")
    with pytest.raises(UserError, match="case 'a' does not match the label pattern"):
        pairs.listing(root, label="{label}_*")
    with pytest.raises(UserError, match=re.escape("'p1' has no {group}")):
        pairs.listing(root, group="p1")


def test_a_missing_or_empty_folder(tmp_path):
    with pytest.raises(UserError, match="is not a folder"):
        pairs.listing(tmp_path / "nowhere")
    with pytest.raises(UserError, match="holds no files"):
        pairs.listing(tmp_path)


names = st.text("ab1(). ", min_size=1, max_size=6).filter(lambda s: s.strip(". ") == s)


@given(st.sets(names, min_size=1, max_size=5))
def test_every_case_finds_its_own_mask(tmp_path_factory, cases):
    root = tmp_path_factory.mktemp("any")
    for case in cases:
        (root / f"{case}.png").touch()
        (root / f"{case}_mask.png").touch()
    listing = pairs.listing(root, "{case}.png", "{case}_mask.png")
    assert found(listing) == {case: [f"{case}_mask.png"] for case in cases}


def test_busi_read_by_patterns_equals_its_own_reader(tmp_path):
    folder = write_busi(tmp_path, n=12, size=96)
    by_pattern = pairs.listing(folder, "{label}/{case}.png", "{label}/{case}_mask*.png")
    assert set(by_pattern.cases) == set(busi.listing(tmp_path).cases)
    assert by_pattern.orphans == busi.listing(tmp_path).orphans


@pytest.mark.realdata
def test_stu_hospital_is_read(shared):
    root = shared / "data" / "stu"
    images, masks = "Hospital/Test_Image_{case}.png", "Hospital/mask_{case}.png"
    cases = pairs.listing(root, images, masks, label="lesion").cases
    assert [c.case for c in cases] == [str(n) for n in range(1, 43)]
    assert {read_image(c.image).shape for c in cases} == {(128, 128)}
    fitting = [c.case for c in cases if Image.open(c.masks[0]).size == (128, 128)]
    assert fitting == ["35", "36", "37", "38", "39", "40"]
    joined = np.array([joined_mask(c, (128, 128)).mean() for c in cases])
    assert joined.min() > 0 and joined.max() < 0.9


INTRUDERS = (
    *("images/._a.png", "masks/._a.png", "images/.DS_Store", "images/Thumbs.db"),
    *("__MACOSX/images/._a.png", "images/desktop.ini", ".hidden/b.png", "masks/@eaDir/a.png"),
)


def test_hidden_and_system_files_are_none(folder):
    root = folder("images/a.png", "masks/a.png", *INTRUDERS)
    for images in ("images/{case}.png", "*s/{case}.png"):
        listing = pairs.listing(root, images, "masks/{case}.png")
        assert [c.case for c in listing.cases] == ["a"] and listing.notes == ()


def test_capitals_of_an_ending_do_not_matter(folder):
    root = folder("images/a.PNG", "masks/a.png", "images/b.png", "masks/b.Png", "images/A.png")
    assert found(pairs.listing(root)) == {"A": [], "a": ["masks/a.png"], "b": ["masks/b.Png"]}
    (root / "images" / "a.png").touch()
    with pytest.raises(UserError, match=r"a.(png|PNG) and .*a.(png|PNG) are both case 'a'"):
        pairs.listing(root)


def test_a_dot_and_double_slashes_in_patterns(folder):
    root = folder("images/a.png", "masks/a.png")
    for images, masks in (
        ("./images/{case}.png", "./masks//{case}.png"),
        ("images//{case}.png", "masks/./{case}.png"),
    ):
        assert found(pairs.listing(root, images, masks)) == {"a": ["masks/a.png"]}


def test_a_link_to_nowhere_is_a_case_that_cannot_be_read(folder):
    root = folder("images/a.png", "masks/a.png", "masks/b.png")
    (root / "images" / "b.png").symlink_to("/nowhere/b.png")
    assert found(pairs.listing(root)) == {"a": ["masks/a.png"], "b": ["masks/b.png"]}


def test_links_to_folders_are_followed_but_not_round(folder):
    root = folder("there/images/a.png", "there/masks/a.png")
    (root / "here").mkdir()
    (root / "here" / "images").symlink_to(root / "there" / "images")
    (root / "here" / "masks").symlink_to(root / "there" / "masks")
    (root / "there" / "images" / "again").symlink_to(root / "there")
    assert found(pairs.listing(root / "here")) == {"a": ["masks/a.png"]}


def test_files_that_match_no_pattern_are_counted(folder):
    root = folder("images/a.png", "masks/a.png", "images/b.jpg", "c.txt")
    assert pairs.listing(root).notes == ("2 files match neither pattern (c.txt, images/b.jpg)",)


def test_both_forms_of_a_letter_are_one_name(folder):
    root = folder("images/Mu\u0308ller.png", "masks/M\xfcller.png")
    assert [(c.case, len(c.masks)) for c in pairs.listing(root).cases] == [("M\xfcller", 1)]
    listing = pairs.listing(root, "images/Mu\u0308{case}.png", "masks/M\xfc{case}.png")
    assert [c.case for c in listing.cases] == ["ller"]


def test_bytes_that_are_no_utf8_and_line_breaks_are_written_out(folder):
    root = folder("images/a\nb.png", "masks/a\nb.png")
    for place in (b"images", b"masks"):
        (root / os.fsdecode(place + b"/M\xfcller.png")).touch()
    listing = pairs.listing(root)
    assert [(c.case, len(c.masks)) for c in listing.cases] == [(r"M\xfcller", 1), (r"a\nb", 1)]


@pytest.mark.parametrize(
    ("label", "group", "expected"),
    [
        ("*_{label}_*", "{group}_*", ("malignant", "P03")),
        ("{group}_{label}_{case}", "{group}_{label}_{case}", ("malignant", "P03")),
        ("*_{label}_1", "P{group}_*", ("malignant", "03")),
    ],
)
def test_label_and_patient_in_a_name_take_as_little_as_they_can(folder, label, group, expected):
    root = folder("images/P03_malignant_1.png", "masks/P03_malignant_1.png")
    (case,) = pairs.listing(root, label=label, group=group).cases
    assert (case.label, case.group) == expected
