"""Paper 4's page: its jobs, its tables, and images that masks and classifiers answer about."""

from dataclasses import replace
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from busutils import compare, execution, jobs, models, parameters, sources
from busutils.data import reading
from busutils.errors import UserError
from busutils.phantoms import write_busi
from tests import cells, finished

NAME = "04_fgfeu_net"
PIXELS = parameters.resolve(NAME, "quick", {})["size"] ** 2
HITS = {"combo": 80, "bce": 70, "tversky 0.7 0.75": 20}
"""Of 100 lesion pixels; 60 under other losses. The seed is taken off."""
LEVELS = {"combo": 255, "tversky 0.7 0.75": 127}
"""Probability of lesion pixels where it is kept, of 255; 128 under other losses."""


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    """The quick parameters, with phantoms of which ten are normal, each a group of its own."""
    root = tmp_path_factory.mktemp("enough")
    write_busi(root, n=60, size=96)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUSUTILS_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setattr(reading, "groups", lambda listing, store=None: _own_groups(listing))
        told = {"losses": ["tversky 0.5 0.5", "combo"], "classifiers": ["svm", "cnn"]}
        yield parameters.resolve(NAME, "quick", {}) | told | {"data_root": str(root)}


def _own_groups(listing):
    return pd.Series({c.case: c.case for c in listing.cases})


def planned(values):
    return SimpleNamespace(**execution.planned(parameters.source(NAME), values))


@pytest.fixture(scope="module")
def page(values):
    """Every part of the page, with finished jobs of four epochs, the fewest that can be flat."""
    losses = ["dice", "bce", "combo", "tversky 0.5 0.5", "tversky 0.7 0.75", "tversky 0.7 0.3"]
    wanted = {"losses": losses, "seeds": 3, "unet_filters": 4, "masks_as_images": True}
    wanted |= {"epochs": 4, "classifier_epochs": 4}
    plan = planned(values | wanted)
    for entry in {e.job.id: e for e in reversed(plan.plan)}.values():
        _finish(entry, plan.data)
    source = parameters.source(NAME)
    return SimpleNamespace(
        **cells.page(sources.cells(source), values | wanted, until="compare.cuts(")[1]
    )


def _finish(entry, data):
    """10 false pixels and `HITS`; 5 false ones of normal images under a threshold of 0.6.

    Classifiers are right on lesions and give normal images 0.3. Seed 2 ends with empty answers.
    """
    if entry.job.task == "classify":
        given = {"normal": 0.3, "benign": 0.2 if entry.job.positive == "malignant" else 0.9}
        finished.write(entry.job, _one_pixel, lambda case: given.get(case.label, 0.9))
        return

    def counts(case, threshold):
        if case.label == "normal":
            false = 5 * (threshold < 0.6)
            return 0, false, 0, PIXELS - false
        hit = HITS.get(entry.name, 60) - entry.job.init_seed
        return hit, 10, 100 - hit, PIXELS - 110

    by_keras = {"by_keras": {"test": {"loss": 0.25, "mean_iou_of_raw": 0.45}}}
    ended = {"val_dice": [0.5, 0.66, 0.66, 0]} if entry.repeat == "seed 2" else {}
    curves = ("accuracy", "iou", "sensitivity", "precision", "dice")
    history = {f"{v}{c}": [0.9] * 4 for c in curves for v in ("", "val_")}
    finished.write(entry.job, counts, None, by_keras, history | finished.HISTORY | ended)
    if entry.part == "loss":
        truths = data.masks[jobs.rows(entry.job, data.cases["case"], "test")]
        kept = truths * np.uint8(LEVELS.get(entry.name, 128))
        np.savez(jobs.folder(entry.job) / "probabilities.npz", test=kept)


def _one_pixel(case, threshold):
    return (1, 0, 0, 0) if case.label == "malignant" else (0, 0, 0, 1)


def dice(hit):
    return 2 * hit / (2 * hit + 10 + 100 - hit)


def test_paper_profile_is_the_papers_protocol(page):
    told, used = page.paper["protocol"], parameters.resolve(NAME, "paper", {})
    used |= page.NETWORK | page.LOSSES["combo"][1]
    keys = ["dataset", "size", "epochs", "batch", "learning_rate", "encoder_weights", "smooth"]
    keys += ["encoder_dropout", "decoder_dropout", "final_filters"]
    assert {k: used[k] for k in keys} == {k: told[k] for k in keys}
    assert {page.ROWS[name] for name in used["losses"]} == set(page.ROWS.values())
    assert {"svm", *page.CLASSIFIERS} == set(used["classifiers"])


def test_choices_of_the_parameters_are_those_of_the_page(page):
    assert set(page.LOSSES) == set(page.ROWS)
    assert get_args(page.Classifier) == ("svm", *page.CLASSIFIERS)


def test_jobs_of_every_part(values):
    plan = planned(values | {"seeds": 2, "unet_filters": 4, "masks_as_images": True}).plan
    assert [(e.part, e.name, e.repeat) for e in plan] == [
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


def test_the_unet_trains_on_every_fold_at_the_rate_of_the_page_and_at_its_own(values):
    asked = {"unet_filters": 4, "folds": [1, 3], "learning_rate": 1e-4}
    unets = [e for e in planned(values | asked).plan if e.name.startswith("unet")]
    assert [(e.name, e.repeat, e.job.learning_rate) for e in unets] == [
        ("unet, 0.001", "fold 1", 1e-3),
        ("unet", "fold 1", 1e-4),
        ("unet, 0.001", "fold 3", 1e-3),
        ("unet", "fold 3", 1e-4),
    ]
    combos = [e for e in planned(values | asked).plan if e.name == "combo"]
    assert [e.job.split for e in combos] == [e.job.split for e in unets[::2]]


def test_dice_and_tversky_with_equal_weights_are_one_training(page):
    of = {e.name: e.job for e in page.trained.of("loss")}
    assert of["dice"] == of["tversky 0.5 0.5"]
    assert of["bce"].loss_options == {}
    weights = {k: of["dice"].loss_options[k] for k in ("false_positives", "false_negatives")}
    assert weights == {"false_positives": 0.5, "false_negatives": 0.5}


def test_beta_is_the_weight_of_missed_pixels(page):
    assert page.LOSSES["tversky 0.1 0.9"][1]["false_negatives"] == 0.9


def test_all_models_are_tested_on_the_same_images(page):
    split = {e.part: jobs.read_split(e.job).set_index("case") for e in page.plan}
    tested = {part: table["role"] for part, table in split.items()}
    asked = set(tested["lesion"].index[tested["lesion"] == "test"])
    assert set(tested["loss"].index[tested["loss"].isin(["test", "normal"])]) == asked
    lesions = split["lesion"].index[split["lesion"]["label"] != "normal"]
    assert set(tested["malignant"].index[tested["malignant"] == "test"]) == asked & set(lesions)
    normal = split["loss"][split["loss"]["label"] == "normal"]
    assert set(normal["role"]) == {"normal", "unused"}


def test_starting_weights_go_to_what_is_pretrained(values, tmp_path):
    wanted = {"encoder_weights": "phantom", "classifiers": ["vgg16", "vgg16 enhanced", "resnet50"]}
    plan = planned(values | wanted).plan
    needs = {e.name: e.job.needs.options["backbone"] if e.job.needs else None for e in plan}
    assert needs["combo"] == needs["vgg16 enhanced"] == "vgg16"
    assert needs["resnet50"] == "resnet50"
    assert needs["vgg16"] is None
    (tmp_path / models.weights_file("vgg16")).write_bytes(b"weights")
    imagenet = {"encoder_weights": "imagenet", "weights_root": str(tmp_path)}
    plan = planned(values | wanted | imagenet).plan
    assert plan[0].job.encoder_weights.startswith("file:")
    assert next(e for e in plan if e.name == "resnet50").job.needs
    with pytest.raises(UserError, match=r"resnet50_imagenet_notop\.weights\.h5 is not in"):
        planned(values | wanted | imagenet | {"classifier_weights": "imagenet"})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"size": 40}, "multiples of 16"),
        ({"phantom_size": 40}, "multiples of 32"),
        ({"size": 48, "classifiers": ["vgg16"]}, "multiples of 32"),
        ({"freeze": "all"}, "would fix random weights"),
        (
            {"encoder_weights": "imagenet", "weights_root": "nowhere"},
            r"vgg16_imagenet_notop\.weights\.h5 is not in weights_root nowhere",
        ),
    ],
)
def test_a_run_that_could_not_work_is_refused(values, change, why):
    with pytest.raises(UserError, match=why):
        planned(values | change)


def test_tables_1_and_2(page):
    table2 = page.table2.set_index(["key", "column"])
    hit = 80 - 1  # the seed of fold 1
    assert table2.loc[("Combo", "DSC"), "ours"] == pytest.approx(dice(hit))
    assert table2.loc[("Combo", "Precision"), "ours"] == pytest.approx(hit / (hit + 10))
    assert table2.loc[("TC a=0.4 b=0.6", "DSC"), "verdict"] == "not re-run"
    # of the last pair's two readings the one that fits the printed loss
    assert table2.loc[("TC a=0.7 b=0.75", "Sensitivity"), "ours"] == pytest.approx(0.59)
    table1 = page.table1.set_index(["key", "column"])
    columns = table1.index.unique("column")
    assert columns.tolist() == ["Loss", "Accuracy"]  # weights of a loss are no results
    assert table1.loc[("Combo", "Loss"), "ours"] == 0.25
    lost = 10 + 100 - hit
    assert table1.loc[("Combo", "Accuracy"), "ours"] == pytest.approx(1 - lost / PIXELS)


def test_the_first_loss_is_drawn_and_those_that_call_least_and_most(page):
    first, least, most = page.pictured
    assert (first, least, most) == ("dice = tversky 0.5 0.5", "tversky 0.7 0.75", "combo")
    rows = page.data.cases.set_index("case").index.get_indexer(page.names)
    truths = page.truths[page.places]
    assert np.array_equal(truths, page.data.masks[rows])
    assert np.array_equal(page.images[page.places], page.data.images[rows])
    assert np.array_equal(page.predictions[first], truths)
    assert not page.predictions[least].any()
    assert np.array_equal(page.predictions[most], truths)


def test_losses_are_paired_and_seeds_are_the_yardstick(page):
    by_loss = page.by_loss.set_index("loss")
    assert by_loss.loc["bce", "at 0.5"] == pytest.approx(dice(69))
    assert by_loss.index[0] == "combo"
    assert by_loss.loc["bce", "called lesion"] == pytest.approx(79 / PIXELS)
    assert page.yardstick["at its own"].tolist() == pytest.approx([dice(59), dice(58), dice(57)])
    of_seeds = np.std([dice(59), dice(58), dice(57)], ddof=1)
    of_losses = np.std([dice(59), dice(69), dice(79), dice(19), dice(59)], ddof=1)
    assert f"{of_seeds:.3f} over 3 seeds, {of_losses:.3f} over 5 losses" in page.spread


def test_trainings_that_ended_with_empty_answers_are_named(page):
    assert page.ended == ["Tversky (0.5, 0.5), seed 2"]


def test_a_mask_answers_by_being_empty_or_not(page):
    answers = page.answered["lesion"]
    assert list(answers) == ["CNN", "SVM", "FgFEU-Net (Ours)", "U-Net"]
    mask = answers["FgFEU-Net (Ours)"]
    lesion = mask["label"] != "normal"
    assert (mask["tp"] + mask["fn"] == lesion).all()
    # the threshold chosen is 0.05, at which normal images hold pixels; so they do at 11 of 19
    assert mask.loc[~lesion, "fp"].eq(1).all()
    assert mask.loc[~lesion, "p_lesion"].to_numpy() == pytest.approx(11 / 19 * 5 / PIXELS)
    assert mask.loc[lesion, "p_lesion"].to_numpy() == pytest.approx((79 + 10) / PIXELS)
    table = page.told["lesion"].set_index("model")
    assert table.loc["CNN", "accuracy"] == 1
    assert table.loc["FgFEU-Net (Ours)", "accuracy"] == pytest.approx(lesion.mean())
    assert table.loc["FgFEU-Net (Ours)", "ROC area"] == 1
    always = table.loc["always yes"]
    assert always["accuracy"] == pytest.approx(lesion.mean())
    assert (always["balanced accuracy"], always["ROC area"], always["better"]) == (0.5, 0.5, False)


def test_table_3_stands_beside_no_question_of_ours(page):
    assert set(page.table3["verdict"]) == {"not re-run"}
    assert set(page.table3["reason"]) == {"question not printed"}
    assert not any("printed accuracy" in made for made in page.told.values())


def test_only_classifiers_tell_malignant_lesions(page):
    assert list(page.answered["malignant"]) == ["CNN", "SVM"]
    tested = page.answered["malignant"]["CNN"].query("split == 'test'")
    assert set(tested["label"]) == {"benign", "malignant"}
    assert page.told["malignant"].set_index("model").loc["CNN", "F1"] == 1


def test_svm_learns_what_its_features_show(page, monkeypatch):
    """Lesion images are striped one way, normal ones the other way."""
    stripes = np.tile(np.arange(32) % 8 * 30, (32, 1)).astype(np.uint8)
    normal = (page.data.cases["label"] == "normal").to_numpy()
    noise = np.random.default_rng(0).integers(0, 20, page.data.images.shape, np.uint8)
    images = np.where(normal[:, None, None], stripes.T, stripes)[..., None] + noise
    monkeypatch.setitem(page.by_svm.__globals__, "data", replace(page.data, images=images))
    told = page.by_svm("lesion")
    assert set(told["split"]) == {"train", "test"}
    assert (told["tp"] + told["tn"]).mean() == 1
    assert page.features(images[0, ..., 0]).shape == (7 * 7 * 4 * 9 + 10 + 9,)


def test_masks_as_images_are_scored_apart(page):
    both = page.items[page.items["trained on"] == "pictures and masks"]
    items = both.set_index("tested on")["items"]
    assert items["pictures"] + items["masks"] == items["all items"]
    assert page.items["trained on"].iloc[-1] == "pictures"


def test_claims_are_judged_by_test_dice_of_each_loss(page):
    rows = page.dice.drop_duplicates("row").set_index("row")
    losses = {page.known(e.name) for e in page.trained.of("loss")}
    assert set(rows.index) == losses | {"U-Net", *page.simple}
    assert rows.loc[[*page.simple], "trivial"].all()  # what does not beat these is not judged
    combo = rows.loc["Dice + cross-entropy"]
    assert combo[["weights", "rate", "loss"]].tolist() == ["none", 0.001, "combo"]
    assert rows.loc["U-Net", "weights"] is None  # the paper does not say what it starts from
    combo, *_, unet, model = page.claims
    assert {combo.word, unet.word} == {""}  # generated images
    assert unet.difference.estimate == pytest.approx(dice(79) - dice(59))
    assert model.difference is None


@pytest.mark.parametrize(
    ("change", "cut"),
    [
        ({"encoder_dropout": 0.5}, "dropout of the encoder: 0.5 instead of 0.07"),
        ({"smooth": 0.001}, "pixels added in region losses: 0.001 instead of 1"),
        ({"final_filters": 64}, "kernels of the last 3x3 convolution: 64 instead of 3"),
    ],
)
def test_what_a_reader_changes_in_a_cell_is_a_cut(page, change, cut):
    assert cut not in page.cuts
    run = parameters.resolve(NAME, "quick", {}) | page.about | {"from_file": False}
    assert cut in compare.cuts(page.paper, run | change)


def test_own_images_train_whatever_their_label(values, tmp_path):
    (tmp_path / "images").mkdir(), (tmp_path / "masks").mkdir()
    rng = np.random.default_rng(0)
    for i in range(10):
        image = rng.integers(0, 256, (32, 32), np.uint8)
        Image.fromarray(image).save(tmp_path / "images" / f"{i}.png")
        Image.fromarray(image > 200).save(tmp_path / "masks" / f"{i}.png")
    own = {"dataset": "pairs", "data_root": str(tmp_path), "image_pattern": "images/{case}.png"}
    own |= {"mask_pattern": "masks/{case}.png", "grouped": False}
    plan = planned(values | own).plan
    assert {e.job.task for e in plan} == {"segment"}  # no label answers a question
    counted = jobs.read_split(plan[0].job)["role"].value_counts().to_dict()
    assert counted == {"train": 6, "val": 2, "test": 2}
