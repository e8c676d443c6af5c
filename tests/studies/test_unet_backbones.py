"""Paper 1's study: which jobs its parameters ask for, and what its tables make of them."""

from dataclasses import fields, replace
from types import SimpleNamespace

import pandas as pd
import pytest

from busutils import jobs, parameters, paths
from busutils.data import busi, reading, sets
from busutils.errors import UserError
from busutils.studies import unet_backbones as study
from busutils.studies.unet_backbones import questions, results
from busutils.studies.unet_backbones.settings import BACKBONES
from tests import finished

NAME = "01_unet_backbones"


@pytest.fixture
def values(tmp_path, monkeypatch, phantoms):
    """The quick parameters, with a store and phantoms of the test's own."""
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("BUSUTILS_PUBLISHED", str(tmp_path / "published"))
    monkeypatch.setattr(reading, "groups", lambda listing, store=None: _own_groups(listing))
    told = {"rows": ["base", "vgg16"], "size": 32, "data_root": str(phantoms)}
    return parameters.resolve(NAME, "quick", {}) | told


def _own_groups(listing):
    return pd.Series({c.case: c.case for c in listing.cases})


def test_settings_are_the_parameters_cell():
    cell = [p.name for p in parameters.read(parameters.source(NAME))]
    assert cell == [f.name for f in fields(study.Settings)]


def test_every_row_first_then_the_rest(values):
    values |= {"rows": ["base", "vgg16", "mobilenetv2"], "recipe": True}
    values |= {"contrasts": ["freezing", "random split"], "folds": [1, 2]}
    settings = study.Settings.of(values)
    plan = study.entries(settings, study.dataset(values))
    assert [(e.part, e.name, e.fold) for e in plan] == [
        ("table", "base", 1),
        ("table", "vgg16", 1),
        ("table", "mobilenetv2", 1),
        ("table", "base", 2),
        ("table", "vgg16", 2),
        ("table", "mobilenetv2", 2),
        ("recipe", "mobilenetv2", 1),
        ("contrast", "freezing", 1),
        ("contrast", "random split", 1),
    ]
    assert len({e.job.id for e in plan}) == len(plan)
    assert [j.id for j in study.plan(values, study.dataset(values))] == [e.job.id for e in plan]


def test_row_one_is_trained_whole_from_random_weights(values):
    base, vgg = study.entries(study.Settings.of(values), study.dataset(values))
    assert (base.job.freeze, base.job.encoder_weights) == ("none", "none")
    assert vgg.job.freeze == "all_but_batchnorm"
    assert vgg.job.needs.options == {"backbone": "vgg16"}


def test_mobilenetv2_runs_both_ways_if_a_file_is_named(values, tmp_path):
    file = tmp_path / "weights.h5"
    file.write_bytes(b"weights")
    values |= {"rows": ["vgg16", "mobilenetv2"], "imagenet_file": str(file)}
    plan = study.entries(study.Settings.of(values), study.dataset(values))
    assert [(e.name, e.weights) for e in plan] == [
        ("vgg16", "phantom"),
        ("mobilenetv2", "phantom"),
        ("mobilenetv2", "imagenet"),
    ]
    kept = plan[-1].job.encoder_weights.removeprefix("file:")
    assert (paths.store() / "weights" / f"{kept}.h5").read_bytes() == b"weights"
    assert plan[-1].job.reestimate_batchnorm
    assert str(tmp_path) not in plan[-1].job.to_json()


def test_transfer_arms_share_splits_and_seeds(values, tmp_path):
    file = tmp_path / "weights.h5"
    file.write_bytes(b"weights")
    values |= {"imagenet_file": str(file), "transfer_splits": 2, "transfer_rates": [1e-3, 1e-4]}
    values |= {"transfer_size": 32}
    plan = study.entries(study.Settings.of(values), study.dataset(values))
    arms = [e for e in plan if e.part == "transfer"]
    assert len(arms) == 2 * 9 * 2
    for seed in (0, 1):
        mine = [e for e in arms if e.split_seed == seed]
        assert len({e.job.split["id"] for e in mine}) == 1
        assert {e.job.init_seed for e in mine} == {seed}
    frozen = {e.weights: e.freeze for e in arms if e.freeze in ("all", "random_frozen")}
    assert frozen == {"imagenet": "all", "phantom": "all", "none": "random_frozen"}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("size", 50, "cannot take images of 50 px"),
        ("phantom_size", 50, "cannot take images of 50 px"),
        ("freeze", "random_frozen", "is the control without pre-training"),
        ("mask_pattern", "{case}.png", "mask_pattern is for your own images, and dataset is phan"),
    ],
)
def test_wrong_settings_are_refused(values, name, value, message):
    with pytest.raises(UserError, match=message):
        study.Settings.of(values | {name: value})


def test_missing_weights_and_data_are_refused(values):
    with pytest.raises(UserError, match=r"weights file nowhere\.h5 is not there"):
        wanted = values | {"rows": ["mobilenetv2"], "imagenet_file": "nowhere.h5"}
        study.plan(wanted, study.dataset(wanted))
    with pytest.raises(UserError, match="needs its folder: give --data-root"):
        study.dataset(values | {"dataset": "busi", "data_root": ""})
    with pytest.raises(UserError, match="unknown data set 'busy': did you mean 'busi'"):
        sets.listing("busy")


@pytest.fixture
def found(values):
    """Two rows with made-up results: DenseNet121 always one pixel in ten better."""
    return _found(values, ["vgg16", "densenet121"])


def _found(values, rows):
    values |= {"rows": rows}
    data = study.dataset(values)
    plan = study.entries(study.Settings.of(values), data)
    for entry in plan:
        _finish(entry.job, better=int(entry.name == "densenet121"))
    return results.collect(study.Settings.of(values), plan), data


def _finish(job, better):
    """10 lesion pixels a case, 5 + better found at 0.5, less above."""

    def counts(case, threshold):
        lesion = case.role != "normal"
        tp = (5 + better - int(threshold > 0.5)) * lesion
        fp = int(threshold < 0.5) + int(not lesion and not better)
        return tp, fp, (10 - tp) * lesion, 1024 - tp - fp - (10 - tp) * lesion

    finished.write(job, counts)


def test_threshold_is_the_best_on_validation(found):
    assert set(found[0].threshold.values()) == {0.5}


def test_table2_sets_ours_beside_the_printed(found):
    table = results.table2(found[0])
    row = table[(table["key"] == "row07") & (table["column"] == "Dice")].iloc[0]
    assert row["printed"] == "0.7370"
    assert row["ours"] == pytest.approx(12 / 16)
    assert row["verdict"] == "not comparable"
    assert {"weights", "data", "image size", "epochs"} <= set(row["reason"].split(", "))
    size = table[(table["key"] == "row07") & (table["column"] == "Size")].iloc[0]
    assert size["ours"] == 87.78
    assert (size["verdict"], size["reason"]) == ("not comparable", "file overhead")
    assert set(table.loc[table["key"] == "row05", "verdict"]) == {"not re-run"}


def test_table3_counts_normals_left_empty(found):
    table = results.table3(found[0])
    normals = table[table["column"].str.startswith("Pred. Normal")].set_index("row")["ours"]
    assert normals["DenseNet121"] == pytest.approx(113)
    assert normals["VGG16"] == pytest.approx(0)


def test_equal_weights_ranks_on_test_images(found):
    table = results.equal_weights(found[0])
    assert table["backbone"].tolist() == ["densenet121", "vgg16"]
    assert table["test Dice"].tolist() == pytest.approx([12 / 16, 10 / 15])
    assert table["best epoch"].tolist() == [2, 2]


def test_a_claim_counts_the_rows_that_have_not_run(found):
    best = questions.claims(found[0])[0]
    assert best.difference.estimate == pytest.approx(12 / 16 - 10 / 15)
    assert "8 of the 10 rows that it names did not run" in best.note


def test_claims_are_judged_by_paired_runs(values):
    found = _found(values, list(BACKBONES))
    best, good, _, threshold, normals, size = questions.claims(found[0])
    assert best.difference.estimate == pytest.approx(12 / 16 - 10 / 15)
    assert good.difference.estimate == pytest.approx((12 / 16 - 10 / 15) / 5)
    assert "did not run" not in best.note + good.note + normals.note
    assert threshold.difference.estimate == 0
    assert normals.difference.estimate > 0
    assert "the paper's from ImageNet" in best.note  # these start from phantoms
    assert size.note.startswith("MiB, ")


def test_free_choices_need_no_training(found):
    table = questions.free_choices(replace(found[0], entries=found[0].entries[:1]))
    shares = table["normals with ≤ 0 px"].tolist(), table["normals with ≤ 10 px"].tolist()
    assert shares == ([0, 0, 0], [1, 1, 1])


def test_table1_counts_our_split(found):
    table = results.table1(found[0].settings, found[1])
    role = jobs.read_split(found[0].entries[0].job)["role"].value_counts()
    ours = table.set_index("part")["ours"]
    assert (ours["training"], ours["validation"]) == (role["train"], role["val"])
    assert table["printed"].tolist() == [453, 114, 50, 13, 113]


def test_trivial_answers(found):
    answers = results.trivial(found[1], found[0])
    assert answers["nothing"] == 0
    assert 0 < answers["everything"] < answers["best centred ellipse"] < 0.6


def test_numbers_of_the_real_split(values):
    """BUSI has 17 images with several masks: 16 benign ones and a malignant one."""
    labels = [label for label, n in busi.COUNTS.items() for _ in range(n)]
    cases = pd.DataFrame({"label": labels}).rename_axis("case").reset_index()
    cases = cases.assign(group=cases["case"], n_masks=1)
    cases.loc[[*range(16), busi.COUNTS["benign"]], "n_masks"] = 2
    data = SimpleNamespace(cases=cases)
    table = results.table1(study.Settings.of(values | {"grouped": False}), data)
    assert table["ours"].tolist() == [453, 114, 21, 42, 133]
    mixed = study.Settings.of(values | {"test_mix": "paper", "grouped": False})
    assert results.table1(mixed, data)["ours"].tolist() == [453, 114, 50, 13, 133]
