"""Paper 5's study: its jobs, and what its tables, curves and claims make of them."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from busutils import compare, jobs, parameters, paths
from busutils.errors import RunError, UserError
from busutils.phantoms import write_isic, write_lgg
from busutils.studies import mu_net as study
from busutils.studies.common import REPORTED, Entry
from busutils.studies.mu_net import (
    choices,
    cost,
    noise,
    patients,
    peak,
    planning,
    questions,
    results,
    settings,
    shown,
    words,
)
from tests import figshare as figshare_files
from tests import finished

NAME = "05_mu_net"
PIXELS = parameters.resolve(NAME, "quick", {})["size"] ** 2
HIT = {"mu_net": 80, "vgg19": 70, "resnet50": 60, "segnet": 50, "fcn": 40, "unet_224": 30}
"""Lesion pixels of 100 that a made-up training of each row finds."""
TRIVIAL = {"nothing": 0.0}


@pytest.fixture(scope="session")
def generated(tmp_path_factory) -> Path:
    """A data root with 20 photographs of skin, and brains of 8 patients with 4 slices each."""
    root = tmp_path_factory.mktemp("generated")
    write_isic(root, n=20, size=64)
    write_lgg(root, patients=8, slices=4, size=64)
    return root


@pytest.fixture
def values(tmp_path, monkeypatch, generated):
    """The quick parameters, with a store of the test's own."""
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("BUSUTILS_PUBLISHED", str(tmp_path / "published"))
    told = {"train": 10, "validation": 4, "batch": 4, "epochs": 2, "data_root": str(generated)}
    return parameters.resolve(NAME, "quick", {}) | told


@pytest.fixture
def brains(values):
    """The same on brains, patients left out in four folds."""
    return values | {"dataset": "phantom_brain", "folds": [], "epochs": 4}


def _planned(values):
    return study.entries(study.Settings.of(values), study.dataset(values))


def _found(values, counts=None):
    plan = _planned(values)
    for job, entry in {e.job.id: e for e in plan}.items():
        if not (paths.store() / "jobs" / job).exists():
            finished.write(entry.job, counts or _counts(entry))
    return results.collect(study.Settings.of(values), plan)


def _counts(entry: Entry):
    """Of 100 lesion pixels the row's hits, and 10 false ones; an empty slice stays empty."""
    hit = HIT[entry.name] if entry.part == "table" else 50
    pixels = entry.job.size**2

    def counts(case, threshold):
        if case.label == "normal":
            return 0, 0, 0, pixels
        return hit, 10, 100 - hit, pixels - 110

    return counts


def test_settings_are_the_parameters_cell():
    cell = [p.name for p in parameters.read(parameters.source(NAME))]
    assert cell == [f.name for f in fields(study.Settings)]


def test_jobs_of_every_part(values):
    wanted = values | {"folds": [1, 2], "contrasts": ["cross-entropy"], "unet_size": 16}
    plan = _planned(wanted)
    assert [(e.part, e.name, e.repeat) for e in plan] == [
        ("table", "mu_net", "fold 1"),
        ("table", "unet_224", "fold 1"),
        ("contrast", settings.REFERENCE, "fold 1"),
        ("contrast", "cross-entropy", "fold 1"),
        ("table", "mu_net", "fold 2"),
        ("table", "unet_224", "fold 2"),
    ]
    own, unet, reference, contrast = (e.job for e in plan[:4])
    assert (own.size, unet.size) == (32, 16)
    assert own.split == unet.split
    assert own.dataset != unet.dataset
    assert reference == own  # neither fewer images nor fewer epochs are asked for
    assert (contrast.loss, contrast.loss_options) == ("bce", {})


def test_fcn_may_have_a_loss_and_a_rate_of_its_own(values):
    wanted = values | {"rows": ["mu_net", "fcn"], "fcn_loss": "bce", "fcn_rate": 0.0001}
    own, fcn = (e.job for e in _planned(wanted))
    assert (own.loss, own.learning_rate) == (values["loss"], values["learning_rate"])
    assert (fcn.loss, fcn.loss_options, fcn.learning_rate) == ("bce", {}, 0.0001)
    found = _found(wanted)
    rows = questions.scores(found, _drawn(), TRIVIAL)["dice"].drop_duplicates("row")
    assert rows.set_index("row").loc[["mu_net", "fcn"], "loss"].tolist() == [values["loss"], "bce"]
    reasons = results.table(found).set_index(["key", "column"])["reason"]
    assert "loss" in reasons[("FCNet", "Recall")]
    assert "loss" not in reasons[("Proposed", "Recall")]


def test_networks_are_compared_from_one_start(values, monkeypatch):
    wanted = values | {"encoder_weights": "imagenet", "folds": [1, 2]}
    plan = _planned(wanted)
    parts = [(e.part, e.job.encoder_weights) for e in plan if e.job.model == "mu_net"]
    assert parts == [("table", "imagenet"), ("equal", "none")] * 2
    monkeypatch.setitem(HIT, "mu_net", 90)
    found = _found(wanted)  # MU-Net finds 90 of 100 from ImageNet, 50 from random weights
    start = choices.pretraining(found)
    assert start["start"].tolist() == ["ImageNet", "random weights"]
    assert start["difference"].iloc[1] == pytest.approx(100 / 160 - 180 / 200)
    assert choices.pretraining(_found(values)).empty
    skin = questions.claims(found, _drawn(), TRIVIAL)[0]
    assert skin.difference.estimate == pytest.approx(180 / 200 - 60 / 140)
    assert "MU-Net from its own start: not tested; mu_net minus unet_224" in skin.note
    assert "from the start of the others: not tested; difference +0.196" in skin.note
    assert "encoders start from random weights, the paper's from ImageNet" in skin.note
    margins = questions.margins(found)
    assert margins["MU-Net from"].tolist() == ["ImageNet", "random weights"]
    assert margins["difference"].iloc[1] == pytest.approx(100 / 160 - 60 / 140)


@pytest.mark.parametrize("name", settings.CONTRASTS)
def test_a_contrast_changes_one_thing(values, name):
    start = "none" if name == "ImageNet weights" else "imagenet"
    wanted = values | {"contrasts": [name], "encoder_weights": start, "contrast_train": 5}
    plan = _planned(wanted)
    found = {e.name: vars(e.job) for e in plan if e.part == "contrast"}
    first, second = found[settings.BESIDE.get(name, settings.REFERENCE)], found[name]
    changed = {key for key in first if first[key] != second[key]}
    assert changed == {
        "random weights": {"encoder_weights"},
        "ImageNet weights": {"encoder_weights"},
        "width 1.4": {"options"},
        "cross-entropy": {"loss", "loss_options"},
        "Dice loss": {"loss", "loss_options"},
        "no augmentation": {"augmentation"},
        "rate 0.05": {"learning_rate"},
    }.get(name, {"loss_options"})
    roles = jobs.read_split(next(e.job for e in plan if e.name == name))["role"]
    assert roles.value_counts().to_dict() == {"train": 5, "unused": 5, "val": 4, "test": 6}


def test_the_loss_is_as_the_parameters_say(values):
    options = _planned(values)[0].job.loss_options
    assert options["false_negatives"] == 0.7
    assert options["exponent"] == 0.75
    plain = _planned(values | {"loss": "tversky", "symmetric_smoothing": True})[0].job.loss_options
    assert "exponent" not in plain
    assert plain["symmetric"] is True


def test_every_patient_is_tested_once_and_stands_on_one_side(brains):
    plan = [e for e in _planned(brains) if e.name == "mu_net"]
    splits = [jobs.read_split(e.job) for e in plan]
    tested = pd.concat([s[s["role"] == "test"] for s in splits])
    assert len(tested) == 32
    assert tested["case"].is_unique
    for split in splits:
        assert len(split[["group", "role"]].drop_duplicates()) == 8
        assert set(split["role"]) == {"train", "val", "test"}


def test_folds_that_are_not_named_are_all_of_them(values, brains):
    assert study.Settings.of(brains).used_folds == [1, 2, 3, 4]
    assert study.Settings.of(values | {"folds": []}).used_folds == [1]


def test_patients_can_be_told_to_matter_or_not(brains, values):
    by_slice = {"by_patient": False, "folds": [1], "train": 12, "validation": 8}
    drawn = _planned(brains | by_slice)[0].job
    assert jobs.read_split(drawn)["role"].value_counts()["train"] == 12
    with pytest.raises(UserError, match=r"does not say which patient case is of.*by_patient false"):
        own = Path(values["data_root"]).parent / "own"
        own.mkdir(exist_ok=True)
        source = next(Path(values["data_root"]).glob("kaggle_3m/*/*_2.tif"))
        for name in ("case.tif", "case_mask.tif"):
            (own / name).write_bytes(source.read_bytes())
        patterns = {"image_pattern": "{case}.tif", "mask_pattern": "{case}_mask.tif"}
        own = {"dataset": "pairs", "data_root": str(own), "by_patient": True} | patterns
        study.dataset(values | own)  # by papermill, which calls no check
    with pytest.raises(UserError, match="does not say which patient"):
        study.check(values | own)


def test_figshare_works_by_its_data_root(values, tmp_path):
    figshare_files.write(tmp_path / "figshare", n=18, size=64)
    wanted = values | {"dataset": "brain", "data_root": str(tmp_path / "figshare")}
    wanted |= {"patient_folds": 3, "folds": [1]}
    study.check(wanted)
    found = _found(wanted)
    assert results.obstacle(found) == ""
    reasons = results.table(found).set_index("key").loc["Proposed", "reason"]
    assert not reasons.str.contains("data").any()
    assert jobs.read_split(found.entries[0].job)["group"].nunique() == 6


def test_wrong_values_are_refused(values, brains):
    for changed, match in (
        ({"rows": ["segnet"]}, "rows lack mu_net"),
        ({"dataset": "busi"}, "data set of this paper 'busi'"),
        ({"alpha": 1.4, "encoder_weights": "phantom"}, "alpha is 1.4, but the weights are those"),
        ({"alpha": 1.4, "other_weights": "phantom"}, "alpha is 1.4, but the weights are those"),
        ({"false_negatives": 0.0, "false_positives": 0.0}, "both 0, so that the loss would count"),
        ({"dataset": "isic2019"}, "ISIC 2019 is a classification release"),
        ({"size": 48}, "mu_net cannot take images of 48 px"),
    ):
        with pytest.raises(UserError, match=match):
            study.check(values | changed)
    with pytest.raises(UserError, match="fold 5 is none of 1 to 4"):
        study.check(brains | {"folds": [5]})
    with pytest.raises(UserError, match=r"has 8 patients: .* take 3 to 4"):
        study.check(brains | {"patient_folds": 8})


def test_table_1_by_hand(values):
    table = results.table(_found(values)).set_index(["key", "column"])
    own = table.loc["Proposed", "ours"]
    assert own["Dice Coef"] == pytest.approx(100 * 160 / 190)
    assert own["Recall"] == pytest.approx(80)
    assert own["Precision"] == pytest.approx(100 * 80 / 90)
    assert own["Accuracy"] == pytest.approx(100 * (PIXELS - 30) / PIXELS)
    assert own["Tversky"] == pytest.approx(100 * 80 / (80 + 0.7 * 20 + 0.3 * 10))
    assert table.loc[("SegNet", "Recall"), "verdict"] == "not re-run"
    assert "definition" in table.loc[("Proposed", "IOU"), "reason"]
    assert "data" in table.loc[("Proposed", "Recall"), "reason"]  # phantoms
    assert table.loc[("Proposed", "Dice Coef"), "printed"] == "93.78"


def test_table_2_is_that_of_brains_and_scores_slices_with_tumour(brains):
    found = _found(brains)
    table = results.table(found).set_index(["key", "column"])
    assert table.loc[("Proposed", "Dice Coef"), "printed"] == "91.54"
    assert table.loc[("Proposed", "Dice Coef"), "ours"] == pytest.approx(100 * 160 / 190)
    assert table.loc[("Proposed", "Dice Coef"), "n"] == 16  # the two outer slices hold none


def test_tversky_by_both_readings(values):
    own = choices.tversky_readings(_found(values)).set_index("network").loc["Proposed"]
    assert own["0.7 on missed"] == pytest.approx(100 * 80 / 97)
    assert own["0.7 on false"] == pytest.approx(100 * 80 / (80 + 0.3 * 20 + 0.7 * 10))
    assert own["printed"] == 95.16


def test_split_table_counts_parts(brains):
    table = results.split_table(_planned(brains)).set_index(["fold", "part"])
    assert table.loc[("fold 2", "test")].tolist() == [8, 4, 2]
    assert table.loc[("fold 1", "train"), "groups"] == 4


def test_dice_by_what_is_averaged(brains):
    def counts(case, threshold):
        """Patient 0 has a stray pixel in each empty slice and finds nothing; others find half."""
        first = case.group.startswith("TCGA_PH_0000")
        if case.label == "normal":
            return 0, int(first), 0, PIXELS - int(first)
        return (0, 0, 100, PIXELS - 100) if first else (50, 0, 50, PIXELS - 100)

    found = _found(brains, counts)
    own = patients.ways(found).set_index("network").loc["Proposed"]
    assert own["slices with tumour"] == pytest.approx(7 / 8 * 2 / 3)
    assert own["left empty"] == pytest.approx(7 / 8)
    assert own["all slices"] == pytest.approx((7 / 8 * 2 / 3 + 7 / 8) / 2)
    assert own["volumes"] == pytest.approx(7 / 8 * 2 / 3)
    assert own["all pixels"] == pytest.approx(2 * 700 / (2 * 700 + 2 + 700 + 200))
    by = patients.by_patient(found).set_index("patient")
    assert by["Proposed"].iloc[0] == 0
    assert by[["slices", "with tumour"]].iloc[0].tolist() == [4, 2]
    assert len(by) == 8


def test_ablations_are_paired_with_their_reference(values):
    found = _found(values | {"contrasts": ["Dice loss"], "contrast_epochs": 2})
    table = choices.ablations(found).set_index("what")
    assert table.loc["Dice loss", "difference"] == pytest.approx(0)
    assert table.loc["Dice loss", "about"].startswith("5.3.3, loss")
    assert choices.contrast_images(found) == 10
    assert choices.contrast_images(_found(values)) == 0
    assert np.isnan(table.loc[settings.REFERENCE, "difference"])
    assert choices.ablations(_found(values)).empty


def test_a_width_without_weights_is_compared_with_random_weights(values):
    wanted = values | {"contrasts": ["width 1.4"], "contrast_epochs": 9}
    table = choices.ablations(_found(wanted | {"encoder_weights": "imagenet"})).set_index("what")
    assert list(table.index) == [settings.REFERENCE, "random weights", "width 1.4"]
    assert table.loc["width 1.4", "compared with"] == "random weights"
    assert table.loc["random weights", "compared with"] == settings.REFERENCE
    alike = choices.ablations(_found(wanted)).set_index("what")
    assert list(alike.index) == [settings.REFERENCE, "width 1.4"]
    assert alike.loc["width 1.4", "compared with"] == settings.REFERENCE


def test_rounding_by_hand(values):
    """Every lesion pixel has 0.8 and every other one 0.2."""
    found = _found(values)
    for entries in results.by_row(found).values():
        _keep_probabilities(entries[0], lambda truth: np.where(truth, 0.8, 0.2))
    soft = choices.soft_dice(found.of("table")[0])
    masks = _tested_masks(found.of("table")[0])
    area = masks.sum(axis=(1, 2))
    rest = masks[0].size - area
    assert soft == pytest.approx(1.6 * area / (area + 0.8 * area + 0.2 * rest))
    table = choices.post_processing(found).set_index("network")
    assert table.loc["Proposed", "not rounded"] == pytest.approx(soft.mean())
    assert table.loc["Proposed", "rounded at 0.5"] == pytest.approx(160 / 190)
    assert words.rounding_finding(table.reset_index()).startswith(
        "Rounding changes the mean Dice by "
    )


def test_trivial_answers_are_those_of_the_test_images(values):
    told = results.trivial(_found(values))
    assert told["nothing"] == 0
    assert 0 < told["everything"] < told["best centred ellipse"] < 1


def _keep_probabilities(entry, of):
    levels = np.rint(255 * of(_tested_masks(entry))).astype(np.uint8)
    np.savez(jobs.folder(entry.job) / jobs.KEEP["probabilities"], test=levels)


def _tested_masks(entry):
    data = results.opened(entry.job)
    return np.asarray(data.masks[jobs.rows(entry.job, data.cases["case"], "test")])


def test_answers_are_shown_by_rank_at_one_size(values):
    found = _found(values | {"unet_size": 16})
    for entries in results.by_row(found).values():
        _keep_probabilities(
            entries[0], lambda truth: truth * np.linspace(0, 1, len(truth))[:, None, None]
        )
    images, truths, answers, names = shown.compared(found)
    assert images.shape == (4, 32, 32, 3)
    assert len(names) == 4
    assert {name: masks.shape for name, masks in answers.items()} == {
        "Proposed": (4, 32, 32),
        "U-Net-224": (4, 32, 32),
    }
    found_pixels = answers["Proposed"].sum(axis=(1, 2))
    assert found_pixels[0] == 0  # the worst comes first
    assert found_pixels[-1] == truths[-1].sum()
    before, after = shown.rounded(found)[-1]
    assert set(np.unique(after)) <= {0, 255}
    assert before.max() <= 255


def test_brains_are_shown_by_their_flair(brains):
    data = study.dataset(brains)
    chosen = study.Settings.of(brains)
    assert (results.pictures(chosen, data.images[:2]) == data.images[:2, ..., 1]).all()
    pictures, masks = shown.augmented(_planned(brains)[0], chosen, data)
    assert {before.shape for before, _ in pictures} == {(32, 32)}
    assert masks[0][0].any()


class Dark:
    """A network that calls dark pixels lesion; `at` is the brightness under which it does."""

    def __init__(self, at):
        self.at = at

    def predict(self, images, verbose):
        return (images.mean(axis=-1, keepdims=True) < self.at).astype("float32")


def test_noise_curves_start_with_the_undisturbed_images(values):
    found = _found(values)
    scored = noise.scores(found, {"mu_net": Dark(0.5)}, ["gaussian", "blur"], 3)
    assert scored.groupby(["kind", "level"]).size().unique().tolist() == [3]
    clean = [noise.clean(scored, kind)["score"].tolist() for kind in ("gaussian", "blur")]
    assert clean[0] == clean[1]
    table = noise.curves(scored)
    assert len(table) == 10
    assert set(table["cases"]) == {3}
    lost = noise.losses(scored)
    assert list(lost.columns) == ["network", "clean", "gaussian 0.1", "blur 1"]
    again = noise.scores(found, {"mu_net": Dark(0.5)}, ["gaussian"], 3)
    assert again["score"].tolist() == scored[scored["kind"] == "gaussian"]["score"].tolist()
    assert words.noise_finding(scored).startswith("MU-Net loses ")


def _drawn():
    counts = dict.fromkeys(settings.ROWS.values(), 30e6) | {"Proposed": 10e6, "SegNet": 25e6}
    drawn = pd.DataFrame({"network": counts.keys(), "parameters": counts.values()})
    return drawn.assign(**{"operations, 10^9": [50.0, 60.0, 60.0, 20.0, 60.0, 60.0]})


def test_claims_are_on_the_images_that_were_run(values, brains):
    skin, parameters_, operations_ = questions.claims(_found(values), _drawn(), TRIVIAL)
    assert skin.sentence.startswith("On skin lesions")
    assert skin.difference.estimate == pytest.approx(160 / 190 - 60 / 140)
    assert "4 of the 6 rows that it names did not run" in skin.note
    assert parameters_.difference.estimate == pytest.approx(15)
    assert "segnet minus mu_net: 2.50 times as much; 0 of the others" in parameters_.note
    assert operations_.difference.estimate == -30
    brain, *_ = questions.claims(_found(brains), _drawn(), TRIVIAL)
    assert brain.sentence.startswith("On brain tumours")


def test_cuts_name_the_images_that_train_and_the_folds_that_did_not(values, brains):
    def told(wanted):
        chosen, data = study.Settings.of(wanted), study.dataset(wanted)
        parts = results.split_table(study.entries(chosen, data))
        of_kind = compare.context(REPORTED, 5, chosen.kind)
        return compare.cuts(of_kind, words.as_run(chosen, data, parts))

    assert told(values)[0] == "data: Skin phantoms instead of ISIC 2019, which has no masks"
    assert "images to train on: 10 instead of 600" in told(values)
    slices = told(brains | {"folds": [1, 3]})
    assert "instead of figshare, SARTAJ and Br35H, of which only figshare's part" in slices[0]
    assert "images to train on: 16 instead of 5,711" in slices
    assert "folds by patient that were not run: 2, 4" in slices


def test_notes_on_the_data_are_those_of_the_reader(brains):
    told = words.data_notes(study.Settings.of(brains))
    assert told[:2] == ["16 of 32 slices without a tumour", "8 patients"]
    assert told[2].endswith("post-contrast missing, FLAIR stands there")


def test_findings_are_sentences_with_the_runs_numbers(values):
    found = _found(values)
    trivial = {"nothing": 0.0, "best centred ellipse": 40.0}
    assert words.table_finding(found, trivial) == ("Test Dice: MU-Net 84, best centred ellipse 40")
    told = words.plain(found, [])
    assert told["test_dice"] == pytest.approx({"mu_net": 160 / 190, "unet_224": 60 / 140})
    assert told["best"]["job"] == found.of("table", "mu_net")[0].job.id
    assert words.drawn_finding(_drawn()) == (
        "MU-Net computes 50 thousand million operations an image; less: SegNet (20)"
    )
    near = _drawn().assign(**{"operations, 10^9": [50.0, 51.0, 80.0]})
    assert words.drawn_finding(near).endswith("; about as much: U-Net with VGG-19 (51)")
    table = pd.DataFrame(
        {"what": ["A", "b", "C loss"], "difference": [0.1, -0.1, 0], "from": [0.05, -0.2, -1]}
    ).assign(to=[0.2, -0.05, 1])
    told = "Better: A (+0.100); worse: b (−0.100); no clear difference: C loss (+0.000)"
    assert words.ablations_finding(table) == told


def test_one_patient_may_validate(brains):
    found = _found(brains)
    validates = found.cases["split"] == "val"
    one = replace(found, cases=found.cases.assign(group=found.cases["group"].mask(validates, "A")))
    assert words.plain(one, [])["best"] == words.plain(found, [])["best"]


def test_time_and_parameters_of_each_network(values, monkeypatch):
    import keras

    monkeypatch.setattr(peak, "memory", lambda model, size, options: 7.0 if size == 32 else 3.0)
    found = _found(values | {"unet_size": 16, "measure_memory": True})
    networks = {
        name: keras.Sequential([keras.Input((size, size, 3)), keras.layers.Conv2D(1, 1)])
        for name, size in {"mu_net": 32, "unet_224": 16}.items()
    }
    table = cost.measured(found, networks).set_index("network")
    assert table["parameters, 10^6"].tolist() == pytest.approx([4e-6, 4e-6])
    assert table["operations, 10^9"].tolist() == pytest.approx([2 * 3 * 1024e-9, 2 * 3 * 256e-9])
    assert table["memory, MiB"].tolist() == [7, 3]
    assert (table["seconds"] > 0).all()
    assert words.cost_finding(table.reset_index()).startswith("Quickest here: ")


def test_memory_that_cannot_be_measured_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(peak, "RESET", tmp_path / "none")
    with pytest.raises(UserError, match="take measure_memory false"):
        peak.memory("plain_unet", 16, {})


@pytest.mark.slow
def test_memory_grows_with_the_network():
    small, large = (peak.memory("plain_unet", 32, {"filters": n}) for n in (4, 32))
    assert 0 < small < large
    with pytest.raises(RunError, match=r"memory of plain_unet was not measured .*multiples of 16"):
        peak.memory("plain_unet", 17, {})


@pytest.mark.slow
def test_the_six_networks_as_their_papers_have_them():
    drawn = cost.as_drawn(study.Settings.of(parameters.resolve(NAME, "quick", {})))
    table = drawn.table.set_index("network")
    assert table.loc["Proposed", ["parameters", "printed"]].tolist() == [11_753_809] * 2
    assert table["parameters"].idxmin() == "Proposed"
    assert list(drawn.stages.values()) == ["128x128x144", "64x64x192", "32x32x288", "16x16x816"]


def test_fewer_images_are_spread_over_the_files():
    roles = ["train"] * 9 + ["val", "test"]
    table = planning.fewer(pd.DataFrame({"case": range(11), "role": roles}), 3)
    assert table.index[table["role"] == "train"].tolist() == [0, 4, 8]
    assert table["role"].tolist()[9:] == ["val", "test"]
