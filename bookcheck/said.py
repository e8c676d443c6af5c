"""What a paper says of sizes, a search, two runs of one method, a slip: kinds of statements.

A convolution of k x k from m to n channels has k²mn weights, and n biases; batch norm has 4n
values, of which 2n are trained. A file saved by Keras with its optimiser holds every weight once
and two Adam moments of every trainable weight, 4 bytes each, and a little overhead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from scorecheck.checks import FITS, NOT, RECOVERED, TWO_PLACES, UNUSUAL, Answer
from scorecheck.columns import mean
from scorecheck.errors import InputError
from scorecheck.kinds import Place, amount, amounts, made
from scorecheck.printed_numbers import PrintedPaper
from scorecheck.spans import exactly
from scorecheck.statements import Pair, StatementKind, alike, kind, two_places, whole

STATEMENTS: dict[str, StatementKind] = {}
Channels, Weights = Annotated[int, 1, 10**6], Annotated[int, 0]
_kind = partial(kind, known=STATEMENTS)


@dataclass(frozen=True)
class Decoder:
    """A decoder: channels below it, and at each step, deepest first, filters and skips."""

    bottom: Channels
    filters: list[Channels]
    skips: list[Annotated[int, 0, 10**6]]  # channels that are concatenated, 0 for none

    def parameters(self) -> int:
        """Of a 2 x 2 transposed convolution, then two of 3 x 3 with batch norm, at each step.

        Each convolution has biases; one to a channel ends the last step.
        """
        total, channels = 0, self.bottom
        for width, skip in zip(self.filters, self.skips, strict=True):
            total += 4 * channels * width + width
            total += 9 * (width + skip + width) * width + 2 * (width + 4 * width)
            channels = width
        return total + channels + 1


@dataclass(frozen=True)
class Network:
    """A network as it is described: the parameters of its encoder, and a decoder."""

    encoder: Weights
    decoder: Decoder


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


@_kind("halved", "halvings")
def halved(paper: PrintedPaper, size: amount, times: amount) -> Answer:
    """A size that is halved and doubled again a number of times."""
    side, described = (whole(paper, value) for value in (size, times))
    if side < 1 or described < 0:
        raise InputError(f"{side} halved {described} times means nothing: mend a number")
    even = max(0, (side & -side).bit_length() - 1)
    told = f"{side} can be halved evenly {even} times, {described} are described"
    return two_places(even >= described, told)


@_kind("parameters", "parameter count")
def parameters(paper: PrintedPaper, count: amount, network: Network) -> Answer:
    """A printed parameter count against the described network."""
    decoder, number = network.decoder, paper.number(count)
    if len(decoder.filters) != len(decoder.skips):
        raise InputError("filters and skips differ in number: give a skip, or 0, for each step")
    described = network.encoder + decoder.parameters()
    told = f"the described network has {described:,}, printed {number.text}"
    good = number.span.meets(exactly(described))
    return (FITS, RECOVERED, told) if good else (NOT, TWO_PLACES, told)


def _file(value: Any, place: Place) -> list:
    """A printed size, the weights in the file, and how many of them are trained."""
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise place.error("a row of files is [CELL, weights, trainable]: write these three")
    return [made(of, value[i], place / i) for i, of in enumerate((amount, Weights, Weights))]


@_kind("files", "file sizes")
def files(paper: PrintedPaper, rows: list[_file], room: Annotated[float, 0, 1e6]) -> Answer:
    """Printed file sizes against weights and moments, within `room` MiB of overhead."""
    misses = [paper.span(size).middle - 4 * (w + 2 * trained) / 2**20 for size, w, trained in rows]
    near = [m for m in misses if 0 <= round(m, 1) <= room]
    told = (
        f"{len(near)} of {len(rows)} printed sizes are within {room} MiB above weights "
        f"and two moments of the trainable ones (largest difference {max(misses, key=abs):.2f})"
    )
    return FITS, RECOVERED if 2 * len(near) > len(rows) else "", told


@_kind("widths", "channel widths")
def widths(paper: PrintedPaper, cells: list[amount], base: list[Channels]) -> Answer:
    """Printed channels that are those of MobileNetV2's expansion layers at a width."""
    channels = [whole(paper, c) for c in cells]
    fitting = [w / 100 for w in range(50, 201, 5) if expansion_channels(w / 100, base) == channels]
    told = f"channels {channels} are those at width {fitting}"
    return (FITS, RECOVERED, told) if fitting else (FITS, "", f"channels {channels} fit no width")


@_kind("edge", "edge of a grid", ("scores that hardly change over the grid",))
def edge(paper: PrintedPaper, cells: amounts, start: amount, stop: amount) -> Answer:
    """Choices of a search at the ends of its grid: the optimum is then not bracketed."""
    *numbers, first, last = alike(paper, [*cells, start, stop])
    ends = [first.span.middle, last.span.middle]
    at = [n.text for n in numbers if any(n.span.low <= e <= n.span.high for e in ends)]
    told = f"{len(at)} of {len(numbers)} choices are ends of the grid ({', '.join(at)})"
    return FITS, UNUSUAL if 2 * len(at) > len(numbers) else "", told


@_kind("one_method", "one method twice", ("another seed, or another number of epochs",))
def one_method(paper: PrintedPaper, rows: Pair, claimed: Pair) -> Answer:
    """Two rows that are one method, against a difference that is claimed between methods."""
    pairs = ([n.span.middle for n in alike(paper, pair)] for pair in (rows, claimed))
    twice, claimed = (abs(a - b) for a, b in pairs)
    told = f"two runs of one method differ by {twice:.4f}, the methods compared by {claimed:.4f}"
    return FITS, UNUSUAL if 2 * twice > claimed else "", told


@_kind("slip", "mean of cells")
def slip(paper: PrintedPaper, value: amount, of: amounts) -> Answer:
    """A number that may be the mean of others, perhaps with a slip of one unit of a digit."""
    wanted, *others = alike(paper, [value, *of])
    found = mean([n.span for n in others])
    told = f"mean {found.low:.6f} to {found.high:.6f}, printed {wanted.plain}"
    if wanted.span.meets(found):
        return FITS, "", told
    shifts = [s * step for step in (0.1, 0.01, 0.001) for s in (1, -1)]
    fitting = [s for s in shifts if wanted.span.meets(found + exactly(s))][:1]
    for shift in fitting:
        told += f"; with {shift:+g}, one of {len(shifts)} slips tried, it fits"
    told += "; that it is this mean is not said"
    return FITS, UNUSUAL if fitting else "", told
