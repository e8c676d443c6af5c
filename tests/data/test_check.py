"""Every planted fault is reported, a clean set is not blamed, and people can read the report."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image
from scipy import ndimage

from busutils.__main__ import main
from busutils.data import brain, busi, check, progress, sets
from busutils.data.copies import contact_sheet
from busutils.data.files import Case, Listing
from busutils.data.report import REFUSED, Report
from busutils.errors import UserError
from busutils.phantoms import write_busi, write_isic, write_lgg
from busutils.phantoms.busi import PLANTED
from tests import figshare as figshare_files

H, W = 120, 150


def picture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    speckle = ndimage.gaussian_filter(rng.rayleigh(1, (H, W)), 1)
    return (speckle / speckle.max() * 255).astype(np.uint8)


def disc(row: int, column: int, radius: int) -> np.ndarray:
    y, x = np.ogrid[:H, :W]
    return ((y - row) ** 2 + (x - column) ** 2 <= radius**2).astype(np.uint8) * 255


@pytest.fixture
def make(tmp_path) -> Callable[..., Listing]:
    """Write cases given as (name, label, image, masks) and list them."""

    def write(*cases, **extra) -> Listing:
        listed = []
        for name, label, image, masks in cases:
            files = [tmp_path / f"{name}{tail}.png" for tail in ("", "_mask", "_mask_1")]
            for file, array in zip(files, (image, *masks), strict=False):
                Image.fromarray(array).save(file)
            listed.append(Case(name, label, files[0], tuple(files[1 : 1 + len(masks)])))
        return Listing("small", tmp_path, tuple(listed), **extra)

    return write


def clean(n: int) -> list[tuple]:
    return [(f"clean {i}", "benign", picture(100 + i), [disc(60, 70, 20)]) for i in range(n)]


def found(report: Report) -> dict[str, list]:
    return {kind: items for kind, items in report.findings.items() if items}


def test_clean_set(make):
    report = check.check(make(*clean(4), ("empty", "normal", picture(1), [disc(0, 0, 3) * 0])))
    assert found(report) == {}
    assert report.counts == {"benign": 4, "normal": 1}
    assert report.to_dict()["masks"] == 5
    assert "nothing else to report" in report.to_text()
    assert report.to_dict()["counts_as_expected"]


def test_counts_against_the_published_ones(make):
    report = check.check(make(*clean(2), expected={"benign": 3, "normal": 1}))
    assert not report.to_dict()["counts_as_expected"]
    assert "benign: 2 (published: 3)" in report.to_text()
    assert "normal: 0 (published: 1)" in report.to_text()


LESION, NOTHING = disc(50, 60, 15), disc(0, 0, 3) * 0
FAULTS = {
    "missing_masks": ("x", "benign", picture(1), []),
    "empty_lesion_masks": ("x", "malignant", picture(1), [NOTHING]),
    "nonempty_normal_masks": ("x", "normal", picture(1), [LESION]),
    "nonbinary_masks": ("x", "benign", picture(1), [LESION // 2 + 100]),
    "other_shapes": ("x", "benign", picture(1), [LESION[:100]]),
    "size_mismatches": ("x", "benign", picture(1), [LESION[::2, ::2]]),
    "nearly_normal": ("x", "Normal", picture(1), []),
    "undecided_masks": ("x", "benign", picture(1), [np.where(disc(50, 60, 5) > 0, 90, LESION)]),
    "unreadable": ("x", "benign", picture(1).astype(np.uint16) * 99, [LESION]),
    "several_masks": ("x", "benign", picture(1), [LESION, disc(20, 20, 5)]),
    "constant": ("x", "benign", np.full((H, W), 7, np.uint8), [LESION]),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_one_fault_gives_one_finding(make, kind):
    report = check.check(make(*clean(2), FAULTS[kind]))
    assert list(found(report)) == [kind]
    (item,) = report.findings[kind]
    assert item["cases"] == ["x"]
    (line,) = [line for line in report.to_text().splitlines() if line.startswith("- ")]
    assert "x" in line and item.get("why", "") in line
    assert bool(report.refused) == (kind in REFUSED) == ("A run refuses" in report.to_text())


def test_details(make):
    report = check.check(make(FAULTS["size_mismatches"]))
    (item,) = report.findings["size_mismatches"]
    assert item == {"cases": ["x"], "file": "x_mask.png", "image": [120, 150], "mask": [60, 75]}
    report = check.check(make(FAULTS["nonbinary_masks"]))
    (item,) = report.findings["nonbinary_masks"]
    assert (item["levels"], item["why"]) == ([100, 227], "227 of 100, 227")
    report = check.check(make(FAULTS["several_masks"]))
    assert report.findings["several_masks"][0]["masks"] == 2


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA"])
def test_no_mode_of_a_binary_mask_is_a_fault(make, mode):
    listing = make(*clean(1))
    path = listing.cases[0].masks[0]
    Image.open(path).convert(mode).save(path)
    assert found(check.check(listing)) == {}


def test_orphans_and_notes_are_passed_on(make, tmp_path):
    listing = make(*clean(1), orphans=(tmp_path / "sub" / "y_mask.png",), notes=("nested",))
    report = check.check(listing)
    assert report.findings["orphan_masks"] == [{"file": "sub/y_mask.png"}]
    assert "note: nested" in report.to_text()


@pytest.mark.parametrize("file", ["clean 0.png", "clean 0_mask.png"])
@pytest.mark.parametrize("keep", [0, 0.2, 0.8])
def test_unreadable_files_are_reported(make, file, keep):
    listing = make(*clean(3))
    path = listing.root / file
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    report = check.check(listing)
    assert list(found(report)) == ["unreadable"]
    (item,) = report.findings["unreadable"]
    assert item["cases"] == ["clean 0"]
    assert file in item["why"]


def test_duplicates_of_several_classes_and_masks(make):
    frame = picture(1)
    report = check.check(
        make(
            *clean(3),
            ("a", "benign", frame, [disc(60, 70, 20)]),
            ("b", "malignant", frame, [disc(60, 80, 20)]),
            ("c", "normal", frame[:, :140], [np.zeros((H, 140), np.uint8)]),
        )
    )
    assert set(found(report)) == {
        "exact_duplicates", "duplicate_groups", "mixed_groups", "contradicting_masks"
    }  # fmt: skip
    assert report.findings["exact_duplicates"] == [{"cases": ["a", "b"]}]
    group = {"group": "a", "cases": ["a", "b", "c"], "labels": ["benign", "malignant", "normal"]}
    assert report.findings["duplicate_groups"] == [group]
    assert report.findings["mixed_groups"] == [group]
    ab, ac, bc = report.findings["contradicting_masks"]
    a, b = disc(60, 70, 20) > 0, disc(60, 80, 20) > 0
    assert ab["dice"] == pytest.approx(2 * (a & b).sum() / (a.sum() + b.sum()), abs=1e-4)
    assert [ac["cases"], bc["cases"]] == [["a", "c"], ["b", "c"]]
    assert ac["why"] == "one mask is empty, the other is not"
    assert report.groups.tolist() == ["clean 0", "clean 1", "clean 2", "a", "a", "a"]
    assert report.to_dict()["images_in_duplicate_groups"] == 3


def test_masks_of_near_copies_are_laid_over_each_other(make):
    frame, crop = picture(1), (slice(15, None), slice(20, 140))
    shifted, moved = disc(60, 70, 20), disc(90, 100, 20)
    same = ("same", "benign", frame[crop], [shifted[crop]])
    other = ("other", "benign", frame[crop], [moved[crop]])
    report = check.check(make(*clean(2), ("frame", "benign", frame, [shifted]), same))
    assert list(found(report)) == ["duplicate_groups"]
    report = check.check(make(*clean(2), ("frame", "benign", frame, [shifted]), other))
    (item,) = report.findings["contradicting_masks"]
    assert item["cases"] == ["frame", "other"]
    assert item["dice"] < 0.1


def test_report_is_json(make):
    faults = [(kind, *fault[1:]) for kind, fault in FAULTS.items()]
    report = check.check(make(*clean(2), *faults))
    assert json.loads(report.to_json()) == report.to_dict()


def test_planted_faults_of_the_phantoms(tmp_path):
    write_busi(tmp_path, n=24, size=96)
    findings = check.check(busi.listing(tmp_path)).findings
    near = [set(pair) for pair in PLANTED["near duplicates"]]
    exact = set(PLANTED["exact duplicate"])
    assert [set(group["cases"]) for group in findings["duplicate_groups"]] == [*near, exact]
    assert [set(item["cases"]) for item in findings["exact_duplicates"]] == [exact]
    assert [Path(item["file"]).name for item in findings["orphan_masks"]] == [
        PLANTED["orphan mask"]
    ]
    assert [item["cases"] for item in findings["several_masks"]] == [[PLANTED["two masks"]]]


def test_figure(make, tmp_path):
    frame = picture(1)
    copies = [(f"copy {i}", "benign", frame, [LESION]) for i in range(30)]
    listing = make(*copies, *clean(1))
    groups = check.check(listing).groups
    files = contact_sheet.draw(listing, groups, tmp_path / "groups.png")
    assert [file.name for file in files] == ["groups.png", "groups-2.png"]  # 20 on a page
    green = np.array([0x00, 0x9E, 0x73]) / 255
    drawn = imread(files[0])[..., :3]
    assert (np.abs(drawn - green).max(axis=-1) < 0.02).sum() > 20 * 20  # an outline a picture
    assert [f.name for f in contact_sheet.draw(listing, groups, tmp_path / "all.pdf")] == [
        "all.pdf"
    ]
    assert (tmp_path / "all.pdf").read_bytes().count(b"/Type /Page ") == 2


def test_figure_without_groups_or_place(make, tmp_path):
    listing = make(*clean(2))
    groups = check.check(listing).groups
    assert contact_sheet.draw(listing, groups, tmp_path / "none.png") == []
    assert not (tmp_path / "none.png").exists()
    with pytest.raises(UserError, match="nowhere"):
        contact_sheet.draw(listing, groups, tmp_path / "nowhere" / "a.png")
    with pytest.raises(UserError, match="no kind of picture"):
        contact_sheet.draw(listing, groups, tmp_path / "a.docx")


def test_sets_that_tell_groups_are_checked_by_them(tmp_path):
    """Slices of a patient are alike by nature; a copy in another patient is not."""
    write_lgg(tmp_path)
    listing = sets.listing("brain", str(tmp_path))
    first = listing.cases[0]
    other = next(c for c in listing.cases if c.group != first.group)
    other.image.write_bytes(first.image.read_bytes())
    report = check.check(listing)
    told = report.to_dict()
    assert told["groups_told_by_the_set"] == len({c.group for c in listing.cases})
    assert told["images_in_duplicate_groups"] == 0
    assert [first.case, other.case] in [
        one["cases"] for one in told["findings"]["exact_duplicates"]
    ]
    assert report.counts["normal"] > 0  # slices without tumour
    assert "patients or lesions (groups): " in report.to_text()


def test_groups_across_the_published_parts_are_named(make):
    listing = make(*clean(4))
    cases = tuple(replace(c, group=f"lesion {i // 2}") for i, c in enumerate(listing.cases))
    parts = dict(zip([c.case for c in cases], ["train", "test", "train", "train"], strict=True))
    report = check.check(replace(listing, cases=cases, parts=parts))
    assert report.findings["divided_groups"] == [
        {"group": "lesion 0", "cases": ["clean 0", "clean 1"], "parts": ["test", "train"]}
    ]


def test_a_known_set_is_recognised(tmp_path):
    write_lgg(tmp_path / "lgg")
    figshare_files.write(tmp_path / "figshare")
    write_isic(tmp_path / "isic")
    for name, known in {"lgg": "brain", "figshare": "brain", "isic": "isic", ".": "brain"}.items():
        assert sets.recognise(tmp_path / name) == known
    assert sets.recognise(tmp_path / "nowhere") == "busi"
    report = check.check(sets.listing("brain", str(tmp_path / "figshare")))
    assert report.listing.expected == brain.SLICES
    assert report.findings["nonbinary_masks"] == report.findings["divided_groups"] == []


@pytest.mark.realdata
def test_the_shared_sets_are_as_described(shared):
    told = check.check(sets.listing("brain", str(shared / "data" / "lgg"))).to_dict()
    assert told["counts"] == {"normal": 222, "tumour": 109}
    assert told["groups_told_by_the_set"] == 12
    assert len(told["notes"]) == 3
    assert not any(told["findings"].values())


def test_one_bad_file_is_one_finding_in_every_set(tmp_path):
    """A cut image, an empty mask file and a file of a Mac copy, in the layout of each set."""
    layouts = {
        "busi": ("benign/benign (1).png", "benign/benign (2)_mask.png", "benign/._benign (3).png"),
        "isic": (
            "ISIC2018_Task1-2_Training_Input/ISIC_0000001.jpg",
            "ISIC2018_Task1_Training_GroundTruth/ISIC_0000002_segmentation.png",
            "ISIC2018_Task1-2_Training_Input/._ISIC_0000003.jpg",
        ),
        "lgg": tuple(
            f"TCGA_PH_0000_20000101/{name}.tif"
            for name in (
                "TCGA_PH_0000_20000101_1",
                "TCGA_PH_0000_20000101_2_mask",
                "._TCGA_PH_0000_20000101_3",
            )
        ),
        "figshare": ("brainTumorDataPublic/1.mat", "brainTumorDataPublic/2.mat", "._3.mat"),
    }
    write_busi(tmp_path / "busi", n=24, size=96)
    write_isic(tmp_path / "isic", n=10, size=48)
    write_lgg(tmp_path / "lgg", patients=2, slices=4, size=48)
    figshare_files.write(tmp_path / "figshare", n=6, size=48)
    for name, (cut, empty, hidden) in layouts.items():
        root = tmp_path / name
        listing = sets.listing(sets.recognise(root), str(root))
        cases = len(listing.cases)
        (listing.root / cut).write_bytes((listing.root / cut).read_bytes()[:300])
        (listing.root / empty).write_bytes(b"")
        (listing.root / hidden).write_bytes(b"Mac OS X")
        listing = sets.listing(sets.recognise(root), str(root))
        assert len(listing.cases) == cases
        grouped = tuple(replace(c, group=c.group or c.case) for c in listing.cases)
        report = check.check(replace(listing, cases=grouped))
        assert [item["file"] for item in report.findings["unreadable"]] == [cut, empty]
        assert report.refused == ("files that cannot be read (2)",)


@pytest.fixture
def own(tmp_path) -> Path:
    """Four images of one's own in two groups, with masks."""
    for i in range(4):
        for kind, array in {"images": picture(i), "masks": disc(60, 70, 20)}.items():
            (tmp_path / "own" / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(tmp_path / "own" / kind / f"P{i // 2}_cyst_{i}.png")
    return tmp_path / "own"


PATTERNS = ("--images", "images/{case}.png", "--masks", "masks/{case}.png", "--groups", "{group}_*")


def told(capsys, *arguments) -> tuple[int, str, str]:
    code = main(["data", "check", *map(str, arguments)])
    out, error = capsys.readouterr()
    return code, out, error


def test_the_exit_code_says_whether_a_run_would_refuse(own, store, capsys):
    code, out, error = told(capsys, own, *PATTERNS, "--labels", "*_{label}_*")
    assert (code, error) == (0, "") and "nothing else to report" in out
    assert "cyst: 4" in out and "patients or lesions (groups): 2" in out
    (own / "masks" / "P0_cyst_0.png").write_bytes(b"")
    (own / "images" / "P0_cyst_1.png").write_bytes(b"")
    code, out, error = told(capsys, own, *PATTERNS)
    assert code == 1
    assert "A run refuses this set until these are mended: files that cannot be read (2)" in out
    assert "P0_cyst_0.png is empty (0 bytes)" in out
    assert error.endswith(f"a run would refuse {own}: files that cannot be read (2); mend these\n")
    code, out, _ = told(capsys, own, *PATTERNS, "--json")
    assert code == 1 and json.loads(out)["refused"] == ["files that cannot be read (2)"]


def test_mask_levels_from_the_command_line(own, store, capsys):
    for path in (own / "masks").iterdir():
        Image.fromarray(disc(60, 70, 20) // 2 + disc(60, 70, 9) // 2).save(path)
    code, out, _ = told(capsys, own, *PATTERNS)
    assert code == 1 and "has the levels 0, 127, 254: say which levels are lesion" in out
    assert told(capsys, own, *PATTERNS, "--mask-levels", 127, 254)[0] == 0
    code, out, _ = told(capsys, own, *PATTERNS, "--mask-levels", 5)
    assert code == 1 and "mask levels that no mask has: 1 (say others): 5; they have 0, 127" in out


def test_inverted_masks_are_asked_about(own, store, capsys):
    for path in (own / "masks").iterdir():
        Image.fromarray(255 - disc(60, 70, 20)).save(path)
    code, out, _ = told(capsys, own, *PATTERNS)
    assert code == 1 and "in most images: inverted?: 4" in out
    assert told(capsys, own, *PATTERNS, "--mask-levels", 0)[0] == 0


def test_a_folder_of_ones_own_gets_a_hint(own, store, capsys):
    code, _, error = told(capsys, own)
    assert code == 2 and "is no BUSI" in error and "--images 'images/{case}.png' --masks" in error
    code, _, error = told(capsys, own, "--labels", "{label}_*")
    assert code == 2 and "need --images and --masks" in error


def test_files_that_are_turned_are_told(make):
    listing = make(*clean(2))
    tags = Image.Exif()
    tags[0x0112] = 3
    Image.open(listing.cases[0].image).save(listing.cases[0].image, exif=tags)
    report = check.check(listing)
    assert list(found(report)) == ["turned"] and not report.refused


def test_progress_is_shown_on_stderr_and_not_with_quiet(own, store, capsys, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS", 0)
    assert "looking at files" in told(capsys, own, *PATTERNS)[2]
    assert told(capsys, own, *PATTERNS, "-q")[2] == ""
    assert "looking at files" in told(capsys, own, *PATTERNS)[2]  # quiet lasts for one command


@pytest.mark.realdata
def test_stu_hospital(shared):
    images, masks = "Hospital/Test_Image_{case}.png", "Hospital/mask_{case}.png"
    listing = sets.listing("pairs", str(shared / "data" / "stu"), images, masks)
    each = tuple(replace(case, group=case.case) for case in listing.cases)
    report = check.check(replace(listing, cases=each))
    assert {kind: len(items) for kind, items in found(report).items()} == {
        "nonbinary_masks": 41,
        "size_mismatches": 36,
    }
    assert not report.refused
