"""Paper 4: its claims, answered by our own paired runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from busutils import compare
from busutils.compare import Claim
from busutils.compare.verdicts import COARSE
from busutils.statistics import Difference
from busutils.studies.common import REPORTED, Entry, Results
from busutils.studies.fgfeu_net import results as made
from busutils.studies.fgfeu_net.results import same_job
from busutils.studies.fgfeu_net.settings import LABELLED, LOSSES, READ, YARDSTICK

HOW = "mean Dice over images, each training at the threshold that validates best"


def claims(results: Results) -> list[Claim]:
    """The paper's claims; one that this run has nothing to say about is undecided."""
    said = {c["id"]: c["sentence"] for c in compare.context(REPORTED, 4)["claims"]}
    ran = {e.name for e in results.of("loss")}
    half, pairs = YARDSTICK, [name for name in LOSSES if name.startswith("tversky")]
    printed = [name for name in pairs if name not in (half, READ, LABELLED)]
    last = next((name for name in (READ, LABELLED) if name in ran), READ)
    rest = [half, *printed, "bce", last]
    unet = results.of("unet")
    return [
        _best(said["combo_best"], results, "combo", rest, relevant=advantage()),
        _best(said["half_best"], results, half, printed),
        _best(said["best_pair"], results, LABELLED, [half, *printed]),
        _best(f"{said['best_pair']} (Read as (0.7, 0.3).)", results, READ, [half, *printed]),
        _best(said["dice_second"], results, "dice", [n for n in rest if not same_job(n, "dice")]),
        _over_unet(said["better_unet"], results, results.of("loss", "combo")[:1], unet),
        compare.claim(said["best_model"], None, "calls of images and masks are two tasks: Table 3"),
    ]


def advantage() -> float:
    """Printed Dice of Combo minus the next best, which is what the paper claims."""
    table = compare.reported(REPORTED, 4, "2").cells.query("column == 'DSC'")
    dice = table.set_index("row")["value"].astype(float)
    return float(dice["Combo"] - dice.drop("Combo").max())


def reach(results: Results) -> float:
    """By how much two trainings of one loss may differ by their seeds alone, 95 %; NaN if unknown.

    From the spread of the seeds of one loss, by Student's t.
    """
    dice = made.yardstick(results)["Dice"]
    if len(dice) < 2:
        return np.nan
    return float(stats.t.ppf(0.975, len(dice) - 1) * np.sqrt(2) * dice.std(ddof=1))


def _best(
    sentence: str, results: Results, name: str, others: Sequence[str], relevant: float = COARSE
) -> Claim:
    """Judge a loss against each of the others."""
    own = results.of("loss", name)
    if lost := [loss for loss in (name, *others) if not results.of("loss", loss)]:
        return compare.claim(sentence, None, f"not run: {', '.join(lost)}")
    return _over(sentence, results, own, {o: results.of("loss", o) for o in others}, relevant)


def _over_unet(
    sentence: str, results: Results, own: Sequence[Entry], unet: Sequence[Entry]
) -> Claim:
    """Judge against the U-Net, which has a recipe of its own.

    The worse one may still have been rising at a lower learning rate; its order is undecided.
    """
    one = _over(sentence, results, own, {"U-Net": unet})
    if one.word not in ("supported", "opposite"):
        return one
    worse, better = (unet, own) if one.word == "supported" else (own, unet)
    rates = [entries[0].job.learning_rate for entries in (worse, better)]
    if rates[0] >= rates[1] or compare.converged(results.history)[worse[0].job.id]:
        return one
    why = (
        f"{one.word} but for the rate: the worse learns at {rates[0]:g}, the other at {rates[1]:g}"
    )
    return replace(one, word="undecided", note=f"{one.note}; {why}")


def _over(
    sentence: str,
    results: Results,
    own: Sequence[Entry],
    others: dict[str, Sequence[Entry]],
    relevant: float = COARSE,
) -> Claim:
    """Test Dice of a training minus that of each of the others, on the same images.

    The intervals cover images, not trainings: what seeds of one loss could do is undecided.
    """
    if not own or not all(others.values()):
        return compare.claim(sentence, None, "not run")
    against = {name: results.difference(own, entries) for name, entries in others.items()}
    one = compare.claim_best(sentence, against, relevant)
    limit, note = reach(results), f"{one.note}; {HOW}"
    if one.word != "undecided" and not _beyond_seed(one, against, limit, relevant):
        known = f", which leaves ±{limit:.3f} of a difference open" * bool(np.isfinite(limit))
        note += f"; {one.word} but for the seed{known or ', of which only one ran'}"
        one = replace(one, word="undecided")
    trained = {e.job.id for entries in (own, *others.values()) for e in entries}
    rising = (~compare.converged(results.history)[list(trained)]).sum()
    note += f"; {rising} of {len(trained)} trainings were still rising" * bool(rising)
    return replace(one, note=note)


def _beyond_seed(
    one: Claim, against: Mapping[str, Difference], limit: float, relevant: float
) -> bool:
    """Tell whether a word would stand if differences moved by `limit` (NaN: unknown, so not)."""
    if one.word == "opposite":
        return -one.difference.estimate >= limit
    if one.word == "supported":
        return min(d.estimate for d in against.values()) >= limit
    excluded = [d for d in against.values() if d.low <= 0 and d.high < relevant]
    return any(d.estimate + limit < relevant for d in excluded)
