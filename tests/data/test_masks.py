"""What the values of a mask mean: each way of writing one disc gives that disc, or is refused."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from busutils.data import masks
from busutils.data.masks import Undecided

H, W = 60, 80
Y, X = np.mgrid[:H, :W]
DISC = (Y - 30) ** 2 + (X - 40) ** 2 < 18**2
LEFT = DISC & (X < 40)
RIGHT = DISC & ~LEFT


def grey(inside: int, outside: int = 0) -> Image.Image:
    return Image.fromarray(np.where(DISC, inside, outside).astype(np.uint8))


def parts(left: int, right: int, dtype=np.uint8) -> Image.Image:
    return Image.fromarray((LEFT * left + RIGHT * right).astype(dtype))


def palette(*colours: tuple[int, int, int], indices: np.ndarray = DISC) -> Image.Image:
    image = Image.fromarray(indices.astype(np.uint8), "P")
    image.putpalette([level for colour in colours for level in colour])
    return image


def alpha(mode: str, colour: int | tuple, shown: Image.Image) -> Image.Image:
    image = Image.new(mode, (W, H), colour)
    image.putalpha(shown)
    return image


def wide(mode: str, values: np.ndarray) -> Image.Image:
    return Image.fromarray(values.astype({"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]))


MANY = sum((n + 1) * ((n // 6 == Y // 12) & (n % 6 == X // 13)) for n in range(30))
ONE_DISC = {
    "0 and 255": grey(255),
    "0 and 1": grey(1),
    "one grey level": grey(38),
    "one bit": grey(255).convert("1"),
    "RGB": grey(255).convert("RGB"),
    "red": Image.fromarray(np.where(DISC[..., None], [255, 0, 0], 0).astype(np.uint8)),
    "dark red": Image.fromarray(np.where(DISC[..., None], [90, 0, 0], 0).astype(np.uint8)),
    "CMYK": grey(255).convert("RGB").convert("CMYK"),
    "brighter of two": grey(227, 100),
    "palette black and white": palette((0, 0, 0), (255, 255, 255)),
    "palette white and black": palette((255, 255, 255), (0, 0, 0), indices=~DISC),
    "palette of dark colours": palette((0, 0, 0), (64, 0, 0)),
    "palette of classes": palette((0, 0, 0), (128, 0, 0), (0, 128, 0), indices=LEFT + 2 * RIGHT),
    "labels": parts(1, 2),
    "labels with one left out": parts(1, 4),
    "labels of 16 bits": parts(2, 3, np.uint16),
    "16 bits, 0 and 65535": wide("I;16", DISC * 65535),
    "16 bits, 0 and 1": wide("I;16", DISC),
    "32 bits": wide("I", DISC * 70000),
    "floats": wide("F", DISC * 0.5),
    "white, alpha": alpha("RGB", (255, 255, 255), grey(255)),
    "black, alpha": alpha("RGB", (0, 0, 0), grey(255)),
    "red, faint alpha": alpha("RGB", (255, 0, 0), grey(128)),
    "grey with alpha": alpha("L", 7, grey(1)),
    "opaque": alpha("L", 0, Image.new("L", (W, H), 255)),
    "wholly transparent": alpha("L", 0, Image.new("L", (W, H), 0)),
}
for name in ("opaque", "wholly transparent"):
    ONE_DISC[name].paste(grey(255).convert("L"), (0, 0))
    ONE_DISC[name].putalpha(255 if name == "opaque" else 0)
FORMATS = {
    "png": {"1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I"},
    "tif": {"1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "F", "CMYK"},
    "bmp": {"1", "L", "P", "RGB"},
    "gif": {"1", "L", "P"},
    "webp": {"RGB", "RGBA"},
    "pgm": {"L", "I;16"},
}
WAYS = [
    (what, ending)
    for what, image in ONE_DISC.items()
    for ending, modes in FORMATS.items()
    if image.mode in modes
    and (what, ending)
    not in {
        ("32 bits", "png"),  # which has no 32 bits
        ("palette black and white", "bmp"),  # refused, see test_pictures
    }
]


def read(image: Image.Image, path, levels=(), **options) -> masks.Mask:
    image.save(path, **options)
    return masks.read(path, levels)


@pytest.mark.parametrize(("what", "ending"), WAYS)
def test_one_disc_in_every_way(tmp_path, what, ending):
    options = {"lossless": True, "exact": True} if ending == "webp" else {}
    found = read(ONE_DISC[what], tmp_path / f"mask.{ending}", **options)
    np.testing.assert_array_equal(found.lesion, DISC)
    plain = {"0 and 255", "one bit", "RGB", "red", "CMYK", "opaque", "wholly transparent"}
    if what in plain:
        assert found.read_as == "" and found.levels == (0, 255)


@pytest.mark.parametrize(
    ("what", "read_as"),
    [
        ("one grey level", "38 of 0, 38"),
        ("labels", "labels 1 to 2"),
        ("white, alpha", "transparency"),
        ("palette of classes", "places in the palette, labels 1 to 2"),
        ("brighter of two", "227 of 100, 227"),
    ],
)
def test_what_was_read_as_lesion_is_said(tmp_path, what, read_as):
    assert read(ONE_DISC[what], tmp_path / "mask.png").read_as == read_as


REFUSED = {
    "three levels": (parts(127, 255), "has the levels 0, 127, 255: say which levels"),
    "labels and a border": (parts(1, 255), "has the levels 0, 1, 255"),
    "16 bits, far apart": (parts(1000, 3000, np.uint16), "has the levels 0, 1000, 3000"),
    "no background": (grey(2, 1), "has no level 0, which is background, but 1, 2"),
    "one level everywhere": (Image.new("L", (W, H), 90), "holds nothing but level 90"),
    "colours": (
        Image.fromarray(
            (LEFT[..., None] * [255, 0, 0] + RIGHT[..., None] * [0, 255, 0]).astype(np.uint8)
        ),
        "shows several colours",
    ),
    "alpha of another region": (
        Image.merge("LA", [grey(255), Image.fromarray((LEFT * 255).astype(np.uint8))]),
        "shows one region by its colours and another by its transparency",
    ),
    "a map of distances": (
        Image.fromarray(np.maximum(0, 200 - np.hypot(Y - 30, X - 40) * 3).astype(np.uint8)).resize(
            (12 * W, 12 * H), Image.Resampling.BILINEAR
        ),
        "has the (levels|shades)",
    ),
    "a picture": (
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (H, W), np.uint8)),
        "has the shades of a picture",
    ),
    "no numbers": (wide("F", np.where(DISC, np.nan, 0)), "holds values that are no numbers"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_mask_that_does_not_say_what_is_lesion(tmp_path, what):
    image, why = REFUSED[what]
    with pytest.raises(Undecided, match=f"^mask .*mask.tif {why}"):
        read(image, tmp_path / "mask.tif")


def test_many_labels_are_lesions(tmp_path):
    """Thirty cells, some side by side, as instance masks have them."""
    cells = MANY * ((Y % 12 > 1) & (X % 13 > 1))
    found = read(wide("I;16", cells), tmp_path / "mask.png")
    np.testing.assert_array_equal(found.lesion, cells > 0)
    assert found.read_as == "labels 1 to 30"


def test_a_plain_file_is_empty_or_full(tmp_path):
    for level, lesion in {0: False, 1: True, 255: True}.items():
        found = read(Image.new("L", (W, H), level), tmp_path / "mask.png").lesion
        assert (found == lesion).all()
    clear = Image.new("LA", (W, H), (255, 0))
    assert not read(clear, tmp_path / "clear.png").lesion.any()


@pytest.mark.parametrize("quality", [10, 50, 95])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_mask_is_cut_at_the_middle(tmp_path, quality, mode):
    found = read(grey(255).convert("RGB").convert(mode), tmp_path / "mask.jpg", quality=quality)
    assert (found.lesion != DISC).sum() <= 0.01 * DISC.sum()
    assert "127.5 of" in found.read_as and found.levels[0] < 10 and found.levels[-1] > 245


def test_a_dark_jpeg_is_refused_and_a_colour_one_is_not(tmp_path):
    with pytest.raises(Undecided, match="JPEG changes levels"):
        read(grey(1), tmp_path / "mask.jpg", quality=100)
    red = read(ONE_DISC["red"], tmp_path / "red.jpg", quality=90).lesion
    assert (red != DISC).sum() <= 0.03 * DISC.sum()


@pytest.mark.parametrize("radius", [1, 2, 4])
def test_smoothed_edges_are_cut_at_the_middle(tmp_path, radius):
    soft = grey(255).filter(ImageFilter.GaussianBlur(radius))
    found = read(soft, tmp_path / "mask.png")
    np.testing.assert_array_equal(found.lesion, np.asarray(soft) > 127)
    assert found.read_as.startswith("over 127.5 of 0, 1, 2")
    enlarged = grey(255).resize((4 * W, 4 * H), Image.Resampling.BICUBIC)
    found = read(enlarged, tmp_path / "large.png").lesion
    np.testing.assert_array_equal(found, np.asarray(enlarged) > 127)


def test_the_middle_of_bright_levels_is_no_lower_than_they(tmp_path):
    soft = grey(250, 60).filter(ImageFilter.GaussianBlur(2))
    for levels in ((), (250,)):
        found = read(soft, tmp_path / "mask.png", levels).lesion
        np.testing.assert_array_equal(found, np.asarray(soft) > 155)


def test_three_smoothed_levels_are_refused_too(tmp_path):
    soft = parts(127, 255).resize((5 * W, 5 * H)).filter(ImageFilter.GaussianBlur(2))
    for name, options in {"mask.png": {}, "mask.jpg": {"quality": 80}}.items():
        with pytest.raises(Undecided, match="has the levels"):
            read(soft, tmp_path / name, **options)
    with pytest.raises(Undecided, match="smoothed edges between the levels 0, 127, 255"):
        read(soft, tmp_path / "mask.png", levels=(127,))


@pytest.mark.parametrize(
    ("image", "levels", "lesion"),
    [
        (parts(127, 255), (127,), LEFT),
        (parts(127, 255), (255, 127), DISC),
        (parts(1, 2), (2,), RIGHT),
        (grey(255), (0,), ~DISC),
        (grey(255).convert("1"), (0,), ~DISC),
        (grey(255).filter(ImageFilter.GaussianBlur(2)), (0,), None),
        (ONE_DISC["palette of classes"], (1,), LEFT),
        (ONE_DISC["palette of dark colours"], (1,), DISC),
        (ONE_DISC["white, alpha"], (255,), DISC),
        (wide("I;16", LEFT * 300 + RIGHT * 900), (900,), RIGHT),
    ],
)
def test_listed_levels_are_lesion_and_no_others(tmp_path, image, levels, lesion):
    found = read(image, tmp_path / "mask.png", levels).lesion
    np.testing.assert_array_equal(found, np.asarray(image) <= 127 if lesion is None else lesion)


def test_most_images_decide_whether_masks_are_inverted():
    assert masks.are_inverted([0.9, 0.8, 0.1])
    assert not masks.are_inverted([0.9, 0.5, 0.1])
    assert not masks.are_inverted([])
