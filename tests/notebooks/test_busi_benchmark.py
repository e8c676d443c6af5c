"""The benchmark's page: which trainings it asks for, and what it makes of finished ones."""

import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from busutils import (
    compare,
    evaluation,
    execution,
    fitting,
    jobs,
    parameters,
    paths,
    rebuild,
    sources,
    statistics,
    study,
)
from busutils.data import reading
from busutils.errors import UserError
from tests import cells, finished, own_images

NAME = "06_busi_benchmark"
ALL = {"repeats": 2, "recipes": ["paper 1", "paper 3"], "spread_splits": 2, "leak_repeats": 2}
ALL |= {"tried_rates": [0.003, 0.0001], "longer": ["plain_unet"]}


@pytest.fixture(scope="module")
def values(tmp_path_factory, phantoms):
    """The quick parameters, with a store of the tests' own; two images each show one frame."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUSUTILS_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setenv("BUSUTILS_PUBLISHED", str(tmp_path_factory.mktemp("published")))
        patch.setattr(reading, "groups", lambda listing, store=None: _pairs(listing))
        yield parameters.resolve(NAME, "quick", {}) | {"data_root": str(phantoms)}


def _pairs(listing):
    found = {c.case: re.search(r"\((\d+)\)", c.case) for c in listing.cases}
    numbers = {c: (int(of[1]) + 1) // 2 if of else c for c, of in found.items()}
    return pd.Series({c: f"{c.split(' ')[0]} {n}" for c, n in numbers.items()})


def planned(values):
    return execution.planned(parameters.source(NAME), values)["plan"]


@pytest.fixture(scope="module")
def page(values):
    """MobileNetV2 finds 6 of 10 pixels, others 5; paper 3's recipe 4; one more with a leak."""
    values = values | ALL
    for entry in {e.job.id: e for e in reversed(planned(values))}.values():
        _finish(entry)
    with pytest.MonkeyPatch.context() as patch:
        _answer(patch)
        return cells.names(parameters.source(NAME), values, until="leaks = pd.DataFrame")


def _answer(patch):
    """Networks without weights: MobileNetV2 outlines what it is given, others find nothing.

    In the test images they are unsure (0.4 on the lesion) and surer in the mirror (0.8); of three
    seeds the first is sure (0.8).
    """

    def predict(model, job, dataset, rows):
        found = 0.8 if "backbone" in job.options else 0.0
        mirrored = len(dataset) > 20  # the phantoms, which are shown in the mirror alone
        masks = dataset.masks[rows][:, :, ::-1] if mirrored else dataset.masks[rows]
        return SimpleNamespace(masks=found * masks)

    def pictures(self, entry, data, split="test"):
        rows = jobs.rows(entry.job, data.cases["case"], split)
        sure = 0.8 if (entry.part, entry.job.init_seed) == ("spread", 0) else 0.4
        near = np.where(data.masks[rows], sure, 0.0)
        return data.images[rows], data.masks[rows], near, list(data.cases["case"].iloc[rows])

    train = study.train
    patch.setattr(study, "train", lambda *of, keep=frozenset(), **how: train(*of, **how))
    patch.setattr(study.Results, "pictures", pictures)
    patch.setattr(fitting, "load", lambda job: None)
    patch.setattr(evaluation, "predict", predict)


def _finish(entry):
    hit = 6 if entry.name == "MobileNetV2" else 4 if entry.name == "paper 3" else 5
    hit += {"copies": 2, "epoch": 1}.get(entry.name, 0) + 3 * (entry.part == "longer")
    hit -= 3 * (entry.part == "rate" and entry.job.learning_rate < 0.003)

    def counts(case, threshold):
        lesion = case.role != "normal"
        tp = (hit - int(threshold > 0.6)) * lesion
        fp = int(threshold < 0.45)
        return tp, fp, (10 - tp) * lesion, entry.job.size**2 - tp - fp - (10 - tp) * lesion

    finished.write(entry.job, counts)


def defined(page, cell, until, **given):
    """What a cell of the page defines before `until`, with other names than the page's."""
    (found,) = (c for c in sources.cells(parameters.source(NAME)) if c["id"] == cell)
    names = vars(page) | given
    exec("".join(found["source"]).split(until)[0], names)
    return names


def test_rows_of_a_pair_share_split_and_seed_and_each_lesion_is_tested_once(values):
    plan = planned(values | {"repeats": 5, "rows": ["plain_unet", "vgg16", "mobilenetv2"]})
    assert len(plan) == 15
    for repeat in range(5):
        pair = [e.job for e in plan if e.repeat == f"pair {repeat + 1}"]
        assert len({job.split["id"] for job in pair}) == 1
        assert {(job.init_seed, job.order_seed) for job in pair} == {(repeat, repeat)}
        assert {job.schedule for job in pair} == {"cosine"}
    splits = [jobs.read_split(e.job) for e in plan if e.name == "VGG16"]
    tested = pd.concat([of[of["role"] == "test"] for of in splits])
    lesions = splits[0]["label"] != "normal"
    assert sorted(tested["case"]) == sorted(splits[0].loc[lesions, "case"])
    for of in splits:
        parts = of[of["role"].isin(["train", "val", "test"])].groupby("group")["role"].nunique()
        assert (parts == 1).all()
        assert set(of.loc[of["role"] == "normal", "label"]) == {"normal"}


def test_a_sixth_pair_is_of_another_division(values):
    first, sixth = (
        planned(values | {"repeats": 10, "rows": ["plain_unet"]})[i].job for i in (0, 5)
    )
    assert (sixth.split["fold"], sixth.split["seed"]) == (1, first.split["seed"] + 1)
    assert first.split["id"] != sixth.split["id"]


def test_recipes_are_what_the_papers_print(values):
    asked = {"recipes": [f"paper {n}" for n in range(1, 6)], "rows": ["plain_unet", "mobilenetv2"]}
    by_name = {e.name: e.job for e in planned(values | asked) if e.part == "recipe"}
    folder = paths.project() / "book" / "reported"
    for number in range(1, 6):
        job, told = by_name[f"paper {number}"], compare.context(folder, number)["protocol"]
        losses = told["loss"] if isinstance(told["loss"], list) else [told["loss"]]
        assert job.loss in losses
        assert job.learning_rate == (told["learning_rate"] or values["learning_rate"])
        assert job.batch == (16 if number == 2 else values["batch"])
        assert (job.stop_after or 0) == (told.get("stop_after") or 0)
        assert (job.epochs, job.schedule) == (values["epochs"], "plateau")
        assert told["intensities"] is None or job.preprocessing == "paper"  # 0 to 1
    assert by_name["paper 1"].freeze == "none"  # plain_unet has no encoder
    phantom = asked | {"rows": ["plain_unet", "vgg16 from phantom"]}
    phantom["recipe_row"] = "vgg16 from phantom"
    (job,) = (e.job for e in planned(values | phantom) if e.name == "paper 1")
    assert job.freeze == "all_but_batchnorm"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rows": ["plain_unit"]}, "did you mean 'plain_unet'"),
        ({"rows": ["vgg16 from imagnet"]}, "did you mean 'imagenet'"),
        ({"rows": ["plain_unet from phantom"]}, "plain_unet has no encoder that could start"),
        ({"baseline": "vgg16"}, "choose one of plain_unet, mobilenetv2"),
        ({"recipe_row": "vgg16"}, "choose one of plain_unet, mobilenetv2"),
        ({"size": 50}, "cannot take images of 50 px"),
        ({"repeats": 7}, "take 5 or less, or a multiple"),
        ({"recipes": ["paper 1"], "recipe_repeats": 2}, "recipe_repeats is 2, repeats 1"),
        ({"spread_splits": 1}, "no spread between splits: take 2 or more"),
        ({"longer": ["vgg16"]}, "row of longer"),
        ({"own_rates": ["vgg16 at 0.1"]}, "row of own_rates"),
        ({"own_rates": ["plain_unet at much"]}, "rate of plain_unet = 'much'"),
        ({"own_rates": ["plain_unet"]}, "rate of plain_unet = "),
        ({"own_rates": ["plain_unet at 1e-3", "plain_unet at 1e-4"]}, "names plain_unet twice"),
        ({"tried_rates": [0.1]}, "tried_rates lacks 0.003, the rate of plain_unet: add it"),
        ({"leak_repeats": 2}, "at most as many leak_repeats as repeats"),
        ({"leak_repeats": 1, "grouped": False}, "and grouped true"),
    ],
)
def test_what_cannot_be_run_is_refused(values, changed, message):
    with pytest.raises(UserError, match=message):
        planned(values | changed)


def test_copies_train_in_place_of_others_and_the_test_images_stay(values):
    plan = planned(values | {"leak_repeats": 3, "repeats": 3})
    for repeat in (1, 2, 3):
        of = {e.name: e.job for e in plan if e.repeat == f"pair {repeat}"}
        fair, copies, epoch = (jobs.read_split(of[n]) for n in ("U-Net", "copies", "epoch"))
        tested = set(copies.loc[copies["role"] == "test", "case"])
        assert set(epoch.loc[epoch["role"] == "val", "case"]) == tested
        assert tested < set(fair.loc[fair["role"] == "test", "case"])
        trains = {
            name: table[table["role"] == "train"]
            for name, table in {"f": fair, "c": copies, "e": epoch}.items()
        }
        labels = [t["label"].value_counts().to_dict() for t in trains.values()]
        assert labels[0] == labels[1] == labels[2]
        assert set(trains["f"]["case"]) == set(trains["e"]["case"])
        frames = fair.set_index("case").loc[list(tested), "group"]
        assert frames.is_unique
        assert set(frames) == set(fair.loc[fair["role"] == "test", "group"])
        assert not trains["f"]["group"].isin(frames).any()
        let_in = trains["c"]["group"].isin(frames)
        assert let_in.any()
        assert set(trains["c"].loc[let_in, "case"]).isdisjoint(trains["f"]["case"])


def test_a_row_has_its_own_rate_and_is_tried_at_others_and_for_longer(values):
    asked = {"own_rates": ["mobilenetv2 at 1e-4"], "tried_rates": [0.003, 1e-4], "repeats": 2}
    plan = planned(values | asked | {"longer": ["plain_unet"]})
    rates = {e.name: e.job.learning_rate for e in plan if e.part == "table"}
    assert rates == {"U-Net": 0.003, "MobileNetV2": 1e-4}
    first = {e.name: e.job.id for e in plan if (e.part, e.repeat) == ("table", "pair 1")}
    tried = {(e.name, e.job.learning_rate): e.job.id for e in plan if e.part == "rate"}
    assert len(tried) == 4
    assert all(tried[name, rate] == first[name] for name, rate in rates.items())
    (long,) = (e.job for e in plan if e.part == "longer")
    assert long.epochs == 3 * values["epochs"]
    assert replace(long, epochs=values["epochs"], patience=values["epochs"]).id == first["U-Net"]


def test_the_table_of_networks_and_the_baseline(page):
    table = page.which.set_index("row")
    assert table["Dice"].to_dict() == pytest.approx({"MobileNetV2": 12 / 16, "U-Net": 10 / 15})
    assert page.beside["minus the baseline"].tolist() == pytest.approx([12 / 16 - 10 / 15])
    assert page.in_words(page.beside, "U-Net") == "Above U-Net: MobileNetV2."
    of_kinds = page.of_kinds.set_index(["row", "kind"])["mean"]
    assert of_kinds["U-Net", "small"] == pytest.approx(10 / 15)


def test_what_a_start_adds_is_told_of_each_network_with_both_rows(page):
    gains = {"VGG16": 0.5, "VGG16 from ImageNet": 0.75, "FgFEU-Net from ImageNet": 0.6}
    one = statistics.Difference(0.25, 0.1, 0.4, 0.95, "", 9, 9, 0.01, "")

    def minus(others, row):
        return {name: replace(one, estimate=gains[name] - gains[row]) for name in others}

    names = defined(page, "starts-told", "started =", NAMES=list(gains), minus=minus)
    lines = names["pre_trained"]().itertuples(index=False, name=None)
    assert list(lines) == [("VGG16 from ImageNet", 0.25, 0.1, 0.4, 0.01)]


def test_rates_and_lengths_are_told_by_hand(page):
    dice = {hit: 2 * hit / (hit + 10) for hit in (2, 3, 5, 6, 8)}
    assert page.tried["0.003"].to_dict() == pytest.approx(
        {"U-Net": dice[5], "MobileNetV2": dice[6]}
    )
    assert page.tried.loc["U-Net", "0.0001"] == pytest.approx(dice[2])
    assert page.not_best == []
    (long,) = page.lengths.to_dict("records")
    assert (long["8 epochs"], long["24 epochs"]) == pytest.approx((dice[5], dice[8]))
    assert long["adds"] == pytest.approx(dice[8] - dice[5])


def test_a_share_has_the_wider_interval(page):
    scores = page.trained.scores(page.trained.of("table", "U-Net"))
    none = page.share(scores.assign(score=False))
    assert none.low == 0 < none.high  # the mean of zeros alone would leave no doubt
    by_pair = page.share(scores.assign(score=scores["repeat"] == "pair 1"))
    assert by_pair == page.over_all(scores.assign(score=(scores["repeat"] == "pair 1") * 1.0))


def test_the_low_end_counts_images(page):
    told = page.lows.set_index(["row", "what"])["mean"]
    assert told["U-Net", "Dice under 0.5"] == 0
    assert told["U-Net", "Dice of all pixels"] == pytest.approx(10 / 15)
    assert page.as_good == []  # each image of the second row is worse


def test_gains_and_failures_are_told_by_image(page):
    dice = {"a": [0.9, 0.8, 0.4], "b": [0.9, 0.3, 0.4]}
    trained = SimpleNamespace(
        of=lambda part, row: row,
        scores=lambda row: pd.DataFrame({"repeat": 1, "case": list("xyz"), "score": dice[row]}),
    )
    names = defined(page, "gain-told", "if top", trained=trained)
    gains, failed = names["where_gained"]("a", "b")
    assert gains.tolist() == pytest.approx([0, 0.5, 0])
    assert failed.tolist() == [False, True, True]


def test_kinds_are_set_apart_with_both_intervals(page):
    lines = [("benign", 0.8, 0.7, 0.9), ("malignant", 0.6, 0.5, 0.7)]
    of_kinds = pd.DataFrame(lines, columns=["kind", "mean", "low", "high"]).assign(row="a")
    names = defined(page, "kinds-told", "pairs =", of_kinds=of_kinds, top="a")
    told = names["kinds_apart"]("benign", "malignant")
    assert told == "benign minus malignant +0.20 (+0.06 to +0.34)"  # 0.1 by the root of 2


def test_of_equally_bad_images_the_largest_lesion_comes_first(page):
    scores = {"case": list("xyz"), "score": [0.5, 0, 0], "tp": [5, 0, 0], "fn": [5, 4, 9]}
    trained = SimpleNamespace(of=lambda part, row: row, scores=lambda row: pd.DataFrame(scores))
    names = defined(page, "worst", "by_image =", trained=trained, NAMES=["a", "b"])
    assert list(names["of_each_image"]().index) == ["z", "y", "x"]


def test_a_recipe_stands_beside_ours(page):
    told = page.by_recipes.set_index("recipe")
    assert told["Dice"].tolist() == pytest.approx([10 / 15, 8 / 14])
    assert told["called lesion"].tolist() == pytest.approx([5 / 1024, 4 / 1024])
    assert page.change["minus ours"].tolist() == pytest.approx([0, 8 / 14 - 10 / 15])
    said = "Below our recipe: paper 3; not told apart from our recipe: paper 1."
    assert page.in_words(page.change, "our recipe") == said


def test_a_recipe_is_told_in_short(page):
    (_, ours), (_, first), (_, third) = page.printed.set_index("recipe").iterrows()
    assert (ours["loss"], ours["later"]) == ("Dice + cross-entropy", "half a cosine")
    assert (first["loss"], first["rate"]) == ("focal Tversky (0.7, 0.3, 0.75)", "0.0001")
    assert first["later"] == "the same"  # ten epochs of waiting are more than eight of training
    assert (third["loss"], third["stops"]) == ("cross-entropy", "after 3 epochs without gain")
    assert (third["rate"], third["images a step"]) == ("0.003 (ours)", "8 (ours)")
    assert (first["images a step"], third["epochs in print"]) == ("8", "15")
    falling = replace(page.ours[0].job, schedule="plateau", patience=2, freeze="all_but_batchnorm")
    told = page.in_short(replace(falling, learning_rate=1e-5))
    assert told["rate"] == "0.00001"
    assert told["later"] == "a tenth after 2 epochs without gain"
    assert told["trained"] == "decoder, batch norm"


def test_a_training_that_its_recipe_ended_does_not_rise(page):
    manifests = page.trained.manifests.copy()
    for name, missing in {"paper 1": 0, "paper 3": 1}.items():
        (entry,) = page.trained.of("recipe", name)
        manifests.loc[entry.job.id, "epochs"] = entry.job.epochs - missing
    trained = replace(page.trained, manifests=manifests)
    flat = dict.fromkeys(page.flat.index, False)
    names = defined(page, "recipe-table", "if recipes:", trained=trained, flat=flat)
    rising = {name: names["by_recipe"](name)["still rising"] for name in ("paper 1", "paper 3")}
    assert rising == {"paper 1": 1, "paper 3": 0}


def test_seeds_and_splits_are_told_apart_by_hand(page):
    table = pd.DataFrame(
        {"split": ["a", "a", "b", "b"], "Dice": [0.5, 0.7, 0.8, 1.0], "seed": [0, 1, 0, 1]}
    ).assign(division=0)
    of = page.spread_of(table)
    assert of["seeds"] == pytest.approx(np.sqrt(0.02))  # 0.1 to each side of 0.6 and of 0.9
    assert of["splits"] == pytest.approx(np.sqrt(0.045 - 0.01))  # of 0.6 and 0.9, less 0.02 / 2
    assert of["freedom"] == 1
    higher = table.assign(split=["c", "c", "d", "d"], division=1, Dice=table["Dice"] + 0.3)
    both = page.spread_of(pd.concat([table, higher]))  # another division is no other split
    assert both == pytest.approx(of | {"freedom": 2})
    assert page.reach(0.01, 10) == pytest.approx(2.2281 * np.sqrt(2) * 0.01, rel=1e-4)


def test_printed_winners_are_the_first_two_of_their_tables(page):
    of = page.winners.set_index("paper")
    assert of["first in print"].tolist() == [
        *("DenseNet121", "Attention3 U-Net", "Proposed", "Combo", "Proposed")
    ]
    assert of.loc[1, "ahead"] == pytest.approx(0.7370 - 0.7161)
    assert of.loc[5, "ahead"] == pytest.approx(0.9154 - 0.8960)
    assert of.loc[2, "n"] == 156  # a fifth of 780


def test_leaks_are_measured_on_the_same_images(page):
    gains = page.leaks.set_index("leak")["gain"]
    dice = {hit: 2 * hit / (hit + 10) for hit in (5, 6, 7)}
    assert gains["copies of test images in training"] == pytest.approx(dice[7] - dice[5])
    assert gains["of these, with a copy"] == pytest.approx(dice[7] - dice[5])
    assert gains["epoch chosen on test images"] == pytest.approx(dice[6] - dice[5])
    assert gains["threshold chosen on test images"] == pytest.approx(0)
    assert set(page.leaks["images"]) >= {len(set(page.without_a_leak()["case"]))}


@pytest.fixture
def outside(tmp_path, phantoms):
    """Six images of one's own, and a copy of a phantom among them."""
    root = own_images.write(tmp_path / "own", n=6, twice=0)
    (root / "lesion" / "copy").mkdir()
    files = {"us": "benign (1).png", "roi_1": "benign (1)_mask.png"}
    for name, file in files.items():
        (found,) = phantoms.rglob(file)
        shutil.copyfile(found, root / "lesion" / "copy" / f"{name}.png")
    patterns = {
        "outside_images": "lesion/{case}/us.png",
        "outside_masks": "lesion/{case}/roi_*.png",
    }
    return {"outside_root": str(root)} | patterns


@pytest.fixture
def answering(monkeypatch):
    """As `_answer` says."""
    _answer(monkeypatch)


def test_other_images_and_what_is_done_after_training(page, values, outside, answering):
    source, values = parameters.source(NAME), values | ALL | outside
    made = cells.names(source, values, until="gains = pd.DataFrame")
    there = made.there.set_index("row")
    assert there["Dice there"].to_dict() == {"MobileNetV2": 1, "U-Net": 0}
    assert (there["images"] == 6).all()
    assert (there["copies"] == 1).all()  # the phantom, which was trained on
    assert there["Dice here"].to_dict() == pytest.approx(
        page.which.set_index("row")["Dice"].to_dict()
    )
    here = page.which.set_index("row").loc["MobileNetV2"]
    half = (here["high"] - here["low"]) / 2  # of six equal scores there the interval is a point
    there = there.loc["MobileNetV2", ["from", "there minus here", "to"]]
    assert there.tolist() == pytest.approx([1 - here["Dice"] + d for d in (-half, 0, half)])

    gains = made.gains.set_index("what")
    of = ["Dice without", "gain"]  # without is of the counts, in which six of ten are found
    assert gains.loc["with its mirror image", of].tolist() == pytest.approx([12 / 16, 4 / 16])
    assert gains.loc["largest piece", of].tolist() == pytest.approx([12 / 16, -12 / 16])
    assert gains.loc["mean of seeds", of].tolist() == pytest.approx([10 / 15, 5 / 15])

    told = made.distances.set_index(["row", "what"])["mean"]
    assert told["U-Net", "empty answer"] == 1  # 0.4 is under one half
    assert told["U-Net", "lesions found"] == 0
    assert ("U-Net", "HD95") not in told


def test_a_distance_is_told_in_per_cent_of_the_diagonal_too(page):
    case = ["x", "y", "z"]
    of = {"row": "a", "case": case, "repeat": "pair 1", "hd95": [5.0, 10.0, np.nan], "lesions": 1}
    of |= {"found": [1, 1, 0], "missed": [False, False, True], "nsd": [0.5, 0.7, 0.0]}
    listed = {"case": case, "group": case, "height": [30, 60, 30], "width": [40, 80, 40]}
    measured = pd.DataFrame(of).assign(hd95_max=1.0, assd=1.0, spurious=0)
    data = SimpleNamespace(cases=pd.DataFrame(listed))
    names = defined(page, "surface-table", "distances =", measured=measured, data=data)
    told = {line["what"]: line["mean"] for line in names["outlined"]("a")}
    assert told["HD95"] == pytest.approx(7.5)
    assert told["HD95, % of diagonal"] == pytest.approx(10)  # 5 of 50, 10 of 100
    assert told["empty answer"] == pytest.approx(1 / 3)
    assert told["NSD"] == pytest.approx(0.4)


def test_the_largest_piece_alone_stays(page, values):
    source = parameters.source(NAME)
    (cell,) = (c for c in rebuild.without(source)["cells"] if c["id"] == "after")
    names = vars(page) | {}
    exec("".join(cell["source"]).split("def in_mirror")[0], names)
    mask = np.array([[1, 0, 1, 1], [0, 0, 0, 1], [1, 0, 0, 0]], bool)
    assert names["largest"](mask).tolist() == [
        [False, False, True, True],
        [False, False, False, True],
        [False] * 4,
    ]
    assert not names["largest"](np.zeros((3, 3), bool)).any()


def test_too_few_other_images_are_refused(values, outside):
    root = Path(outside["outside_root"]) / "lesion"
    for folder in list(root.iterdir())[1:]:
        shutil.rmtree(folder)
    with pytest.raises(UserError, match="own has fewer than two lesions"):
        planned(values | outside)


def test_images_with_a_fault_are_set_apart(page):
    (cell,) = (c for c in sources.cells(parameters.source(NAME)) if c["id"] == "faults")
    scores = page.trained.scores(page.trained.of("table", page.chosen))
    images = [f"benign ({n})" for n in (199, 200, 5)] + ["malignant (61)", "malignant (1)"]
    scores = scores.head(5).assign(case=images, group=images, score=[0.1, 0.5, 0.6, 0.3, 0.8])
    listed = pd.DataFrame({"case": images, "label": "benign", "group": list("aabcd")})
    listed.loc[3, "label"] = "malignant"
    trained = SimpleNamespace(of=lambda *_: [], scores=lambda _: scores)
    names = vars(page) | {"data": SimpleNamespace(name="BUSI", cases=listed), "trained": trained}
    names["run"] = SimpleNamespace(save_table=lambda *_: None)
    exec("".join(cell["source"]), names)
    faults = names["faults"].set_index("fault")
    assert faults["images"].to_dict() == {
        **{"axilla": 2, "calipers": 2, "other words": 1, "any mark": 4, "near-duplicates": 2}
    }
    assert faults.loc["axilla", "Dice"] == pytest.approx(0.2)  # 199 and the malignant 61
    assert faults.loc["axilla", ["low", "high"]].tolist() == [0, 1]  # 0.2 and 1.3 to each side
    assert faults.loc["axilla", "Dice of others"] == pytest.approx(1.9 / 3)
    assert faults.loc["axilla", "change of the mean"] == pytest.approx(1.9 / 3 - 2.3 / 5)
    assert names["marks"]()["both classes"] == []


def test_each_noted_image_of_busi_is_one_of_its_lesions():
    file = paths.project() / "book" / "busi_marks.yaml"
    for by_label in yaml.safe_load(file.read_text(encoding="utf-8")).values():
        assert list(by_label) == ["benign", "malignant"]
        for label, numbers in by_label.items():
            assert numbers == sorted(set(numbers))
            assert set(numbers) <= set(range(1, {"benign": 437, "malignant": 210}[label] + 1))
