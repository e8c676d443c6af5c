"""Paper 2's study: its jobs, the split puzzle, and what its tables make of finished jobs."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from busutils import jobs, parameters
from busutils.data import reading
from busutils.data.files import Listing
from busutils.errors import UserError
from busutils.studies import attention_unet as study
from busutils.studies import common
from busutils.studies.attention_unet import maps, puzzle, questions, results, words
from tests import finished

NAME = "02_attention_unet"
PIXELS = parameters.resolve(NAME, "quick", {})["size"] ** 2


@pytest.fixture
def values(tmp_path, monkeypatch, phantoms):
    """The quick parameters, with a store and phantoms of the test's own."""
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(reading, "groups", lambda listing, store=None: _own_groups(listing))
    both = {"networks": ["attention3", "attention4"], "data_root": str(phantoms)}
    return parameters.resolve(NAME, "quick", {}) | both


def _own_groups(listing):
    return pd.Series({c.case: c.case for c in listing.cases})


@pytest.fixture
def found(values):
    """Three random fifths: Attention4 finds 60 of 100 lesion pixels, Attention3 50."""
    settings = study.Settings.of(values | {"repeats": 3})
    data = study.dataset(values)
    plan = study.entries(settings, data)
    for e in plan:
        _finish(e, hit={"attention3": 50, "attention4": 60}[e.name])
    return common.collect(settings, plan), data


def _finish(entry, hit):
    def counts(case, threshold):
        tp, lesion = (hit, 100) if case.label != "normal" else (0, 0)
        return tp, 5, lesion - tp, PIXELS - lesion - 5

    late = 0.05 if entry.name == "attention4" else 0.2
    keras = {"loss": 0.25, "mean_iou_of_raw": 0.49}
    by_keras = {"by_keras": {"train": keras, "val": keras}}
    finished.write(entry.job, counts, manifest=by_keras, history={"val_dice": [0, late, 0.3, 0.4]})


def test_settings_are_the_parameters_cell():
    cell = [p.name for p in parameters.read(parameters.source(NAME))]
    assert cell == [f.name for f in fields(study.Settings)]


def test_last_fifth_is_trained_once_and_random_fifths_as_often_as_asked(values):
    values |= {"repeats": 2}
    plan = study.entries(study.Settings.of(values), study.dataset(values))
    assert [(e.part, e.name, e.repeat) for e in plan] == [
        ("last fifth", "attention3", "last fifth, 1"),
        ("last fifth", "attention4", "last fifth, 1"),
        ("random fifth", "attention3", "random fifth, 1"),
        ("random fifth", "attention4", "random fifth, 1"),
        ("random fifth", "attention3", "random fifth, 2"),
        ("random fifth", "attention4", "random fifth, 2"),
    ]
    assert len({e.job.id for e in plan}) == 6
    assert len({e.job.split["id"] for e in plan}) == 3
    assert {e.job.loss for e in plan} == {"bce"}


def test_printed_size_is_refused_with_the_reason(values):
    with pytest.raises(UserError, match=r"255 px, as printed, cannot be halved .* take 256"):
        study.check(values | {"size": 255})


def test_implied_shares_follow_from_the_printed_iou():
    table = puzzle.implied().set_index(["row", "part"])["p"]
    assert table["Attention3 U-Net", "val"] == pytest.approx(0.0180)
    assert table["Attention4 U-Net", "train"] == pytest.approx(0.0858)


def test_fifths_of_a_set_that_is_known():
    """40 files, the last eight normal: no lesion in the last fifth, half of it in the others."""
    labels = ["benign"] * 32 + ["normal"] * 8
    names = [f"{label} ({i})" for i, label in enumerate(labels)]
    share = np.where(np.array(labels) == "benign", 0.5, 0.0)
    masks = dict.fromkeys(puzzle.MASKS, share)
    shares = pd.DataFrame({"case": names, "label": labels, "group": names, **masks})
    found = puzzle.fifths(shares, draws=200)
    assert set(found.table["val"]) == {0.0}
    assert set(found.table["train"]) == {0.5}
    assert puzzle.last_fifth(shares) == "8 normal"
    assert {len(r) for r in found.random.values()} == {200}
    assert found.random["nearest"].mean() == pytest.approx(0.4, abs=0.02)
    shown = puzzle.readable(found)
    assert shown["mean IoU, empty mask"][0] == 0.5
    assert "needs 0.018" in puzzle.finding(found)


def test_shares_of_a_mask_at_another_size(phantoms):
    """Half of a mask stays half, whatever the resizing; only cut edges differ."""
    mask = np.zeros((64, 64))
    mask[:, :32] = 1
    small = puzzle._resized(mask, 16)
    assert {name: float(m.mean()) for name, m in small.items()} == dict.fromkeys(puzzle.MASKS, 0.5)
    speck = np.zeros((64, 64))
    speck[30:33, 30:33] = 1
    assert not puzzle._resized(speck, 8)["antialiased"].any()


def test_lesion_shares_cover_every_case(values):
    listing = common.listing(study.Settings.of(values))
    assert isinstance(listing, Listing)
    shares = puzzle.lesion_shares(listing, 32)
    assert len(shares) == len(listing.cases)
    assert (shares.loc[shares["label"] == "normal", list(puzzle.MASKS)] == 0).all(axis=None)


def test_table_1_sets_ours_beside_printed_and_an_empty_mask(found):
    table = results.table1(found[0], "random fifth")
    assert len(table) == 12
    row = table[(table["row"] == "Attention3 U-Net") & (table["column"] == "Validation IoU")].iloc[
        0
    ]
    assert (row["printed"], row["ours"]) == ("0.4910", 0.49)
    empty = results.nothing(found[0], "random fifth").set_index("part")
    p = empty.loc["Validation", "p"]
    assert empty.loc["Validation", "Accuracy"] == pytest.approx(1 - p)
    assert empty.loc["Validation", "IoU"] == pytest.approx((1 - p) / 2)
    assert empty.loc["Validation", "Loss"] < -p * np.log(p) - (1 - p) * np.log(1 - p)  # a mean
    by_reading = results.readings(found[0]).set_index(["split", "network", "images"])
    told = by_reading.loc[("random fifth", "Attention3 U-Net", "validation")]
    assert told["empty mask's accuracy"] == pytest.approx(empty.loc["Validation", "Accuracy"])
    once = results.nothing(found[0], "last fifth").set_index("part").loc["Validation"]
    entropy = -once["p"] * np.log(once["p"]) - (1 - once["p"]) * np.log(1 - once["p"])
    assert once["Loss"] == pytest.approx(entropy)
    beside = results.beside_nothing(table, results.nothing(found[0], "random fifth"))
    assert beside.loc[4, "empty mask"] == f"{1 - p:.4f}"


def test_readings_of_iou(found):
    table = results.readings(found[0])
    row = table[(table["network"] == "Attention4 U-Net") & (table["images"] == "validation")].iloc[
        1
    ]
    assert row["lesion, per image"] == pytest.approx(60 / 105)
    assert row["Keras on raw"] == 0.49
    assert row["empty mask's accuracy"] < row["accuracy"]


def test_lesion_table_leaves_normal_images_out(found):
    trivial = results.trivial(*found)
    table = results.lesion_table(found[0], trivial).set_index("answer")
    assert table.loc["Attention3 U-Net", "IoU"] == pytest.approx(50 / 105)
    assert table.loc["nothing", "IoU"] == 0
    assert table.loc["Attention4 U-Net", "Dice"] == pytest.approx(120 / 165)


def test_first_detection_is_the_first_epoch_over_the_limit(found):
    table = results.first_detection(found[0])
    epochs = table[table["split"] == "random fifth"].groupby("network")["epoch"].unique()
    assert epochs["Attention3 U-Net"] == [2]
    assert epochs["Attention4 U-Net"] == [3]
    assert set(table["printed"]) == {6, 9}


def test_claims_are_judged_on_accuracy_beside_an_empty_mask(found):
    told = {c.sentence: c for c in questions.claims(found[0])}
    assert {c.word for c in told.values()} == {""}  # generated images
    lesions = jobs.read_split(found[0].entries[0].job).query("role == 'val'")["label"] != "normal"
    gain = (lesions.mean() * 60 - 5) / PIXELS  # 60 of 100 lesion pixels found, 5 false everywhere
    accuracy = told["Both networks segment lesions with high accuracy."]
    assert accuracy.difference.estimate == pytest.approx(gain)
    better = next(c for c in told.values() if c.sentence.startswith("Attention4 has"))
    assert better.difference.estimate == pytest.approx(lesions.mean() * 10 / PIXELS)
    earlier = next(c for c in told.values() if "earlier" in c.sentence)
    assert earlier.difference.estimate == 1


def test_claims_about_what_did_not_run_have_no_difference(values):
    both = study.Settings.of(values | {"networks": ["attention4"]})
    plan = study.entries(both, study.dataset(values))[:1]
    settings = replace(both, splits=["last fifth"])
    _finish(plan[0], 50)
    claims = questions.claims(common.collect(settings, plan))
    assert [c.difference for c in claims[1:]] == [None] * 3


def test_the_puzzle_is_answered_with_our_networks_numbers(found):
    assert "0.490" in words.puzzle_answer(found[0])


def test_images_are_chosen_by_rank_of_dice(found):
    entry = found[0].of("random fifth")[0]
    rows = maps.chosen(entry, found[1], (0, 0.5, 1))
    role = jobs.read_split(entry.job).set_index("case")["role"]
    names = found[1].cases["case"].iloc[rows]
    assert (role[names] == "val").all()
    assert found[1].masks[rows].any(axis=(1, 2)).all()


@pytest.mark.realdata
def test_the_puzzle_on_busi(shared):
    """The last fifth has four times less lesion than a random one, as the printed IoU needs."""
    values = {"dataset": "busi", "data_root": str(shared / "data" / "busi")}
    settings = study.Settings.of(parameters.resolve(NAME, "quick", values))
    found = puzzle.fifths(puzzle.lesion_shares(common.listing(settings), 128), draws=500)
    table = found.table.set_index(["split", "masks"])["val"]
    assert table["last fifth, as text", "bilinear"] == pytest.approx(0.0180, abs=0.0005)
    assert table["last fifth, as text", "nearest"] == pytest.approx(0.0184, abs=0.0003)
    assert table["last fifth, by number", "nearest"] == pytest.approx(0.0200, abs=0.0003)
    assert found.random["nearest"].mean() == pytest.approx(0.0783, abs=0.001)
    assert found.random["nearest"].std() == pytest.approx(0.0069, abs=0.0005)
