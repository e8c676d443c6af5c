"""What a run leaves of a paper's protocol, from its parameters: by hand, and for five papers."""

import pytest

from busutils import compare, jobs, parameters, paths, runs

FOLDER = paths.project() / "book" / "reported"
NAMES = {
    1: "01_unet_backbones",
    2: "02_attention_unet",
    3: "03_multitask_unet",
    4: "04_fgfeu_net",
    5: "05_mu_net",
}
PAPER = {
    "protocol": {"dataset": "busi", "size": 256, "epochs": 100, "folds": 5, "batch": None},
    "cuts": {
        "instead": {
            "size": "side {ours}, printed {paper}",
            "losses": {"paper": {"bce": "BCE", "dice": "Dice"}, "say": "without {ours}"},
            "rate": {"paper": 0.05, "say": "rate {ours}", "when": {"dataset": "own"}},
        },
        "ours": ["depth {depth}", {"say": "exponent {exponent}", "when": {"dataset": "own"}}],
        "always": ["a fifth validates"],
    },
}
SAME = {"dataset": "busi", "size": 256, "epochs": 100, "folds": [1, 2, 3, 4, 5], "batch": 8}
SAME |= {"losses": ["bce", "dice"], "rate": 0.1, "depth": 4, "exponent": 0.75}
ALWAYS = ["not printed, so ours: depth 4", "a fifth validates"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"dataset": "phantom"}, ["data: phantom instead of BUSI"]),
        ({"size": 64}, ["side 64, printed 256"]),
        ({"epochs": 1}, ["epochs: 1 instead of 100"]),
        ({"folds": [2]}, ["folds: 1 of 5"]),
        ({"epochs": (157, 5711)}, ["epochs: 157 to 5,711 instead of 100"]),
        ({"losses": ["bce"]}, ["without Dice"]),
        ({"losses": ["dice", "bce", "iou"]}, []),
        ({"precision": "mixed_bfloat16"}, ["arithmetic: mixed_bfloat16"]),
        ({"grouped": False}, []),
        ({"batchnorm_momentum": 0.9}, ["batch-norm momentum 0.9, for short runs"]),
    ],
)
def test_what_differs_is_said_and_nothing_else(change, said):
    assert compare.cuts(PAPER, SAME | change) == [*said, *ALWAYS]


def test_an_entry_is_asked_only_where_it_is_about_the_run():
    told = compare.cuts(PAPER, SAME | {"dataset": "own"})
    assert "rate 0.1" in told
    assert "not printed, so ours: depth 4, exponent 0.75" in told


def of(paper, profile="cpu", **change):
    """Cuts of a paper's profile; what a page adds to its parameters is added as there."""
    run = parameters.resolve(NAMES[paper], profile, change)
    added = {5: {"patients_apart": run["dataset"] == "brain"}}
    part = {"isic": "skin", "brain": "brain"}[run["dataset"]] if paper == 5 else ""
    return compare.cuts(compare.context(FOLDER, paper, part), run | added.get(paper, {}))


@pytest.mark.parametrize("paper", NAMES)
def test_the_paper_profile_is_the_papers_protocol(paper):
    known = (
        "not printed, so ours: ",
        "near-duplicates stay on one side",  # the papers do not mention them
        "a fifth of the images validates",  # paper 4 names no validation images
        "the pair (0.7, 0.75) is read as",
        "the U-Net compared with: ",
        "classifiers: ",
        "data: isic instead of ISIC 2019, which has no masks",
        "input: as ImageNet weights",
    )
    assert [cut for cut in of(paper, "paper") if not cut.startswith(known)] == []


def test_what_is_inferred_of_paper_1_is_what_its_profile_takes():
    used, inferred = (
        parameters.resolve(NAMES[1], "paper", {}),
        compare.context(FOLDER, 1)["inferred"],
    )
    assert used["freeze"] == inferred["freeze"]["value"]
    published = runs.find("01_unet_backbones-busi-cpu").manifest["jobs"][0]
    trained_with = jobs.load(published).loss_options
    assert trained_with.items() >= inferred["loss_options"]["value"].items()
    assert len(used["rows"]) == 10


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_what_paper_3_does_not_print_is_disclosed_whatever_the_weights(weight):
    (ours,) = [c for c in of(3, class_weight=weight) if c.startswith("not printed, so ours: ")]
    assert ours == (
        "not printed, so ours: depth 4, 16 filters in the first block, dropout 0.02, Adam 0.0003, "
        f"8 images a step, weights 1 (mask) and {weight:g} (diagnosis) of the losses"
    )


@pytest.mark.parametrize(
    ("paper", "change", "cut"),
    [
        (1, {"size": 64}, "pixels a side: 64 instead of 256"),
        (1, {"test_mix": "stratified"}, "test images: stratified by class instead of 50 malignant"),
        (
            1,
            {"encoder_weights": "phantom"},
            "encoders of Table 2, but for rows said to start elsewhere, were first trained on 24",
        ),
        (2, {"size": 96}, "pixels a side: 96 instead of 255, which cannot be halved"),
        (2, {"networks": ["attention4"]}, "not trained: Attention3 U-Net"),
        (3, {"head": "average"}, "head: average instead of flatten"),
        (3, {"segmentation_loss": "iou"}, "loss of the mask: iou instead of cross-entropy"),
        (4, {"augmentation": "flips"}, "augmentation: flips, named in the introduction only"),
        (4, {"freeze": "all"}, "the encoder is frozen (all), which the paper does not say"),
        (4, {"losses": ["bce", "combo"]}, "losses not trained: Tversky (0.5, 0.5), Tversky (0.4"),
        (4, {"classifier_weights": "phantom"}, "pre-trained classifiers: phantom weights instead"),
        (5, {"train": 10}, "images to train on: 10 instead of 600"),
        (5, {"rows": ["mu_net", "vgg19"]}, "not trained: U-Net with ResNet-50, SegNet, FCNet"),
        (5, {"loss": "bce"}, "loss: bce instead of focal_tversky"),
        (5, {"augmentation": "none"}, "augmentation: none instead of turning and mirroring"),
        (5, {"label_smoothing": 0.0}, "label smoothing: 0 instead of e^-5"),
        (5, {"false_negatives": 0.3}, "weight of missed pixels: 0.3 instead of 0.7"),
        (5, {"dataset": "brain"}, "no patient is both trained and tested on"),
    ],
)
def test_a_printed_choice_that_is_not_taken_is_a_cut(paper, change, cut):
    assert not [c for c in of(paper, "paper") if c.startswith(cut)]
    assert [c for c in of(paper, "paper", **change) if c.startswith(cut)]
