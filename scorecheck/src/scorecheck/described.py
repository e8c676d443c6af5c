"""What a paper describes: its searches, draws, denominators, networks, against its numbers."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scorecheck import delegate, granularity, sampling, size
from scorecheck.intervals import Interval
from scorecheck.checks import (
    FITS,
    IMPROBABLE,
    LIMIT,
    NOT,
    RECOVERED,
    TWO_PLACES,
    UNUSUAL,
    Answer,
)
from scorecheck.paper import Paper
from scorecheck.kinds import Place, amount, whole
from scorecheck.errors import UserError


def edge(paper: Paper, values: Mapping) -> Answer:
    """Choices of a search at the ends of its grid: the optimum is then not bracketed."""
    ends = [paper.interval(values[end]).middle for end in ("start", "stop")]
    numbers = [paper.number(c) for c in paper.chosen(values["cells"])]
    at = [n.text for n in numbers if any(n.interval.low <= e <= n.interval.high for e in ends)]
    told = f"{len(at)} of {len(numbers)} choices are ends of the grid ({', '.join(at)})"
    return FITS, UNUSUAL if 2 * len(at) > len(numbers) else "", told


def draw(paper: Paper, values: Mapping) -> Answer:
    """A number of marked things in a sample that is said to be random."""
    k, n, marked, population = (
        round(paper.interval(values[key]).middle)
        for key in ("drawn", "sample", "marked", "population")
    )
    possible = 0 <= k <= min(n, marked) and 0 <= n - k <= population - marked
    if not possible or not 1 <= population <= sampling.MOST:
        raise UserError(
            f"{k} of {n} cannot be drawn where {marked} of {population} are marked: mend a number"
        )
    chance = sampling.tail(k, n, marked, population)
    told = (
        f"{k} of {n} where {sampling.expected(n, marked, population):.1f} are expected of "
        f"{marked} in {population}: chance of a draw as far out {chance:.2g}"
    )
    if chance < LIMIT:
        return NOT, IMPROBABLE, told
    return FITS, UNUSUAL if chance < 0.01 else "", told


def denominator(paper: Paper, values: Mapping) -> Answer:
    """Distinct shares that may all be of one number of things, perhaps with a common shift."""
    texts = {paper.number(c).text: paper.interval(c) for c in paper.chosen(values["cells"])}
    if values["from"] > values["to"]:
        raise UserError(f"from {values['from']} is above to {values['to']}: exchange them")
    sizes = np.arange(values["from"], values["to"] + 1)
    found = granularity.denominator(list(texts.values()), sizes, values.get("shifts", [0.0]))
    told = (
        f"{found.n} of {found.of} distinct values between 0 and 1 are k/{found.size}"
        + (f" with {found.shift:+g}" if found.shift else "")
        + f"; chance {found.chance:.1g} over all n from {sizes[0]} to {sizes[-1]} and shifts tried"
    )
    if found.chance < LIMIT:
        return FITS, RECOVERED, told
    return FITS, UNUSUAL if found.chance < 0.01 else "", told


def counts(paper: Paper, values: Mapping) -> Answer:
    """Scores of whole counts with known class totals, or of folds; asked of mlscorecheck."""
    scores = {name: paper.interval(cell) for name, cell in values["scores"].items()}
    given = {"folds", "positives", "negatives"} & set(values)
    if given not in ({"folds"}, {"positives", "negatives"}):
        raise UserError("give either folds, or positives and negatives")
    if "folds" in values:
        one = delegate.mean_of_folds(scores, values["folds"])
    else:
        one = delegate.one_set(scores, values["positives"], values["negatives"])
    return one.verdict, one.strength, one.shown


def halved(paper: Paper, values: Mapping) -> Answer:
    """A size that is halved and doubled again a number of times."""
    side = round(paper.interval(values["size"]).middle)
    times = round(paper.interval(values["times"]).middle)
    even = size.halvings(side)
    told = f"{side} can be halved evenly {even} times, {times} are described"
    return (FITS, "", told) if even >= times else (NOT, TWO_PLACES, told)


def parameters(paper: Paper, values: Mapping) -> Answer:
    """A printed parameter count against the described network."""
    decoder = values["network"]["decoder"]
    if len(decoder["filters"]) != len(decoder["skips"]):
        raise UserError("filters and skips differ in number: give a skip, or 0, for each step")
    count = size.described(values["network"])
    good = paper.interval(values["count"]).meets(Interval(count, count))
    told = f"the described network has {count:,}, printed {paper.number(values['count']).text}"
    return (FITS, RECOVERED, told) if good else (NOT, TWO_PLACES, told)


def file_row(value: Any, place: Place) -> list:
    """A printed size, the weights in the file, and how many of them are trained."""
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise place.error("a row of files is [CELL, weights, trainable]: write these three")
    return [
        amount(value[0], place / 0),
        *(whole()(n, place / i) for i, n in ((1, value[1]), (2, value[2]))),
    ]


def files(paper: Paper, values: Mapping) -> Answer:
    """Printed file sizes against weights and moments, within `room` MiB of overhead."""
    rows = [(*row, paper.number(row[0])) for row in values["rows"]]
    misses = [n.interval.middle - size.file_mib(w, t) for _, w, t, n in rows]
    near = [m for m in misses if 0 <= round(m, 1) <= values["room"]]
    told = (
        f"{len(near)} of {len(rows)} printed sizes are within {values['room']} MiB above weights "
        f"and two moments of the trainable ones (largest difference {max(misses, key=abs):.2f})"
    )
    return FITS, RECOVERED if 2 * len(near) > len(rows) else "", told


def widths(paper: Paper, values: Mapping) -> Answer:
    """Printed channels that are those of MobileNetV2's expansion layers at a width."""
    printed = [round(paper.interval(c).middle) for c in values["cells"]]
    fitting = [
        w / 100
        for w in range(50, 201, 5)
        if size.expansion_channels(w / 100, values["base"]) == printed
    ]
    told = f"channels {printed} are those at width {fitting}"
    return (FITS, RECOVERED, told) if fitting else (FITS, "", f"channels {printed} fit no width")


def one_method(paper: Paper, values: Mapping) -> Answer:
    """Two rows that are one method, against a difference that is claimed between methods."""
    twice, claimed = (
        abs(a.middle - b.middle)
        for a, b in ([paper.interval(c) for c in values[key]] for key in ("rows", "claimed"))
    )
    told = f"two runs of one method differ by {twice:.4f}, the methods compared by {claimed:.4f}"
    return FITS, UNUSUAL if 2 * twice > claimed else "", told
