"""Brain MRI: both layouts, grouped by patient, and what is refused."""

import shutil

import h5py
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from busutils.data import brain, matlab, reading
from busutils.errors import UserError
from busutils.phantoms import write_lgg
from busutils.phantoms.brain import patient_slices
from tests import figshare as figshare_files


@pytest.fixture
def lgg(tmp_path):
    write_lgg(tmp_path / "lgg", patients=4, slices=12, size=64)
    return tmp_path / "lgg"


@pytest.fixture
def figshare(tmp_path):
    figshare_files.write(tmp_path / "figshare", n=12, size=64)
    return tmp_path / "figshare"


def test_lgg_slices_are_grouped_by_patient_in_numeric_order(lgg):
    found = brain.listing(lgg)
    first = [c.case.rpartition("_")[2] for c in found.cases if c.group.endswith("0000_20000101")]
    assert first == [str(i) for i in range(1, 13)]
    assert len({c.group for c in found.cases}) == 4
    assert found.channels == 3


def test_lgg_slices_without_tumour_are_normal(lgg, store):
    data = reading.load(brain.listing(lgg), 64)
    tumour = data.masks.any(axis=(1, 2))
    assert (data.cases["label"][tumour] == "tumour").all()
    assert (data.cases["label"][~tumour] == "normal").all()
    assert 0 < tumour.sum() < len(tumour)
    assert data.cases["group"].nunique() == 4


def test_missing_sequences_are_noted(lgg):
    assert brain.listing(lgg).notes == (
        "TCGA_PH_0003_20000101: post-contrast missing, FLAIR stands there",
    )


def test_a_nested_copy_is_not_read_twice(lgg):
    write_lgg(lgg / "lgg-mri-segmentation", patients=4, slices=12, size=64)
    assert len(brain.listing(lgg).cases) == 4 * 12
    assert len(brain.listing(lgg / "lgg-mri-segmentation").cases) == 4 * 12


def test_a_mask_without_its_slice_is_an_orphan(lgg):
    place = lgg / "kaggle_3m" / "TCGA_PH_0000_20000101"
    (place / "TCGA_PH_0000_20000101_3.tif").unlink()
    assert [p.name for p in brain.listing(lgg).orphans] == ["TCGA_PH_0000_20000101_3_mask.tif"]


@pytest.mark.parametrize("again", ["_03.tif", "_3.TIF"])
def test_two_files_of_one_slice_are_named(lgg, again):
    first = lgg / "kaggle_3m" / "TCGA_PH_0000_20000101" / "TCGA_PH_0000_20000101_3.tif"
    shutil.copy(first, first.with_name(f"TCGA_PH_0000_20000101{again}"))
    with pytest.raises(
        UserError, match=r"_0?3\.(tif|TIF) and .* are both slice 0?3: take one away"
    ):
        brain.listing(lgg)


def test_figshare_arrays_are_transposed_back_and_scaled(figshare, store):
    data = reading.load(brain.listing(figshare), 64)
    assert data.images.shape == (12, 64, 64, 1)
    image, mask = list(patient_slices(0, 0, 5, 64))[1]
    np.testing.assert_array_equal(data.masks[0], mask)
    grey = image[..., 2].astype(float)
    expected = np.rint(255 * (grey - grey.min()) / (grey.max() - grey.min()))
    np.testing.assert_allclose(data.images[0, ..., 0], expected, atol=1)


def test_figshare_labels_patients_and_folds(figshare):
    found = brain.listing(figshare)
    assert [c.case for c in found.cases] == [str(i) for i in range(1, 13)]
    assert [c.label for c in found.cases[::3]] == [
        *("meningioma", "glioma", "pituitary"),
        "meningioma",
    ]
    assert [c.group for c in found.cases[:4]] == ["100000", "100000", "100000", "100001"]
    assert list(found.parts) == [c.case for c in found.cases]
    assert list(found.parts.values()) == [f"fold {i}" for i in (1, 2, 3, 4) for _ in range(3)]


def test_folds_that_do_not_fit_are_refused(figshare):
    (figshare / "brainTumorDataPublic" / "12.mat").unlink()
    with pytest.raises(UserError, match="12 folds, but 11 slices"):
        brain.listing(figshare)
    (figshare / "brainTumorDataPublic" / "cvind.mat").unlink()
    assert brain.listing(figshare).parts is None


def test_damaged_and_foreign_files_are_named(figshare, tmp_path, store):
    file = figshare / "brainTumorDataPublic" / "5.mat"
    file.write_bytes(file.read_bytes()[:200])
    found = brain.listing(figshare)  # the others can still be checked
    assert [c.case for c in found.cases if c.label == brain.UNREADABLE] == ["5"]
    with pytest.raises(UserError, match=r"5\.mat cannot be read as a slice"):
        reading.load(found, 64)
    with h5py.File(tmp_path / "other.mat", "w") as other:
        other["x"] = np.zeros(3)
    with pytest.raises(UserError, match=r"cannot be read as a slice .*it has no cjdata"):
        matlab.read(tmp_path / "other.mat")
    savemat(tmp_path / "older.mat", {"cjdata": {"image": np.zeros((4, 4))}})
    with pytest.raises(UserError, match=r"older.mat is no MATLAB v7.3 file: save it .* '-v7.3'"):
        matlab.read(tmp_path / "older.mat")


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("label", [[7.0]], "its label is 7, none of 1, 2, 3"),
        ("image", np.zeros((0, 0)), "cannot be read as a slice"),
    ],
)
def test_a_slice_with_other_contents_is_refused(figshare, name, value, why):
    file = figshare / "brainTumorDataPublic" / "5.mat"
    with h5py.File(file, "r+") as data:
        del data["cjdata"][name]
        data["cjdata"][name] = value
    with pytest.raises(UserError, match=why):
        matlab.about(file)
        matlab.read(file)


def test_damaged_folds_and_a_second_copy_are_named(figshare):
    folds = figshare / "brainTumorDataPublic" / "cvind.mat"
    savemat(folds, {"other": [1, 2]})
    with pytest.raises(UserError, match=r"cvind.mat cannot be read as the folds .*cvind"):
        brain.listing(figshare)
    folds.write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"cvind.mat cannot be read as the folds"):
        brain.listing(figshare)
    shutil.copytree(figshare / "brainTumorDataPublic", figshare / "again")
    with pytest.raises(UserError, match="are both case '1': the set lies there twice"):
        brain.listing(figshare)


def test_what_is_no_brain_set_is_refused(tmp_path):
    with pytest.raises(UserError, match="is neither figshare 1512427"):
        brain.listing(tmp_path)
    with pytest.raises(UserError, match="is not a folder"):
        brain.listing(tmp_path / "nowhere")


def test_phantom_files_are_read_as_written(lgg):
    place = lgg / "kaggle_3m" / "TCGA_PH_0001_20000101"
    assert np.asarray(Image.open(place / "TCGA_PH_0001_20000101_5.tif")).shape == (64, 64, 3)
    with pytest.raises(UserError, match="is there already"):
        write_lgg(lgg)


@pytest.mark.realdata
def test_the_shared_patients(shared):
    """Numbers of slices and of slices with tumour as the set's own description has them."""
    found = brain.listing(shared / "data" / "lgg")
    labels = [c.label for c in found.cases]
    assert (len(labels), labels.count("tumour")) == (331, 109)
    assert len({c.group for c in found.cases}) == 12
    assert [note.split(":")[0][:15] for note in found.notes] == [
        *("TCGA_DU_8165_19", "TCGA_FG_A60K_20", "TCGA_HT_A616_19")
    ]
