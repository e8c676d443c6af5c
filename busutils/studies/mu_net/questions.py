"""Paper 5: its claims, answered by our own runs."""

from collections.abc import Mapping

import pandas as pd

from busutils import compare, statistics
from busutils.compare import Claim
from busutils.compare.verdicts import COARSE
from busutils.perturb import PERTURBATIONS
from busutils.statistics import Difference
from busutils.studies.common import REPORTED, Results
from busutils.studies.mu_net import noise
from busutils.studies.mu_net import results as made
from busutils.studies.mu_net.settings import ROWS, STARTS

NOISE = "gaussian"
"""The paper names no kind of noise; this is the most usual one."""
SOMETHING = 0.5
"""Dice under which nothing can be said of what noise takes away."""
ALONE = "no other network ran"


def claims(results: Results, drawn: pd.DataFrame, disturbed: pd.DataFrame | None) -> list[Claim]:
    """The paper's claims but for those on other images; what this run cannot tell is undecided.

    Parameters
    ----------
    drawn : the table of :func:`busutils.studies.mu_net.cost.as_drawn`
    disturbed : from :func:`busutils.studies.mu_net.noise.scores`, or None where it was not run
    """
    said = {c["id"]: c["sentence"] for c in compare.context(REPORTED, 5)["claims"]}
    found = [_parameters(said["fewest_parameters"], drawn), _noise(said["noise"], disturbed)]
    match results.settings.kind:
        case "skin":
            found.insert(0, better(said["better_skin"], results))
        case "brain":
            found.insert(0, close(said["better_brain"], results))
    return found


def against(results: Results) -> Mapping[str, Difference]:
    """Dice of MU-Net minus that of each other network that ran, on the same test images.

    All encoders start alike: a network is not better for having seen more images.
    """
    own = made.compared(results)
    others = {n: e for n, e in made.by_row(results).items() if n != "mu_net"}
    return {ROWS[n]: made.difference(results, *_same_folds(own, e)) for n, e in others.items()}


def better(sentence: str, results: Results) -> Claim:
    """MU-Net is better than each other network: every difference is above 0."""
    if not (differences := against(results)):
        return compare.claim(sentence, None, ALONE)
    return _told(compare.claim_best(sentence, differences), results)


def close(sentence: str, results: Results) -> Claim:
    """MU-Net is better than each other network, or at most `COARSE` below it.

    *Supported* if every interval lies above minus `COARSE`, *opposite* if one lies below it; else
    *undecided*. The difference that reaches lowest is shown.
    """
    if not (differences := against(results)):
        return compare.claim(sentence, None, ALONE)
    lowest = min(differences, key=lambda name: differences[name].low)
    shown = differences[lowest]
    word = "supported" if shown.low > -COARSE else "undecided"
    if behind := [n for n, d in differences.items() if d.high < -COARSE]:
        word, lowest, shown = "opposite", behind[0], differences[behind[0]]
    note = f"against {lowest}; close means at most {COARSE:g} below; {shown.scope}"
    return _told(Claim(sentence, word, shown, note), results)


def _parameters(sentence: str, drawn: pd.DataFrame) -> Claim:
    """Parameters (10^6) by which the smallest other network, as its paper has it, is larger."""
    millions = drawn.set_index("network")["parameters"] / 1e6
    own = millions.pop(ROWS["mu_net"])
    next_one = millions.idxmin()
    note = (
        f"10^6 parameters, {next_one} minus MU-Net, as the papers draw them: "
        f"{millions.min() / own:.2f} times as many"
    )
    return compare.claim(sentence, statistics.exact(millions.min() - own), note)


def _noise(sentence: str, disturbed: pd.DataFrame | None) -> Claim:
    """MU-Net's Dice with noise minus without; it withstands if it loses less than `COARSE`."""
    own = None if disturbed is None else disturbed[disturbed["network"] == ROWS["mu_net"]]
    if own is None or NOISE not in set(own["kind"]):
        return compare.claim(sentence, None, "this run has no noise")
    lost, level = noise.loss(own, NOISE), noise.middle(NOISE)
    if (clean := noise.clean(own, NOISE)["score"].mean()) < SOMETHING:
        note = f"without noise MU-Net's Dice is {clean:.2f} here, so that it has little to lose"
        return compare.claim(sentence, None, note)
    word = "supported" if lost.low > -COARSE else "undecided"
    word = "opposite" if lost.high < -COARSE else word
    note = (
        f"Dice with minus without {NOISE} noise of {level:g} ({PERTURBATIONS[NOISE].unit}), "
        f"{lost.n_cases} images; withstanding means losing less than {COARSE:g}; {lost.scope}"
    )
    return Claim(sentence, word, lost, note)


def _told(one: Claim, results: Results) -> Claim:
    """Add what all encoders start from, whose loss is another, and how many did not run."""
    rows, settings = made.by_row(results), results.settings
    others = len(rows) - 1
    told = f"; all encoders from {STARTS[settings.other_weights]}"
    told += f"; {ROWS['fcn']} with another loss ({settings.fcn_loss})" * (
        "fcn" in rows and settings.fcn_loss not in ("", settings.loss)
    )
    told += f"; {others} of the five other networks ran" * (others < len(ROWS) - 1)
    return Claim(one.sentence, one.word, one.difference, one.note + told)


def _same_folds(own: list, others: list) -> tuple[list, list]:
    """Keep the folds on which both ran."""
    folds = {e.repeat for e in own} & {e.repeat for e in others}
    return tuple([e for e in side if e.repeat in folds] for side in (own, others))
