"""Paper 5: its claims, answered by our own runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from busutils import compare, statistics
from busutils.compare import Claim
from busutils.compare.card import spoken
from busutils.compare.verdicts import COARSE
from busutils.statistics import Difference
from busutils.studies.common import REPORTED, Entry, Results
from busutils.studies.mu_net import results as made
from busutils.studies.mu_net.settings import ROWS

Judge = Callable[[str, Mapping[str, Difference]], Claim]


def claims(results: Results, drawn: pd.DataFrame) -> list[Claim]:
    """The paper's claims but for those on other images; what this run cannot tell is undecided.

    Parameters
    ----------
    drawn : the table of :func:`busutils.studies.mu_net.cost.as_drawn`
    """
    said = {c["id"]: c["sentence"] for c in compare.context(REPORTED, 5)["claims"]}
    counted = drawn.set_index("network")
    found = [
        _least(said["fewest_parameters"], counted["parameters"] / 1e6, "10^6 parameters"),
        _least(said["least_computation"], counted["operations, 10^9"], "10^9 operations an image"),
    ]
    match results.settings.kind:
        case "skin":
            found.insert(0, _on_dice(said["better_skin"], results, compare.claim_best))
        case "brain":
            found.insert(0, _on_dice(said["better_brain"], results, close))
    return found


def against(results: Results, own: Sequence[Entry]) -> dict[str, Difference]:
    """Dice of some MU-Nets minus that of each other network that ran, on the same test images."""
    others = {n: e for n, e in made.by_row(results).items() if n != "mu_net"}
    return {ROWS[n]: made.difference(results, *_same_folds(own, e)) for n, e in others.items()}


def margins(results: Results) -> pd.DataFrame:
    """MU-Net minus each other network, from its own start and from that of the others.

    Columns: MU-Net from, minus, difference (of Dice), from, to.
    """
    rows = [
        (start, name, one.estimate, one.low, one.high)
        for start, entries in made.by_start(results).items()
        for name, one in against(results, entries).items()
    ]
    return pd.DataFrame(rows, columns=["MU-Net from", "minus", "difference", "from", "to"])


def close(sentence: str, differences: Mapping[str, Difference]) -> Claim:
    """MU-Net is better than each other network, or at most `COARSE` below it.

    *Supported* if every interval lies above minus `COARSE`, *opposite* if one lies below it; else
    *undecided*. The difference that reaches lowest is shown.
    """
    lowest = min(differences, key=lambda name: differences[name].low)
    shown = differences[lowest]
    word = "supported" if shown.low > -COARSE else "undecided"
    if behind := [n for n, d in differences.items() if d.high < -COARSE]:
        word, lowest, shown = "opposite", behind[0], differences[behind[0]]
    note = f"against {lowest}; close means at most {COARSE:g} below; {shown.scope}"
    return Claim(sentence, word, shown, note)


def _on_dice(sentence: str, results: Results, judge: Judge) -> Claim:
    """Judge MU-Net from its own start and from that of the others; undecided if these disagree."""
    if len(made.by_row(results)) < 2:
        return compare.claim(sentence, None, "no other network ran")
    judged = {
        start: judge(sentence, against(results, entries))
        for start, entries in made.by_start(results).items()
    }
    *own, (start, alike) = judged.items()
    word = alike.word if all(one.word == alike.word for _, one in own) else "undecided"
    note = f"{alike.note}; every encoder from {start}{_left_out(results)}"
    for other, one in own:
        note += f"; MU-Net alone from {other}: {one.word}, {spoken(one)} {one.note}"
    return replace(alike, word=word, note=note)


def _left_out(results: Results) -> str:
    """Say which network has another loss, and how many did not run."""
    rows, settings = made.by_row(results), results.settings
    others = len(rows) - 1
    loss = settings.of_row("fcn").loss
    told = f"; {ROWS['fcn']} with another loss ({loss})" * ("fcn" in rows and loss != settings.loss)
    return told + f"; {others} of the five other networks ran" * (others < len(ROWS) - 1)


def _least(sentence: str, counted: pd.Series, unit: str) -> Claim:
    """Judge whether MU-Net needs least, by the least of the others minus its own."""
    own, others = counted[ROWS["mu_net"]], counted.drop(ROWS["mu_net"])
    note = (
        f"{unit}, {others.idxmin()} minus MU-Net, as the papers draw them: "
        f"{others.min() / own:.2f} times as many; {(others < own).sum()} of the others have less"
    )
    return compare.claim(sentence, statistics.exact(others.min() - own), note)


def _same_folds(own: Sequence[Entry], others: Sequence[Entry]) -> tuple[list, list]:
    """Keep the folds on which both ran."""
    folds = {e.repeat for e in own} & {e.repeat for e in others}
    return tuple([e for e in side if e.repeat in folds] for side in (own, others))
