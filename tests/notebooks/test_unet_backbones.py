"""Paper 1's page: which jobs its parameters ask for, and what its tables make of finished jobs."""

import re
from collections import Counter
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

from busutils import execution, jobs, models, parameters, paths, pretraining, promises
from busutils.data import busi, reading
from busutils.errors import UserError
from tests import cells, finished

NAME = "01_unet_backbones"


@pytest.fixture(scope="module")
def values(tmp_path_factory, phantoms):
    """The quick parameters, with a store of the tests' own and each image a group of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUSUTILS_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setenv("BUSUTILS_PUBLISHED", str(tmp_path_factory.mktemp("published")))
        patch.setattr(reading, "groups", lambda listing, store=None: _own_groups(listing))
        small = {"rows": ["base", "vgg16"], "size": 32, "transfer_size": 32}
        small |= {"encoder_weights": "phantom", "freeze": "all_but_batchnorm"}
        yield parameters.resolve(NAME, "quick", {}) | small | {"data_root": str(phantoms)}


def _own_groups(listing):
    return pd.Series({c.case: c.case for c in listing.cases})


@pytest.fixture
def weights(tmp_path):
    """A folder with a file named as ImageNet weights of MobileNetV2 are."""
    (tmp_path / models.weights_file("mobilenetv2")).write_bytes(b"weights")
    return str(tmp_path)


def planned(values):
    return execution.planned(parameters.source(NAME), values)["plan"]


@pytest.fixture(scope="module")
def page(values):
    """DenseNet121 and ImageNet weights at the lower rate always find one pixel in ten more."""
    asked = {"rows": ["densenet121", "vgg16"], "transfer_splits": 1}
    values = values | asked | {"transfer_rates": [1e-3, 1e-4]}
    for entry in planned(values):
        better = entry.name == "densenet121"
        better |= (entry.job.encoder_weights, entry.job.learning_rate) == ("imagenet", 1e-4)
        _finish(entry.job, int(better))
    return cells.names(parameters.source(NAME), values, until="run.save_numbers(")


def _finish(job, better):
    """10 lesion pixels a case, 5 found at 0.5, less above; one more where `better`.

    `better` is 0 or 1 for all cases, or each case's.
    """

    def counts(case, threshold):
        more = int(better[case.case]) if isinstance(better, dict) else better
        lesion = case.role != "normal"
        tp = (5 + more - int(threshold > 0.5)) * lesion
        fp = int(threshold < 0.5) + int(not lesion and not more)
        return tp, fp, (10 - tp) * lesion, job.size**2 - tp - fp - (10 - tp) * lesion

    finished.write(job, counts)


def test_paper_profile_is_the_papers_protocol(values):
    told = yaml.safe_load((paths.project() / "book" / "reported" / "paper1.yaml").read_text())
    protocol, inferred = told["protocol"], told["inferred"]
    used = parameters.resolve(NAME, "paper", {})
    for key in ("dataset", "size", "encoder_weights", "learning_rate", "epochs", "batch"):
        assert used[key] == protocol[key], key
    assert used["freeze"] == inferred["freeze"]["value"]
    assert len(used["folds"]) == protocol["folds"]
    assert len(used["rows"]) == 10
    assert used["test_mix"] == "paper"
    job = planned(values)[-1].job
    assert job.loss_options.items() >= inferred["loss_options"]["value"].items()
    assert (job.loss, job.patience) == (protocol["loss"], protocol["patience"])
    assert (job.preprocessing, job.augmentation) == ("paper", protocol["augmentation"])


def test_every_row_first_then_the_rest(values):
    asked = {"rows": ["base", "vgg16", "mobilenetv2"], "recipe": True, "folds": [1, 2]}
    plan = planned(values | asked | {"contrasts": ["freezing", "random split"]})
    assert [(e.part, e.name, e.repeat) for e in plan] == [
        ("table", "base", "split 0, fold 1"),
        ("table", "vgg16", "split 0, fold 1"),
        ("table", "mobilenetv2", "split 0, fold 1"),
        ("table", "base", "split 0, fold 2"),
        ("table", "vgg16", "split 0, fold 2"),
        ("table", "mobilenetv2", "split 0, fold 2"),
        ("recipe", "mobilenetv2", "split 0, fold 1"),
        ("contrast", "freezing", "split 0, fold 1"),
        ("contrast", "random split", "split 0, fold 1"),
    ]
    assert len({e.job.id for e in plan}) == len(plan)


def test_row_one_is_trained_whole_from_random_weights(values):
    base, vgg = planned(values)
    assert (base.job.freeze, base.job.encoder_weights) == ("none", "none")
    assert vgg.job.freeze == "all_but_batchnorm"
    assert vgg.job.needs.options == {"backbone": "vgg16"}


def test_a_row_runs_both_ways_if_the_folder_has_its_file(values, weights):
    plan = planned(values | {"rows": ["vgg16", "mobilenetv2"], "weights_root": weights})
    assert [(e.name, bool(e.job.needs)) for e in plan] == [
        ("vgg16", True),
        ("mobilenetv2", True),
        ("mobilenetv2", False),
    ]
    (file,) = (name for name in plan[-1].job.inputs if name.startswith("weights/"))
    promises.keep(file, paths.store())
    assert (paths.store() / file).read_bytes() == b"weights"
    assert not plan[-1].job.reestimate_batchnorm
    assert weights not in plan[-1].job.to_json()


@pytest.mark.parametrize(("freeze", "again"), [("none", True), ("all", False)])
def test_batch_norm_that_is_folded_is_estimated_again_where_it_trains(values, freeze, again):
    held = f"file:{models.weights_file('mobilenetv2')}=7e9eddc409e0"
    asked = {"rows": ["mobilenetv2"], "encoder_weights": "imagenet", "weights_root": held}
    (entry,) = planned(values | asked | {"folds": [1], "freeze": freeze})
    assert entry.job.encoder_weights == pretraining.FOLDED
    assert entry.job.reestimate_batchnorm is again


def test_printed_rows_train_as_the_paper_profile_trains_them(values, weights):
    asked = {"rows": ["base", "vgg16"], "printed_rows": ["base", "vgg16"], "printed_folds": [2, 3]}
    plan = planned(values | asked)
    of_page = [(e.name, e.repeat, e.job) for e in plan if e.part == "printed"]
    profile = parameters.resolve(NAME, "paper", {}) | {"folds": [2, 3], "rows": ["base", "vgg16"]}
    profile |= {key: values[key] for key in ("dataset", "data_root", "test_mix")}
    assert of_page == [(e.name, e.repeat, e.job) for e in planned(profile)]


def test_a_printed_row_stands_in_table_2_in_place_of_the_small_one(values):
    asked = {"printed_rows": ["vgg16"], "printed_epochs": 50, "epochs": 7}
    plan = planned(values | asked)
    for entry in plan:
        _finish(entry.job, better=entry.part == "printed")
    page = cells.names(parameters.source(NAME), values | asked, until="run.save_numbers(")
    (printed,) = (e for e in plan if e.part == "printed")
    assert page.reruns["row02"].jobs == {printed.job.id: printed.repeat}
    row = page.table2.set_index(["key", "column"]).loc["row02"]
    assert row.loc["Dice", "ours"] == pytest.approx(12 / 16)  # 6 of 10 pixels, none false
    assert "weights" not in row.loc["Dice", "reason"]
    assert page.equal["job"].tolist().count(printed.job.id) == 0


def test_frames_that_were_trained_on_stand_apart(values, monkeypatch):
    in_pairs = {"printed_rows": ["vgg16"], "split_seed": 3}
    monkeypatch.setattr(reading, "groups", lambda listing, store=None: _pairs(listing))
    for entry in planned(values | in_pairs):
        drawn = jobs.read_split(entry.job)
        seen = set(drawn.loc[drawn["role"] == "train", "group"])
        _finish(entry.job, dict(zip(drawn["case"], drawn["group"].isin(seen), strict=True)))
    page = cells.names(parameters.source(NAME), values | in_pairs, until="run.save_numbers(")
    frames = page.frames.set_index("frames")
    val = page.table1.set_index("part").loc["validation", "rows as printed"]
    assert frames["images"].sum() == val
    assert (frames["images"] > 1).all()
    assert frames.loc["trained on", "Dice"] == pytest.approx(12 / 16)  # 6 of 10 pixels found
    assert frames.loc["other", "Dice"] == pytest.approx(10 / 15)  # 5 of 10


def _pairs(listing):
    """Images 1 and 2 of a class show one frame, 3 and 4 the next one, and so on."""
    numbers = {c.case: int(re.search(r"\((\d+)\)", c.case)[1]) for c in listing.cases}
    return pd.Series({c: f"{c.split(' ')[0]} {(n + 1) // 2}" for c, n in numbers.items()})


def test_transfer_arms_share_splits_and_seeds(values, weights):
    asked = {"weights_root": weights, "transfer_splits": 2, "transfer_rates": [1e-3, 1e-4]}
    arms = [e.job for e in planned(values | asked) if e.part == "transfer"]
    assert len(arms) == 2 * 9 * 2
    for seed in (0, 1):
        own = [job for job in arms if job.split["seed"] == seed]
        assert len({job.split["id"] for job in own}) == 1
        assert {job.init_seed for job in own} == {seed}
    starts = Counter(
        (job.needs is not None, job.encoder_weights == "none", job.freeze)
        for job in arms
        if job.freeze in ("all", "random_frozen")
    )
    frozen = [(False, False, "all"), (True, False, "all"), (False, True, "random_frozen")]
    assert starts == dict.fromkeys(frozen, 4)


def test_an_encoder_without_batch_norm_is_frozen_or_trained(values):
    asked = {"transfer_rows": ["mobilenetv2", "vgg16"], "transfer_splits": 1}
    arms = [e for e in planned(values | asked) if e.part == "transfer"]
    assert Counter(e.name for e in arms) == {"mobilenetv2": 9, "vgg16": 6}
    assert "all_but_batchnorm" not in {e.job.freeze for e in arms if e.name == "vgg16"}
    assert len({e.job.split["id"] for e in arms}) == 1


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("size", 50, "cannot take images of 50 px"),
        ("phantom_size", 50, "cannot take images of 50 px"),
        ("transfer_size", 50, "cannot take images of 50 px"),
        ("transfer_rows", ["base"], "transfer_rows has base"),
        ("freeze", "random_frozen", "is the control without pre-training"),
        ("mask_pattern", "{case}.png", "mask_pattern is for your own images, and dataset is phan"),
    ],
)
def test_wrong_parameters_are_refused(values, name, value, message):
    with pytest.raises(UserError, match=message):
        planned(values | {name: value})


def test_missing_weights_and_data_are_refused(values, weights):
    imagenet = {"rows": ["vgg19"], "encoder_weights": "imagenet", "weights_root": weights}
    with pytest.raises(UserError, match=r"vgg19_imagenet_notop\.weights\.h5 is not in"):
        planned(values | imagenet)
    with pytest.raises(UserError, match="needs its folder: give --data-root"):
        planned(values | {"dataset": "busi", "data_root": ""})


def test_the_table_of_the_protocol_tells_the_loss_that_trains(page):
    told = "focal tversky: false negatives 0.7, false positives 0.3, exponent 0.75, reduction batch"
    assert page.protocol["loss"][1] == told
    assert page.PROTOCOL["loss"] == page.plan[0].job.loss


def test_threshold_is_the_best_on_validation(page):
    assert {page.trained.threshold[e.job.id] for e in page.trained.of("table")} == {0.5}


def test_table2_sets_ours_beside_the_printed(page):
    table = page.table2.set_index(["key", "column"])
    row = table.loc[("row07", "Dice")]
    assert row["printed"] == "0.7370"
    assert row["ours"] == pytest.approx(12 / 16)
    assert row["verdict"] == "not comparable"
    assert {"weights", "data", "image size", "epochs"} <= set(row["reason"].split(", "))
    size = table.loc[("row07", "Size")]
    assert size["ours"] == 87.78
    assert (size["verdict"], size["reason"]) == ("not comparable", "file overhead")
    assert set(table.loc["row05", "verdict"]) == {"not re-run"}


def test_table3_counts_normals_left_empty(page):
    table = page.table3
    normals = table[table["column"].str.startswith("Pred. Normal")].set_index("row")["ours"]
    assert normals["DenseNet121"] == pytest.approx(113)
    assert normals["VGG16"] == pytest.approx(0)


def test_equal_weights_ranks_on_test_images(page):
    assert page.equal["backbone"].tolist() == ["densenet121", "vgg16"]
    assert page.equal["test Dice"].tolist() == pytest.approx([12 / 16, 10 / 15])
    assert page.equal["best epoch"].tolist() == [2, 2]
    assert page.equal["normals left empty"].tolist() == [1, 0]


def test_free_choices_need_no_training(page):
    assert page.free["test Dice"].tolist() == pytest.approx([10 / 15] * 3)
    shares = page.free["normals with ≤ 0 px"].tolist(), page.free["normals with ≤ 10 px"].tolist()
    assert shares == ([0, 0, 0], [1, 1, 1])


def test_an_arm_has_the_rate_that_validates_best(page):
    """ImageNet at 1e-4 finds 6 of 10 pixels, all others 5."""
    table = page.transfer.set_index(["weights", "freezing"])
    assert len(table) == 9 and set(table["encoder"]) == {"MobileNetV2"}
    assert set(table.loc["ImageNet", "rate"]) == {1e-4}
    assert table.loc[("ImageNet", "frozen"), "minus random"] == pytest.approx(12 / 16 - 10 / 15)
    assert table.loc["random", "minus random"].isna().all()


def test_claims_are_judged_by_the_rows_that_ran(page):
    best, _, imagenet, threshold, normals, size = page.claims
    assert best.difference.estimate == pytest.approx(12 / 16 - 10 / 15)
    assert "8 of the 10 rows that it names did not run" in best.note
    assert "not from ImageNet" in best.note  # these start from phantoms
    assert imagenet.difference.estimate == pytest.approx(12 / 16 - 10 / 15)
    assert threshold.difference.estimate == 0
    assert normals.difference.estimate == 1
    assert size.note == "3 of the 5 rows that it names did not run"


def test_table1_counts_our_split(page):
    role = jobs.read_split(page.plan[0].job)["role"].value_counts()
    ours = page.table1.set_index("part")["ours"]
    assert (ours["training"], ours["validation"]) == (role["train"], role["val"])
    assert page.table1["printed"].tolist() == [453, 114, 50, 13, 113]


def test_trivial_answers(page):
    answers = page.trivial()
    assert answers["nothing"] == 0
    assert 0 < answers["everything"] < answers["best centred ellipse"] < 0.6


def test_numbers_of_the_real_split(page):
    """BUSI has 17 images with several masks: 16 benign ones and a malignant one."""
    labels = [label for label, n in busi.COUNTS.items() for _ in range(n)]
    cases = pd.DataFrame({"label": labels}).rename_axis("case").reset_index()
    cases = cases.assign(group=cases["case"], n_masks=1)
    cases.loc[[*range(16), busi.COUNTS["benign"]], "n_masks"] = 2
    for mix, held_out in {"stratified": (42, 21), "paper": (13, 50)}.items():
        table = page.roles(SimpleNamespace(cases=cases), grouped=False, test_mix=mix)
        counts = Counter(zip(table["role"], table["label"], strict=True))
        assert (counts["test", "benign"], counts["test", "malignant"]) == held_out
        assert table["role"].value_counts()[["train", "val", "normal"]].tolist() == [453, 114, 133]
