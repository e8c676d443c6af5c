"""Files are turned as EXIF says, hold one picture, and each that cannot be read says why."""

import io

import numpy as np
import pytest
from PIL import Image

from busutils.data import masks, pictures
from busutils.data.files import read_image
from busutils.data.pictures import shape_of
from busutils.errors import UserError

ARROW = np.zeros((24, 40), np.uint8)
ARROW[4:8, 4:30] = 255
ARROW[4:20, 4:8] = 255
GREY = Image.fromarray(ARROW)
# what EXIF's numbers do to what is stored (EXIF 2.3, tag 274)
TURNS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.T,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].T,
    8: lambda a: np.rot90(a, 1),
}


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("ending", ["png", "tif", "jpg", "webp"])
def test_images_and_masks_are_turned_as_exif_says(tmp_path, ending, orientation):
    path = tmp_path / f"a.{ending}"
    options = {"webp": {"lossless": True}, "jpg": {"quality": 95}}.get(ending, {})
    GREY.save(path, exif=exif(orientation), **options)
    upright = TURNS[orientation](ARROW)
    assert shape_of(path) == upright.shape
    assert np.abs(read_image(path).astype(int) - upright).mean() < 2
    assert (masks.read(path).lesion != (upright > 127)).mean() < 0.01
    assert pictures.is_turned(path) == (orientation > 1)


def test_a_jpeg_that_is_decoded_small_is_turned_too(tmp_path):
    GREY.resize((400, 240)).save(tmp_path / "a.jpg", exif=exif(6))
    assert shape_of(tmp_path / "a.jpg") == (400, 240)
    assert read_image(tmp_path / "a.jpg", at_least=50).shape == (100, 60)


def test_exif_of_no_known_orientation_turns_nothing(tmp_path):
    for n in (0, 9, 200):
        GREY.save(tmp_path / "a.png", exif=exif(n))
        assert shape_of(tmp_path / "a.png") == ARROW.shape == read_image(tmp_path / "a.png").shape
        assert not pictures.is_turned(tmp_path / "a.png")


@pytest.mark.parametrize("ending", ["tif", "gif", "png", "webp", "mpo"])
def test_several_frames_or_pages_are_refused(tmp_path, ending):
    path, colour = tmp_path / f"a.{ending}", GREY.convert("RGB")
    frames = [Image.fromarray(255 - np.asarray(colour)), colour]
    colour.save(path, save_all=True, append_images=frames)
    for read in (read_image, masks.read):
        with pytest.raises(UserError, match=rf"a.{ending} holds 3 frames or pages, of which one"):
            read(path)
    colour.save(path)
    assert read_image(path).shape == ARROW.shape


FOREIGN = {
    "a.dcm": (b"\0" * 128 + b"DICM" + bytes(64), "is a DICOM file, which is not read: convert it"),
    "a.png": (b"\0" * 128 + b"DICM" + bytes(64), "is a DICOM file"),
    "no-preamble.dcm": (b"\x08\0\x05\0CS", "is a DICOM file"),
    "a.nii": (bytes(344) + b"n+1\0", "is a NIfTI file"),
    "a.nii.gz": (b"\x1f\x8b\x08\0" + bytes(60), "is a NIfTI file"),
    "a.npy": (b"\x93NUMPY\1\0", "is a NumPy array"),
    "a.mha": (b"ObjectType = Image", "is a MetaImage"),
    "a.nrrd": (b"NRRD0004", "is an NRRD file"),
    "a.heic": (b"\0\0\0\x18ftypheic" + bytes(9), "is a HEIF or AVIF picture"),
    "a.jpg": (b"%PDF-1.4", "is a PDF file"),
    "b.png": (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
    "c.png": (b"\n<!DOCTYPE html><p>404", "is a web page, not an image: download"),
    "empty.png": (b"", r"is empty \(0 bytes\): replace it by a whole copy"),
    "text.png": (
        b"hello",
        "cannot be read as an image .its content is of no known.*: replace it by a whole copy",
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_picture_is_called_what_it_is(tmp_path, name):
    content, why = FOREIGN[name]
    (tmp_path / name).write_bytes(content)
    for read in (read_image, masks.read, shape_of):
        with pytest.raises(UserError, match=f"{name} {why}"):
            read(tmp_path / name)


def test_a_missing_file_and_a_dead_link_are_told_apart(tmp_path):
    (tmp_path / "link.png").symlink_to("/nowhere/x.png")
    with pytest.raises(
        UserError, match=r"link.png is a link to /nowhere/x.png, which is not there"
    ):
        read_image(tmp_path / "link.png")
    with pytest.raises(UserError, match=r"no.png is not there: name an image"):
        read_image(tmp_path / "no.png")


def test_colours_of_sixteen_bits_are_refused_not_cut(tmp_path):
    """Pillow writes none, so the header of an 8-bit file is changed."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    for colour, channels in {2: 3, 4: 2, 6: 4}.items():
        header = struct.pack(">IIBBBBB", 4, 3, 16, colour, 0, 0, 0)
        rows = zlib.compress((b"\0" + b"\0\1" * 4 * channels) * 3)
        parts = (chunk(b"IHDR", header), chunk(b"IDAT", rows), chunk(b"IEND", b""))
        (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
        for read in (read_image, masks.read):
            with pytest.raises(UserError, match="has colours of 16 bits, which would be cut to 8"):
                read(tmp_path / "a.png")
    (tmp_path / "a.ppm").write_bytes(b"P6 2 1 65535\n" + bytes(12))
    with pytest.raises(UserError, match="has colours of 16 bits"):
        read_image(tmp_path / "a.ppm")


def test_files_that_pillow_misreads_are_refused(tmp_path):
    image = Image.fromarray((ARROW > 0).astype(np.uint8), "P")
    image.putpalette([0, 0, 0, 255, 255, 255])
    image.save(tmp_path / "a.bmp")
    with pytest.raises(UserError, match=r"a.bmp has a palette of few greys"):
        masks.read(tmp_path / "a.bmp")
    Image.new("LAB", (4, 4)).save(tmp_path / "a.tif")
    with pytest.raises(
        UserError, match=r"a.tif has colours in Lab, which are not read: save it in"
    ):
        read_image(tmp_path / "a.tif")


def test_a_picture_over_pillows_limit_is_refused(tmp_path, monkeypatch):
    GREY.save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 400)
    for read in (read_image, masks.read, shape_of, pictures.is_turned):
        with pytest.raises(
            UserError, match=r"a.png has more than 0 million pixels: save it smaller"
        ):
            read(tmp_path / "a.png")


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "bmp", "gif", "webp", "jp2", "ppm"])
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_a_part_of_a_file_is_refused(tmp_path, ending, keep):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    Image.fromarray(noise).convert("RGB").save(whole := io.BytesIO(), _format(ending))
    (tmp_path / f"a.{ending}").write_bytes(whole.getvalue()[: int(keep * whole.tell())])
    with pytest.raises(UserError, match=rf"a.{ending} cannot be read .*replace it by a whole copy"):
        read_image(tmp_path / f"a.{ending}")


def _format(ending: str) -> str:
    return Image.registered_extensions()[f".{ending}"]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("ending", ["png", "tif", "gif", "webp", "bmp"])
def test_images_of_every_mode_become_grey_and_colour(tmp_path, mode, ending):
    path = tmp_path / f"a.{ending}"
    mode = "RGB" if (ending, mode) == ("bmp", "LA") else mode  # which BMP has not
    GREY.convert(mode).save(path, **({"lossless": True} if ending == "webp" else {}))
    np.testing.assert_array_equal(read_image(path), ARROW)
    np.testing.assert_array_equal(read_image(path, channels=3)[..., 1], ARROW)
