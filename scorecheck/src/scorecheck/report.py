"""Checks as text for a terminal, and as JSON."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple

from scorecheck.checks import FITS, NOT, OPEN, VERDICTS, Check


def text(checks: Sequence[Check]) -> str:
    """Say everything that a reader should look at, then how much fits."""
    shown = [c for c in checks if c.flagged or c.verdict == OPEN]
    shown.sort(key=lambda one: -VERDICTS.index(one.verdict))
    sums = [f"{sum(one.verdict == v for one in checks)} {v}" for v in VERDICTS]
    told = [*map(_block, shown), f"{len(checks)} checks: {', '.join(sums)}"]
    return "\n".join([*told, *what_misfits_rest_on(checks)])


def to_json(checks: Sequence[Check]) -> str:
    """All checks with everything that is known of them."""
    return json.dumps([vars(one) for one in checks], indent=1, default=astuple)


def what_misfits_rest_on(checks: Sequence[Check]) -> list[str]:
    """How many misfits rest on what, in a sentence; none where they rest on nothing."""
    wrong = [one for one in checks if one.verdict == NOT]
    on = Counter(what for one in wrong for what in one.rests)
    told = [f"{what} ({n})" for what, n in on.items()]
    free = sum(not one.rests for one in wrong)
    told += [f"none of these ({free})"] * bool(free)
    which = "1 that does not fit rests" if len(wrong) == 1 else f"{len(wrong)} that do not fit rest"
    return [f"What the {which} on: {'; '.join(told)}."] if on else []


def _block(one: Check) -> str:
    verdict = one.verdict.upper() if one.verdict == NOT else one.verdict
    head = " · ".join(filter(None, [verdict, one.strength, one.kind, one.place, one.finding]))
    told = {
        "readings tried": one.readings if one.verdict != FITS else (),
        "rests on": one.rests,
        "innocent causes": one.causes if one.verdict == NOT else (),
    }
    lines = [f"{what}: {'; '.join(parts)}" for what, parts in told.items() if parts]
    return "\n    ".join([head, one.shown, *lines])
