"""Paper 4: titles, cuts and findings in words, computed from settings and results."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from busutils import compare, thresholds
from busutils.compare import Claim
from busutils.data.dataset import Dataset
from busutils.studies import common
from busutils.studies.common import REPORTED, Results
from busutils.studies.fgfeu_net.planning import why_not
from busutils.studies.fgfeu_net.settings import FOLDS, LOSSES, READ, Settings


def cuts(settings: Settings) -> list[str]:
    """What this run leaves of the paper's protocol, or does otherwise; empty if nothing."""
    told = compare.context(REPORTED, 4)["protocol"]
    found = []
    if settings.dataset != told["dataset"]:
        found.append(f"data: {settings.dataset} instead of BUSI")
    if settings.encoder_weights != told["encoder_weights"]:
        found.append(
            f"the encoder starts from {settings.encoder_weights} weights instead of ImageNet's"
        )
    names = {
        "size": "pixels a side",
        "epochs": "epochs",
        "batch": "images a step",
        "learning_rate": "learning rate",
        "smooth": "pixels added in region losses",
        "encoder_dropout": "dropout of the encoder",
        "decoder_dropout": "dropout of the decoder",
        "final_filters": "kernels of the last 3x3 convolution",
    }
    drawn = {f"{part}_dropout": share for part, share in told["dropout"].items()}
    drawn |= {"final_filters": told["final_kernels"]}
    found += common.instead(settings, told | drawn, names)
    if settings.freeze != "none":
        found.append(f"the encoder is frozen ({settings.freeze}), which the paper does not say")
    if settings.augmentation != "none":
        found.append(f"augmentation: {settings.augmentation}, named in the introduction only")
    printed = {trained.printed for trained in LOSSES.values()}
    ran = {LOSSES[name].printed for name in settings.losses}
    if ran < printed:
        found.append(f"losses: {len(ran)} of {len(printed)}")
    found.append(
        f"a fifth of the images validates, so {FOLDS - 2} fifths train instead of {FOLDS - 1}: the "
        "paper names no validation images, and stops and chooses by some"
    )
    if settings.grouped:
        found.append("near-duplicates stay on one side of the split (not in the paper)")
    if READ in settings.losses:
        found.append("the pair (0.7, 0.75) is read as (0.7, 0.3) in the tables")
    return [*found, *_compared(settings)]


def _compared(settings: Settings) -> list[str]:
    """What the models that are compared with are; the paper prints nothing of their training."""
    found = []
    if settings.encoder_weights == "phantom":
        found.append(
            f"phantom weights: the encoder was trained before on {settings.phantoms} generated "
            f"images of {settings.phantom_size} pixels, {settings.phantom_epochs} epochs; transfer "
            "from photographs is not tested"
        )
    if settings.from_file and settings.classifiers and settings.asked:
        found.append(
            "pre-trained classifiers other than VGG16 start from phantoms: the file is of VGG16"
        )
    if settings.unet_filters:
        found.append(
            f"the U-Net compared with: {settings.unet_filters} filters in the first block, batch "
            "norm, random weights, rate of Adam 0.001 (all ours)"
        )
    if settings.classifiers and settings.asked:
        found.append(
            f"classifiers: {settings.classifier_epochs} epochs, rate of Adam "
            f"{settings.classifier_rate:g} (both ours); they also train on normal images; only "
            "enhanced ones, ResNet50 and DenseNet121 start from weights"
        )
    return found


def facts(settings: Settings, data: Dataset, results: Results, profile: str) -> dict[str, str]:
    """What the card at the head of the page says of the run."""
    how = f"{profile}, {settings.size} px, {settings.epochs} epochs, "
    how += f"{len(settings.folds)} of {FOLDS} folds"
    return common.facts(data, results, how, cuts(settings))


def printed_counts() -> dict[str, int]:
    """The paper's images, and the pictures and masks that they are."""
    items = compare.context(REPORTED, 4)["protocol"]["cases"]
    return {"printed_images": items, "pictures": items // 2}


def loss_finding(by_loss: pd.DataFrame, yardstick: pd.DataFrame) -> str:
    """How far losses lie apart, beside how far seeds of one loss do."""
    if len(by_loss) < 2 or len(yardstick) < 2:
        return f"{len(by_loss)} trainings, a loss each"
    return (
        f"Dice varies by {by_loss['pooled'].std():.3f} over {len(by_loss)} losses, by "
        f"{yardstick['pooled'].std():.3f} over {len(yardstick)} seeds of one (standard deviations)"
    )


def threshold_finding(by_loss: pd.DataFrame) -> str:
    """What a threshold of its own gives each loss."""
    gained = by_loss["at its own"] - by_loss["at 0.5"]
    ends = by_loss["threshold"].isin(thresholds.GRID[[0, -1]]).sum()
    changed = f"{gained.min():+.3f} to {gained.max():+.3f}".replace("-", "−")
    low, high = by_loss["threshold"].min(), by_loss["threshold"].max()
    return (
        f"A threshold chosen on validation images changes Dice by {changed}; it lies between "
        f"{low:.2f} and {high:.2f}, for {ends} of {len(by_loss)} at an end of the grid"
    )


def collapse_finding(names: Sequence[str]) -> str:
    """Which trainings ended with empty answers, in a sentence; empty if none did."""
    told = (
        f"Under {', '.join(names)} the last epoch finds nothing on validation images; the tables "
    )
    return (told + "show the epoch with the lowest validation loss.") * bool(names)


def not_asked(settings: Settings, data: Dataset, question: str, asked: Sequence[str]) -> str:
    """Why the page has no table of a question: nobody asked, or the set cannot answer."""
    if question not in asked:
        return "Not in this profile"
    return f"Not asked of {data.name}: {why_not(settings, data, question)}"


def items_finding(items: pd.DataFrame) -> str:
    """What masks among the images do to the score."""
    if items.empty:
        return "Not in this profile"
    of = items[items["trained on"] == "pictures and masks"].set_index("tested on")["Dice"]
    return (
        f"With masks as images Dice is {of['all items']:.3f} over all items: {of['pictures']:.3f} "
        f"on pictures and {of['masks']:.3f} on masks"
    )


def presence_finding(table: pd.DataFrame) -> str:
    """How many models beat the answer that needs none."""
    if table.empty:
        return "Not in this profile"
    always = table[table["model"].str.startswith("always")].iloc[0]
    return (
        f"{table['better'].sum()} of {len(table) - 1} models are better than {always['model']!r}, "
        f"which is right for {always['accuracy']:.3f} of the images (Holm's correction, 5 %)"
    )


def plain(results: Results, tables: Mapping[str, pd.DataFrame], claims: Sequence[Claim]) -> Any:
    """Claims and scores as plain values for ``numbers.json``.

    `tables` are by_loss, yardstick, and the classifiers' by question.
    """
    losses = tables["by_loss"].set_index("loss")
    best = results.of("loss", losses.index[0].split(" = ")[0])[0].job.id
    scores = {
        question: dict(zip(of["model"], of["accuracy"], strict=True))
        for question, of in tables.items()
        if "model" in of
    }
    return {
        "claims": common.told(claims),
        "losses": losses[["at 0.5", "at its own", "pooled"]].to_dict("index"),
        "seeds": tables["yardstick"]["Dice"].tolist(),
        "accuracy": scores,
        "best": {"job": best, "threshold": results.threshold[best]},
        "minutes": results.minutes,
    }
