"""Paper 3: titles, cuts and findings in words, computed from settings and results."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from busutils import compare
from busutils.compare import Claim
from busutils.data.dataset import Dataset
from busutils.studies import common
from busutils.studies.common import REPORTED, Results
from busutils.studies.multitask_unet import results as made
from busutils.studies.multitask_unet.settings import Settings


def printed_items() -> dict[str, int]:
    """Items that the printed accuracies fit: all, validated on (a tenth), trained on."""
    items = 2 * compare.context(REPORTED, 3)["protocol"]["cases"]
    return {"items": items, "validated": items // 10, "trained": items * 8 // 10}


def no_counterpart() -> dict[str, str]:
    """Tables of the paper that have nothing of ours beside them, and why."""
    tables = compare.context(REPORTED, 3)["tables"]
    return {
        f"Table {name}, {about['caption'].lower()}": about["no_counterpart"]
        for name, about in tables.items()
        if "no_counterpart" in about
    }


def facts(
    settings: Settings, data: Dataset, results: Results, profile: str, cuts: Sequence[str]
) -> dict[str, str]:
    """What the card at the head of the page says of the run."""
    how = f"{profile}, {settings.size} px, at most {settings.epochs} epochs, "
    how += f"{len(settings.folds)} of 10 folds"
    return common.facts(data, results, how, cuts)


def accuracy_finding(classified: pd.DataFrame) -> str:
    """Our test accuracy beside what needs no network, in one sentence; of the table of scores."""
    table = classified.set_index("score").loc["accuracy"]
    always = next(name for name in table.index if name.startswith("always"))
    return (
        f"Test accuracy {table['ours']:.3f} ({table['low']:.3f} to {table['high']:.3f}); "
        f"{always} has {table[always]:.3f}"
    )


def alone_finding(results: Results) -> str:
    """What training for one task alone changes, in one sentence; empty where none was."""
    table = made.alone(results).dropna(subset="minus both")
    told = [
        f"{row['trained for']} changes {row['score']} by {row['minus both']:+.3f} "
        f"({row['from']:+.3f} to {row['to']:+.3f})"
        for _, row in table.iterrows()
    ]
    return f"Against both tasks, {'; '.join(told)}".replace("-", "−") if told else ""


def plain(
    results: Results, tables: Mapping[str, pd.DataFrame], claims: Sequence[Claim]
) -> Mapping[str, Any]:
    """Claims and means as plain values for ``numbers.json``.

    `tables` are those that the page shows: classified, copies and alone.
    """
    scores = tables["classified"].set_index("score")["ours"].to_dict()
    best = max(results.of("folds"), key=lambda e: results.mean(e, split="val").estimate)
    dice = pd.concat([results.scores(e) for e in results.of("folds")])["score"].mean()
    arms, alone = tables["copies"], tables["alone"].dropna(subset="minus both")
    return {
        "claims": common.told(claims),
        "classified": scores,
        "test_dice": dice,
        "copies": dict(zip(arms["arm"], arms["accuracy"], strict=True)),
        "alone": dict(zip(alone["trained for"], alone["minus both"], strict=True)),
        "best": {"job": best.job.id, "threshold": 0.5},
        "minutes": results.minutes,
    }
