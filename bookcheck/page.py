"""What the arithmetic says of a paper, as a page shows it."""

from collections.abc import Sequence

from scorecheck.checks import (
    AS_STATED,
    BOTH_CLASSES,
    CHANCE,
    FITS,
    NOT,
    OPEN,
    RECOVERED,
    TWO_PLACES,
    WITH_BACKGROUND,
    Check,
)
from scorecheck.overlap import DICE, F1, IOU

from scorecheck import report

NOTE = (
    "Digits are as transcribed from a text version of the paper, until someone compares them with "
    "the publisher's page. *Does not fit* means: under the readings listed. It says that printed "
    "numbers do not fit together, and nothing about why."
)


def front_page(checks: Sequence[Check]) -> list[Check]:
    """What may stand on a front page: one check of each finding that rests on two routes.

    Two routes are two kinds of check that a finding, or a cell, does not fit, or a plain
    contradiction of two printed places. IoU against Dice, and against precision and recall, are
    one route where these give the printed Dice; and what a cause that was computed explains, or
    nearly, is left to the page.
    """
    apart = {
        (one.table, one.row) for one in checks if one.kind == F1 and one.feasible and _apart(one)
    }
    wrong = [one for one in checks if one.verdict == NOT and one.finding]
    wrong = [one for one in wrong if not {BOTH_CLASSES, WITH_BACKGROUND} & set(one.causes)]
    chosen: dict[tuple[str, str], Check] = {}
    for one in wrong:
        alike = [o for o in wrong if o.finding == one.finding or (o.cell and o.cell == one.cell)]
        routes = {other.kind for other in alike}
        if routes == {DICE, IOU} and 2 * sum((c.table, c.row) in apart for c in alike) < len(alike):
            continue
        if one.strength == TWO_PLACES or len(routes) > 1:
            chosen.setdefault((one.paper, one.finding), one)
    return list(chosen.values())


def markdown(checks: Sequence[Check], most: int = 4) -> str:
    """What the arithmetic says, for a page: strongest first, at most `most` of one finding.

    Returns
    -------
    str
        Markdown with lists of what does not fit, is unusual, or was recovered, and how many checks
        fit.
    """
    noted = [c for c in checks if c.verdict == FITS and c.strength]
    parts = []
    for title, chosen in (
        ("Does not fit under the readings listed", [c for c in checks if c.verdict == NOT]),
        ("Unusual, if read so", [c for c in noted if c.strength not in (CHANCE, RECOVERED)]),
        ("The best may be so by chance", [c for c in noted if c.strength == CHANCE]),
        ("Recovered by arithmetic, and no fault", [c for c in noted if c.strength == RECOVERED]),
    ):
        if chosen:
            parts += [f"**{title}**", "", *_listed(chosen, most), ""]
    if unable := [c for c in checks if c.verdict == OPEN]:
        parts += ["**Cannot be checked**", "", *_unable(unable), ""]
    fitting = sum(one.verdict == FITS and not one.strength for one in checks)
    rests = report.what_misfits_rest_on(checks)
    parts.append(" ".join([f"{fitting} other checks fit.", *rests, NOTE]))
    return "\n".join(parts)


def _listed(chosen: Sequence[Check], most: int) -> list[str]:
    lines = []
    for named in dict.fromkeys(map(_alike, chosen)):
        alike = [c for c in chosen if _alike(c) == named]
        lines.append(_head(alike, len(alike) - most))
        lines += [f"  - {one.place}: {one.shown}" for one in alike[:most]]
    return lines


def _unable(checks: Sequence[Check]) -> list[str]:
    """What is needed, or why code cannot tell, once for all places that need it."""
    places: dict[tuple[str, str], list[str]] = {}
    for one in checks:
        places.setdefault((one.kind, "; ".join(one.readings) or one.shown), []).append(one.place)
    return [f"- *{kind}* ({'; '.join(at)}): {why}" for (kind, why), at in places.items()]


def _head(alike: Sequence[Check], more: int) -> str:
    """Question, strength, finding, readings and causes of checks of one kind, in a list item."""
    first = alike[0]
    head = f"- *{first.kind}* ({', '.join(filter(None, [first.finding, first.strength]))})"
    if more > 0:
        head += f", {more} more like these"
    # what a reading allows differs from row to row; its name does not
    readings = dict.fromkeys(r.partition(": ")[0] for c in alike for r in c.readings)
    causes = dict.fromkeys(cause for c in alike for cause in c.causes)
    if first.verdict == NOT or list(readings) != [AS_STATED]:
        head += f". Readings tried: {'; '.join(readings)}"
    if first.rests:
        head += f". Rests on: {'; '.join(first.rests)}"
    return head + (f". Innocent causes: {'; '.join(causes)}." if causes else ".")


def _alike(one: Check) -> tuple:
    """What checks have in common that stand in one item of a list."""
    return one.finding, one.kind, one.strength, tuple(one.rests)


def _apart(one: Check) -> bool:
    """Whether a printed Dice is more than rounding away from that of precision and recall."""
    allowed = one.feasible[0]
    return one.printed.low > allowed.high + 0.002 or one.printed.high < allowed.low - 0.002
