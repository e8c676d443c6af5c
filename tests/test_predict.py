"""Prediction for images that a user names: sizes, files, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from busutils import jobs, runs, training
from busutils.data.dataset import open_cached
from busutils.errors import UserError
from busutils.predict import predict
from tests.discs import JOB


@pytest.fixture
def run(store):
    """A run whose best network is that of the discs."""
    training.complete([JOB], keep={"weights"}, quiet=True)
    folder = store / "notebooks" / "01_x"
    runs.write_json(folder / "manifest.json", runs.opening("01_x", "01_x", "quick", {}))
    runs.write_json(folder / "numbers.json", {"best": {"job": JOB.id, "threshold": 0.5}})
    return runs.Run(folder)


def test_mask_probability_and_overlay_at_the_size_of_the_image(run, tmp_path):
    rows, columns = np.mgrid[:48, :80]
    disc = (rows - 24) ** 2 + (columns - 40) ** 2 < 100
    Image.fromarray(np.where(disc, 70, 150).astype(np.uint8)).save(tmp_path / "mine.png")
    files = predict(run, [tmp_path / "mine.png"], tmp_path / "out")
    assert [f.name for f in files] == [
        "mine_mask.png",
        "mine_overlay.png",
        "mine_probability.png",
        "predictions.csv",
    ]
    mask = np.asarray(Image.open(tmp_path / "out" / "mine_mask.png"))
    levels = np.asarray(Image.open(tmp_path / "out" / "mine_probability.png"))
    overlay = np.asarray(Image.open(tmp_path / "out" / "mine_overlay.png"))
    assert mask.shape == levels.shape == (48, 80)
    np.testing.assert_array_equal(mask, levels / 255 >= 0.5)
    grey = np.where(disc, 70, 150)
    np.testing.assert_array_equal(overlay[~mask, 0], grey[~mask])
    assert (overlay[mask, 0] != grey[mask]).all()
    (row,) = pd.read_csv(tmp_path / "out" / "predictions.csv").to_dict("records")
    assert (row["image"], row["height"], row["width"]) == ("mine.png", 48, 80)
    assert row["lesion_pixels"] == mask.sum()
    assert row["share"] == pytest.approx(mask.mean(), abs=5e-5)
    assert row["highest"] == pytest.approx(levels.max() / 255, abs=5e-5)
    assert row["mean_inside"] == pytest.approx(levels[mask].mean() / 255, abs=5e-5)


def test_a_folder_is_all_images_in_it(run, tmp_path):
    place = tmp_path / "images"
    place.mkdir()
    for name in ("b", "a"):
        Image.new("L", (40, 32), 90).save(place / f"{name}.png")
    (place / ".hidden").write_text("no image")
    predict(run, [place], tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "predictions.csv")
    assert table["image"].tolist() == ["a.png", "b.png"]
    with pytest.raises(UserError, match="holds no image"):
        (tmp_path / "empty").mkdir()
        predict(run, [tmp_path / "empty"], tmp_path / "again")


def test_what_was_tested_is_predicted_again_alike(run, store, tmp_path):
    with np.load(store / "jobs" / JOB.id / "probabilities.npz") as stored:
        tested = stored["test"]
    data = open_cached("discs")
    roles = jobs.read_split(JOB)["role"].to_numpy()
    for name, image in zip("ab", data.images[roles == "test"], strict=True):
        Image.fromarray(image[..., 0]).save(tmp_path / f"{name}.png")
    predict(run, [tmp_path / "a.png", tmp_path / "b.png"], tmp_path / "out")
    again = [Image.open(tmp_path / "out" / f"{name}_probability.png") for name in "ab"]
    np.testing.assert_array_equal(np.stack(again), tested)


def test_weights_that_were_not_kept_are_asked_for(run, store, tmp_path):
    (store / "jobs" / JOB.id / "model.weights.h5").unlink()
    Image.new("L", (32, 32)).save(tmp_path / "mine.png")
    with pytest.raises(UserError, match=r"01_x were not kept: call again with --train, .* min\)"):
        predict(run, [tmp_path / "mine.png"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    predict(run, [tmp_path / "mine.png"], tmp_path / "out", train=True)
    assert (store / "jobs" / JOB.id / "model.weights.h5").exists()


def test_colours_are_read_where_the_network_was_trained_on_them(run, store, tmp_path):
    manifest = store / "jobs" / JOB.id / "manifest.json"
    told = json.loads(manifest.read_text())
    assert told["image_channels"] == 1
    del told["sha256"]  # it is changed here
    colours = np.zeros((40, 40, 3), np.uint8) + np.array([200, 90, 30], np.uint8)
    Image.fromarray(colours).save(tmp_path / "mine.png")
    overlays = {}
    for channels in (1, 3):
        manifest.write_text(json.dumps(told | {"image_channels": channels}))
        to = tmp_path / f"out{channels}"
        predict(run, [tmp_path / "mine.png"], to)
        found = np.asarray(Image.open(to / "mine_overlay.png"))
        overlays[channels] = found[~np.asarray(Image.open(to / "mine_mask.png"))]
    assert (overlays[3] == [200, 90, 30]).all()
    assert (np.ptp(overlays[1], axis=1) == 0).all()


def test_an_unreadable_image_leaves_nothing(run, tmp_path):
    (tmp_path / "mine.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"mine.png cannot be read"):
        predict(run, [tmp_path / "mine.png"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_images_of_one_name_are_refused(run, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        Image.new("L", (32, 32)).save(tmp_path / folder / "mine.png")
    images = [tmp_path / "a" / "mine.png", tmp_path / "b" / "mine.png"]
    with pytest.raises(UserError, match=r"two images are called mine"):
        predict(run, images, tmp_path / "out")


def test_a_network_of_a_cell_is_asked_for_below_that_cell(run, tmp_path, monkeypatch):
    monkeypatch.setattr("busutils.predict.models.networks", dict)  # as of a process without it
    with pytest.raises(UserError, match=r"of 01_x, plain_unet, is of a cell of its page: call"):
        predict(run, [], tmp_path / "out", train=True)


def test_a_run_without_network_is_refused(store, tmp_path):
    folder = store / "notebooks" / "00_data"
    runs.write_json(folder / "manifest.json", runs.opening("00_data", "00_data", "quick", {}))
    with pytest.raises(UserError, match="00_data has no trained network"):
        predict(runs.Run(folder), [], tmp_path / "out")
