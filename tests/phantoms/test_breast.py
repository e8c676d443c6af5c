"""Phantoms: physics by formula, difficulty by naive methods, files by the real reader."""

import errno

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from skimage.filters import threshold_otsu

from busutils.data import busi
from busutils.data.files import joined_mask, read_image
from busutils.errors import RunError, UserError
from busutils.phantoms import breast, write_busi
from busutils.phantoms.busi import CONTRAST, PLANTED, class_counts
from busutils.phantoms.lesions import behind
from busutils.phantoms.tissue import noise

N = 24


@pytest.fixture(scope="module", params=[0, CONTRAST])
def lesions(request):
    """Forty benign and twenty malignant phantoms: the mix of BUSI and of the quick runs."""
    labels = ["benign"] * 40 + ["malignant"] * 20
    rngs = (np.random.default_rng([1, k]) for k in range(60))
    kinds = zip(rngs, labels, strict=True)
    return [breast.ultrasound(r, (150, 192), label, request.param) for r, label in kinds]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("phantoms")
    write_busi(root, n=N, seed=3, size=112)
    return root


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def largest(mask):
    parts, _ = ndimage.label(mask)
    return parts == 1 + np.argmax(np.bincount(parts.ravel())[1:])


# ---- speckle


def test_one_look_is_fully_developed_speckle():
    intensity = breast.speckle(np.random.default_rng(0), (400, 400), (0.7, 1.2))
    envelope = np.sqrt(intensity)
    assert envelope.mean() / envelope.std() == pytest.approx(1.913, rel=0.02)  # Rayleigh
    assert (10 * np.log10(intensity)).std() == pytest.approx(5.57, rel=0.02)  # of a log-exponential


def test_speckle_is_correlated_as_the_point_spread_function_says():
    intensity = breast.speckle(np.random.default_rng(0), (500, 500), (1, 2))

    def correlation(a, b):
        return np.corrcoef(a.ravel(), b.ravel())[0, 1]

    # a Gaussian of deviation s gives intensities correlated by exp(-lag^2 / (2 s^2))
    assert correlation(intensity[2:], intensity[:-2]) == pytest.approx(np.exp(-2), abs=0.03)
    assert correlation(intensity[:, 2:], intensity[:, :-2]) == pytest.approx(np.exp(-0.5), abs=0.03)


@pytest.mark.parametrize("looks", [1, 2, 4])
def test_compounding_calms_speckle_by_the_root_of_the_looks(looks):
    intensity = breast.speckle(np.random.default_rng(0), (300, 300), (0.6, 1), looks)
    assert intensity.mean() == pytest.approx(1, abs=1e-5)
    assert intensity.std() == pytest.approx(looks**-0.5, rel=0.05)


def test_noise_has_its_deviation_and_its_scale():
    field = noise(np.random.default_rng(0), (600, 800), (5, 20))
    assert field.std() == pytest.approx(1.1, abs=0.1)
    down, across = (np.abs(np.diff(field, axis=a)).mean() for a in (0, 1))
    assert down / across == pytest.approx(4, rel=0.15)


def test_what_is_behind_a_lesion_is_the_loss_integrated_along_depth():
    mask = np.zeros((10, 240), bool)
    mask[2:6, 40:120] = True  # 4 pixels thick
    mask[2:4, 120:200] = True  # 2 pixels thick
    loss = behind(mask, 8.0)
    assert loss[:2].max() == 0
    assert np.allclose(loss[2:, 80], [2, 4, 6, 8, 8, 8, 8, 8], atol=1e-3)
    assert np.allclose(loss[6:, 160], 4, atol=1e-3)
    assert np.allclose(behind(mask, -8.0), -loss)


# ---- pictures


def test_thresholding_does_not_solve_them(lesions):
    dark, spot, calm = [], [], []
    for image, mask in lesions:
        below = image <= threshold_otsu(image)
        smooth = ndimage.gaussian_filter(image, 3)
        dark.append(dice(mask, below))
        spot.append(dice(mask, largest(below)))
        calm.append(dice(mask, largest(smooth <= threshold_otsu(smooth))))
    assert max(np.mean(dark), np.mean(spot), np.mean(calm)) < 0.6


def test_the_best_centred_ellipse_does_not_solve_them(lesions):
    h, w = lesions[0][0].shape
    y, x = np.linspace(-1, 1, h)[:, None], np.linspace(-1, 1, w)
    axes = np.linspace(0.1, 1.4, 14)
    ellipses = [(x / a) ** 2 + (y / b) ** 2 <= 1 for a in axes for b in axes]
    best = max(np.mean([dice(mask, e) for _, mask in lesions]) for e in ellipses)
    assert 0.1 < best < 0.6


def test_lesions_have_the_sizes_of_busi(lesions):
    area = np.array([mask.mean() for _, mask in lesions])
    assert area.min() > 0.001 and area.max() < 0.57
    assert 0.02 < np.median(area[:40]) < 0.09  # BUSI: 0.044
    assert 0.07 < np.median(area[40:]) < 0.2  # BUSI: 0.12


def test_malignant_lesions_are_taller_and_shadow_more(lesions):
    def height_to_width(mask):
        rows, columns = (np.ptp(axis) + 1 for axis in np.nonzero(mask))
        return rows / columns

    shapes = [height_to_width(mask) for _, mask in lesions]
    assert np.median(shapes[:40]) < np.median(shapes[40:])
    scenes = {
        label: [breast.scene(np.random.default_rng(k), (96, 128), label) for k in range(20)]
        for label in ("benign", "malignant")
    }
    lost = {
        label: np.mean([loss[-1].max() for _, loss, _ in found]) for label, found in scenes.items()
    }
    assert lost["malignant"] > lost["benign"] + 2


def test_contrast_darkens_the_lesion_and_nothing_else():
    shape, inside = (96, 128), []
    for k in range(8):
        plain, mask = breast.ultrasound(np.random.default_rng(k), shape)
        dark, same = breast.ultrasound(np.random.default_rng(k), shape, contrast=12)
        assert np.array_equal(mask, same)
        far = ~ndimage.binary_dilation(mask, iterations=24)
        assert np.array_equal(plain[far], dark[far])
        inside.append(plain[mask].mean() - dark[mask].mean())
    assert min(inside) >= 0 and np.mean(inside) > 10


def test_normal_phantoms_hold_dark_regions_too():
    images = [breast.ultrasound(np.random.default_rng(k), (96, 128), "normal") for k in range(8)]
    assert not any(mask.any() for _, mask in images)
    dark = [largest(ndimage.gaussian_filter(i, 2) < i.mean() - 25).mean() for i, _ in images]
    assert np.median(dark) > 0.02  # as large as many a lesion


def test_the_same_seed_gives_the_same_phantom_whatever_happened_before():
    first = breast.ultrasound(np.random.default_rng(5), (64, 80), "malignant")
    np.random.default_rng(6).random(10)
    second = breast.ultrasound(np.random.default_rng(5), (64, 80), "malignant")
    other = breast.ultrasound(np.random.default_rng(6), (64, 80), "malignant")
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("label", ["benign", "malignant"])
def test_every_lesion_has_pixels_even_at_the_smallest_size(label):
    rngs = (np.random.default_rng([4, k]) for k in range(60))
    assert all(breast.ultrasound(rng, (48, 53), label)[1].any() for rng in rngs)


def test_unknown_label_and_small_shape_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(UserError, match="did you mean 'benign'"):
        breast.ultrasound(rng, (64, 64), "benin")
    with pytest.raises(UserError, match="47 x 64 pixels"):
        breast.ultrasound(rng, (47, 64), "benign")


# ---- files


def test_the_real_reader_reads_them(root):
    listing = busi.listing(root)
    labels = [case.label for case in listing.cases]
    assert {label: labels.count(label) for label in busi.COUNTS} == class_counts(N)
    assert [p.name for p in listing.orphans] == [PLANTED["orphan mask"]]
    assert listing.notes == ()
    for case in listing.cases:
        image = read_image(case.image)
        assert joined_mask(case, image.shape).any() == (case.label != "normal")
        assert len(case.masks) == (2 if case.case == PLANTED["two masks"] else 1)
    assert len({read_image(case.image).shape for case in listing.cases}) > N / 2


def test_masks_have_the_modes_of_busi(root):
    modes = {p.name: Image.open(p).mode for p in root.rglob("*_mask*.png")}
    assert modes.pop(PLANTED["rgba mask"]) == "RGBA"
    assert all(m == ("RGB" if name.startswith("normal") else "1") for name, m in modes.items())


def test_one_image_is_coloured(root):
    images = {c.case: Image.open(c.image) for c in busi.listing(root).cases}
    assert [case for case, image in images.items() if image.mode != "L"] == ["malignant (1)"]
    red, _, blue = np.moveaxis(np.asarray(images["malignant (1)"]).astype(int), 2, 0)
    assert (red - blue).max() > 100


def test_duplicates_are_planted(root):
    cases = {case.case: case for case in busi.listing(root).cases}
    first, second = (cases[name] for name in PLANTED["exact duplicate"])
    assert first.image.read_bytes() == second.image.read_bytes()
    shape = read_image(first.image).shape
    masks = joined_mask(first, shape), joined_mask(second, shape)
    assert 0.5 < dice(*masks) < 1
    for frame, copy in PLANTED["near duplicates"]:
        frame, copy = read_image(cases[frame].image), Image.open(cases[copy].image)
        h, w = frame.shape
        assert copy.size != (w, h)
        crop = frame[round(0.02 * h) : round(0.93 * h), round(0.05 * w) : round(0.98 * w)]
        back = np.asarray(copy.resize(crop.shape[::-1], Image.Resampling.LANCZOS))
        assert np.corrcoef(crop.ravel(), back.ravel())[0, 1] > 0.95


def test_a_picture_does_not_depend_on_how_many_there_are(root, tmp_path):
    write_busi(tmp_path, n=12, seed=3, size=112)
    few = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*.png")}
    assert len(few) == 12 + 12 + 2  # images, masks, a second mask, an orphan
    assert all((root / name).read_bytes() == content for name, content in few.items())


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(self, *args, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Image.Image, "save", full)
        with pytest.raises(RunError, match="No space left"):
            write_busi(tmp_path / "data", n=12, size=96)
    assert not any((tmp_path / "data").iterdir())


@pytest.mark.parametrize(
    ("options", "message"), [({"n": 11}, "ask for 12"), ({"size": 95}, "take 96")]
)
def test_too_few_or_too_small_are_refused(tmp_path, options, message):
    with pytest.raises(UserError, match=message):
        write_busi(tmp_path, **options)
    assert not any(tmp_path.iterdir())


def test_an_earlier_set_is_not_overwritten(root):
    with pytest.raises(UserError, match="is there already"):
        write_busi(root)


@pytest.mark.parametrize("n", [12, 60, 780, 1000])
def test_class_counts_follow_busi(n):
    counts = class_counts(n)
    assert sum(counts.values()) == n
    assert all(abs(counts[k] - n * busi.COUNTS[k] / 780) <= 1 for k in counts)
