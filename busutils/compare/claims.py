"""What a paper says in words, judged by our own scores of cases (:mod:`busutils.compare.rule`).

The claims stand in ``book/reported/paper<n>.yaml``, in the paper's words and under its conditions.
A page hands over tables of scores, so that nothing here knows of trainings. Kinds:

- *best*: the first row against each of the others; *pair*: against one; *close*: better than each,
  or little below; *groups*: the mean of some rows against that of others
- *better than chance*: rows against the answers that need no training
- *number*: a printed number against where one more repeat of ours would fall, if the two can be
  compared (:func:`busutils.compare.obstacles`)
- *least*: a row has least of something that is counted; `open` says what the paper does not print
  of the other rows, where the count rests on it
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from busutils import statistics
from busutils.compare import rule
from busutils.compare.reported import context, reported
from busutils.compare.rule import Claim, listed
from busutils.compare.verdicts import verdict
from busutils.errors import UserError, choose
from busutils.statistics import Difference

AGREE = "the same answer by every way to ask"
NOT_RUN = "what it speaks of was not run"
BEATEN = "rows that beat the answers without training"


def judge(
    folder: Path,
    paper: int,
    scores: Mapping[str, pd.DataFrame],
    own: Mapping[str, Claim] | None = None,
    part: str = "",
    phantoms: bool = False,
) -> list[Claim]:
    """Judge the claims of a paper.

    Parameters
    ----------
    folder : ``book/reported``
    paper : number of the paper
    scores : by the name that claims give as their `score`: a DataFrame with columns row, repeat
        (the (split, seed) pair), case, group, score, and the row's facts where they are known:
        weights (what its encoder starts from, where the paper says what its own does), rate, loss,
        rising (not converged), trivial (an answer that needs no training; such a row needs no
        case), differs (why its numbers cannot be set beside printed ones). For *least* a DataFrame
        with columns row and score, a line each.
    own : claims of no kind, by id, which the page judges itself (:func:`rule.decided`)
    part : which of the paper's data sets was run; claims about another are left out
    phantoms : whether images were generated; then claims carry no word

    Returns
    -------
    A verdict for each claim, in the order of the YAML.

    Raises
    ------
    UserError
        If a claim has an unknown kind, or none and is not among `own`.
    """
    claims = [c for c in context(folder, paper)["claims"] if c.get("part", part) == part]
    judged = [(own or {}).get(c["id"]) or _judged(c, scores, folder, paper) for c in claims]
    return [replace(claim, word="", settle="") for claim in judged] if phantoms else judged


def _judged(claim: Mapping, scores: Mapping, folder: Path, paper: int) -> Claim:
    """Judge a claim in every way that it can be asked; ways that were not run are left out."""
    if "not_tested" in claim:
        return Claim(claim["sentence"], "not tested", None, claim["not_tested"])
    kinds: dict[str, Callable[..., Claim]] = {"number": _number, "least": _least}
    kinds |= dict.fromkeys(("best", "pair", "close", "groups", "better than chance"), _compared)
    kind = kinds[choose(claim.get("kind", "none"), kinds, f"kind of the claim {claim['id']!r}")]
    asked = {name: claim | other for name, other in claim.get("ways", {"": {}}).items()}
    ways = {name: kind(way, scores.get(way["score"]), folder, paper) for name, way in asked.items()}
    ran = {name: way for name, way in ways.items() if way.difference} or dict([*ways.items()][:1])
    first = next(iter(ran.values()))
    if len(ran) == 1:
        return first
    words = {way.word for way in ran.values()}
    word, settle = (first.word, first.settle) if len(words) == 1 else ("undecided", AGREE)
    told = [
        f"{name}: {listed(way.word, '' if way is first else way.spoken, way.note)}"
        for name, way in ran.items()
    ]
    return replace(first, word=word, note=" / ".join(told), settle=settle)


def _compared(claim: Mapping, scores: pd.DataFrame | None, folder: Path, paper: int) -> Claim:
    """Judge the rows of one side against those of the other, case by case."""
    chance, close = claim["kind"] == "better than chance", claim["kind"] == "close"
    rows, trivial = _divided(scores)
    first, second, absent = _sides(claim, rows, trivial if chance else rows)
    if not first or not second:
        return Claim(claim["sentence"], "not tested", None, NOT_RUN, rule.NAMED)
    differences, pairs = _differences(first, second, together=claim["kind"] == "groups")
    shown = rule.deciding(differences, close)
    words = {m: rule.word_of(differences, m, close) for m in rule.MARGINS}
    if chance:  # a network that failed to train is no counter-example
        words = {m: word.replace("opposite", "not supported") for m, word in words.items()}
    compared, weights = pd.concat([*first.values(), *second.values()]), claim.get("weights")
    compared = compared[~_flag(compared, "trivial")]
    missing = {
        absent: rule.NAMED,
        rule.other_weights(weights, compared): f"encoders from {rule.STARTS.get(weights)}",
        "" if chance else rule.failed(compared, trivial): BEATEN,
        rule.too_few(pairs): rule.ENOUGH,
    }
    unlike, rising = rule.unlike(claim.get("about"), compared), _rising(compared)
    about = (claim["sentence"], differences[shown], words, shown, rising)
    return rule.concluded(*about, unlike=unlike, missing=missing)


def _divided(scores: pd.DataFrame | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of networks, and of answers that need no training."""
    scores = pd.DataFrame(columns=["row"]) if scores is None else scores
    trivial = _flag(scores, "trivial")
    return scores[~trivial], scores[trivial]


def _sides(
    claim: Mapping, rows: pd.DataFrame, others: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame], str]:
    """Tables of both sides by row, and how many rows that the claim names did not run."""
    first = _names(claim["first"])
    second = _names(claim.get("second", [r for r in others["row"].unique() if r not in first]))
    sides = [
        {name: of[of["row"] == name] for name in names if name in set(of["row"])}
        for names, of in ((first, rows), (second, others))
    ]
    named, ran = len(first) + len(second), len(sides[0]) + len(sides[1])
    absent = f"{named - ran} of the {named} rows that it names did not run"
    return *sides, absent if ran < named else ""


def _names(rows: str | Sequence[str]) -> Sequence[str]:
    return [rows] if isinstance(rows, str) else rows


def _differences(
    first: Mapping[str, pd.DataFrame], second: Mapping[str, pd.DataFrame], together: bool
) -> tuple[dict[str, Difference], int]:
    """Each row minus each of the others, on the repeats of both; and the fewest repeats.

    Rows that are taken `together` are averaged on either side, case by case.
    """
    sides = {
        f"{name} minus {other}": ([own], [against])
        for name, own in first.items()
        for other, against in second.items()
    }
    if together:
        told = f"mean of {len(first)} rows minus that of {len(second)}"
        sides = {told: ([*first.values()], [*second.values()])}
    found, pairs = {}, []
    for told, both in sides.items():
        common = set.intersection(*(set(table["repeat"]) for side in both for table in side))
        if not common:
            raise UserError(
                "the rows of a claim share no repeat: name equal splits and seeds alike"
            )
        means = [pd.concat(side) for side in both]
        means = [side[side["repeat"].isin(common)] for side in means]
        if together:
            keys = ["case", "repeat", "group"]
            means = [side.groupby(keys, as_index=False)["score"].mean() for side in means]
        found[told] = statistics.paired_difference(*means)
        pairs.append(len(common))
    return found, min(pairs)


def _number(claim: Mapping, scores: pd.DataFrame | None, folder: Path, paper: int) -> Claim:
    """Judge a printed number by where one more repeat of ours would fall."""
    rows, _ = _divided(scores)
    own = rows[rows["row"] == claim["first"]]
    if own.empty:
        return Claim(claim["sentence"], "not tested", None, NOT_RUN, rule.NAMED)
    table, row, column = claim["printed"]
    about = reported(folder, paper, table)
    printed, scale = about.printed(row, column), about.columns[column].scale
    own = own.assign(score=own["score"] * scale)
    ours, pairs = statistics.case_mean(own), own["repeat"].nunique()
    spread = statistics.training_spread(own) if pairs > 1 else None
    again = statistics.repeat_interval(ours, claim["cases"], spread, claim["trainings"])
    of = {"compatible": "supported", "too imprecise": "undecided"}
    judged = {m: verdict(printed, ours, again, coarse=m * scale).word for m in rule.MARGINS}
    words = {m: of.get(word, "not supported") for m, word in judged.items()}
    limits = {name: getattr(again, name) - float(printed) for name in ("estimate", "low", "high")}
    told = f"ours {ours.estimate:.2f} ({ours.low:.2f} to {ours.high:.2f}), printed {printed}"
    about = (claim["sentence"], replace(again, **limits), words, told)
    differs = own["differs"].iloc[0] if "differs" in own else ""
    missing = {rule.too_few(pairs): rule.ENOUGH, differs: "a run with the paper's protocol"}
    return rule.concluded(*about, missing=missing)


def _least(claim: Mapping, scores: pd.DataFrame | None, folder: Path, paper: int) -> Claim:
    """Judge whether a row has least of something that is counted, so without chance."""
    counted = pd.Series(dtype=float) if scores is None else scores.set_index("row")["score"]
    wanted = [claim["first"], *claim["second"]]
    if absent := sum(row not in counted for row in wanted):
        note = f"{absent} of the {len(wanted)} rows that it names did not run"
        return Claim(claim["sentence"], "not tested", None, note, rule.NAMED)
    own, others = counted[claim["first"]], counted[claim["second"]]
    fewer = (others < own).sum()
    note = (
        f"{claim['unit']}, {others.idxmin()} minus {claim['first']}: {others.min() / own:.2f} "
        f"times as much; {fewer or 'none'} of the others {'has' if fewer < 2 else 'have'} less"
    )
    word, settle = "supported" if (others > own).all() else "opposite", claim.get("open", "")
    if settle:
        word, note = "undecided", listed(note, f"not printed: {settle}")
    return Claim(claim["sentence"], word, statistics.exact(others.min() - own), note, settle)


def _rising(rows: pd.DataFrame) -> str:
    """Say how many trainings still got better in their last epochs."""
    n, of = (
        len(table[["row", "repeat"]].drop_duplicates())
        for table in (rows[_flag(rows, "rising")], rows)
    )
    return f"{n} of {of} trainings still got better when they ended" if n else ""


def _flag(scores: pd.DataFrame, name: str) -> "pd.Series[Any]":
    """A fact that is true, or false and not said."""
    return scores[name].eq(True) if name in scores else pd.Series(False, index=scores.index)
