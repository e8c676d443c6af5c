"""Parts that several networks are built of."""

from keras import layers


def double_conv(x, filters: int, name: str, **options):
    """Apply :func:`conv_norm_relu` twice."""
    for part in "ab":
        x = conv_norm_relu(x, filters, f"{name}{part}", **options)
    return x


def conv_norm_relu(x, filters: int, name: str, **options):
    """Apply a padded 3x3 convolution, by its `options` without bias, batch norm and ReLU."""
    options = {"use_bias": False, "kernel_initializer": "he_normal"} | options
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv", **options)(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)


def mask(x, prefix: str = ""):
    """Turn features into the probability of a lesion: 1x1 convolution and sigmoid."""
    return probability(layers.Conv2D(1, 1, name=f"{prefix}final_conv")(x), prefix)


def probability(x, prefix: str = ""):
    """Apply the last sigmoid, by the name that `busutils.explain` looks for."""
    # Probabilities stay float32 under mixed precision: losses take their logarithms.
    return layers.Activation("sigmoid", dtype="float32", name=f"{prefix}sigmoid")(x)


def one_probability(x, prefix: str = ""):
    """Turn features of an image into one probability, shaped as a mask of one pixel."""
    x = layers.Dense(1, name=f"{prefix}final_dense")(x)
    return probability(layers.Reshape((1, 1, 1), name=f"{prefix}one_pixel")(x), prefix)
