"""Input scaling: what the ImageNet weights of each backbone were trained with."""

from collections.abc import Callable

import numpy as np

from busutils.errors import UserError, choose
from busutils.models.backbones import BACKBONES

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # of ImageNet, red green blue, 0..1
_STD = np.array([0.229, 0.224, 0.225], np.float32)
_BGR_MEAN = np.array([103.939, 116.779, 123.68], np.float32)

PREPROCESSING: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "raw": lambda images: images,
    "symmetric": lambda images: images / np.float32(127.5) - np.float32(1),
    "standardised": lambda images: (images / np.float32(255) - _MEAN) / _STD,
    "bgr_centred": lambda images: images[..., ::-1] - _BGR_MEAN,
}


def preprocess(backbone: str, images: np.ndarray) -> np.ndarray:
    """Scale images as the ImageNet weights of a backbone expect them.

    Parameters
    ----------
    backbone
        A key of `busutils.models.backbones.BACKBONES`.
    images
        (..., 3) red, green, blue in 0..255, any dtype; left unchanged.

    Returns
    -------
    ndarray
        float32, the same shape. For resnet50 and resnext50 0..255 as it is (they begin with a
        batch norm), for inceptionv3 and mobilenetv2 -1..1, for densenet121 and the SE nets
        standardised by the mean and deviation of ImageNet, for VGG blue first and centred.

    Raises
    ------
    UserError
        If the backbone is unknown or the images have not three channels.

    References
    ----------
    `preprocess_input` of keras.applications and of image-classifiers 1.0.0.
    """
    choose(backbone, BACKBONES, "backbone")
    if images.shape[-1] != 3:
        raise UserError(
            f"images of shape {images.shape} cannot be scaled for {backbone}: "
            "it was trained on three channels, so repeat the grey one"
        )
    return PREPROCESSING[BACKBONES[backbone].preprocessing](np.array(images, np.float32))
