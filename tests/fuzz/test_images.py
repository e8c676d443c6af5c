"""Mutated files and names give the right lesions or one sentence, and the check agrees."""

import io
import os
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from busutils.data import check, reading, sets
from busutils.data.files import joined_mask
from busutils.data.pictures import shape_of
from busutils.errors import UserError

N = int(os.environ.get("FUZZ", 20))
H, W, SIZE = 30, 40, 24
Y, X = np.mgrid[:H, :W]
ENDINGS = ("png", "tif", "bmp", "gif", "webp", "jpg", "jp2", "pcx", "tga", "ppm")
KINDS = ("images", "masks")
SHARP = ("png", "tif", "bmp", "gif")


@dataclass
class Own:
    """A folder of three cases; `truth` is what their masks show, upright."""

    root: Path
    rng: np.random.Generator
    names: list[str]
    truth: dict[str, np.ndarray] = field(default_factory=dict)
    endings: tuple[str, str] = ("png", "png")

    def pick(self, options):
        """One of `options`."""
        return options[self.rng.integers(len(options))]

    def file(self, kind: str, name: str) -> Path:
        """Place of an image or a mask."""
        return self.root / kind / f"{name}.{self.endings[kind == 'masks']}"

    def write(self) -> None:
        """Write plain images and masks of 0 and 255."""
        for name in self.names:
            radius, y, x = self.rng.integers(5, 9), *self.rng.integers(10, 20, 2)
            self.truth[name] = (Y - y) ** 2 + (X - x) ** 2 < radius**2
            noise = self.rng.integers(0, 256, (H, W), np.uint8)
            self.put("images", name, Image.fromarray(noise))
            self.put("masks", name, Image.fromarray(np.uint8(self.truth[name]) * 255))

    def put(self, kind: str, name: str, image: Image.Image, **options) -> None:
        """Save a file."""
        path = self.file(kind, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        image = image.convert("RGB") if path.suffix in (".webp", ".ppm") else image
        image.save(path, **options)

    def listing(self):
        """List the folder, each case a group of its own."""
        images, masks = (f"{kind}/{{case}}.{self.endings[i]}" for i, kind in enumerate(KINDS))
        return sets.listing("pairs", str(self.root), images, masks, groups="{group}")


@pytest.fixture(params=range(N))
def own(request, tmp_path, store) -> Own:
    return Own(tmp_path / "own", np.random.default_rng([20, request.param]), ["a", "b", "c"])


def outcome(own: Own) -> dict[str, np.ndarray] | str:
    """The original masks of all cases, or the sentence of a refusal; the check tells which."""
    try:
        listing = own.listing()
        report = check.check(listing)
        report.to_json(), report.to_text().encode()
    except UserError as error:
        return sentence(error)
    try:
        data = reading.load(listing, SIZE)
    except UserError as error:
        assert report.refused, error
        return sentence(error)
    assert not report.refused
    cases = {case.case: case for case in listing.cases}
    assert list(cases) == list(data.cases["case"])
    return {name: joined_mask(case, shape_of(case.image)) for name, case in cases.items()}


def sentence(error: UserError) -> str:
    text = str(error)
    assert "\n" not in text and 20 < len(text) < 700 and ":" in text
    return text


def test_a_mask_in_another_writing_gives_its_lesion(own):
    own.endings = (own.pick(ENDINGS[:6]), own.pick(SHARP))
    own.write()
    name = own.pick(own.names)
    lesion = own.truth[name]
    right = lesion & (np.argwhere(lesion)[:, 1].mean() < X)
    level = int(own.rng.integers(1, 256))
    palette = Image.fromarray(np.uint8(lesion) * 7, "P")
    palette.putpalette([*(0, 0, 0) * 7, *own.rng.integers(30, 256, 3).tolist()])
    alpha = Image.new("LA", (W, H), (level, 0))
    alpha.putalpha(Image.fromarray(np.uint8(lesion) * 255))
    ways = {
        "level": Image.fromarray(np.uint8(lesion) * level),
        "bit": Image.fromarray(lesion),
        "labels": Image.fromarray(np.uint8(lesion) + np.uint8(right)),
        "palette": palette,
        "two levels": Image.fromarray(np.where(lesion, 200, level // 2).astype(np.uint8)),
    }
    if own.endings[1] in ("png", "tif"):
        ways["alpha"] = alpha
        ways["bits"] = Image.fromarray((lesion * level * 256).astype(np.uint16))
    own.put("masks", name, ways[own.pick(list(ways))])
    found = outcome(own)
    if isinstance(found, str):
        assert "mask" in found or "palette of few greys" in found
        return
    for case, truth in own.truth.items():
        np.testing.assert_array_equal(found[case], truth)


def test_a_damaged_file_is_named_and_the_others_stay(own):
    own.endings = (own.pick(ENDINGS), own.pick(SHARP))
    own.write()
    kind, name = own.pick(KINDS), own.pick(own.names)
    path = own.file(kind, name)
    path.write_bytes(mutated(path.read_bytes(), own.rng))
    found = outcome(own)
    if isinstance(found, str):
        assert path.name in found
        report = check.check(own.listing())
        blamed = [item for items in report.findings.values() for item in items if "why" in item]
        assert {case for item in blamed for case in item["cases"]} <= {name}
        return
    for case in own.truth.keys() - {name}:
        np.testing.assert_array_equal(found[case], own.truth[case])
    if kind == "masks":  # as Pillow alone reads it
        image = Image.open(io.BytesIO(path.read_bytes()))
        levels = np.asarray(image.convert("L")).astype(int)
        assert not (found[name] & (levels == levels.min()) & (levels.max() > levels.min())).any()
    else:
        np.testing.assert_array_equal(found[name], own.truth[name])


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Cut, overwritten, shortened or stuffed somewhere."""
    data, place = bytearray(content), int(rng.integers(len(content)))
    match rng.integers(5):
        case 0:
            return content[:place]
        case 1:
            data[place] = rng.integers(256)
        case 2:
            for at in rng.integers(0, min(len(data), 64), 3):
                data[at] = rng.integers(256)
        case 3:
            del data[place : place + int(rng.integers(1, 60))]
        case 4:
            data[place:place] = rng.bytes(int(rng.integers(1, 30)))
    return bytes(data)


ODD = [
    *"aZ0 ._-()[]{}*?,;'\"\\&$#@!~%\t\n",
    "\xfc",
    "\xe9",
    "\u4e2d",
    "\u0645",
    "\U0001f600",
    "NA",
    "007",
]


def test_odd_names_find_their_masks_through_every_table(own):
    stems = {"".join(own.pick(ODD) for _ in range(own.rng.integers(1, 6))) for _ in range(3)}
    own.names = [f"x{stem}" for stem in stems]
    own.write()
    raw = own.pick(own.names)
    for kind in KINDS:
        form = own.pick(["NFC", "NFD"])
        for path in list((own.root / kind).iterdir()):
            ending = own.pick([".png", ".PNG", ".Png"])
            target = unicodedata.normalize(form, path.stem) + ending
            if path.stem == raw:
                target = os.fsdecode(b"\xfc" + os.fsencode(target))
            path.rename(path.with_name(target))
        for intruder in ("._xa.png", ".DS_Store", "Thumbs.db", "desktop.ini", "notes.txt"):
            (own.root / kind / intruder).write_bytes(b"\0\5\x16\7")
    found = outcome(own)
    if isinstance(found, str):
        assert "are both case" in found and len({n.lower() for n in own.names}) < len(own.names)
        return
    assert len(found) == len(own.names)
    for name, truth in own.truth.items():
        shown = unicodedata.normalize("NFC", name).replace("\n", "\\n").replace("\t", "\\t")
        np.testing.assert_array_equal(found["\\xfc" * (name == raw) + shown], truth)
