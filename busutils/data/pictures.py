"""Open one picture: turned as its EXIF says, one picture a file, each error by name.

Pillow reads all but the slices of figshare (:mod:`busutils.data.matlab`).
"""

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from busutils.data import matlab
from busutils.errors import UserError

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "DIB", "GIF", "WEBP", "JPEG2000", "PPM", "PCX", "TGA")
"""Formats that are read. Pillow knows others, some of which it opens by calling other programs."""

ERRORS = (
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, struct.error, zlib.error),
    *(ArithmeticError, NotImplementedError, MemoryError),
)
"""What Pillow's decoders raise on damaged files, found by damaging files of every format."""

# what the first bytes of a file say (place, bytes), and the names that such files have
_FOREIGN = {
    "a DICOM file": ((128, b"DICM"), (".dcm", ".dicom", ".ima")),
    "a NIfTI file": ((344, b"n+1"), (".nii", ".nii.gz")),
    "an Analyze or NIfTI header": ((0, b"\x5c\x01\0\0"), (".hdr",)),
    "a NumPy array": ((0, b"\x93NUMPY"), (".npy", ".npz")),
    "a MetaImage": ((0, b"ObjectType"), (".mha", ".mhd")),
    "an NRRD file": ((0, b"NRRD"), (".nrrd", ".nhdr")),
    "a MATLAB file": ((0, b"MATLAB"), (".mat",)),
    "an HDF5 file": ((0, b"\x89HDF"), (".h5", ".hdf5")),
    "a HEIF or AVIF picture": ((4, b"ftyp"), (".heic", ".heif", ".avif")),
    "a Photoshop file": ((0, b"8BPS"), (".psd",)),
    "a PDF file": ((0, b"%PDF"), (".pdf",)),
    "an SVG or XML file": ((0, b"<?xml"), (".svg", ".xml")),
    "an archive": ((0, b"PK\x03\x04"), (".zip", ".gz")),
}
_NO_PICTURES = {
    b"version https://git-lfs": "is a pointer of Git LFS: fetch the file with `git lfs pull`",
    b"<!doctype html": "is a web page, not an image: download the file again",
    b"<html": "is a web page, not an image: download the file again",
}


def decode(path: Path, at_least: int | None = None) -> Image.Image:
    """Return the picture of a file, decoded and turned upright as its EXIF says.

    Parameters
    ----------
    path : file of one of `FORMATS`, or a slice of figshare
    at_least : a JPEG is decoded at 1/2, 1/4 or 1/8 of its size, as long as both sides stay as many
        pixels as this

    Raises
    ------
    UserError
        If the file is missing, damaged, of another format or larger than Pillow decodes, if it
        holds several frames or pages, or colours of 16 bits, of which Pillow keeps half.
    """
    with _open(path) as image:
        _refuse(path, image)
        if at_least:
            image.draft(None, (at_least, at_least))  # does nothing where the file is no JPEG
        image.load()
        # Pillow itself turns a TIFF, and would turn it back
        upright = image.copy() if image.format == "TIFF" else ImageOps.exif_transpose(image)
        upright.format = image.format  # which the copy has lost
        return upright


def shape_of(path: Path) -> tuple[int, int]:
    """Return (height, width) of the upright picture without decoding it; errors as `decode`."""
    with _open(path) as image:
        width, height = image.size
        turned = image.format != "TIFF" and _turn(image) >= 5
        return (width, height) if turned else (height, width)


def is_turned(path: Path) -> bool:
    """Whether the EXIF of a file says that its picture is to be turned or mirrored."""
    if matlab.is_slice(path):
        return False
    with _open(path) as image:
        return _turn(image) > 1


def refuse_dead(path: Path) -> None:
    """Refuse a link to a file that is not there.

    Raises
    ------
    UserError
        With the place that the link leads to.
    """
    if path.is_symlink() and not path.exists():
        raise UserError(
            f"{path} is a link to {path.readlink()}, which is not there: bring that file, or "
            "take the link away"
        )


def _turn(image: Image.Image) -> int:
    """EXIF's orientation of a picture, 1 (upright) to 8; what is no such number turns nothing."""
    said = image.getexif().get(0x0112, 1)
    return said if said in range(1, 9) else 1


@contextmanager
def _open(path: Path) -> Iterator[Image.Image]:
    """Open a file; say which one it is that a decoder cannot read, and why."""
    if matlab.is_slice(path):
        yield Image.fromarray(matlab.read(path)[0])
        return
    try:
        # by its name, Pillow would map a grey TIFF into memory, and garble one that is turned
        with path.open("rb") as file, Image.open(file, formats=FORMATS) as image:
            yield image
    except Image.DecompressionBombError as error:
        most = 2 * Image.MAX_IMAGE_PIXELS / 1e6
        raise UserError(
            f"{path} has more than {most:.0f} million pixels: save it smaller, or take it out"
        ) from error
    except ERRORS as error:
        raise UserError(_why(path, error)) from error


def _refuse(path: Path, image: Image.Image) -> None:
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise UserError(
            f"{path} holds {frames} frames or pages, of which one would be read: save the one that "
            "is meant as a file of its own"
        )
    if image.mode == "LAB":
        raise UserError(f"{path} has colours in Lab, which are not read: save it in RGB")
    if _is_misread(image):
        raise UserError(f"{path} has a palette of few greys, which is not read: save it as PNG")
    if _is_deep(image):
        raise UserError(
            f"{path} has colours of 16 bits, which would be cut to 8: save it with 8 bits, scaled "
            "as you want it"
        )


def _raw(image: Image.Image) -> tuple:
    """How the pixels of a file that is not decoded yet are stored: the mode and further numbers."""
    tiles = getattr(image, "tile", ())
    about = tiles[0].args if tiles else ()
    return about if isinstance(about, tuple) else (about,)


def _is_deep(image: Image.Image) -> bool:
    """Whether the file has 16 bits a colour; the decoded picture (mode RGB, LA ...) has 8."""
    raw, *more = _raw(image) or ("",)
    if image.format == "PPM":
        return image.mode == "RGB" and bool(more) and more[0] > 255
    return bool(re.match(r"(?!I|F|BGR).*;16", str(raw)))


def _is_misread(image: Image.Image) -> bool:
    """Whether a grey palette makes Pillow take the indices of a BMP for pixels of fewer bits."""
    bits = {"1": 1, "L": 8}.get(image.mode) if image.format in ("BMP", "DIB") else None
    raw = _raw(image)
    return bool(bits and raw[0] == image.mode and raw[1] != (image.width * bits + 31) // 32 * 4)


def _why(path: Path, error: Exception) -> str:
    refuse_dead(path)
    if isinstance(error, FileNotFoundError):
        return f"{path} is not there: name an image, or a folder of images"
    told = error or type(error).__name__
    if isinstance(error, UnidentifiedImageError):
        if known := _foreign(path):
            return f"{path} {known}"
        told = "its content is of no known format"
    return (
        f"{path} cannot be read as an image ({told}): replace it by a whole copy, or take it out "
        "of the set"
    )


def _foreign(path: Path) -> str:
    """What a file is that is none of `FORMATS`, and the remedy; empty if unknown."""
    with path.open("rb") as file:
        start = file.read(400)
    if not start:
        return "is empty (0 bytes): replace it by a whole copy, or take it out of the set"
    for word, text in _NO_PICTURES.items():
        if start.lstrip().lower().startswith(word):
            return text
    by_bytes = (what for what, ((at, word), _) in _FOREIGN.items() if start[at:].startswith(word))
    by_name = (what for what, (_, names) in _FOREIGN.items() if path.name.lower().endswith(names))
    if what := next(by_bytes, None) or next(by_name, None):
        return f"is {what}, which is not read: convert it to PNG of 8 bits, a file a picture"
    return ""
