"""The folder of a run: what is written to it, and how it is found again."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from busutils import runs
from busutils.data import doubled
from busutils.data.dataset import Dataset
from busutils.errors import UserError


@pytest.fixture
def run(project):
    return runs.current("00_small")


def test_a_run_by_hand_has_a_folder_of_its_own_and_starts_empty(run, project):
    assert run.folder == project / "runs" / "notebooks" / "00_small-by-hand"
    run.save_numbers({"old": 1})
    assert runs.current("00_small").numbers == {}


def test_the_folder_comes_from_the_environment(project, monkeypatch):
    monkeypatch.setenv("BUSUTILS_RUN_DIR", str(project / "given"))
    assert runs.current("00_small").folder == project / "given"


def test_numbers_are_added_and_plain(run):
    run.save_numbers({"a": np.float32(0.5), "b": {"c": np.arange(2), "d": math.nan}})
    run.save_numbers({"e": np.int64(3), "f": (1, math.inf)})
    assert run.numbers == {"a": 0.5, "b": {"c": [0, 1], "d": None}, "e": 3, "f": [1, None]}


def test_a_named_index_becomes_a_column_and_another_is_left_out(run):
    table = pd.DataFrame({"dice": [0.5]})
    assert run.save_table("plain", table).read_text() == "dice\n0.5\n"
    table.index = pd.Index(["vgg16"], name="row")
    assert run.save_table("named", table).read_text() == "row,dice\nvgg16,0.5\n"


def test_record_notes_data_jobs_once_and_backend(run):
    first = [job("a", 64, "64aa"), job("b", 16, "16aa"), job("b", 16, "16aa-mask-twice")]
    run.record(data(), first)
    run.record(jobs=[job("b", 16, "16aa"), job("c", 16, "16aa")])
    manifest = run.manifest
    assert manifest["data"] == {
        **{"name": "BUSI", "cases": 3, "fingerprint": "64aa"},
        "fingerprints": {"16": "16aa", "64": "64aa"},
    }
    assert manifest["jobs"] == ["a", "b", "c"]
    assert manifest["backend"] in ("none", "tensorflow", "jax")
    assert run.caption == "BUSI, 3 cases · profile by hand · run 00_small-by-hand"


def test_the_cases_of_a_run_plan_as_the_whole_set_and_have_no_pixels(run):
    run.record(data(), [job("a", 16, "16aa")])
    told = run.dataset(16)
    assert (told.name, told.size, told.fingerprint, len(told)) == ("BUSI", 16, "16aa", 3)
    assert told.cases["case"].tolist() == ["007", "NA", "b"]
    assert list(told.cases) == ["case", "label", "group", "n_masks", "height", "width"]
    assert data().has_pixels
    assert not told.has_pixels
    twice = doubled.doubled(told, "mask")
    assert twice.cases["twin"].tolist() == ["007", "NA", "b"] * 2
    assert twice.fingerprint == "16aa-mask-twice"
    pixels = [lambda: told.images[0], lambda: np.asarray(told.masks), lambda: twice.masks.any()]
    for ask in pixels:
        with pytest.raises(
            UserError, match=r"has no pixels of BUSI(, masks twice)?: give the folder"
        ):
            ask()
    with pytest.raises(UserError, match=r"unknown size of BUSI in 00_small-by-hand '32'.* 16, 64"):
        run.dataset(32)


def test_what_was_measured_is_not_measured_again(run):
    table = pd.DataFrame({"case": ["007", "NA"], "area": [1 / 3, math.nan]})
    made = run.measured("areas.csv", lambda: table)
    pd.testing.assert_frame_equal(made, table)
    pd.testing.assert_frame_equal(run.measured("areas.csv", lambda: 1 / 0), table)
    assert run.measured("dice.json", lambda: {"nothing": np.float64(0)}) == {"nothing": 0}
    assert run.measured("dice.json", lambda: 1 / 0) == {"nothing": 0}


def data():
    names = ["007", "NA", "b"]
    cases = pd.DataFrame({"case": names, "label": "benign", "group": names, "n_masks": 1})
    cases = cases.assign(height=64, width=80, source="a file")
    return Dataset("BUSI", np.zeros((3, 64, 64, 1)), np.zeros((3, 64, 64), bool), cases, "64aa")


def job(identity, size, dataset):
    return SimpleNamespace(id=identity, size=size, dataset=dataset)


def test_a_run_knows_its_published_page():
    class Finished(runs.Run):
        id = "01_unet_backbones-busi-cpu-0a1b2c3d"

    assert Finished(None).page == "/book/papers/01_unet_backbones-busi-cpu.ipynb"


def test_flat_numbers_have_their_path_as_name():
    nested = {"a": {"b": [1, {"c": 2.5}]}, "word": "x", "flag": True, "none": None}
    assert runs.flat(nested) == {"a.b.0": 1.0, "a.b.1.c": 2.5}


def make(folder, name, numbers):
    runs.write_json(folder / name / "manifest.json", {"run": name})
    runs.write_json(folder / name / "numbers.json", numbers)


def test_runs_are_found_by_the_beginning_of_their_name_local_or_published(project):
    make(project / "runs" / "notebooks", "01-phantom-quick-aaaa", {})
    make(project / "runs" / "notebooks", "01-phantom-quick-bbbb", {})
    make(project / "book" / "results" / "notebooks", "01-busi-cpu", {})
    assert runs.find("01-phantom-quick-b").id == "01-phantom-quick-bbbb"
    assert runs.find("01-b").id == "01-busi-cpu"
    assert runs.find(str(project / "runs/notebooks/01-phantom-quick-aaaa")).id.endswith("aaaa")
    with pytest.raises(UserError, match="'01-p' begins more than one run: name one of 01-phantom"):
        runs.find("01-p")
    with pytest.raises(UserError, match="unknown run '02'"):
        runs.find("02")


def test_a_run_of_this_machine_is_found_by_the_name_under_which_it_is_published(project):
    make(project / "runs" / "notebooks", "01-busi-cpu-aaaa", {})
    make(project / "book" / "results" / "notebooks", "01-busi-cpu", {})
    assert runs.find("01-busi-cpu").id == "01-busi-cpu"
    assert runs.find("01-busi-cpu", local=True).id == "01-busi-cpu-aaaa"


def test_a_run_that_is_being_written_is_not_found(project):
    make(project / "runs" / "notebooks", ".01-phantom-quick-aaaa.7.part", {})
    with pytest.raises(UserError, match="there are no runs yet"):
        runs.find("01")


def test_side_by_side_shows_what_only_one_has(project):
    folder = project / "runs" / "notebooks"
    make(folder, "one", {"dice": 0.5, "iou": 0.25})
    make(folder, "two", {"dice": 0.75, "loss": 1})
    table = runs.side_by_side(runs.find("one"), runs.find("two"))
    assert table.loc["dice"].tolist() == [0.5, 0.75, 0.25]
    assert table.loc["iou", "two":].isna().all()
    assert table.loc["loss", "two"] == 1


def test_runs_without_a_number_in_common_are_not_compared(project):
    make(project / "runs" / "notebooks", "one", {"dice": 0.5})
    make(project / "runs" / "notebooks", "two", {"loss": 1})
    with pytest.raises(UserError, match="one and two have no number of one name: compare two runs"):
        runs.side_by_side(runs.find("one"), runs.find("two"))


def test_a_run_is_compared_with_its_published_copy_which_has_the_same_id(project):
    for place, dice in (("runs", 0.75), ("published", 0.5)):
        make(project / place / "notebooks", "one", {"dice": dice})
    pair = [runs.find(str(project / p / "notebooks" / "one")) for p in ("published", "runs")]
    table = runs.side_by_side(*pair)
    assert table.loc["dice"].tolist() == [0.5, 0.75, 0.25]
    assert table.columns.tolist() == [*(str(run.folder) for run in pair), "difference"]


def test_a_number_that_cannot_be_written_leaves_the_old_file(run):
    run.save_numbers({"a": 1})
    with pytest.raises(TypeError):
        run.save_numbers({"b": object()})
    assert json.loads((run.folder / "numbers.json").read_text()) == {"a": 1}
    assert sorted(f.name for f in run.folder.iterdir()) == ["manifest.json", "numbers.json"]
