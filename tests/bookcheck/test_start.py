"""The start page's parts, from made-up runs whose numbers a pencil can check."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from bookcheck import start
from busutils import paths, runs

ROOT = Path(__file__).parents[2]
COLUMNS = ["row", "column", "printed", "verdict", "reason"]


@pytest.fixture
def publish(project):
    """Make a published run from its name, numbers and tables; returns all of them so far."""
    (project / "book").mkdir()
    (project / "book" / "reported").symlink_to(ROOT / "book" / "reported")
    made = []

    def write(name, numbers, **tables):
        run = runs.Run(project / "book" / "results" / "notebooks" / name)
        notebook, dataset, profile = name.split("-")
        values = {"dataset": dataset, "size": 96, "transfer_size": 64, "transfer_splits": 3}
        values |= {"repeats": 5}
        opening = runs.opening(f"{name}-0a1b2c3d", notebook, profile, values)
        runs.write_json(run.folder / "manifest.json", opening)
        run.save_numbers(numbers)
        for table, rows in tables.items():
            run.save_table(table, rows if isinstance(rows, pd.DataFrame) else verdicts(*rows))
        made.append(run)
        return made

    return write


def verdicts(*rows):
    return pd.DataFrame([row.split("|") for row in rows], columns=COLUMNS)


def test_the_line_counts_numbers_that_could_be_compared_and_those_that_were_met(publish):
    rows = [
        "A|Dice|0.70|compatible|",
        "A|IoU|0.60|re-run lower|",
        "B|Dice|0.71|not comparable|image size, epochs",
        "B|IoU|0.61|not converged|image size",
    ]
    told = start.compared(publish("01_unet_backbones-busi-cpu", {}, table2=rows))
    assert told == (
        "Our tables hold **4 printed numbers**. **2** could be compared with a number of ours; "
        "**1** were met. What stands in the way most often, one number for several reasons: "
        "image size (2), epochs (1), not converged (1)."
    )


def test_two_ways_to_re_run_a_table_are_one_printed_number(publish):
    last = ["A|IoU|0.49|compatible|", "B|IoU|0.49|not comparable|image size"]
    other = ["A|IoU|0.49|re-run higher|", "B|IoU|0.49|compatible|"]
    told = publish("02_attention_unet-busi-cpu", {}, table1_last=last, table1_random=other)
    assert "**2 printed numbers**. **2** could be" in start.compared(told)
    assert "**1** were met" in start.compared(told)  # A was met one way, and missed the other


def test_nothing_that_could_be_compared_is_said_plainly(publish):
    told = publish("05_mu_net-isic-cpu", {}, table=["A|Dice|90.1|not re-run|quoted"])
    told = publish("05_mu_net-brain-cpu", {}, table=["A|Dice|90.1|not re-run|quoted"])
    assert "**2 printed numbers**. **None** of them" in start.compared(told)
    assert "quoted (2)" in start.compared(told)
    assert "**0 printed numbers**" in start.compared([])


def test_the_grid_has_a_row_a_paper_and_a_word_a_claim_that_links_to_its_page(publish):
    smallest = {"sentence": "DenseNet121's file is the smallest of the five.", "verdict": "x"}
    fewer = {"sentence": "MU-Net has fewer parameters than the five other models."}
    least = {"sentence": "MU-Net needs less computation than the other models."}
    publish("01_unet_backbones-busi-cpu", {"claims": [smallest | {"verdict": "not tested"}]})
    publish("01_unet_backbones-busi-paper", {"claims": [smallest | {"verdict": "supported"}]})
    publish("05_mu_net-brain-cpu", {"claims": [fewer | {"verdict": "supported"}]})
    told = start.claims(
        publish("05_mu_net-isic-cpu", {"claims": [least | {"verdict": "opposite"}]})
    )
    assert told.count("<div>") == 2
    assert told.count("class='verdict") == 3
    assert "not tested" not in told  # the run of the profile `paper` counts
    link = "<a href='papers/01_unet_backbones-busi-paper.html' title="
    assert (
        f"{link}'DenseNet121&#x27;s file is the smallest of the five.'>DenseNet121&#x27;s file is "
        "the smallest" in told
    )
    assert (
        "<a href='papers/05_mu_net-brain-cpu.html'><b>Paper 5: MU-Net.</b> MU-Net, a U-Net on"
        in told
    )
    assert "<span class='verdict opposite'>opposite</span>" in told


def test_words_of_a_finding_follow_from_its_numbers(publish):
    rows = {name: {"test_dice": dice} for name, dice in {"vgg16": 0.5, "resnet50": 0.75}.items()}
    rows |= {"base": {"test_dice": 0.1}, "mobilenetv2 (ImageNet)": {"test_dice": 0.9}}
    recipes = pd.DataFrame({"encoder": ["a", "a", "a", "b"], "test Dice": [0.5, 0.625, 0.1, 0.9]})
    recipes["weights"] = ["ImageNet", "random", "random", "ImageNet"]
    recipes["freezing"] = ["frozen", "all trains", "frozen", "frozen"]
    copies = {"arm": ["grouped", "twice"], "accuracy": [0.6, 0.7]}
    copies = pd.DataFrame(copies | {"low": [0.5, 0.6], "high": [0.7, 0.8]})
    frames = {"row": ["VGG16"] * 2, "frames": ["trained on", "other"], "images": [30, 90]}
    frames = pd.DataFrame(frames | {"Dice": [0.9, 0.7], "low": [0.8, 0.6], "high": [0.95, 0.75]})
    frames["benign"] = [0.85, 0.65]
    publish("01_unet_backbones-busi-cpu", {"rows": rows}, transfer=recipes, frames=frames)
    told = start.findings(publish("03_multitask_unet-busi-cpu", {}, copies=copies))
    assert told.count("class='finding'") == 3  # what no run holds is left out
    assert "0.12 vs. 0.25" in told and "weights moved Dice no more than another backbone" in told
    assert "(64 pixels, 3 splits)" in told and "(96 pixels, 1 split)" in told
    assert "0.90 vs. 0.70" in told and "VGG16 by paper 1&#x27;s protocol" in told
    assert "30 of 120 validation images show one. Benign ones: 0.85 and 0.65." in told
    assert "0.60 to 0.70" in told and "Another split moved the accuracy" in told


@pytest.mark.parametrize(
    ("control", "title"),
    [(0.7, "Copies across the split lift the accuracy"), (0.9, "lift an accuracy no further than")],
)
def test_copies_lift_an_accuracy_only_above_that_of_copies_on_one_side(publish, control, title):
    copies = {"arm": ["grouped", "twice", "twice together"], "accuracy": [0.6, 0.9, control]}
    copies = pd.DataFrame(copies | {"low": [0.5, 0.8, 0.6], "high": [0.7, 0.95, 0.95]})
    told = start.findings(publish("03_multitask_unet-busi-cpu", {}, copies=copies))
    assert title in told and f"<b>{control:.2f} vs. 0.90</b>" in told
    assert f"twice, 1 side 0.60 to 0.95, {control:.2f}; twice, random 0.80 to 0.95, 0.90" in told


def test_the_benchmark_leads_with_the_best_of_its_networks(publish):
    rows = [("MU-Net", 0.7, 0.6, 0.8), ("VGG16 from ImageNet", 0.65, 0.5, 0.7)]
    which = pd.DataFrame(rows, columns=["row", "Dice", "low", "high"])
    copies = pd.DataFrame({"arm": ["grouped", "twice"], "accuracy": [0.6, 0.7]})
    copies = copies.assign(low=[0.5, 0.6], high=[0.7, 0.8])
    publish("03_multitask_unet-busi-cpu", {}, copies=copies)
    simple = {"best centred ellipse": 0.25, "two masks of one frame": 0.84, "nothing": 0.0}
    numbers = {"without_training": simple, "not_told_apart": ["VGG16 from ImageNet"]}
    told = start.findings(publish("06_busi_benchmark-busi-cpu", numbers, which=which))
    assert start.findings(publish("06_busi_benchmark-own-cpu", {}, which=which)) == told
    first, second = told.split("</a>")[:2]
    assert (
        "is the highest of 2 under one protocol: MU-Net. Not told apart from it: VGG16*." in first
    )
    assert "BUSI, 96 pixels, 5 splits. * from ImageNet. Dashed" in first  # no ** is there
    assert "Dashed: best centred ellipse 0.25, two masks of one frame 0.84." in first
    assert "VGG16* 0.50 to 0.70, 0.65" in first
    assert "accuracy" in second


def test_a_wide_card_takes_the_place_of_two_and_the_last_ones_stay_on_the_slides(monkeypatch):
    def cards(wide):
        one = start.Finding("q", "1", "t", "m", "<svg/>", wide=wide)
        return [("a.html", one)] + [("a.html", replace(one, wide=False))] * 6

    monkeypatch.setattr(start, "_address", str)
    for wide, shown in ((True, 5), (False, 6)):
        monkeypatch.setattr(start, "_told", lambda _, wide=wide: cards(wide))
        assert start.findings([]).count("<a ") == shown
        assert start.slides([]).count("## q") == 7


def test_images_and_masks_are_counted_over_all_classes(publish):
    summary = {"benign": {"images": 6, "in groups": 3}, "normal": {"images": 4, "in groups": 1}}
    numbers = {"summary": summary, "mask_agreement": {"mean": 0.75}}
    twins = pd.DataFrame({"split": ["by image", "by image", "by group"], "share": [0.2, 0.4, 0.0]})
    pairs = pd.DataFrame({"dice": [0.5, 1.0]})
    told = start.findings(publish("00_data-busi-cpu", numbers, twins=twins, mask_agreement=pairs))
    assert "<b>4 of 10</b>" in told and "30 % of validation images" in told
    assert "<b>Dice 0.75</b>" in told and "The mean of 2 pairs" in told
    assert "aria-label='Share of images in groups, by class: benign 0.50; normal 0.25'" in told


def test_the_published_runs_tell_their_findings_and_every_claim_of_the_papers():
    published = runs.all_in(paths.published())
    notebooks = {run.manifest["notebook"] for run in published}
    told = [notebook for notebook, _ in start.FINDINGS if notebook in notebooks]
    assert start.slides(published).count("## ") == len(told) >= 6
    assert 5 <= start.findings(published).count("<a class='finding") <= 6
    assert start.claims(published).count("<div>") == 5
