"""Paper 5: what its claims are judged by, and MU-Net against each other network."""

from collections.abc import Mapping, Sequence

import pandas as pd

from busutils import compare
from busutils.compare import Claim
from busutils.statistics import Difference
from busutils.studies import evidence
from busutils.studies.common import REPORTED, Entry, Results
from busutils.studies.mu_net import results as made
from busutils.studies.mu_net.settings import ROWS


def claims(results: Results, drawn: pd.DataFrame, trivial: Mapping[str, float]) -> list[Claim]:
    """The paper's claims with their verdicts, but for those on other images.

    Parameters
    ----------
    drawn : the table of :func:`busutils.studies.mu_net.cost.as_drawn`
    trivial : mean Dice of the answers that need no training
    """
    phantoms = results.settings.dataset.startswith("phantom")
    part = results.settings.kind
    return compare.judge(REPORTED, 5, scores(results, drawn, trivial), part=part, phantoms=phantoms)


def scores(
    results: Results, drawn: pd.DataFrame, trivial: Mapping[str, float]
) -> Mapping[str, pd.DataFrame]:
    """Test Dice at one half by network, and what the networks cost as their papers draw them."""
    entries = {name: results.of("table", name) for name in ROWS}
    entries["mu_net as the others"] = results.of("equal")
    rows = [
        made.at_half(results, e).assign(**evidence.facts(results, e) | {"row": name})
        for name, of in entries.items()
        for e in of
    ]
    dice = pd.concat([*rows, evidence.trivial(trivial)])
    mu_net = dice["row"].str.startswith("mu_net")
    dice["weights"] = dice["weights"].where(mu_net)  # not printed what the others start from
    ours = {printed: name for name, printed in ROWS.items()}
    counted = drawn.assign(row=drawn["network"].map(ours))
    return {
        "dice": dice,
        "parameters": counted.assign(score=counted["parameters"] / 1e6),
        "operations": counted.assign(score=counted["operations, 10^9"]),
    }


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


def _same_folds(own: Sequence[Entry], others: Sequence[Entry]) -> tuple[list, list]:
    """Keep the folds on which both ran."""
    folds = {e.repeat for e in own} & {e.repeat for e in others}
    return tuple([e for e in side if e.repeat in folds] for side in (own, others))
