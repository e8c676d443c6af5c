"""Paper 4: Tables 1 and 2 beside ours, and what moves them that is no loss."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from busutils import compare, jobs, metrics, statistics, thresholds
from busutils.compare import Row
from busutils.data.dataset import Dataset
from busutils.data.files import NORMAL
from busutils.figures import by_rank
from busutils.studies import common
from busutils.studies.common import REPORTED, Entry, Results
from busutils.studies.fgfeu_net.settings import LOSSES, READ, YARDSTICK, Settings

RANKS = (0.1, 0.4, 0.7, 1)


def collect(settings: Settings, entries: Sequence[Entry]) -> Results:
    """Read what finished jobs left, each at the threshold of 0.05 to 0.95 that validates best."""
    return common.collect(settings, entries, "val", thresholds.GRID)


def table(results: Results, number: str) -> pd.DataFrame:
    """Table 1 (loss and accuracy) or 2 (Dice, mean IoU, sensitivity, precision), at 0.5.

    The printed columns alpha and beta only say which row it is.
    """
    rows = {}
    for name, trained in LOSSES.items():
        entries = results.of("loss", name)
        # Of the two readings of the last pair the first one that was run, which fits its loss.
        if entries and trained.printed not in rows:
            rows[trained.printed] = _row(results, name, entries)
    cells = compare.table(compare.reported(REPORTED, 4, number), results.cases, rows)
    return cells[~cells["column"].isin(["alpha", "beta"])].reset_index(drop=True)


def by_loss(results: Results) -> pd.DataFrame:
    """Mean test Dice under each loss, at 0.5 and at the threshold chosen on validation.

    Two names of one training are one row. Columns: loss, at 0.5, at its own, low, high (of the
    latter), threshold (mean over folds), pooled (Dice of all pixels, at 0.5), called lesion (share
    of the test pixels, at 0.5), converged, folds.
    """
    flat = compare.converged(results.history)
    rows = []
    for name in _trained(results):
        entries = results.of("loss", name)
        own = _mean([results.scores(e) for e in entries])
        tested = _tested(results, entries)
        rows.append(
            {
                "loss": _called(results, name),
                "at 0.5": _mean([_at_half(results, e) for e in entries]).estimate,
                "at its own": own.estimate,
                "low": own.low,
                "high": own.high,
                "threshold": np.mean([results.threshold[e.job.id] for e in entries]),
                "pooled": float(metrics.pooled(tested)["dice"]),
                "called lesion": metrics.called(tested),
                "converged": bool(all(flat[e.job.id] for e in entries)),
                "folds": len(entries),
            }
        )
    return pd.DataFrame(rows).sort_values("at its own", ascending=False).reset_index(drop=True)


def collapsed(results: Results) -> list[str]:
    """Losses, and seeds of one, whose last epoch finds nothing on the validation images."""
    last = results.history.groupby("job").last()["val_dice"]
    named = {e.job.id: f"{e.name}, {e.repeat}" for e in results.of("seed")}
    named |= {e.job.id: _called(results, e.name) for e in results.of("loss")}
    return list(dict.fromkeys(name for job, name in named.items() if last[job] < 0.01))


def against(results: Results, name: str = "combo") -> pd.DataFrame:
    """Paired difference of test Dice, `name` minus each other loss, on the same images and seeds.

    Columns: against, difference, low, high, scope.
    """
    rows = []
    for other in _trained(results):
        if results.of("loss", name) and other != name:
            one = results.difference(results.of("loss", name), results.of("loss", other))
            both = f"{name} minus {_called(results, other)}"
            rows.append((both, one.estimate, one.low, one.high, one.scope))
    return pd.DataFrame(rows, columns=["against", "difference", "low", "high", "scope"])


def same_job(first: str, second: str) -> bool:
    """Whether two losses are one: Dice and Tversky (0.5, 0.5)."""
    return LOSSES[first][1:] == LOSSES[second][1:]


def yardstick(results: Results) -> pd.DataFrame:
    """One loss from several seeds: what moves a number though nothing was changed.

    Columns: seed, Dice (mean over test images, own threshold), pooled (all pixels, at 0.5).
    """
    rows = []
    for e in results.of("seed", YARDSTICK):
        dice = results.mean(e).estimate
        pooled = float(metrics.pooled(_tested(results, [e]))["dice"])
        rows.append((e.repeat.removeprefix("seed "), dice, pooled))
    return pd.DataFrame(rows, columns=["seed", "Dice", "pooled"])


def trivial(results: Results, data: Dataset) -> dict[str, float]:
    """Pooled Dice of test images that three answers have which need no training."""
    entry = results.of("loss")[0]
    cases = data.cases["case"]
    masks = {role: data.masks[jobs.rows(entry.job, cases, role)] for role in ("train", "test")}
    answers = statistics.trivial_answers(masks["test"], statistics.best_ellipse(masks["train"]))
    return {name: float(metrics.pooled(of)["dice"]) for name, of in answers.groupby("answer")}


def items(results: Results) -> pd.DataFrame:
    """Masks as images: Dice of all test items, of pictures, of masks; and of pairs, to compare.

    Columns: trained on, tested on, Dice, low, high, pooled, items.
    """
    rows = []
    for e in results.of("items"):
        scores = results.scores(e)
        mask = scores["case"].str.endswith(", mask again")
        parts = {"all items": scores, "pictures": scores[~mask], "masks": scores[mask]}
        rows += [_items_row("pictures and masks", name, of) for name, of in parts.items()]
    for e in results.of("loss", "combo")[:1] if rows else []:
        rows.append(_items_row("pictures", "pictures", results.scores(e)))
    columns = ["trained on", "tested on", "Dice", "low", "high", "pooled", "items"]
    return pd.DataFrame(rows, columns=columns)


def jobs_by_loss(results: Results, names: Sequence[str]) -> dict[str, list[str]]:
    """Job ids of each loss of `names` that was run, for curves."""
    ran = [name for name in names if results.of("loss", name)]
    return {name: [e.job.id for e in results.of("loss", name)] for name in ran}


def contrasted(results: Results, by_loss: pd.DataFrame) -> dict[str, Entry]:
    """First fold's trainings of the first loss and of those that call least and most lesion.

    A loss stands once, under all its names; `by_loss` is what :func:`by_loss` returns.
    """
    shares = by_loss.set_index("loss")["called lesion"]
    entries = {_called(results, n): results.of("loss", n)[0] for n in _trained(results)}
    chosen = [next(iter(entries)), shares.idxmin(), shares.idxmax()]
    return {name: entries[name] for name in dict.fromkeys(chosen)}


def pictured(results: Results, data: Dataset, entries: Mapping[str, Entry]) -> tuple:
    """Test images by rank of Dice under the first of the losses, with all their predictions.

    Returns
    -------
    images, truths, predictions (loss -> bool masks at one half) and names, of `RANKS`.
    """
    first = next(iter(entries.values()))
    rows = jobs.rows(first.job, data.cases["case"], "test")
    names = data.cases["case"].iloc[rows]
    dice = _at_half(results, first).set_index("case")["score"][names].to_numpy()
    places = by_rank(dice, RANKS)
    predictions = {n: jobs.probabilities(e.job)[list(places)] >= 0.5 for n, e in entries.items()}
    rows = rows[places]
    return data.images[rows], data.masks[rows], predictions, list(names.iloc[places])


def _row(results: Results, name: str, entries: Sequence[Entry]) -> Row:
    flat = compare.converged(results.history)
    told = results.manifests.loc[[e.job.id for e in entries], "by_keras"]
    weights = entries[0].job.encoder_weights
    return Row(
        jobs={e.job.id: e.repeat for e in entries},
        parameters={
            "encoder_weights": "phantom" if entries[0].job.needs else weights,
            "dataset": results.settings.dataset,
            "classes": sorted(set(results.cases["label"]) - {NORMAL}),
            "size": results.settings.size,
            "epochs": results.settings.epochs,
        },
        given={"Loss": float(np.mean([one["test"]["loss"] for one in told]))},
        converged=bool(all(flat[e.job.id] for e in entries)),
        obstacle="read as (0.7, 0.3)" * (name == READ),
    )


def _trained(results: Results) -> list[str]:
    """Losses that were run, one name for each training."""
    kept = []
    for name in _names(results):
        kept += [name] * (not any(same_job(name, one) for one in kept))
    return kept


def _called(results: Results, name: str) -> str:
    """All names of a loss that was run."""
    return " = ".join(one for one in _names(results) if same_job(one, name))


def _names(results: Results) -> list[str]:
    return list(dict.fromkeys(e.name for e in results.of("loss")))


def _mean(tables: Sequence[pd.DataFrame]) -> statistics.Interval:
    scores = pd.concat(tables)
    return statistics.interval(scores["score"], scores["group"])


def _at_half(results: Results, entry: Entry) -> pd.DataFrame:
    return compare.scores(results.cases, {entry.job.id: entry.repeat}, split="test")


def _tested(results: Results, entries: Sequence[Entry]) -> pd.DataFrame:
    return pd.concat([_at_half(results, e) for e in entries])


def _items_row(trained: str, tested: str, scores: pd.DataFrame) -> tuple:
    one = statistics.interval(scores["score"], scores["group"])
    pooled = float(metrics.pooled(scores)["dice"])
    return trained, tested, one.estimate, one.low, one.high, pooled, len(scores)
