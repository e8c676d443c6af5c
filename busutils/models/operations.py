"""How much a network computes for one image: multiplications and additions, counted by layer."""

from typing import TYPE_CHECKING

import numpy as np

from busutils.errors import UserError

if TYPE_CHECKING:
    import keras


def operations(model: "keras.Model") -> int:
    """Floating-point operations of one image: twice the multiply-adds of all kernels.

    Batch norms, activations, poolings and additions are left out; they are under a few per cent.

    Raises
    ------
    UserError
        If a layer with a kernel is of a kind that is not known here.
    """
    return 2 * sum(multiply_adds(layer) for layer in model.layers)


def multiply_adds(layer: "keras.layers.Layer") -> int:
    """Multiply-adds of one layer for one image; 0 if it has no kernel."""
    if not hasattr(layer, "kernel"):
        return 0
    kind, kernel = type(layer).__name__, np.prod(layer.kernel.shape)
    if kind in ("Conv2D", "DepthwiseConv2D"):  # the kernel is laid on every place of the output
        return int(kernel * np.prod(layer.output.shape[1:3]))
    if kind == "Conv2DTranspose":  # and here on every place of the input
        return int(kernel * np.prod(layer.input.shape[1:3]))
    if kind == "Dense":
        return int(kernel)
    raise UserError(f"operations of {layer.name}, a {kind}, are not counted: say how many it has")
