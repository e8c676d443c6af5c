"""Scores of entries as :func:`busutils.compare.judge` takes them, with the facts of their rows."""

from collections.abc import Mapping, Sequence

import pandas as pd

from busutils import compare
from busutils.jobs import Job
from busutils.study import Entry, Results


def of_rows(
    results: Results, entries: Sequence[Entry], score: str = "dice", split: str = "test"
) -> pd.DataFrame:
    """Scores of every case of some entries; a row has the name of its entries.

    Columns: those of :func:`busutils.compare.scores`, row, weights, rate, loss, rising.
    """
    tables = [results.scores(e, score, split).assign(**facts(results, e)) for e in entries]
    return pd.concat(tables) if tables else pd.DataFrame(columns=["row"])


def facts(results: Results, entry: Entry) -> dict:
    """What the rule for claims asks of an entry's row."""
    return {
        "row": entry.name,
        "weights": starts_from(entry.job),
        "rate": entry.job.learning_rate,
        "loss": entry.job.loss,
        "rising": not compare.converged(results.history)[entry.job.id],
    }


def starts_from(job: Job) -> str:
    """What a training's encoder starts from: imagenet (a file of it too), phantom or none."""
    if job.needs:
        return "phantom"
    return "none" if job.encoder_weights == "none" else "imagenet"


def trivial(means: Mapping[str, float]) -> pd.DataFrame:
    """Mean scores of answers that need no training, as rows."""
    return pd.DataFrame({"row": [*means], "score": [*means.values()], "trivial": True})
