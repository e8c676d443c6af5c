"""Paper 4: titles, cuts and findings in words, computed from settings and results."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from busutils import compare
from busutils.compare import Claim
from busutils.data.dataset import Dataset
from busutils.studies import common
from busutils.studies.common import REPORTED, Results
from busutils.studies.fgfeu_net.settings import FOLDS, LOSSES, Settings


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
    names = {"size": "pixels a side", "epochs": "epochs", "batch": "images a step"}
    names |= {"learning_rate": "learning rate"}
    found += common.instead(settings, told, names)
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
    losses = by_loss["pooled"].max() - by_loss["pooled"].min()
    told = f"{len(by_loss)} losses lie within {losses:.3f} Dice"
    if len(yardstick) < 2:
        return told
    seeds = yardstick["pooled"].max() - yardstick["pooled"].min()
    return f"{told}, {len(yardstick)} seeds of one loss within {seeds:.3f}"


def threshold_finding(by_loss: pd.DataFrame) -> str:
    """What a threshold of its own gives each loss."""
    gained = by_loss["at its own"] - by_loss["at 0.5"]
    return (
        f"A threshold chosen on validation images changes Dice by {gained.min():+.3f} to "
        f"{gained.max():+.3f}; it lies between {by_loss['threshold'].min():.2f} and "
        f"{by_loss['threshold'].max():.2f}"
    )


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
    models = table[~table["model"].str.startswith("always")]
    above = int((models["low"] > always["accuracy"]).sum())
    return (
        f"{above} of {len(models)} models are surely better than {always['model']!r}, which is "
        f"right for {always['accuracy']:.3f}"
    )


def plain(results: Results, tables: Mapping[str, pd.DataFrame], claims: Sequence[Claim]) -> Any:
    """Claims and scores as plain values for ``numbers.json``.

    `tables` are by_loss, yardstick, and the classifiers' by question.
    """
    losses = tables["by_loss"].set_index("loss")
    best = results.of("loss", losses.index[0])[0].job.id
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
