"""What this book asks of printed numbers beyond :mod:`scorecheck`: sizes, misread digits, a split.

Sizes. A convolution of k x k from m to n channels has k²mn weights, and n biases; batch norm has 4n
values, of which 2n are trained. A file saved by Keras with its optimiser holds every weight once
and two Adam moments of every trainable weight, 4 bytes each, and a little overhead.

Digits. Only pairs that look alike in print are tried, one digit at a time, so that few of the nine
other digits count. A number that fits so is an innocent cause, never a proof that the scan misread
it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import norm
from scorecheck.checks import (
    AS_STATED,
    FITS,
    IMPROBABLE,
    LIMIT,
    NOT,
    OPEN,
    RECOVERED,
    TWO_PLACES,
    Answer,
    Check,
    remark,
)
from scorecheck.context import ColumnContext
from scorecheck.errors import InputError
from scorecheck.innocent import AVERAGING, BOTH_CLASSES, LIBRARY, WITH_BACKGROUND
from scorecheck.kinds import Place, amount, as_it_is, many, text, whole
from scorecheck.overlap import DICE, F1, IOU
from scorecheck.printed_numbers import PrintedNumber, PrintedPaper, PrintedRow
from scorecheck.readings import IOUS
from scorecheck.spans import Span, exactly, hull, piece, printed
from scorecheck.statements import StatementKind, kind, two_places

import scorecheck
from busutils import paths
from scorecheck import kinds, lesion_share, report

NOTE = (
    "Digits are as transcribed from a text version of the paper, until someone compares them with "
    "the publisher's page. *Does not fit* means: under the readings listed. It says that printed "
    "numbers do not fit together, and nothing about why."
)


def read(files: Iterable[Path], context: Path) -> PrintedPaper:
    """Read printed numbers and what they mean, with the keys that this book's files have."""
    return scorecheck.read(files, context, ADDED)


def check(paper: PrintedPaper) -> list[Check]:
    """Every check of scorecheck, one of a random split, and digits that may be misread."""
    found = scorecheck.rested(paper, FAMILIES)
    return [scorecheck.named(_read_again(one, paper, found), paper) for one in found]


def arithmetic(paper: int, most: int = 2) -> str:
    """Return, as Markdown, what the arithmetic says of one of the book's papers.

    At most `most` rows of one question are shown, the others counted.
    """
    folder = paths.project() / "book" / "reported"
    files = sorted(folder.glob(f"paper{paper}_*.csv"))
    return markdown(check(read(files, folder / f"paper{paper}.yaml")), most)


# --- digits that a scan takes for one another

ALIKE = {
    **{"0": "689", "1": "47", "2": "7", "3": "58", "4": "19", "5": "36"},
    **{"6": "058", "7": "12", "8": "0369", "9": "048"},
}
"""For each digit, those that scans take it for."""


def variants(number: str) -> Iterator[str]:
    """Yield a printed number with one digit taken for one that looks like it.

    Examples
    --------
    >>> list(variants("0.2"))
    ['6.2', '8.2', '9.2', '0.7']
    """
    for i, digit in enumerate(number):
        for other in ALIKE.get(digit, ""):
            yield number[:i] + other + number[i + 1 :]


def _read_again(one: Check, paper: PrintedPaper, found: list[Check]) -> Check:
    """Name the nearest number that looks like the printed one and fits, here and everywhere.

    Not where most of a column does not fit: a scan does not misread a digit in every row.
    """
    asked = [c for c in found if (c.table, c.column) == (one.table, one.column)]
    wrong = {c.row for c in asked if c.verdict == NOT}
    if one.verdict != NOT or not one.cell or len(wrong) > max(2, len({c.row for c in asked}) / 2):
        return one
    rows = [row for row in paper.rows(one.table) if row.name == one.row]
    numbers = [n for row in rows for of in row.numbers.values() for n in of if n.cell == one.cell]
    if numbers[0].meant.smoothed:
        return one
    before = scorecheck.misfits(found)
    for other in _fitting(numbers[0], one.feasible):
        answers = scorecheck.answers(_reread(paper, one.cell, other), FAMILIES)
        solved = not any(c.cell == one.cell for c in answers if c.verdict == NOT)
        if solved and scorecheck.misfits(answers) < before:
            told = f"{one.shown} ({other}, which looks alike, would fit)"
            return replace(one, shown=told, alike=(other,))
    return one


def _fitting(number: PrintedNumber, allowed: Sequence[Span]) -> list[str]:
    """The variants of a printed number that some reading allows, nearest to it first."""
    tried = ((v, printed(v, number.unit)) for v in variants(number.text))
    found = [v for v, span in tried if any(span.meets(a) for a in allowed)]
    return sorted(found, key=lambda v: abs(float(v) - float(number.text)))


def _reread(paper: PrintedPaper, cell: tuple[str, str, str], other: str) -> PrintedPaper:
    """The paper with one cell read as another number."""
    before, unit = paper.cells[cell]
    again = before.replace(piece(before, None), other, 1)
    return replace(paper, cells={**paper.cells, cell: (again, unit)})


# --- two parts of one random split


def check_splits(paper: PrintedPaper) -> Iterator[Check]:
    """Check the parts of the splits that tables name under their key `split`."""
    for table, about in paper.tables.items():
        if "split" in about.more:
            yield from one_split(paper.rows(table), about.more["split"])


def one_split(rows: Sequence[PrintedRow], split: Mapping[str, float]) -> Iterator[Check]:
    """Two parts of one random split have nearly the same lesion share.

    The difference has the standard deviation s sqrt(1/m + 1/n) for parts of m and n images, where
    s is that of the share over images. Of the readings (IoU of the lesion, IoU of an empty answer
    with background) the one with the smaller gap counts; a larger gap under the other is a remark,
    and so is any gap where the scores need not be of added counts.
    """
    parts = [of for of in split if of != "spread"]
    sd = split["spread"] * float(np.sqrt(sum(1 / split[of] for of in parts)))
    gaps, told = [], []
    for reading, function in (
        ("if it is the IoU of the lesion", lesion_share.share_by_iou),
        ("if it is the class mean of an empty answer", _empty_share),
    ):
        found = [[p for r in rows if r.of == of and (p := function(r))] for of in parts]
        if all(found):
            first, second = (lesion_share.common(f) or hull(f) for f in found)
            gaps.append(first.gap(second) / sd)
            told.append(
                f"{reading}: {parts[0]} {first}, {parts[1]} {second}, apart by {gaps[-1]:.1f} sd"
            )
    if gaps:
        chance = 2 * float(norm.sf(min(gaps))) * len(gaps)
        quantities = (*IOUS, "mean_iou", "accuracy")
        sure = all(lesion_share.counted(row, *quantities) for row in rows)
        improbable = chance < LIMIT and sure
        shown = (
            f"lesion shares, {'; '.join(told)}; one sd is {sd:.4f} where the share varies by "
            f"{split['spread']:g} between images"
        )
        causes = ("a split that was not drawn at random", AVERAGING, LIBRARY)
        answer = (NOT, IMPROBABLE, causes) if improbable else remark(max(gaps) > 3, causes)
        yield rows[0].check_table("one random split", shown, told, answer)


def _empty_share(row: PrintedRow) -> Span | None:
    iou = row.span("any_iou") or row.span("mean_iou")
    return 1 - 2 * iou if iou and iou.high < 0.5 else None


def _split(value: Any, place: Place, columns: Mapping[str, ColumnContext]) -> dict[str, float]:
    """Numbers of images of two groups of columns, and `spread` of the lesion share over images."""
    found = kinds.named(kinds.between(1e-9, kinds.MOST))(value, place)
    if len(found) != 3 or "spread" not in found:
        raise place.error("two groups of columns and spread are needed: add them")
    groups = dict.fromkeys(column.of for column in columns.values() if column.of)
    for group in found:
        (place / group).choose(group, [*groups, "spread"], "group (`of` of a column)")
    return found


# --- sizes of networks and files


def halvings(size: int) -> int:
    """How often a size can be halved evenly.

    Examples
    --------
    >>> halvings(256), halvings(255)
    (8, 0)
    """
    times = 0
    while size > 0 and size % 2 == 0:
        size, times = size // 2, times + 1
    return times


def convolution(
    inputs: int, outputs: int, kernel: int, bias: bool = True, norm: bool = False
) -> int:
    """Parameters of a convolution, or of a transposed one, with its batch norm.

    Examples
    --------
    >>> convolution(3, 8, 3)
    224
    """
    return kernel**2 * inputs * outputs + outputs * bias + 4 * outputs * norm


def unet_decoder(
    bottom: int,
    filters: Sequence[int],
    skips: Sequence[int],
    up: int = 2,
    kernel: int = 3,
    convolutions: int = 2,
    norm: bool = True,
) -> int:
    """Parameters of a decoder: at each step a transposed convolution, a skip, convolutions; a head.

    Parameters
    ----------
    bottom : channels of the deepest encoder output
    filters : channels of each step, deepest first
    skips : channels that are concatenated at each step, 0 for none
    up, kernel : kernel of the transposed convolution (with bias) and of the others
    convolutions : how many of them at each step (with bias)
    norm : whether batch norm follows each
    """
    total, channels = 0, bottom
    for width, skip in zip(filters, skips, strict=True):
        total += convolution(channels, width, up)
        widths = [width + skip, *[width] * convolutions]
        total += sum(convolution(a, b, kernel, norm=norm) for a, b in pairwise(widths))
        channels = width
    return total + convolution(channels, 1, 1)


def file_mib(weights: int, trainable: int, moments: int = 2) -> float:
    """Size of a file of 32-bit weights with an optimiser's moments of the trainable ones, MiB."""
    return 4 * (weights + moments * trainable) / 2**20


def expansion_channels(width: float, base: Sequence[int], factor: int = 6) -> list[int]:
    """Channels of MobileNetV2's expansion layers at a width: base x width to a multiple of 8.

    A rounding that loses more than a tenth goes up, as in the reference implementation.

    Examples
    --------
    >>> expansion_channels(1.0, [16, 24, 32, 96])
    [96, 144, 192, 576]
    """
    found = []
    for channels in base:
        wanted = channels * width
        near = max(8, int(wanted + 4) // 8 * 8)
        found.append(factor * (near + 8 if near < 0.9 * wanted else near))
    return found


def _file_row(value: Any, place: Place) -> list:
    """A printed size, the weights in the file, and how many of them are trained."""
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise place.error("a row of files is [CELL, weights, trainable]: write these three")
    size = amount(value[0], place / 0)
    return [size, *(whole()(n, place / i) for i, n in ((1, value[1]), (2, value[2])))]


CHANNELS = many(whole(1, 10**6))
KERNEL = whole(1, 100)
DECODER = {
    **{"bottom": whole(1, 10**6), "filters": CHANNELS, "skips": many(whole(0, 10**6))},
    **{"up": KERNEL, "kernel": KERNEL, "convolutions": whole(0, 100), "norm": kinds.yes},
}
NETWORK = kinds.all_of(encoder=whole(), decoder=kinds.keys(DECODER, ["bottom", "filters", "skips"]))
ROWS, ROOM, CELLS = many(_file_row), kinds.between(0, 1e6), many(amount)
STATEMENTS: dict[str, StatementKind] = {}
_kind = partial(kind, known=STATEMENTS)


@_kind("halved", "halvings")
def halved(paper: PrintedPaper, size: amount, times: amount) -> Answer:
    """A size that is halved and doubled again a number of times."""
    side, described = (round(paper.span(value).middle) for value in (size, times))
    even = halvings(side)
    told = f"{side} can be halved evenly {even} times, {described} are described"
    return two_places(even >= described, told)


@_kind("parameters", "parameter count")
def parameters(paper: PrintedPaper, count: amount, network: NETWORK) -> Answer:
    """A printed parameter count against the described network."""
    decoder = network["decoder"]
    if len(decoder["filters"]) != len(decoder["skips"]):
        raise InputError("filters and skips differ in number: give a skip, or 0, for each step")
    described, number = network["encoder"] + unet_decoder(**decoder), paper.number(count)
    told = f"the described network has {described:,}, printed {number.text}"
    good = number.span.meets(exactly(described))
    return (FITS, RECOVERED, told) if good else (NOT, TWO_PLACES, told)


@_kind("files", "file sizes")
def files(paper: PrintedPaper, rows: ROWS, room: ROOM) -> Answer:
    """Printed file sizes against weights and moments, within `room` MiB of overhead."""
    misses = [paper.span(size).middle - file_mib(w, trained) for size, w, trained in rows]
    near = [m for m in misses if 0 <= round(m, 1) <= room]
    told = (
        f"{len(near)} of {len(rows)} printed sizes are within {room} MiB above weights "
        f"and two moments of the trainable ones (largest difference {max(misses, key=abs):.2f})"
    )
    return FITS, RECOVERED if 2 * len(near) > len(rows) else "", told


@_kind("widths", "channel widths")
def widths(paper: PrintedPaper, cells: CELLS, base: CHANNELS) -> Answer:
    """Printed channels that are those of MobileNetV2's expansion layers at a width."""
    channels = [round(paper.span(c).middle) for c in cells]
    fitting = [w / 100 for w in range(50, 201, 5) if expansion_channels(w / 100, base) == channels]
    told = f"channels {channels} are those at width {fitting}"
    return (FITS, RECOVERED, told) if fitting else (FITS, "", f"channels {channels} fit no width")


ADDED = scorecheck.Additions(
    top=dict.fromkeys(
        [
            "title",
            "authors",
            "source",
            "sentence",
            "protocol",
            "cuts",
            "parts",
            "inferred",
            "claims",
        ],
        as_it_is,
    ),
    tables=dict.fromkeys(
        ["caption", "doubt", "no_counterpart", "every", "columns", "rows"], as_it_is
    ),
    checks={"settle": many(text), "note": text},
    table={"split": _split},
    statements=STATEMENTS,
)
"""What the files of this book's papers hold beside what scorecheck knows."""
_SETS = [name for name, _ in scorecheck.FAMILIES].index("together") + 1
FAMILIES = (
    *scorecheck.FAMILIES[:_SETS],
    ("together", check_splits),
    *scorecheck.FAMILIES[_SETS:],
)


# --- as a page shows it


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
        ("Unusual, if read so", [c for c in noted if c.strength != RECOVERED]),
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
