"""Paper 5's page: its jobs, and what its tables and figures make of finished jobs."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from busutils import (
    execution,
    jobs,
    models,
    parameters,
    perturb,
    runs,
    sources,
    study,
)
from busutils.errors import UserError
from busutils.phantoms import write_isic, write_lgg
from tests import cells, figshare, finished

NAME = "05_mu_net"
PIXELS = parameters.resolve(NAME, "quick", {})["size"] ** 2
CURVES = dict.fromkeys(("accuracy", "val_accuracy"), [0.9] * 4)


@pytest.fixture(scope="module", autouse=True)
def counted_once():
    """Networks of full size are built once for all pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "outline", cache(models.outline))
        yield


@pytest.fixture(scope="module", autouse=True)
def measured():
    """What needs weights, which made-up trainings have not, is made up too."""
    measure = runs.Run.measured

    def measured(run, name, make):
        known = MEASURED.get(name)
        return known(make.__globals__["ran"]) if known else measure(run, name, make)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs.Run, "measured", measured)
        yield


def _levels(networks):
    """Each level takes 0.1 more of a Dice of 0.9."""
    kinds = ("gaussian", "blur", "jpeg")
    rows = [
        (network, kind, level, 0.9 - 0.1 * place, 0.4, 1.1, 8)
        for network in networks
        for kind in kinds
        for place, level in enumerate(perturb.PERTURBATIONS[kind].levels)
    ]
    names = ["network", "kind", "level", "score", "low", "high", "cases"]
    return pd.DataFrame(rows, columns=names)


def _costs(networks):
    names = ["network", "parameters, 10^6", "operations, 10^9", "seconds", "memory, MiB"]
    rows = [
        (network, 10.0, 3.0, 0.1 / (1 + place), np.nan) for place, network in enumerate(networks)
    ]
    return pd.DataFrame(rows, columns=names)


MEASURED = {
    "noise.csv": _levels,
    "cost.csv": _costs,
    "soft_dice.json": lambda networks: dict.fromkeys(networks, 0.5),
}
"""By the name under which a run keeps it, from the names of its networks."""


@pytest.fixture(scope="module")
def generated(tmp_path_factory) -> Path:
    """A data root with 20 photographs of skin, and brains of 8 patients with 4 slices each."""
    root = tmp_path_factory.mktemp("generated")
    write_isic(root, n=20, size=64)
    write_lgg(root, patients=8, slices=4, size=64)
    return root


@pytest.fixture(scope="module")
def values(tmp_path_factory, generated):
    """The quick parameters, with a store of the tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUSUTILS_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setenv("BUSUTILS_PUBLISHED", str(tmp_path_factory.mktemp("published")))
        told = {"train": 10, "validation": 4, "batch": 4, "epochs": 2, "data_root": str(generated)}
        told |= {"noises": ["gaussian", "blur", "jpeg"]}
        yield parameters.resolve(NAME, "quick", {}) | told


@pytest.fixture(scope="module")
def brains(values):
    """The same on brains, patients left out in four folds."""
    return values | {"dataset": "phantom_brain", "folds": [], "epochs": 4}


def planned(values) -> list[study.Entry]:
    return execution.planned(parameters.source(NAME), values)["plan"]


def page(values, hit):
    """The page after made-up trainings, of which `hit` tells the lesion pixels found of 100."""
    for entry in planned(values):
        if not jobs.finished(entry.job):
            finished.write(entry.job, _counts(entry.job.size**2, hit(entry)), history=CURVES)
    return cells.names(parameters.source(NAME), values)


def _counts(pixels, hit):
    """Ten false pixels beside what is found; a slice without a tumour stays empty."""

    def counts(case, threshold):
        if case.label == "normal":
            return 0, 0, 0, pixels
        return hit, 10, 100 - hit, pixels - 110

    return counts


@pytest.fixture(scope="module")
def skin(values):
    """MU-Net starts from ImageNet and finds 90 of 100, from random weights 50; U-Net-224 finds 30.

    U-Net-224 reads half the pixels a side.
    """
    asked = {"folds": [1, 2], "encoder_weights": "imagenet", "unet_size": 16}
    asked |= {"contrasts": ["Dice loss", "width 1.4"], "epochs": 3, "contrast_epochs": 4}
    found = {("table", "mu_net"): 90, ("table", "unet_224"): 30}
    return page(values | asked, lambda entry: found.get((entry.part, entry.name), 50))


@pytest.fixture(scope="module")
def mri(brains):
    """MU-Net finds 80 of 100; U-Net-224 finds half, but of the first patient nothing but specks."""
    for entry in planned(brains):
        if entry.name == "unet_224":
            finished.write(entry.job, _specks, history=CURVES)
    return page(brains, lambda entry: 80)


def _specks(case, threshold):
    """The first patient has a stray pixel in each empty slice and nothing found in the others."""
    first = case.group.startswith("TCGA_PH_0000")
    if case.label == "normal":
        return 0, int(first), 0, PIXELS - int(first)
    return (0, 0, 100, PIXELS - 100) if first else (50, 0, 50, PIXELS - 100)


def test_jobs_of_every_part(values):
    plan = planned(values | {"folds": [1, 2], "contrasts": ["cross-entropy"], "unet_size": 16})
    assert [(e.part, e.name, e.repeat) for e in plan] == [
        ("table", "mu_net", "fold 1"),
        ("table", "unet_224", "fold 1"),
        ("contrast", "reference", "fold 1"),
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
    own, fcn = (e.job for e in planned(wanted))
    assert (own.loss, own.learning_rate) == (values["loss"], values["learning_rate"])
    assert (fcn.loss, fcn.loss_options, fcn.learning_rate) == ("bce", {}, 0.0001)
    made = page(wanted, lambda entry: 80)
    reasons = made.six.set_index(["key", "column"])["reason"]
    assert "loss" in reasons[("FCNet", "Recall")]
    assert "loss" not in reasons[("Proposed", "Recall")]
    rows = made.evident.drop_duplicates("row").set_index("row")
    assert rows.loc[["mu_net", "fcn"], "loss"].tolist() == [values["loss"], "bce"]


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("random weights", {"encoder_weights"}),
        ("ImageNet weights", {"encoder_weights"}),
        ("width 1.4", {"options"}),
        ("cross-entropy", {"loss", "loss_options"}),
        ("Dice loss", {"loss", "loss_options"}),
        ("no augmentation", {"augmentation"}),
        ("0.7 on false positives", {"loss_options"}),
        ("epsilon 1e-5", {"loss_options"}),
        ("usual smoothing", {"loss_options"}),
        ("rate 0.05", {"learning_rate"}),
    ],
)
def test_a_contrast_changes_one_thing(values, name, changed):
    start = "none" if name == "ImageNet weights" else "imagenet"
    plan = planned(values | {"contrasts": [name], "encoder_weights": start, "contrast_train": 5})
    found = {e.name: vars(e.job) for e in plan if e.part == "contrast"}
    first, second = found["random weights" if name == "width 1.4" else "reference"], found[name]
    assert {key for key in first if first[key] != second[key]} == changed
    roles = jobs.read_split(next(e.job for e in plan if e.name == name))["role"]
    assert roles.value_counts().to_dict() == {"train": 5, "unused": 5, "val": 4, "test": 6}


def test_the_loss_is_as_the_parameters_say(values):
    options = planned(values)[0].job.loss_options
    assert options["false_negatives"] == 0.7
    assert options["exponent"] == 0.75
    plain = planned(values | {"loss": "tversky", "symmetric_smoothing": True})[0].job.loss_options
    assert "exponent" not in plain
    assert plain["symmetric"] is True


def test_every_patient_is_tested_once_and_stands_on_one_side(brains):
    splits = [jobs.read_split(e.job) for e in planned(brains) if e.name == "mu_net"]
    tested = pd.concat([s[s["role"] == "test"] for s in splits])
    assert len(tested) == 32
    assert tested["case"].is_unique
    for split in splits:
        assert len(split[["group", "role"]].drop_duplicates()) == 8
        assert set(split["role"]) == {"train", "val", "test"}


def test_folds_that_are_not_named_are_all_of_them(values, brains):
    assert [e.repeat for e in planned(brains)][::2] == ["fold 1", "fold 2", "fold 3", "fold 4"]
    assert {e.repeat for e in planned(values | {"folds": []})} == {"fold 1"}


def test_patients_can_be_told_not_to_matter(brains):
    by_slice = {"by_patient": False, "folds": [1], "train": 12, "validation": 8}
    drawn = planned(brains | by_slice)[0].job
    assert jobs.read_split(drawn)["role"].value_counts()["train"] == 12


def test_patients_have_to_be_known_if_they_matter(values, generated, tmp_path):
    source = next(generated.glob("kaggle_3m/*/*_2.tif"))
    for name in ("case.tif", "case_mask.tif"):
        (tmp_path / name).write_bytes(source.read_bytes())
    patterns = {"image_pattern": "{case}.tif", "mask_pattern": "{case}_mask.tif"}
    own = {"dataset": "pairs", "data_root": str(tmp_path), "by_patient": True} | patterns
    with pytest.raises(UserError, match=r"does not say which patient case is of.*by_patient false"):
        planned(values | own)


def test_figshare_works_by_its_data_root(values, tmp_path):
    figshare.write(tmp_path, n=18, size=64)
    wanted = values | {"dataset": "brain", "data_root": str(tmp_path), "rows": ["mu_net"]}
    made = page(wanted | {"patient_folds": 3, "folds": [1]}, lambda entry: 80)
    reasons = made.six.set_index("key").loc["Proposed", "reason"]
    assert not reasons.str.contains("data").any()
    assert jobs.read_split(made.plan[0].job)["group"].nunique() == 6
    assert "folds by patient that were not run: 2, 3" in made.cuts


OF_WIDTH_1 = f"file:{models.weights_file('mobilenetv2')}=0123456789ab"


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"rows": ["segnet"]}, "rows lack mu_net"),
        ({"dataset": "busi"}, "data set of this paper 'busi'"),
        (
            {"alpha": 1.4, "encoder_weights": "imagenet", "weights_root": OF_WIDTH_1},
            "mobilenet_v2_1.4_imagenet_notop.weights.h5 is not in weights_root",
        ),
        (
            {"alpha": 1.4, "contrasts": ["ImageNet weights"], "weights_root": OF_WIDTH_1},
            "mobilenet_v2_1.4_imagenet_notop.weights.h5 is not in weights_root",
        ),
        ({"false_negatives": 0.0, "false_positives": 0.0}, "both 0, so that the loss would count"),
        ({"dataset": "isic2019"}, "ISIC 2019 is a classification release"),
        ({"size": 48}, "mu_net cannot take images of 48 px"),
        ({"dataset": "phantom_brain", "patient_folds": 8}, r"has 8 patients: .* take 3 to 4"),
    ],
)
def test_wrong_values_are_refused_before_images_are_opened(values, changed, match, monkeypatch):
    monkeypatch.setattr(study, "dataset", lambda *_: pytest.fail("images were opened"))
    with pytest.raises(UserError, match=match):
        planned(values | changed)


def test_a_fold_that_there_is_not_is_refused(brains):
    with pytest.raises(UserError, match="fold 5 is none of 1 to 4"):
        planned(brains | {"folds": [5]})


def test_every_choice_is_known(skin):
    assert skin.Contrast.__args__ == tuple(skin.CONTRASTS)
    assert skin.Row.__args__ == tuple(skin.PRINTED)


def test_table_1_by_hand(skin):
    table = skin.six.set_index(["key", "column"])
    own = table.loc["Proposed", "ours"]
    assert own["Dice Coef"] == pytest.approx(100 * 180 / 200)
    assert own["Recall"] == pytest.approx(90)
    assert own["Precision"] == pytest.approx(100 * 90 / 100)
    assert own["Accuracy"] == pytest.approx(100 * (PIXELS - 20) / PIXELS)
    assert own["Tversky"] == pytest.approx(100 * 90 / (90 + 0.7 * 10 + 0.3 * 10))
    assert table.loc[("SegNet", "Recall"), "verdict"] == "not re-run"
    assert "definition" in table.loc[("Proposed", "IOU"), "reason"]
    assert "data" in table.loc[("Proposed", "Recall"), "reason"]  # phantoms
    assert "weights" not in table.loc[("U-Net-224", "Recall"), "reason"]  # it has no encoder
    assert table.loc[("Proposed", "Dice Coef"), "printed"] == "93.78"


def test_table_2_is_that_of_brains_and_scores_slices_with_tumour(mri):
    table = mri.six.set_index(["key", "column"])
    assert table.loc[("Proposed", "Dice Coef"), "printed"] == "91.54"
    assert table.loc[("Proposed", "Dice Coef"), "ours"] == pytest.approx(100 * 160 / 190)
    assert table.loc[("Proposed", "Dice Coef"), "n"] == 16  # the two outer slices hold none


def test_tversky_by_both_readings(mri):
    own = mri.readings.set_index("network").loc["Proposed"]
    assert own["0.7 on missed"] == pytest.approx(100 * 80 / 97)
    assert own["0.7 on false"] == pytest.approx(100 * 80 / (80 + 0.3 * 20 + 0.7 * 10))
    assert own["printed"] == pytest.approx(92.04, abs=5)


def test_split_table_counts_parts(mri):
    table = mri.parts.set_index(["fold", "part"])
    assert table.loc[("fold 2", "test")].tolist() == [8, 4, 2]
    assert table.loc[("fold 1", "train"), "groups"] == 4


def test_dice_by_what_is_averaged(mri):
    own = mri.ways.set_index("network").loc["U-Net-224"]
    assert own["slices with tumour"] == pytest.approx(7 / 8 * 2 / 3)
    assert own["left empty"] == pytest.approx(7 / 8)
    assert own["all slices"] == pytest.approx((7 / 8 * 2 / 3 + 7 / 8) / 2)
    assert own["volumes"] == pytest.approx(7 / 8 * 2 / 3)
    assert own["all pixels"] == pytest.approx(2 * 700 / (2 * 700 + 2 + 700 + 200))
    by = mri.of_patient.set_index("patient")
    assert by["U-Net-224"].iloc[0] == 0
    assert by[["slices", "with tumour"]].iloc[0].tolist() == [4, 2]
    assert len(by) == 8


def test_networks_are_compared_from_one_start(skin, mri):
    """MU-Net finds 90 of 100 from ImageNet, 50 from the random weights that the others have."""
    own = [e for e in skin.plan if e.job.model == "mu_net" and e.part != "contrast"]
    parts = [(e.part, e.job.encoder_weights) for e in own]
    assert parts == [("table", "imagenet"), ("equal", "none")] * 2
    assert skin.by_start["start"].tolist() == ["ImageNet", "random weights"]
    assert skin.by_start["difference"].iloc[1] == pytest.approx(100 / 160 - 180 / 200)
    assert skin.margins["MU-Net from"].tolist() == ["ImageNet", "random weights"]
    assert skin.margins["difference"].tolist() == pytest.approx(
        [180 / 200 - 60 / 140, 100 / 160 - 60 / 140]
    )
    assert mri.by_start.empty
    assert mri.margins["difference"].tolist() == pytest.approx([160 / 190 - 7 / 8 * 2 / 3])


def test_ablations_are_paired_with_what_they_differ_from_in_one_thing(skin, mri):
    table = skin.effects.set_index("what")
    assert list(table.index) == ["reference", "random weights", "Dice loss", "width 1.4"]
    assert table["compared with"].tolist()[1:] == ["reference", "reference", "random weights"]
    assert table["difference"].tolist()[1:] == pytest.approx([0, 0, 0])
    assert np.isnan(table.loc["reference", "difference"])
    assert table.loc["Dice loss", "about"].startswith("5.3.3, loss")
    assert table.loc["Dice loss", "called lesion"] == pytest.approx(60 / PIXELS)
    assert skin.finding.startswith("no clear difference: random weights (+0.000), Dice loss")
    assert mri.effects.empty


def test_a_width_is_compared_with_the_table_where_that_has_random_weights(values):
    plan = planned(values | {"contrasts": ["width 1.4"]})
    assert [e.name for e in plan if e.part == "contrast"] == ["reference", "width 1.4"]


def test_trivial_answers_are_those_of_the_test_images(skin):
    assert skin.floor["nothing"] == 0
    assert 0 < skin.floor["everything"] < skin.floor["best centred ellipse"] < 100


def test_rounding_by_hand(skin):
    """Every lesion pixel has 0.8 and every other one 0.2."""
    for entries in skin.ran.values():
        for entry in entries:
            _keep_probabilities(skin, entry, lambda truth: np.where(truth, 0.8, 0.2))
    (own, _), masks = skin.ran["Proposed"], _tested_masks(skin, skin.ran["Proposed"][0])
    area = masks.sum(axis=(1, 2))
    rest = masks[0].size - area
    assert skin.soft_dice(own) == pytest.approx(1.6 * area / (area + 0.8 * area + 0.2 * rest))
    each = np.concatenate([skin.soft_dice(entry) for entry in skin.ran["Proposed"]])
    assert skin.unrounded()["Proposed"] == pytest.approx(each.mean())
    told = skin.rounding.set_index("network").loc["Proposed"]
    assert told["rounded at 0.5"] == pytest.approx(180 / 200)
    assert told["not rounded"] == 0.5  # as it was measured


def _keep_probabilities(page, entry, of):
    levels = np.rint(255 * of(_tested_masks(page, entry))).astype(np.uint8)
    np.savez(jobs.folder(entry.job) / jobs.KEEP["probabilities"], test=levels)


def _tested_masks(page, entry):
    data = page.sized[entry.job.size]
    return np.asarray(data.masks[jobs.rows(entry.job, data.cases["case"], "test")])


def test_the_example_for_the_pencil_is_the_loss(skin):
    assert (skin.tp, skin.fn, skin.fp) == pytest.approx((2.5, 1.5, 1.0))
    for weights, value in (
        ((0.7, 0.3), (1.35 / 4.85) ** 0.75),
        ((0.3, 0.7), (1.15 / 4.65) ** 0.75),
    ):
        assert skin.both_ways(*weights) == pytest.approx((value, value), abs=1e-6)


def test_answers_are_shown_by_rank_at_one_size(skin):
    own, unet = (entries[0] for entries in skin.ran.values())
    for entry in (own, unet):
        ranked = lambda truth: truth * np.linspace(0, 1, len(truth))[:, None, None]  # noqa: E731
        _keep_probabilities(skin, entry, ranked)
    images, truths, probabilities, names = skin.ranked(own)
    assert images.shape == (4, 32, 32, 3)
    assert len(names) == 4
    assert skin.answer_of(unet, names, (32, 32)).shape == (4, 32, 32)
    found = (probabilities >= 0.5).sum(axis=(1, 2))
    assert found[0] == 0  # the worst comes first
    assert found[-1] == truths[-1].sum()


def test_brains_are_shown_by_their_flair(mri):
    images = mri.data.images[:2]
    assert (mri.seen(images) == images[..., 1]).all()
    row = jobs.rows(mri.plan[0].job, mri.data.cases["case"], "train")[1]
    (before, after), (mask, _) = mri.augmented(row)
    assert before.shape == after.shape == (32, 32)
    assert mask.any()


def test_disturbed_images_are_the_same_for_all_networks(skin):
    """Those of the other size are the same cases; the undisturbed ones score as they are."""
    own, unet = (entries[0].job for entries in skin.ran.values())
    both = [skin.disturbed(lambda i: i.mean(axis=-1) < 128, job) for job in (own, unet)]
    assert both[0]["case"].tolist() == both[1]["case"].tolist()
    assert len(both[0]) == 3 * 5 * 6  # kinds, levels and test images


def test_what_the_middle_level_takes(skin):
    assert list(skin.lost) == ["clean", "gaussian 0.1", "blur 1", "jpeg 20"]
    assert skin.lost.loc["Proposed"].tolist() == pytest.approx([0.9, 0.2, 0.2, 0.2])
    assert (
        skin.noise_title
        == "MU-Net loses most Dice with gaussian 0.1 (0.20), least with gaussian 0.1 (0.20)"
    )


def test_a_cost_stands_beside_the_dice(skin):
    own = skin.measured.set_index("network").loc["Proposed"]
    assert own[["seconds", "Dice"]].tolist() == pytest.approx([0.1, 180 / 200])
    assert (
        skin.cost_title == "Quickest here: U-Net-224 (50 ms an image); highest Dice: MU-Net (0.90)"
    )


def test_six_tables_are_one(skin):
    table = skin.scores_shown.set_index("network")
    assert table.loc["MU-Net", ["Dice Coef", "Recall"]].tolist() == ["93.78 / 90.0", "97.99 / 90.0"]
    assert table.loc["SegNet", "Dice Coef"] == "82.17 / –"
    assert table["high"].max() <= 100


def test_notes_on_the_data_are_those_of_the_reader(brains):
    source = parameters.source(NAME)
    told = cells.page(sources.cells(source), brains, until="notes = []")[1]["notes"]
    assert told[:2] == ["16 of 32 slices without a tumour", "8 patients"]
    assert told[2].endswith("post-contrast missing, FLAIR stands there")


def test_what_is_shown_has_the_runs_numbers(skin):
    assert skin.title.startswith("Test Dice: MU-Net 90, best centred ellipse ")
    assert skin.cuts[0] == "data: Skin phantoms instead of ISIC 2019, which has no masks"
    assert "images to train on: 10 instead of 600" in skin.cuts
    assert skin.facts["Profile"] == "by hand, 32 px, 3 epochs, 2 of 6 networks, 2 folds"


def test_claims_are_on_the_images_that_were_run(skin, mri):
    better, parameters_, operations_ = skin.claims
    assert better.sentence.startswith("On skin lesions")
    assert better.difference.estimate == pytest.approx(180 / 200 - 60 / 140)
    assert "MU-Net from its own start: not tested; MU-Net minus U-Net-224" in better.note
    assert "from the start of the others: not tested; difference +0.196" in better.note
    assert "encoders start from random weights, not from ImageNet" in better.note
    assert "4 of the 6 rows that it names did not run" in better.note
    assert (
        "U-Net with VGG-19 minus MU-Net: 2.47 times as much; none of the others" in parameters_.note
    )
    assert (
        "U-Net with ResNet-50 minus MU-Net: 0.38 times as much; 2 of the others" in operations_.note
    )
    assert "brain tumours" in mri.claims[0].sentence


@pytest.mark.slow
def test_the_six_networks_as_their_papers_have_them(mri):
    table = mri.drawn.set_index("network")
    assert table.loc["Proposed", ["parameters", "printed"]].tolist() == [11_753_809] * 2
    assert table["parameters"].idxmin() == "Proposed"


def test_fewer_images_are_spread_over_the_files(skin):
    roles = ["train"] * 9 + ["val", "test"]
    table = skin.fewer(pd.DataFrame({"case": range(11), "role": roles}), 3)
    assert table.index[table["role"] == "train"].tolist() == [0, 4, 8]
    assert table["role"].tolist()[9:] == ["val", "test"]
