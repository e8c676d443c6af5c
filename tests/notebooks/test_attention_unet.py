"""Paper 2's page: its jobs, the split puzzle, and what its tables make of finished jobs."""

import numpy as np
import pandas as pd
import pytest
import yaml

from busutils import execution, parameters, paths
from busutils.data import reading
from busutils.errors import UserError
from tests import cells, finished

NAME = "02_attention_unet"
CURVES = ("accuracy", "val_accuracy", "iou", "val_iou", "dice")
PIXELS = parameters.resolve(NAME, "quick", {})["size"] ** 2


@pytest.fixture(scope="module")
def values(tmp_path_factory, phantoms):
    """The quick parameters, with a store of the tests' own and each image a group of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUSUTILS_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setattr(reading, "groups", lambda listing, store=None: _own_groups(listing))
        both = {"networks": ["attention3", "attention4"], "data_root": str(phantoms)}
        yield parameters.resolve(NAME, "quick", {}) | both | {"puzzle_size": 16, "draws": 20}


def _own_groups(listing):
    return pd.Series({c.case: c.case for c in listing.cases})


def planned(values):
    return execution.planned(parameters.source(NAME), values)["plan"]


@pytest.fixture(scope="module")
def page(values):
    """Three random fifths: Attention4 finds 60 of 100 lesion pixels, Attention3 50."""
    values = values | {"repeats": 3}
    for entry in planned(values):
        _finish(entry, hit={"attention3": 50, "attention4": 60}[entry.name])
    return cells.names(parameters.source(NAME), values, until="claims = compare.judge")


def _finish(entry, hit):
    def counts(case, threshold):
        tp, lesion = (hit, 100) if case.label != "normal" else (0, 0)
        return tp, 5, lesion - tp, PIXELS - lesion - 5

    late = 0.05 if entry.name == "attention4" else 0.2
    keras = {"loss": 0.25, "mean_iou_of_raw": 0.49}
    by_keras = {"by_keras": {"train": keras, "val": keras}}
    history = {"val_dice": [0, late, 0.3, 0.4], **dict.fromkeys(CURVES, [0.9] * 4)}
    finished.write(entry.job, counts, manifest=by_keras, history=history)


def test_paper_profile_is_the_papers_protocol():
    told = yaml.safe_load((paths.project() / "book/reported/paper2.yaml").read_text())["protocol"]
    used = parameters.resolve(NAME, "paper", {})
    for key in ("dataset", "size", "epochs", "batch"):
        assert used[key] == told[key], key
    assert used["networks"] == ["attention3", "attention4"]


def test_last_fifth_is_trained_once_and_random_fifths_as_often_as_asked(values):
    plan = planned(values | {"repeats": 2})
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
        planned(values | {"size": 255})


def test_implied_shares_follow_from_the_printed_iou(page):
    table = page.implied.set_index(["row", "part"])["p"]
    assert table["Attention3 U-Net", "val"] == pytest.approx(0.0180)
    assert table["Attention4 U-Net", "train"] == pytest.approx(0.0858)


def test_the_last_fifth_is_told_apart_from_random_ones(page):
    """Phantoms end with normal images, so the last fifth holds less lesion than random ones."""
    last = page.pixels["label"][-(len(page.pixels) - int(len(page.pixels) * 0.8)) :]
    by_text = page.fifths.set_index(["split", "masks"]).loc[("last fifth, as text", "nearest")]
    shares = page.pixels.loc[last.index, "nearest"]
    assert by_text["p, validation"] == pytest.approx(shares.mean())
    assert by_text["mean IoU, empty mask"] == pytest.approx((1 - shares.mean()) / 2)
    assert by_text["sd from random"] < 0
    assert {len(draws) for draws in page.random.values()} == {20}
    means = [page.random["nearest"].mean(), page.pixels["nearest"].mean()]
    assert means[0] == pytest.approx(means[1], rel=0.2)


def test_shares_of_a_mask_at_another_size(page):
    """Half of a mask stays half, whatever the resizing; only cut edges differ."""
    mask = np.zeros((64, 64))
    mask[:, :32] = 1
    shares = {name: float(small.mean()) for name, small in page.resized(mask, 16).items()}
    assert shares == dict.fromkeys(["nearest", "bilinear", "antialiased"], 0.5)
    speck = np.zeros((64, 64))
    speck[30:33, 30:33] = 1
    assert not page.resized(speck, 8)["antialiased"].any()
    assert (page.pixels.loc[page.pixels["label"] == "normal", page.WAYS] == 0).all(axis=None)


def test_table_1_sets_ours_beside_printed_and_an_empty_mask(page):
    table = page.tables["random fifth"]
    assert len(table) == 12
    row = table[(table["row"] == "Attention3 U-Net") & (table["column"] == "Validation IoU")]
    assert (row.iloc[0]["printed"], row.iloc[0]["ours"]) == ("0.4910", 0.49)
    for part in ("last fifth", "random fifth"):
        empty = page.nothing(part).set_index("part").loc["Validation"]
        p = empty["p"]
        assert empty["Accuracy"] == pytest.approx(1 - p)
        assert empty["IoU"] == pytest.approx((1 - p) / 2)
        entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
        assert empty["Loss"] <= entropy + 1e-12  # a mean over splits; of one split it is this
    by_reading = page.readings.set_index(["split", "network", "images"])
    told = by_reading.loc[("random fifth", "Attention3 U-Net", "validation")]
    assert told["empty mask's accuracy"] == pytest.approx(empty["Accuracy"])


def test_readings_of_iou(page):
    of = page.readings.set_index(["split", "network", "images"])
    row = of.loc[("random fifth", "Attention4 U-Net", "validation")]
    assert row["lesion, per image"] == pytest.approx(60 / 105)
    assert row["Keras on raw"] == 0.49
    assert row["empty mask's accuracy"] < row["accuracy"]


def test_lesion_table_leaves_normal_images_out(page):
    table = page.lesions.set_index("answer")
    assert table.loc["Attention3 U-Net", "IoU"] == pytest.approx(50 / 105)
    assert table.loc["nothing", "IoU"] == 0
    assert table.loc["Attention4 U-Net", "Dice"] == pytest.approx(120 / 165)


def test_the_table_of_the_protocol_tells_the_loss_that_trains(page):
    assert page.steps["loss"][1] == "binary cross-entropy"
    assert page.PROTOCOL["loss"] == page.plan[0].job.loss


def test_every_printed_accuracy_of_validation_is_told(page):
    assert page.validated == ["0.979 for Attention3 U-Net", "0.985 for Attention4 U-Net"]


def test_first_detection_is_the_first_epoch_over_the_limit(page):
    table = page.detection
    epochs = table[table["split"] == "random fifth"].groupby("network")["epoch"].unique()
    assert epochs["Attention3 U-Net"] == [2]
    assert epochs["Attention4 U-Net"] == [3]
    assert set(table["printed"]) == {6, 9}


def test_claims_are_judged_by_scores_of_the_page(page):
    assert [claim.word for claim in page.claims] == [""] * len(page.claims)  # phantoms
    accuracy = page.scores["accuracy, random fifth"].groupby("row")["score"].mean()
    lesion = page.scores["accuracy, random fifth"].query("row == 'empty mask'")
    gain = ((lesion["label"] != "normal").mean() * 50 - 5) / PIXELS  # 50 of 100 found, 5 false
    assert accuracy["Attention3 U-Net"] - accuracy["empty mask"] == pytest.approx(gain)
    apart, pairs, note = page.first_detection()
    assert (apart.estimate, pairs) == (1, 3)
    assert "Attention4 U-Net: epochs 3, 3, 3" in note
    apart, pairs, _ = page.regular()
    assert (apart.estimate, pairs) == (pytest.approx(0), 3)


def test_what_did_not_run_is_not_tested(values):
    alone = values | {"networks": ["attention4"], "splits": ["random fifth"], "filters": 4}
    for entry in planned(alone):
        _finish(entry, 50)
    page = cells.names(parameters.source(NAME), alone, until="claims = compare.judge")
    assert page.first_detection()[:2] == (None, 0)
    assert page.regular()[1] == 1
    differences = {claim.sentence: claim.difference for claim in page.claims}
    (better,) = [told for told in differences if "outperforms Attention3" in told]
    assert differences[better] is None


@pytest.mark.realdata
def test_the_puzzle_on_busi(shared, tmp_path, monkeypatch):
    """The last fifth has four times less lesion than a random one, as the printed IoU needs."""
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path))
    root = {"dataset": "busi", "data_root": str(shared / "data" / "busi")}
    values = parameters.resolve(NAME, "quick", root) | {"puzzle_size": 128}
    page = cells.names(parameters.source(NAME), values, until="fifths = pd.concat")
    table = page.last.set_index(["split", "masks"])["p, validation"]
    assert table["last fifth, as text", "bilinear"] == pytest.approx(0.0180, abs=0.0005)
    assert table["last fifth, as text", "nearest"] == pytest.approx(0.0184, abs=0.0003)
    assert table["last fifth, by number", "nearest"] == pytest.approx(0.0200, abs=0.0003)
    assert page.random["nearest"].mean() == pytest.approx(0.0783, abs=0.001)
    assert page.random["nearest"].std() == pytest.approx(0.0069, abs=0.0005)
