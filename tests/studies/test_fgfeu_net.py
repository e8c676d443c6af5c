"""Paper 4's study: its jobs, its tables, and images that masks and classifiers answer about."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from busutils import jobs, parameters
from busutils.data import reading
from busutils.errors import UserError
from busutils.phantoms import write_busi
from busutils.studies import fgfeu_net as study
from busutils.studies.fgfeu_net import presence, questions, results, settings, svm, words
from tests import finished

NAME = "04_fgfeu_net"
PIXELS = parameters.resolve(NAME, "quick", {})["size"] ** 2
HITS = {"combo": 80, "bce": 70, "tversky 0.7 0.75": 20}


@pytest.fixture(scope="module")
def enough(tmp_path_factory):
    """Phantoms of which ten are normal, two for each fold."""
    root = tmp_path_factory.mktemp("enough")
    write_busi(root, n=60, size=96)
    return root


@pytest.fixture
def values(tmp_path, monkeypatch, enough):
    """The quick parameters, with a store and phantoms of the test's own."""
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(reading, "groups", lambda listing, store=None: _own_groups(listing))
    told = {"losses": ["tversky 0.5 0.5", "combo"], "epochs": 3, "data_root": str(enough)}
    return parameters.resolve(NAME, "quick", {}) | told


def _own_groups(listing):
    return pd.Series({c.case: c.case for c in listing.cases})


def _plan(values):
    chosen = study.Settings.of(values)
    data = study.dataset(values)
    return chosen, data, study.entries(chosen, data)


def _found(values):
    chosen, data, plan = _plan(values)
    for e in plan:
        if not jobs.finished(e.job):  # two entries may share a job
            _finish(e)
    return results.collect(chosen, plan), data


def _finish(entry):
    """Of 100 lesion pixels as many as `HITS` says, else 60, and 10 false ones.

    Masks of normal images hold 5 pixels under a threshold of 0.6; classifiers are right on lesions
    and give normal images 0.3.
    """
    if entry.job.task == "classify":
        told = {"normal": 0.3, "benign": 0.2 if entry.job.positive == "malignant" else 0.9}
        finished.write(entry.job, _one_pixel, lambda case: told.get(case.label, 0.9))
        return

    def counts(case, threshold):
        if case.label == "normal":
            false = 5 * (threshold < 0.6)
            return 0, false, 0, PIXELS - false
        hit = HITS.get(entry.name, 60) - entry.job.init_seed
        return hit, 10, 100 - hit, PIXELS - 110

    loss = {"loss": 0.25, "mean_iou_of_raw": 0.45}
    finished.write(entry.job, counts, None, {"by_keras": {"test": loss}})


def _one_pixel(case, threshold):
    return (1, 0, 0, 0) if case.label == "malignant" else (0, 0, 0, 1)


def test_settings_are_the_parameters_cell():
    cell = [p.name for p in parameters.read(parameters.source(NAME))]
    assert cell == [f.name for f in fields(study.Settings)]


def test_jobs_of_every_part(values):
    wanted = {"seeds": 2, "unet_filters": 4, "classifiers": ["svm", "cnn"], "masks_as_images": True}
    _, _, plan = _plan(values | wanted)
    parts = [(e.part, e.name, e.repeat) for e in plan]
    assert parts == [
        ("loss", "tversky 0.5 0.5", "fold 1"),
        ("loss", "combo", "fold 1"),
        ("seed", "tversky 0.5 0.5", "seed 1"),
        ("seed", "tversky 0.5 0.5", "seed 2"),
        ("unet", "unet", "fold 1"),
        ("lesion", "cnn", "fold 1"),
        ("malignant", "cnn", "fold 1"),
        ("items", "masks as images", "fold 1"),
    ]
    assert plan[0].job == plan[2].job  # the first seed is the row of the table
    assert [e.job.task for e in plan[4:7]] == ["segment", "classify", "classify"]
    assert plan[-1].job.epochs == plan[0].job.epochs // 2


def test_dice_and_tversky_with_equal_weights_are_one_training(values):
    _, _, plan = _plan(values | {"losses": ["tversky 0.5 0.5", "dice", "bce"]})
    of = {e.name: e.job for e in plan if e.part == "loss"}
    assert of["dice"] == of["tversky 0.5 0.5"]
    assert results.same_job("dice", "tversky 0.5 0.5")
    assert of["bce"].loss_options == {}
    weights = {k: of["dice"].loss_options[k] for k in ("false_positives", "false_negatives")}
    assert weights == {"false_positives": 0.5, "false_negatives": 0.5}


def test_beta_is_the_weight_of_missed_pixels(values):
    _, _, plan = _plan(values | {"losses": ["tversky 0.1 0.9"], "seeds": 1})
    assert plan[0].job.loss_options["false_negatives"] == 0.9


def test_all_models_are_tested_on_the_same_images(values):
    _, _, plan = _plan(values | {"classifiers": ["cnn"]})
    split = {e.part: jobs.read_split(e.job).set_index("case") for e in plan}
    tested = {part: table["role"] for part, table in split.items()}
    asked = set(tested["lesion"].index[tested["lesion"] == "test"])
    assert set(tested["loss"].index[tested["loss"].isin(["test", "normal"])]) == asked
    lesions = split["lesion"].index[split["lesion"]["label"] != "normal"]
    assert set(tested["malignant"].index[tested["malignant"] == "test"]) == asked & set(lesions)
    normal = split["loss"][split["loss"]["label"] == "normal"]
    assert set(normal["role"]) == {"normal", "unused"}


def test_starting_weights_go_to_what_is_pretrained(values, tmp_path):
    wanted = {"encoder_weights": "phantom", "classifiers": ["vgg16", "vgg16 enhanced", "resnet50"]}
    _, _, plan = _plan(values | wanted)
    needs = {e.name: e.job.needs.options["backbone"] if e.job.needs else None for e in plan}
    assert needs["combo"] == needs["vgg16 enhanced"] == "vgg16"
    assert needs["resnet50"] == "resnet50"
    assert needs["vgg16"] is None
    file = tmp_path / "vgg16.h5"
    file.write_bytes(b"weights")
    _, _, plan = _plan(values | wanted | {"encoder_weights": str(file)})
    assert plan[0].job.encoder_weights.startswith("file:")
    assert next(e for e in plan if e.name == "resnet50").job.needs


def test_wrong_values_are_refused(values):
    for name, multiple in {"size": 16, "phantom_size": 32}.items():
        with pytest.raises(UserError, match=f"multiples of {multiple}"):
            study.check(values | {name: 40})
    with pytest.raises(UserError, match=r"weights file nowhere\.h5 is not there"):
        _plan(values | {"encoder_weights": "nowhere.h5"})


def test_tables_1_and_2(values):
    found, _ = _found(values | {"losses": ["dice", "combo", "tversky 0.7 0.75", "tversky 0.7 0.3"]})
    table2 = results.table(found, "2").set_index(["key", "column"])
    hit = 80 - 1  # the seed of fold 1
    assert table2.loc[("Combo", "DSC"), "ours"] == pytest.approx(
        2 * hit / (2 * hit + 10 + 100 - hit)
    )
    assert table2.loc[("Combo", "Precision"), "ours"] == pytest.approx(hit / (hit + 10))
    assert table2.loc[("BCE", "DSC"), "verdict"] == "not re-run"
    # of the last pair's two readings the one that fits the printed loss
    assert table2.loc[("TC a=0.7 b=0.75", "Sensitivity"), "ours"] == pytest.approx(0.59)
    table1 = results.table(found, "1").set_index(["key", "column"])
    columns = table1.index.unique("column")
    assert columns.tolist() == ["Loss", "Accuracy"]  # weights of a loss are no results
    assert table1.loc[("Combo", "Loss"), "ours"] == 0.25
    lost = 10 + 100 - hit
    assert table1.loc[("Combo", "Accuracy"), "ours"] == pytest.approx(1 - lost / PIXELS)


def test_the_first_loss_is_drawn_and_those_that_call_least_and_most(values):
    chosen = ["dice", "bce", "combo", "tversky 0.5 0.5", "tversky 0.7 0.75"]
    found, data = _found(values | {"losses": chosen})
    drawn = results.contrasted(found, results.by_loss(found))
    first, least, most = drawn
    assert (first, least, most) == ("dice = tversky 0.5 0.5", "tversky 0.7 0.75", "combo")
    truths = data.masks[jobs.rows(drawn[first].job, data.cases["case"], "test")]
    for name, level in {first: 128, least: 127, most: 255}.items():
        np.savez(jobs.folder(drawn[name].job) / "probabilities.npz", test=truths * np.uint8(level))
    images, masks, predictions, cases = results.pictured(found, data, drawn)
    rows = data.cases.set_index("case").index.get_indexer(cases)
    assert np.array_equal(masks, data.masks[rows])
    assert np.array_equal(images, data.images[rows])
    assert np.array_equal(predictions[first], masks)
    assert not predictions[least].any()
    assert np.array_equal(predictions[most], masks)


def test_losses_are_paired_and_seeds_are_the_yardstick(values):
    found, _ = _found(values | {"losses": ["tversky 0.5 0.5", "bce", "combo", "dice"], "seeds": 3})
    by_loss = results.by_loss(found).set_index("loss")

    def dice(hit):
        return 2 * hit / (2 * hit + 10 + 100 - hit)

    assert by_loss.loc["bce", "at 0.5"] == pytest.approx(dice(69))
    assert by_loss.index[0] == "combo"
    assert by_loss.loc["bce", "called lesion"] == pytest.approx(79 / PIXELS)
    against = results.against(found).set_index("against")
    assert against.loc["combo minus bce", "difference"] == pytest.approx(dice(79) - dice(69))
    seeds = results.yardstick(found)
    assert seeds["Dice"].tolist() == pytest.approx([dice(59), dice(58), dice(57)])
    told = words.loss_finding(results.by_loss(found), seeds)
    of_seeds = np.std([dice(59), dice(58), dice(57)], ddof=1)
    assert told.startswith("Dice varies by ")
    assert f" over 3 losses, by {of_seeds:.3f} over 3 seeds of one" in told


def test_trainings_that_ended_with_empty_answers_are_named(values):
    chosen = {"losses": ["tversky 0.5 0.5", "combo", "dice"], "seeds": 2}
    found, _ = _found(values | chosen)
    assert words.collapse_finding(results.collapsed(found)) == ""
    ended = found.of("loss", "dice")[0].job.id, found.of("seed")[1].job.id
    lost = found.history["job"].isin(ended)
    last = found.history["epoch"].eq(found.history["epoch"].max())
    history = found.history.assign(val_dice=found.history["val_dice"].mask(lost & last, 0))
    ended = results.collapsed(replace(found, history=history))
    assert sorted(ended) == ["tversky 0.5 0.5 = dice", "tversky 0.5 0.5, seed 2"]
    assert words.collapse_finding(ended[:1]).startswith(f"Under {ended[0]} the last epoch")


def test_two_names_of_one_training_may_be_best(values):
    found, _ = _found(values | {"losses": ["tversky 0.5 0.5", "tversky 0.7 0.75", "dice"]})
    tables = {"by_loss": results.by_loss(found), "yardstick": results.yardstick(found)}
    assert tables["by_loss"]["loss"].iloc[0] == "tversky 0.5 0.5 = dice"
    best = words.plain(found, tables, [])["best"]["job"]
    assert best == found.of("loss", "dice")[0].job.id


def test_a_mask_answers_by_being_empty_or_not(values):
    found, data = _found(values | {"classifiers": ["svm", "cnn"]})
    answers = presence.answers(found, "lesion", presence.by_svm(found, data, "lesion"))
    assert list(answers) == ["CNN", "SVM", "FgFEU-Net (Ours)"]
    mask = answers["FgFEU-Net (Ours)"]
    lesion = mask["label"] != "normal"
    assert (mask["tp"] + mask["fn"] == lesion).all()
    # the threshold chosen is 0.05, at which normal images hold pixels; so they do at 11 of 19
    assert mask.loc[~lesion, "fp"].eq(1).all()
    assert mask.loc[~lesion, "p_lesion"].to_numpy() == pytest.approx(11 / 19 * 5 / PIXELS)
    assert mask.loc[lesion, "p_lesion"].to_numpy() == pytest.approx((79 + 10) / PIXELS)
    table = presence.table(answers, "lesion").set_index("model")
    assert table.loc["CNN", "accuracy"] == 1
    assert table.loc["FgFEU-Net (Ours)", "accuracy"] == pytest.approx(lesion.mean())
    assert table.loc["FgFEU-Net (Ours)", "ROC area"] == 1
    assert table.loc["always yes", "accuracy"] == pytest.approx(lesion.mean())
    told = words.presence_finding(presence.table(answers, "lesion"))
    assert "of 3 models are better than 'always yes'" in told


def test_table_3_has_what_can_be_compared(values):
    four = {"epochs": 4, "classifier_epochs": 4}  # the fewest that can be flat
    found, _ = _found(values | {"classifiers": ["cnn"]} | four)
    answers = presence.answers(found, "lesion", None)
    table = presence.table3(found, answers).set_index(["key", "column"])
    assert table.loc[("CNN", "Accuracy Test"), "ours"] == 1
    tested = answers["CNN"].query("split == 'test'")
    p = tested["label"].map({"normal": 1 - 0.3}).fillna(0.9)
    assert table.loc[("CNN", "Loss Test"), "ours"] == pytest.approx(-np.log(p).mean())
    assert table.loc[("FgFEU-Net (Ours)", "Loss Test"), "verdict"] == "not re-run"
    reasons = table["reason"].xs("Accuracy Test", level="column")
    assert "question not printed" in reasons["CNN"]
    assert "weights" not in reasons["CNN"]  # there is nothing to start from
    assert "weights" in reasons["FgFEU-Net (Ours)"]
    assert set(table["verdict"]) == {"not comparable", "not re-run"}


def test_only_classifiers_tell_malignant_lesions(values):
    found, _ = _found(values | {"classifiers": ["cnn"]})
    answers = presence.answers(found, "malignant", None)
    assert list(answers) == ["CNN"]
    tested = answers["CNN"].query("split == 'test'")
    assert set(tested["label"]) == {"benign", "malignant"}
    assert presence.table(answers, "malignant").set_index("model").loc["CNN", "F1"] == 1


def test_svm_learns_what_its_features_show(values):
    """Lesion images are striped one way, normal ones the other way."""
    from dataclasses import replace

    chosen, data, _ = _plan(values)
    stripes = np.tile(np.arange(32) % 8 * 30, (32, 1)).astype(np.uint8)
    normal = (data.cases["label"] == "normal").to_numpy()
    noise = np.random.default_rng(0).integers(0, 20, data.images.shape, np.uint8)
    images = np.where(normal[:, None, None], stripes.T, stripes)[..., None] + noise
    told = svm.classified(replace(data, images=images), _roles(chosen, data), "lesion", 0)
    assert set(told["split"]) == {"train", "test"}
    assert (told["tp"] + told["tn"]).mean() == 1
    assert svm.features(images[:2]).shape == (2, 7 * 7 * 4 * 9 + 10 + 9)


def _roles(chosen, data):
    from busutils.studies.fgfeu_net.planning import roles

    return roles(chosen, data, 1, "lesion")


def test_masks_as_images_are_scored_apart(values):
    found, _ = _found(values | {"masks_as_images": True})
    table = results.items(found)
    both = table[table["trained on"] == "pictures and masks"].set_index("tested on")["items"]
    assert both["pictures"] + both["masks"] == both["all items"]
    assert words.items_finding(results.items(found)).startswith("With masks as images Dice is ")
    assert words.items_finding(results.items(_found(values)[0])) == "Not in this profile"


def test_claims_are_judged_by_test_dice_of_each_loss(values):
    found, _ = _found(values | {"losses": list(settings.LOSSES), "unet_filters": 4})
    rows = questions.scores(found)["dice"]
    facts = rows.drop_duplicates("row").set_index("row")
    assert set(facts.index) == {*settings.LOSSES, "unet"}
    assert facts.loc["combo", ["weights", "rate", "loss"]].tolist() == ["none", 0.001, "combo"]
    assert facts.loc["unet", "weights"] is None  # the paper does not say what it starts from
    combo, *_, unet, model = questions.claims(found)
    assert {combo.word, unet.word} == {""}  # generated images
    means = rows.groupby("row")["score"].mean()
    others = means.drop(["combo", "unet"]).max()
    assert combo.difference.estimate == pytest.approx(means["combo"] - others)
    assert unet.difference.estimate == pytest.approx(means["combo"] - means["unet"])
    assert model.difference is None


def test_own_images_train_whatever_their_label(values, tmp_path):
    (tmp_path / "images").mkdir(), (tmp_path / "masks").mkdir()
    rng = np.random.default_rng(0)
    for i in range(10):
        image = rng.integers(0, 256, (32, 32), np.uint8)
        Image.fromarray(image).save(tmp_path / "images" / f"{i}.png")
        Image.fromarray(image > 200).save(tmp_path / "masks" / f"{i}.png")
    own = {"dataset": "pairs", "data_root": str(tmp_path), "image_pattern": "images/{case}.png"}
    own |= {"mask_pattern": "masks/{case}.png", "grouped": False}
    planned = study.plan(values | own, study.dataset(values | own))
    assert {job.task for job in planned} == {"segment"}  # no label answers a question
    job = planned[0]
    assert jobs.read_split(job)["role"].value_counts().to_dict() == {
        "train": 6,
        "val": 2,
        "test": 2,
    }


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"freeze": "all"}, "would fix random weights"),
    ],
)
def test_a_run_that_could_not_work_is_refused(values, change, why):
    with pytest.raises(UserError, match=why):
        study.check(values | change)


def test_the_printed_images_are_pictures_and_masks():
    assert words.printed_counts() == {"printed_images": 1294, "pictures": 647}
