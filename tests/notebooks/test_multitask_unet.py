"""Paper 3's page: its jobs, and what its tables and the copies experiment make of finished jobs."""

import re
from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from busutils import classification, execution, jobs, parameters, sources
from busutils.data import reading
from busutils.errors import UserError
from tests import cells, finished

NAME = "03_multitask_unet"
SOURCE = parameters.source(NAME)
PIXELS = parameters.resolve(NAME, "quick", {})["size"] ** 2
CONTRASTS = {
    "folds": [1, 2, 3],
    "heads": ["average"],
    "recipes": ["rate 0.001", "full size weight 1 slow means"],
    "rivals": ["plain_unet", "attention_unet"],
    "alone": ["segmentation", "classification"],
    "copies": ["grouped", "twice", "twice together", "masks as images"],
}
EXERCISE = re.compile(r"\*\*\d+\. Your own (\w+)\.\*\*.*?```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def values(tmp_path_factory, phantoms):
    """The quick parameters, with a store of the tests' own and each image a group of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUSUTILS_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setattr(reading, "groups", lambda listing, store=None: _own_groups(listing))
        told = {"dropout": 0.1, "class_weight": 1.0, "data_root": str(phantoms)}
        yield parameters.resolve(NAME, "quick", {}) | told


def _own_groups(listing):
    return pd.Series({c.case: c.case for c in listing.cases})


def planned(values):
    return execution.planned(SOURCE, values)["plan"]


@pytest.fixture(scope="module")
def page(values):
    """Three folds; other heads, networks and tasks on the first one; one split of each arm."""
    for entry in planned(values | CONTRASTS):
        _finish(entry)
    return cells.names(SOURCE, values | CONTRASTS, until="claims = compare")


def _finish(entry):
    """60 of 100 lesion pixels, rivals and one task alone 50; all benign images are told right.

    Malignant images are not where the second fold or one task alone is trained, and in the arm
    "twice" items of either class are only if their copy is trained on.
    """
    hit = 50 if entry.part in ("rival", "alone") else 60
    role = jobs.read_split(entry.job).set_index("case")["role"]
    trained = {_original(case) for case in role.index[role == "train"]}
    blind = entry.part == "alone" or (entry.part == "folds" and entry.repeat == "K2")

    def malignant(case):
        right = entry.name != "twice" or case.role == "train" or _original(case.case) in trained
        if case.label == "malignant":
            return 0.6 if right and not blind else 0.4
        return 0.1 if right else 0.9

    finished.write(
        entry.job,
        lambda case, threshold: (hit, 5, 100 - hit, PIXELS - 105),
        malignant if entry.job.task == "both" else None,
        {"n_train": 80},
        dict.fromkeys(("iou", "class_accuracy", "val_class_accuracy"), [0.5] * 4),
    )


def _original(case):
    return case.removesuffix(", image again").removesuffix(", mask again")


@pytest.fixture(scope="module")
def tested(page):
    """Number of benign and of malignant test images of the three folds."""
    tables = [jobs.read_split(e.job).query("role == 'test'") for e in page.tenfold]
    return np.array([[(t["label"] == of).sum() for of in page.LABELS] for t in tables])


def test_jobs_of_every_part(values):
    wanted = values | {"folds": [1, 2], "heads": ["average"], "rivals": ["plain_unet"]}
    wanted |= {"alone": ["classification"], "copies": ["grouped", "twice"], "copies_epochs": 10}
    plan = planned(wanted)
    assert [(e.part, e.name, e.repeat) for e in plan] == [
        ("folds", "flatten", "K1"),
        ("folds", "flatten", "K2"),
        ("head", "average", "K1"),
        ("rival", "plain_unet", "K1"),
        ("alone", "classification", "K1"),
        ("copies", "grouped", "split 1"),
        ("copies", "twice", "split 1"),
    ]
    fold, _, head, rival, alone, *copies = (e.job for e in plan)
    assert (fold.task, rival.task) == ("both", "segment")
    assert fold.split == rival.split
    assert head.options == fold.options | {"head": "average"}
    assert replace(alone, mask_weight=1.0) == fold
    assert [job.epochs for job in copies] == [10, 5]


def test_a_size_that_cannot_be_halved_as_often_is_refused(values):
    for name in ("size", "contrast_size"):
        with pytest.raises(UserError, match=r"cannot take images of 36 px: .* multiples of 8"):
            planned(values | {name: 36})


def test_each_choice_of_a_parameter_is_known(page):
    for choices, known in (
        (page.Head, page.HEADS),
        (page.Loss, page.LOSSES),
        (page.Rival, page.RIVALS),
        (page.Task, page.ALONE),
        (page.Task, page.TASKS),
        (page.Arm, page.ARMS),
        (page.Recipe, page.RECIPES),
    ):
        assert sorted(get_args(choices)) == sorted(known)


def test_contrasts_can_take_smaller_images(values):
    wanted = (
        values | CONTRASTS | {"contrast_size": 16, "contrast_folds": 2, "rivals": ["plain_unet"]}
    )
    plan = planned(wanted | {"recipes": ["rate 0.001"]})
    assert {e.job.size for e in plan if e.part == "folds"} == {32}
    assert {e.job.size for e in plan if e.part != "folds"} == {16}
    both = [e for e in plan if e.part == "both"]
    assert [e.repeat for e in both] == ["K1", "K2"]
    for small, entry in zip(both, plan, strict=False):
        assert small.job.split == entry.job.split
        assert replace(small.job, size=32, dataset=entry.job.dataset) == entry.job


def test_heads_alone_on_smaller_images_have_the_network_itself_beside_them(values):
    wanted = values | {"folds": [1, 2, 3], "contrast_size": 16, "heads": ["average"]}
    plan = planned(wanted | {"head_folds": 2})
    assert [(e.part, e.repeat) for e in plan[3:7]] == [
        ("both", "K1"),
        ("both", "K2"),
        ("head", "K1"),
        ("head", "K2"),
    ]


def test_recipes_differ_from_the_protocol_in_what_their_names_say(values):
    names = ["dropout 0", "rate 0.001", "full size", "full size weight 1 slow means"]
    wanted = {"folds": [1, 2, 3, 4], "contrast_size": 16, "class_weight": 0.5, "recipes": names}
    plan = planned(values | wanted | {"heads": ["average"], "copies": []})
    fold, both = (next(e.job for e in plan if e.part == of) for of in ("folds", "both"))
    tried = {name: [e.job for e in plan if (e.part, e.name) == ("recipe", name)] for name in names}
    assert tried["dropout 0"] == [replace(both, options=both.options | {"dropout": 0.0})]
    assert tried["rate 0.001"] == [replace(both, learning_rate=0.001)]
    assert tried["full size"] == [replace(fold, options=fold.options | {"dropout": 0.1})]
    slow = tried["full size weight 1 slow means"]
    assert [job.split["fold"] for job in slow] == [1, 2, 3]
    assert {(job.size, job.class_weight, job.learning_rate) for job in slow} == {(32, 1.0, 0.001)}
    assert {job.batchnorm_momentum for job in slow} == {None}
    assert {job.options["head"] for job in slow} == {"bottleneck"}


def test_arms_take_equal_steps(page):
    trained = [
        (jobs.read_split(e.job)["role"] == "train").sum() * e.job.epochs
        for e in page.trained.of("copies")
    ]
    assert max(trained) == pytest.approx(min(trained), rel=0.06)


def test_arms_keep_together_what_they_say(page):
    for arm, together in {"twice": False, "twice together": True}.items():
        roles = jobs.read_split(page.trained.of("copies", arm)[0].job)
        used = roles[roles["role"].isin(["train", "test"])]
        sides = used.groupby(used["case"].map(_original))["role"].nunique()
        assert bool(sides.max() == 1) is together
    assert page.items["grouped"] is page.data


def test_table_5_sets_each_printed_fold_beside_all_of_ours(page, tested):
    table = page.table5.set_index(["key", "column"])
    _, malignant = tested.T  # no malignant one of the second fold is told right
    pooled = pytest.approx(100 * (1 - malignant[1] / tested.sum()))
    assert table.loc[("K1", "TsA"), "ours"] == table.loc[("K9", "TsA"), "ours"] == pooled
    assert table.loc[("mean", "TsA"), "ours"] == pooled
    assert table.loc[("mean", "TsA"), "printed"] == "98.08"
    halves = table.xs("TsA", level="column")["half_width"]
    assert halves["mean"] < halves["K1"] == halves["K9"]  # a tenth of the images, one training
    assert table.loc[("K9", "TsL"), "ours"] == table.loc[("mean", "TsL"), "ours"]


def test_losses_of_table_5_are_of_the_diagnosis(page, tested):
    table = page.table5.set_index(["key", "column"])["ours"]
    benign, malignant = tested.T
    told = {0.9: benign.sum(), 0.6: malignant[0] + malignant[2], 0.4: malignant[1]}
    loss = -sum(n * np.log(p) for p, n in told.items()) / tested.sum()
    assert table["mean", "TsL"] == pytest.approx(loss)
    at = {"label": ["malignant", "malignant", "benign"], "p_malignant": [1.0, 0.0, 0.25]}
    nats = classification.cross_entropy(pd.DataFrame(at))
    assert nats.tolist() == pytest.approx([5e-7, np.log(2e6), -np.log(0.75)])


def test_spread_is_that_of_our_folds(page, tested):
    benign, malignant = tested.T
    accuracy = [1, benign[1] / tested[1].sum(), 1]
    right, wrong = -np.log([0.6, 0.4])
    losses = (malignant * [right, wrong, right] - benign * np.log(0.9)) / tested.sum(axis=1)
    table = page.table5.set_index(["key", "column"])["ours"]
    assert table["sd", "TsA"] == pytest.approx(100 * np.std(accuracy))
    assert table["sd", "TsL"] == pytest.approx(np.std(losses))
    table = page.classes.set_index(["key", "column"])["ours"]
    spread = pytest.approx(100 * np.std([1, 0, 1]))
    assert table["sd Malignant", "Sen"] == table["sd Benign", "Spec"] == spread


def test_table_6_scores_both_classes(page, tested):
    _, malignant = tested.T
    table = page.classes.set_index(["key", "column"])["ours"]
    found = pytest.approx(100 * (malignant[0] + malignant[2]) / malignant.sum())
    assert table["K1 Malignant", "Sen"] == table["mean Benign", "Spec"] == found
    assert table["K2 Benign", "Sen"] == table["K2 Malignant", "Spec"] == 100


def test_figure_of_table_5_draws_each_of_our_folds(page):
    drawn = page.folds_drawn.set_index("row")
    assert drawn["printed"].tolist() == ["98.08", "", "", ""]
    assert drawn.loc["our fold 1", "ours"] == 100 > drawn.loc["our fold 2", "ours"]


def test_table_7_counts_images(page, tested):
    assert page.table7["printed"].tolist() == ["32", "1", "2", "29"]
    benign, malignant = tested.T
    assert page.table7["first fold"].tolist() == [malignant[0], 0, 0, benign[0]]
    found, lost = malignant[0] + malignant[2], malignant[1]
    assert page.table7["all folds"].tolist() == [found, lost, 0, benign.sum()]


def test_table_10_runs_what_exists_and_quotes_the_rest(page, tested):
    table = page.table10.set_index(["key", "column"])
    assert table.loc[("UNet [21]", "DICE"), "ours"] == pytest.approx(100 / 155)
    assert table.loc[("Proposed", "DICE"), "ours"] == pytest.approx(120 / 165)
    assert table.loc[("Proposed", "DICE"), "n"] == tested.sum()
    assert page.outlines.loc["Proposed, as the others (32 px, 1 of 3 folds)", "DICE"].endswith(
        "0.73"
    )
    assert table.loc[("UNet++ [29]", "IoU"), "reason"] == "not built here"


def test_classified_stands_beside_the_majority(page, tested):
    table = page.classified.set_index("score")
    benign, malignant = tested.T
    assert table.loc["accuracy", "ours"] == pytest.approx(1 - malignant[1] / tested.sum())
    assert table.loc["accuracy", "always benign"] == pytest.approx(benign.sum() / tested.sum())
    assert table.loc["balanced accuracy", "always benign"] == 0.5
    assert table.loc["area under ROC", "ours"] == 1  # 0.4 and 0.6 are above 0.1
    share = malignant.sum() / tested.sum()
    assert table.loc["area under precision-recall", "always benign"] == pytest.approx(share)


def test_heads_are_compared_on_the_same_folds(page):
    assert page.compared["head"].tolist() == ["flatten", "average"]
    assert page.compared["folds"].tolist() == [1, 1]
    assert page.compared["parameters"][0] > page.compared["parameters"][1]


def test_recipes_stand_beside_the_trainings_of_the_page(page):
    table = page.by_recipe
    assert len(table) == 3 + 1 + 1 + 3  # folds, another head, one small, three at full size
    assert sorted(table.loc[table["rate"] == 0.001, "momentum"]) == [0.9, 0.99, 0.99, 0.99]
    assert table["afterwards"].to_numpy() == pytest.approx(60 / 105)


def test_one_task_alone_is_compared_with_both_on_the_same_folds(page, tested):
    table = page.tasks.set_index(["trained for", "score"])
    assert table.loc[("both", "accuracy"), "ours"] == 1
    of = table.loc[("classification alone", "accuracy")]
    assert of["minus both"] == pytest.approx(-tested[0, 1] / tested[0].sum())
    of = table.loc[("segmentation alone", "Dice")]
    assert of["ours"] == pytest.approx(100 / 155)
    assert of["minus both"] == pytest.approx(100 / 155 - 120 / 165)
    assert page.changes[0].startswith("classification alone changes accuracy by -")


def test_copies_tell_items_with_and_without_their_copy(page):
    arms = page.arms.set_index("arm")
    assert arms.loc["grouped", "accuracy"] == 1
    twins = page.twins.set_index("copy in training")
    assert twins["accuracy"].to_dict() == {True: 1, False: 0}
    assert twins["items"].sum() == arms.loc["twice", "test items"]
    assert arms.loc["twice", "accuracy"] == twins.loc[True, "items"] / twins["items"].sum()
    assert arms.loc["twice", "steps"] == 10 * page.trained.of("copies", "twice")[0].job.epochs
    assert page.finding.startswith("Each image once, near-duplicates on one side: accuracy 1.00; ")
    assert "; each image twice, at random: accuracy " in page.finding
    assert page.finding.endswith("(1.00 where its copy was trained on, 0.00 where it was not)")
    assert page.bars["name"].tolist()[1:4] == [
        "each image twice, at random",
        "of these, copy in training",
        "of these, copy not in training",
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"copies": ["twice"]}, "Each image twice, at random: accuracy "),
        ({"copies": [], "tested": []}, ""),
    ],
)
def test_the_finding_is_of_the_arms_that_were_run(page, changed, said):
    names = vars(page) | changed
    (cell,) = [c for c in sources.cells(SOURCE) if c["id"] == "copies-finding"]
    exec("".join(cell["source"]), names)
    assert names["finding"].startswith(said) and bool(names["finding"]) is bool(said)


def test_claims_are_judged_beside_answers_without_training(page, tested):
    assert set(page.trivial) == {"dice", "iou", "precision"}
    assert page.trivial["dice"]["nothing"] == 0 < page.trivial["iou"]["best centred ellipse"] < 1
    classifies, accuracy, overlap, segments = page.claims
    _, malignant = tested.T
    right = (malignant[0] + malignant[2]) / tested.sum()
    assert classifies.difference.estimate == pytest.approx(right)
    told_right = 100 * (1 - malignant[1] / tested.sum())
    assert accuracy.difference.estimate == pytest.approx(told_right - 98.08)
    printed = page.table5.set_index(["key", "column"]).loc[("mean", "TsA")]
    assert f"{printed['verdict']} ({printed['reason']})" in accuracy.note
    assert overlap.difference.estimate == pytest.approx(60 / 105 - 0.89)
    assert segments.difference.estimate == pytest.approx(60 / 105 - 50 / 105)
    assert "4 of the 7 rows that it names did not run" in segments.note


def test_a_row_is_compared_at_the_size_of_its_own_trainings(page, monkeypatch):
    """Rivals may read smaller images than the page's `size`."""
    monkeypatch.setitem(page.row_of.__globals__, "size", 256)
    (entry,) = page.trained.of("rival", "plain_unet")
    assert page.row_of([entry]).parameters["size"] == entry.job.size != 256
