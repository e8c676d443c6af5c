"""The data page measures what a person can check with a pencil."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from busutils import parameters, paths
from busutils.data import splits
from busutils.data.dataset import Dataset
from busutils.errors import UserError
from busutils.figures import data as plots
from busutils.studies import data as study


@pytest.fixture
def data():
    """Two benign of one frame, one malignant of the same frame, one normal; 10 x 10 pixels."""
    masks = np.zeros((4, 10, 10), bool)
    masks[0, 2:4, 5:9] = True  # 8 px, centre (2.5, 6.5)
    masks[1, :, :5] = True
    masks[2, 0, 0] = True
    names = ["benign (1)", "benign (2)", "malignant (1)", "normal (1)"]
    cases = pd.DataFrame(
        {
            "case": names,
            "label": ["benign", "benign", "malignant", "normal"],
            "group": [names[0]] * 3 + [names[3]],
            "n_masks": [2, 1, 1, 1],
            "height": [10, 20, 30, 40],
            "width": [20, 40, 60, 80],
        }
    )
    return Dataset("Tiny", np.zeros((4, 10, 10, 1), np.uint8), masks, cases, "f")


def test_settings_are_the_parameters_cell():
    cell = [p.name for p in parameters.read(parameters.source("00_data"))]
    assert cell == [f.name for f in fields(study.Settings)]


def test_lesions_by_hand(data):
    found = study.lesions(data).set_index("case")
    assert len(found) == 3
    first = found.loc["benign (1)"]
    assert first["area"] == pytest.approx(0.08)
    assert (first["y"], first["x"]) == pytest.approx((0.3, 0.7))
    assert (first["height"], first["width"]) == pytest.approx((0.2, 0.4))


def test_a_published_run_stands_for_the_folder_of_images_but_for_pixels():
    published = paths.project() / "book" / "results" / "notebooks" / "00_data-busi-cpu"
    values = parameters.resolve("00_data", "cpu", {}) | {"data_root": str(published)}
    assert len(study.dataset(values)) == 780
    with pytest.raises(UserError, match="has no pixels of BUSI, 780 cases: give the folder"):
        study.listing(values)
    with pytest.raises(UserError, match=r"unknown size of BUSI in 00_data-busi-cpu-\S+ '32'"):
        study.dataset(values | {"size": 32})


def test_summary_counts(data):
    table = study.summary(data, study.lesions(data)).set_index("label")
    assert table["images"].to_dict() == {"benign": 2, "malignant": 1, "normal": 1}
    assert table["several masks"].to_dict() == {"benign": 1, "malignant": 0, "normal": 0}
    assert table["in groups"].to_dict() == {"benign": 2, "malignant": 1, "normal": 0}
    assert table.loc["benign", "lesion area, %"] == pytest.approx((8 + 50) / 2)
    assert np.isnan(table.loc["normal", "lesion area, %"])


def test_samples_show_another_group_each(data):
    assert len(study.sample(data, "benign", 5, 0)) == 1
    assert study.sample(data, "normal", 5, 0) == ["normal (1)"]


def test_mixed_groups_come_first(data):
    assert list(study.largest_groups(data, 3).values()) == [
        ["benign (1)", "benign (2)", "malignant (1)"]
    ]


def test_groups_in_rows():
    groups = {"a": ["a", "b"], "c": ["c", "d", "e", "f"]}
    assert study.in_rows(groups, 3) == ["a", "b", "", "c", "d", "e"]


def test_twins_only_across_a_split_by_image():
    names = [f"benign ({i})" for i in range(40)]
    groups = [names[i // 2 * 2] for i in range(40)]  # twenty pairs
    cases = pd.DataFrame({"case": names, "label": "benign", "group": groups, "n_masks": 1})
    data = Dataset("Pairs", np.zeros((40, 8, 8, 1)), np.zeros((40, 8, 8), bool), cases, "f")
    shares = study.twins(data, splits.Protocol(test={"benign": 0}), 10)
    mean = shares.groupby("split")["share"].mean()
    assert mean["by group"] == 0
    # the twin of a validation image is one of 39 others, of which 32 are trained on
    assert mean["by image"] == pytest.approx(32 / 39, abs=0.1)


def test_figures_have_marks(data):
    lesions = study.lesions(data)
    assert len(plots.lesion_areas(lesions).axes[0].patches) == 2
    assert [
        a.get_title(loc="left") for a in plots.lesion_places(lesions).axes if a.get_visible()
    ] == [
        "benign",
        "malignant",
    ]
    images = [np.zeros((6, 8)), np.zeros((8, 6))]
    masks = [np.zeros((6, 8), bool), np.ones((8, 6), bool)]
    figure = plots.gallery(images, masks, ["a", "b"], columns=2)
    assert [len(a.images) for a in figure.axes] == [1, 1]
