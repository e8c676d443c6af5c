"""Breast-ultrasound phantoms: how a picture is generated; nothing has to be downloaded.

The model, in the order in which the code runs it:

1. *Scene.* Skin, fat, glandular tissue, muscle and chest wall are bands with wavy borders; each
   has a mean echo level in decibels and a texture of its own (septa in fat, strands in glandular
   tissue, fibres in muscle). Fat lobules, ducts and shadows of Cooper's ligaments are dark as
   lesions are, but are none. A benign lesion is a lobed ellipse, wider than tall, with a sharp
   border and often an enhancement behind it; a malignant one is irregular, taller, ragged, with a
   blurred border and often a shadow behind it. Enhancement and shadow are the attenuation
   integrated along depth.
2. *Speckle.* The sum of many unresolved scatterers is a complex Gaussian field; the scanner's
   point-spread function, wider across than along the beam, correlates it; its envelope is Rayleigh
   distributed [1]_ [2]_, mean / standard deviation = 1.91.
3. *Display.* Attenuation, an imperfect time gain, log compression to a dynamic range, 8 bits; now
   and then black margins, callipers and burned-in text.

Sizes, places and aspect ratios of lesions follow BUSI's in distribution; no image is copied. The
lesions of a written set are 12 dB darker (`contrast`), so that a small network learns to
outline them in a minute; thresholds and centred ellipses fail on them all the same. The pictures
that encoders are pre-trained on (`ultrasound`) are not.

Networks pre-trained on simulated ultrasound are the idea of [3]_. What is missing: refraction, beam
divergence, reverberation, anatomy. A score on phantoms says nothing about patients.

References
----------
.. [1] C. B. Burckhardt, "Speckle in ultrasound B-mode scans", IEEE Trans. Sonics Ultrason. 25(1),
   1978.
.. [2] R. F. Wagner, S. W. Smith, J. M. Sandrik, H. Lopez, "Statistics of speckle in ultrasound
   B-scans", IEEE Trans. Sonics Ultrason. 30(3), 1983.
.. [3] B. Behboodi, M. Amiri, R. Brooks, H. Rivaz, "Breast lesion segmentation in ultrasound images
   with limited annotated data", IEEE ISBI 2020.
"""

from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import fft

from busutils.errors import UserError, choose
from busutils.phantoms.lesions import behind, benign, insert, malignant, oval
from busutils.phantoms.tissue import layers, ligament_shadows, noise

VERSION = 1  # raised when the same seed would give another picture
LESIONS = {"benign": benign, "malignant": malignant}
"""How a lesion of each label is drawn; a "normal" phantom has none."""
SMALLEST_SIDE = 48  # pixels
_SIDES = ["RT UOQ", "LT LOQ", "RT 9H", "LT 3-4", "L AXILLA", "RT BREAST"]
_TEXTS = [*_SIDES, "SIM 7 CM", "LT SUBAREOLAR"]


def ultrasound(
    rng: np.random.Generator,
    shape: tuple[int, int] = (208, 256),
    label: str = "benign",
    contrast: float = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one phantom.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : (height, width) in pixels, each at least 48
    label : "benign", "malignant" or "normal"
    contrast : how much darker the lesion is drawn, in dB

    Returns
    -------
    image : uint8 ndarray of shape (height, width)
    mask : bool ndarray of shape (height, width)
        Empty for "normal".

    Examples
    --------
    >>> image, mask = ultrasound(np.random.default_rng(0), (96, 128), "normal")
    >>> image.shape, image.dtype.name, int(mask.sum())
    ((96, 128), 'uint8', 0)
    """
    if min(shape) < SMALLEST_SIDE:
        raise UserError(
            f"a phantom of {shape[0]} x {shape[1]} pixels shows nothing: "
            f"take {SMALLEST_SIDE} or more a side"
        )
    image, masks = picture(rng, shape, label, contrast=contrast)
    return image, np.logical_or.reduce((np.zeros(shape, bool), *masks))


def scene(
    rng: np.random.Generator,
    shape: tuple[int, int],
    label: str,
    lesions: int = 1,
    contrast: float = 0,
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Draw layered tissue with distractors and, unless `label` is "normal", lesions.

    Parameters are those of :func:`picture`.

    Returns
    -------
    echo, loss : float32 ndarrays of shape (h, w)
        Mean echo level of the tissue, and what is lost on the way to it, in dB.
    masks : list of bool ndarrays of shape (h, w)
        One a lesion.
    """
    choose(label, [*LESIONS, "normal"], "phantom label")
    echo = layers(rng, shape)
    for _ in range(rng.integers(1, 6)):
        _, echo = insert(rng, oval(rng), echo)
    loss = ligament_shadows(rng, shape)
    masks = []
    for place in range(lesions if label != "normal" else 0):
        lesion = LESIONS[label](rng, (place + 1) / (lesions + 1), 1 / lesions)
        lesion = replace(lesion, level=lesion.level - contrast)
        mask, echo = insert(rng, lesion, echo)
        masks.append(mask)
        loss = loss + behind(mask, lesion.behind)
    return echo, loss, masks


def scan(rng: np.random.Generator, echo: np.ndarray) -> np.ndarray:
    """Scan echoes (dB): speckle, depth gain, log compression; uint8 ndarray of the same shape."""
    h, w = echo.shape
    depth = np.linspace(0, 1, h, dtype="float32")[:, None]
    # what the time gain leaves uncompensated: usually too little gain at depth
    residual = rng.uniform(-3, 20) * depth ** rng.uniform(1, 2.5)
    lateral = 2.5 * noise(rng, (1, w), (1, w // 3))  # contact of the probe with the skin
    scale = w / 256
    psf = (scale * rng.uniform(0.55, 0.8), scale * rng.uniform(0.9, 1.6))
    intensity = speckle(rng, (h, w), psf, looks=int(rng.integers(1, 4)))
    level = echo - residual + lateral + 10 * np.log10(intensity + 1e-6)
    dynamic_range = rng.uniform(46, 62)
    grey = (level + rng.uniform(-10, 0)) / dynamic_range + 1
    return (255 * np.clip(grey, 0, 1)).astype("uint8")


def speckle(
    rng: np.random.Generator, shape: tuple[int, int], psf: tuple[float, float], looks: int = 1
) -> np.ndarray:
    """Intensity of fully developed speckle, mean 1.

    Parameters
    ----------
    psf : (axial, lateral) standard deviation of the Gaussian point-spread function, in pixels
    looks : independent views that the scanner compounds (averages) to calm the speckle

    Returns
    -------
    float32 ndarray of shape `shape`
        With one look its square root, the envelope, is Rayleigh distributed.
    """
    h, w = (fft.next_fast_len(n) for n in shape)
    axial, lateral = fft.fftfreq(h)[:, None] * psf[0], fft.fftfreq(w) * psf[1]
    transfer = np.exp(-2 * np.pi**2 * (axial**2 + lateral**2)).astype("float32")
    white = rng.standard_normal((looks, h, w, 2), dtype="float32").view("complex64")[..., 0]
    field = fft.ifft2(white * transfer)[:, : shape[0], : shape[1]]
    intensity = np.sum(field.real**2 + field.imag**2, axis=0)
    return intensity / intensity.mean()


def picture(
    rng: np.random.Generator,
    shape: tuple[int, int],
    label: str,
    lesions: int = 1,
    contrast: float = 0,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Scan a scene and add what a scanner's screen shows: black margins, callipers, text.

    Parameters are those of :func:`ultrasound`; the mask of each of `lesions` is returned by itself.
    """
    h, w = shape
    below, right = (rng.random(2) < 0.15) * rng.uniform(0.02, 0.15, 2)
    inner = (h - round(below * h), w - round(right * w))
    echo, loss, masks = scene(rng, inner, label, lesions, contrast)
    margin = ((0, h - inner[0]), (0, w - inner[1]))
    masks = [np.pad(mask, margin) for mask in masks]
    image = Image.fromarray(np.pad(scan(rng, echo - loss), margin))
    for mask in masks:
        if rng.random() < 0.2:
            _callipers(image, mask)
    if rng.random() < 0.3:
        write_text(image, str(rng.choice(_TEXTS)), rng.uniform((0.05, 0.7), (0.6, 0.9)), 230)
    return np.asarray(image), masks


def _callipers(image: Image.Image, mask: np.ndarray) -> None:
    """Draw the two crosses and the dotted line with which an examiner measures a lesion."""
    rows, columns = np.nonzero(mask)
    spread = np.stack((columns - columns.mean(), rows - rows.mean()))
    axis = np.linalg.svd(spread @ spread.T)[0][:, 0]
    along = axis @ spread
    centre = np.array((columns.mean(), rows.mean()))
    ends = centre + np.outer((along.min(), along.max()), axis)
    pen = ImageDraw.Draw(image)
    arm = max(2, image.width // 64)
    for x, y in ends:
        pen.line((x - arm, y, x + arm, y), fill=235)
        pen.line((x, y - arm, x, y + arm), fill=235)
    dots = np.linspace(*ends, max(2, int(np.ptp(along) // 3)))
    pen.point([tuple(dot) for dot in dots], fill=200)


def write_text(image: Image.Image, text: str, place: np.ndarray, fill: int | str) -> None:
    """Burn text into a picture at `place` (parts of its width and height), as scanners do."""
    font = ImageFont.load_default(max(8, image.width // 24))
    ImageDraw.Draw(image).text(tuple(np.multiply(place, image.size)), text, fill, font)
