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
from busutils.studies.fgfeu_net.settings import FOLDS, Settings


def facts(
    settings: Settings, data: Dataset, results: Results, profile: str, cuts: Sequence[str]
) -> dict[str, str]:
    """What the card at the head of the page says of the run."""
    how = f"{profile}, {settings.size} px, {settings.epochs} epochs, "
    how += f"{len(settings.folds)} of {FOLDS} folds"
    return common.facts(data, results, how, cuts)


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
