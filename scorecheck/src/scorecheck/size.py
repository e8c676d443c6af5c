"""Sizes: halvings of an image, parameters of a described network, the file that holds them.

A convolution of k x k from m to n channels has k²mn weights, and n biases; batch norm has 4n
values, of which 2n are trained. A file saved by Keras with its optimiser holds every weight once
and two Adam moments of every trainable weight, 4 bytes each, and a little overhead.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

MIB = 2**20


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
    return 4 * (weights + moments * trainable) / MIB


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


def described(architecture: Mapping) -> int:
    """Parameters of an encoder of known size and a described decoder."""
    return architecture["encoder"] + unet_decoder(**architecture["decoder"])
