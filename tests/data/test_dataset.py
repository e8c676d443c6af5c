"""The cache of a set: opened only as it was written, or made again."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest

from busutils import execution, parameters, paths, pretraining, promises
from busutils.data import dataset, reading
from busutils.data.dataset import open_cached
from busutils.errors import RunError, UserError
from tests import discs


@pytest.fixture
def cache(store):
    return store / "cache" / "discs"


def zeroed(file):
    array = np.load(file)
    np.save(file, np.zeros_like(array))


def reversed_order(file):
    np.save(file, np.load(file)[::-1])


@pytest.mark.parametrize("change", [zeroed, reversed_order])
@pytest.mark.parametrize("name", ["images.npy", "masks.npy"])
def test_other_arrays_than_were_written_are_refused_or_made_again(cache, name, change):
    before = np.array(open_cached("discs").images), np.array(open_cached("discs").masks)
    change(cache / name)
    with pytest.raises(UserError, match=r"cache .*discs is damaged .*: delete it and run again"):
        open_cached("discs")
    discs.write()
    np.testing.assert_array_equal(open_cached("discs").images, before[0])
    np.testing.assert_array_equal(open_cached("discs").masks, before[1])


def test_arrays_are_hashed_once_in_a_process(cache, monkeypatch):
    open_cached("discs")
    monkeypatch.setattr(paths, "sha256", None)  # hashing again would fail
    open_cached("discs")


def test_a_cache_without_a_hash_is_refused(cache):
    (cache / "meta.json").write_text(json.dumps({"name": "Discs", "n": discs.N}))
    with pytest.raises(UserError, match="is damaged"):
        open_cached("discs")


def test_phantoms_for_pre_training_are_made_again(store):
    name = pretraining.job("vgg16", 12, 32, epochs=1).dataset
    promises.keep(f"cache/{name}", store)
    before = np.array(open_cached(name).images)
    zeroed(store / "cache" / name / "images.npy")
    promises.keep(f"cache/{name}", store)
    np.testing.assert_array_equal(open_cached(name).images, before)


def test_a_full_disk_is_an_error_before_an_array_is_filled(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with (
        pytest.raises(RunError, match=r"cannot write .*/set \(No space left"),
        paths.whole_folder(tmp_path / "set") as part,
    ):
        dataset.empty_array(part / "images.npy", np.uint8, (3, 4, 4, 1))
    assert list(tmp_path.iterdir()) == []


def test_an_array_to_be_filled_is_allocated_in_full(tmp_path):
    array = dataset.empty_array(tmp_path / "a.npy", np.uint8, (1000, 100))
    assert (tmp_path / "a.npy").stat().st_blocks * 512 >= array.nbytes
    array[:] = 7
    array.flush()
    assert (np.load(tmp_path / "a.npy") == 7).all()


def test_what_is_remembered_of_files_is_checked(tmp_path, phantoms):
    from busutils.data import busi

    listing = busi.listing(phantoms)
    listing = replace(listing, cases=listing.cases[:4])
    first = reading.load(listing, 32, store=tmp_path)
    notes = [*(tmp_path / "cache").glob("*.content"), *(tmp_path / "cache").glob("groups-*")]
    assert len(notes) == 2
    for note in notes:
        whole = note.read_bytes()
        for damaged in (whole[:-9], whole.replace(b"0", b"1")):
            note.write_bytes(damaged)
            again = reading.load(listing, 32, store=tmp_path)
            assert again.fingerprint == first.fingerprint
            assert again.cases.equals(first.cases)
            assert note.read_bytes() == whole


def test_cases_called_like_missing_values_keep_their_names(store):
    names = ["NA", "None", "007", "nan", "-"]
    cases = discs.SPLIT[:5].assign(case=names, group=names, n_masks=[np.nan, 2, 1, 1, 1])
    arrays = np.zeros((5, 8, 8, 1), np.uint8), np.zeros((5, 8, 8), bool)
    found = discs.keep("Names", *arrays, cases.drop(columns="role"), "names").cases
    assert found["case"].tolist() == found["group"].tolist() == names
    assert found["n_masks"].isna().tolist() == [True, False, False, False, False]


def test_a_published_run_stands_for_the_folder_of_images():
    published = paths.project() / "book" / "results" / "notebooks" / "00_data-busi-cpu"
    values = parameters.resolve("00_data", "cpu", {}) | {"data_root": str(published)}
    source = parameters.source("00_data")
    assert len(execution.planned(source, values)["data"]) == 780
    with pytest.raises(UserError, match=r"unknown size of BUSI in 00_data-busi-cpu-\S+ '32'"):
        execution.planned(source, values | {"size": 32})
