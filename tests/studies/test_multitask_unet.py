"""Paper 3's study: its jobs, and what its tables and the copies experiment make of them."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from busutils import jobs, parameters
from busutils.data import reading
from busutils.errors import UserError
from busutils.studies import common
from busutils.studies import multitask_unet as study
from busutils.studies.multitask_unet import copies, planning, questions, results, settings, words
from tests import finished

NAME = "03_multitask_unet"
PIXELS = parameters.resolve(NAME, "quick", {})["size"] ** 2


@pytest.fixture
def values(tmp_path, monkeypatch, phantoms):
    """The quick parameters, with a store and phantoms of the test's own."""
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(reading, "groups", lambda listing, store=None: _own_groups(listing))
    told = {"dropout": 0.1, "class_weight": 1.0, "data_root": str(phantoms)}
    return parameters.resolve(NAME, "quick", {}) | told


def _own_groups(listing):
    return pd.Series({c.case: c.case for c in listing.cases})


def _found(values):
    chosen = study.Settings.of(values)
    data = study.dataset(values)
    plan = study.entries(chosen, data)
    for e in plan:
        _finish(e)
    return common.collect(chosen, plan), data


def _finish(entry):
    """60 of 100 lesion pixels, rivals and one task alone 50; every benign image is told right,
    malignant at 0.6.

    In the arm "twice" only items whose copy is trained on are told right, and with one task alone
    no malignant image is.
    """
    hit = 50 if entry.part in ("rival", "alone") else 60
    role = jobs.read_split(entry.job).set_index("case")["role"]
    trained = {_original(case) for case in role.index[role == "train"]}

    def malignant(case):
        right = entry.name != "twice" or case.role == "train" or _original(case.case) in trained
        if case.label == "malignant":
            return 0.6 if right and entry.part != "alone" else 0.4
        return 0.1 if right else 0.9

    told = {"loss": 0.5, "mean_iou_of_raw": 0.45}
    finished.write(
        entry.job,
        lambda case, threshold: (hit, 5, 100 - hit, PIXELS - 105),
        malignant if entry.job.task == "both" else None,
        {"by_keras": dict.fromkeys(("train", "val", "test"), told), "n_train": 80},
        {"class_accuracy": [0.5] * 4, "val_class_accuracy": [0.5] * 4},
    )


def _original(case):
    return case.removesuffix(", image again").removesuffix(", mask again")


def test_settings_are_the_parameters_cell():
    cell = [p.name for p in parameters.read(parameters.source(NAME))]
    assert cell == [f.name for f in fields(study.Settings)]


def test_jobs_of_every_part(values):
    wanted = values | {"folds": [1, 2], "heads": ["average"], "rivals": ["plain_unet"]}
    wanted |= {"copies": ["grouped", "twice"], "copies_epochs": 10}
    plan = study.entries(study.Settings.of(wanted), study.dataset(wanted))
    parts = [(e.part, e.name, e.repeat) for e in plan]
    assert parts == [
        ("folds", "flatten", "K1"),
        ("folds", "flatten", "K2"),
        ("head", "average", "K1"),
        ("rival", "plain_unet", "K1"),
        ("copies", "grouped", "split 1"),
        ("copies", "twice", "split 1"),
    ]
    folds, rival = plan[0].job, plan[3].job
    assert (folds.task, rival.task) == ("both", "segment")
    assert folds.split == rival.split
    assert plan[2].job.options["head"] == "average"
    assert [e.job.epochs for e in plan[4:]] == [10, 5]


def test_arms_take_equal_steps(values):
    found, _ = _found(values | {"copies": list(settings.ARMS)})
    trained = {
        e.name: (jobs.read_split(e.job)["role"] == "train").sum() * e.job.epochs
        for e in found.of("copies")
    }
    assert max(trained.values()) == pytest.approx(min(trained.values()), rel=0.06)


def test_arms_keep_together_what_they_say(values):
    data = study.dataset(values)
    for arm, together in {"twice": False, "twice together": True}.items():
        of = planning.items(data, arm)
        roles = planning.arm_roles(of, arm, 0)
        used = roles[roles["role"].isin(["train", "test"])]
        sides = used.groupby(used["case"].map(_original))["role"].nunique()
        assert bool(sides.max() == 1) is together
    assert planning.items(data, "by image") is data


def test_a_size_that_cannot_be_halved_as_often_is_refused(values):
    with pytest.raises(UserError, match=r"cannot take images of 36 px: .* multiples of 8"):
        study.check(values | {"size": 36})


def test_table_5_has_accuracies_in_per_cent_and_their_spread(values):
    found, _ = _found(values | {"folds": [1, 2, 3], "copies": []})
    table = results.table5(found).set_index(["key", "column"])
    assert table.loc[("K1", "TsA"), "ours"] == 100
    assert table.loc[("mean", "VL"), "ours"] == 0.5
    assert table.loc[("sd", "TsA"), "ours"] == 0
    assert table.loc[("K9", "TA"), "verdict"] == "not re-run"
    assert table.loc[("mean", "TsA"), "printed"] == "98.08"


def test_spread_over_folds_is_in_per_cent_like_the_printed_one(values, monkeypatch):
    found, _ = _found(values | {"folds": [1, 2, 3], "copies": []})
    shares = pd.Series([0.9, 0.8, 0.7], ["K1", "K2", "K3"])
    monkeypatch.setattr(results, "fold_accuracies", lambda *_: shares)
    table = results.table5(found).set_index(["key", "column"])
    assert table.loc[("sd", "TsA"), "ours"] == pytest.approx(100 * np.std([0.9, 0.8, 0.7]))


def test_table_6_scores_both_classes(values):
    found, _ = _found(values | {"copies": []})
    table = results.table6(found).set_index(["key", "column"])["ours"]
    assert table["K1 Malignant", "Sen"] == table["K1 Benign", "Spec"] == 100


def test_table_6_has_the_spread_over_folds(values):
    found, _ = _found(values | {"copies": [], "folds": [1, 2]})
    first = found.cases["job"] == found.of("folds")[0].job.id
    wrong = first & (found.cases["label"] == "malignant")
    found.cases.loc[wrong, "p_malignant"] = 0.4  # the first fold finds none, the second all
    table = results.table6(found).set_index(["key", "column"])["ours"]
    assert table["K1 Malignant", "Sen"] == 0 and table["K2 Malignant", "Sen"] == 100
    assert table["sd Malignant", "Sen"] == table["sd Benign", "Spec"] == pytest.approx(50)


def test_table_7_counts_images(values):
    found, _ = _found(values | {"folds": [1, 2], "copies": []})
    table = results.table7(found)
    assert table["printed"].tolist() == ["32", "1", "2", "29"]
    tested = [jobs.read_split(e.job).query("role == 'test'") for e in found.of("folds")]
    first = tested[0]["label"].value_counts()
    assert table["first fold"].tolist() == [first["malignant"], 0, 0, first["benign"]]
    assert table["all folds"].sum() == sum(map(len, tested))


def test_table_9_has_six_printed_and_six_of_ours(values):
    table = results.table9(_found(values)[0])
    assert table["whose"].value_counts().to_dict() == {"printed": 6, "ours": 6}
    own = table[table["whose"] == "ours"]
    assert own["IoU"].tolist() == pytest.approx([60 / 105] * 6)
    assert own["Recall"].tolist() == pytest.approx([0.6] * 6)


def test_table_10_runs_what_exists_and_quotes_the_rest(values):
    found, _ = _found(values | {"rivals": ["plain_unet", "attention_unet"]})
    table = results.table10(found).set_index(["key", "column"])
    assert table.loc[("UNet [21]", "DICE"), "ours"] == pytest.approx(100 / 155)
    assert table.loc[("Proposed", "DICE"), "ours"] == pytest.approx(120 / 165)
    assert table.loc[("UNet++ [29]", "IoU"), "reason"] == "quoted"


def test_classified_stands_beside_the_majority(values):
    found, _ = _found(values | {"folds": list(range(1, 11)), "copies": []})
    table = results.classified(found).set_index("score")
    assert table.loc["accuracy", "ours"] == 1
    assert table.loc["accuracy", "always benign"] == pytest.approx(2 / 3, abs=0.05)
    assert table.loc["balanced accuracy", "always benign"] == 0.5
    assert table.loc["area under ROC", "ours"] == 1
    assert "always benign has 0.6" in words.accuracy_finding(results.classified(found))


def test_heads_are_compared_on_the_same_folds(values):
    found, _ = _found(values | {"folds": [1, 2], "heads": ["average"], "copies": []})
    table = results.heads(found)
    assert table["head"].tolist() == ["flatten", "average"]
    assert table["folds"].tolist() == [1, 1]
    assert table["parameters"][0] > table["parameters"][1]


def test_one_task_alone_is_the_same_network_without_the_other_loss(values):
    wanted = values | {"alone": ["segmentation", "classification"], "copies": [], "folds": [1, 2]}
    found, _ = _found(wanted)
    both = found.of("folds")[0].job
    segmentation, classification = (e.job for e in found.of("alone"))
    assert replace(segmentation, class_weight=1.0) == both
    assert replace(classification, mask_weight=1.0) == both
    table = results.alone(found).set_index(["trained for", "score"])
    malignant = (results.tested(found, found.of("folds")[:1])["label"] == "malignant").mean()
    assert table.loc[("both", "accuracy"), "ours"] == 1
    one = table.loc[("classification alone", "accuracy")]
    assert one["minus both"] == pytest.approx(-malignant)
    one = table.loc[("segmentation alone", "Dice")]
    assert one["ours"] == pytest.approx(100 / 155)
    assert one["minus both"] == pytest.approx(100 / 155 - 120 / 165)
    assert "classification alone changes accuracy by −" in words.alone_finding(found)


def test_copies_tell_items_with_and_without_their_copy(values):
    found, _ = _found(values | {"copies": ["grouped", "twice"]})
    arms = copies.table(found).set_index("arm")["accuracy"]
    assert arms["grouped"] == 1
    pair = copies.twins(found).set_index("copy in training")
    assert pair.loc[True, "accuracy"] == 1
    assert pair["items"].sum() == copies.table(found).set_index("arm").loc["twice", "test items"]
    if False in pair.index:
        assert pair.loc[False, "accuracy"] == 0
        assert arms["twice"] < 1
    told = copies.finding(found)
    assert told.startswith("Each image once and near-duplicates together: ")
    assert "; each image twice and split at random: accuracy " in told
    assert list(copies.bars(found).columns) == ["name", "value", "low", "high"]


def test_copies_may_run_without_the_grouped_arm(values):
    found, _ = _found(values | {"copies": ["twice"]})
    assert copies.finding(found).startswith("Each image twice and split at random: accuracy ")


def test_masks_are_scored_apart(values):
    found, _ = _found(values | {"copies": ["masks as images"]})
    table = copies.masks_apart(found)
    assert set(table["items"]) <= {"masks", "pictures"}
    assert table["n"].sum() == copies.table(found)["test items"][0]
    assert copies.finding(found) == "Not in this profile"


def test_claims_are_judged_beside_answers_without_training(values):
    wanted = {"folds": [1, 2, 3], "rivals": ["plain_unet"], "contrast_folds": 3, "copies": []}
    found, data = _found(values | wanted)
    trivial = results.trivial(found, data)
    assert set(trivial) == {"dice", "iou", "precision"}
    assert trivial["dice"]["nothing"] == 0 < trivial["iou"]["best centred ellipse"] < 1
    classifies, accuracy, segments = questions.claims(found, trivial)
    tested = pd.concat([jobs.read_split(e.job) for e in found.of("folds")])
    malignant = (tested.query("role == 'test'")["label"] == "malignant").mean()
    assert classifies.difference.estimate == pytest.approx(malignant)
    assert accuracy.difference.estimate == pytest.approx(100 - 98.08)
    assert segments.difference.estimate == pytest.approx(60 / 105 - 50 / 105)
    assert "5 of the 7 rows that it names did not run" in segments.note


def test_printed_items_are_twice_the_lesion_images():
    assert words.printed_items() == {"items": 1294, "validated": 129, "trained": 1035}
    assert len(words.no_counterpart()) == 4


def test_area_under_the_curve_is_that_of_the_ranks():
    """By hand: of 2 x 3 pairs of a malignant and a benign image four are in order, one is a tie."""
    from busutils import classification

    images = pd.DataFrame(
        {
            "label": ["malignant", "malignant", "benign", "benign", "benign"],
            "p_malignant": [0.9, 0.4, 0.1, 0.4, 0.7],
            "group": list("abcde"),
        }
    )
    assert classification.area(images, "ROC") == pytest.approx(4.5 / 6)
    assert np.isnan(classification.area(images[:2], "ROC"))
    one = classification.area_interval(images, "ROC")
    assert one.estimate == pytest.approx(4.5 / 6)
    assert one.low <= one.estimate <= one.high
    counted = classification.counts(images.assign(threshold=0.5))
    assert counted[["tp", "fp", "fn", "tn"]].sum().tolist() == [1, 1, 1, 2]
    benign = classification.counts(images.assign(threshold=0.5), positive="benign")
    assert benign[["tp", "fp", "fn", "tn"]].sum().tolist() == [2, 1, 1, 1]
    assert classification.majority(images) == "benign"
    assert np.isclose(classification.always(counted, "benign")["tn"].sum(), 3)
