"""Disturbances do what their level says, to every network alike."""

import numpy as np
import pandas as pd
import pytest

from busutils.errors import UserError
from busutils.perturb import PERTURBATIONS, curves, difference, middle, perturb, scores

GREY = np.full((2, 200, 200, 1), 128, np.uint8)
STEP = np.zeros((1, 64, 64, 3), np.uint8)
STEP[:, :, 32:] = 200


@pytest.mark.parametrize("kind", PERTURBATIONS)
def test_shape_type_and_the_first_level_change_nothing(kind):
    levels = PERTURBATIONS[kind].levels
    np.testing.assert_array_equal(perturb(STEP, kind, levels[0]), STEP)
    worst = perturb(STEP, kind, levels[-1])
    assert (worst.shape, worst.dtype) == (STEP.shape, np.uint8)
    assert (worst != STEP).any()


@pytest.mark.parametrize("kind", PERTURBATIONS)
def test_a_higher_level_is_further_from_the_image(kind):
    image = np.random.default_rng(0).integers(40, 200, (1, 32, 32, 1)).repeat(4, 1).repeat(4, 2)
    image = image.astype(np.uint8)
    far = [
        np.abs(perturb(image, kind, level).astype(float) - image).mean()
        for level in PERTURBATIONS[kind].levels
    ]
    assert far == sorted(far)
    assert len(set(far)) == len(far)


def test_gaussian_noise_has_the_deviation_it_says():
    noisy = perturb(GREY, "gaussian", 0.1).astype(float)
    assert noisy.std() / 255 == pytest.approx(0.1, abs=0.003)


def test_speckle_grows_with_the_grey_level():
    noisy = perturb(GREY, "speckle", 0.2).astype(float)
    assert noisy.std() / 128 == pytest.approx(0.2, abs=0.005)
    assert (perturb(0 * GREY, "speckle", 0.2) == 0).all()


def test_salt_and_pepper_hits_the_share_it_says():
    noisy = perturb(GREY, "salt and pepper", 0.1)
    assert (noisy != 128).mean() == pytest.approx(0.1, abs=0.005)
    assert set(np.unique(noisy)) == {0, 128, 255}


def test_contrast_shrinks_about_the_mean():
    out = perturb(STEP, "contrast", 0.4)
    assert int(out.max()) - int(out.min()) == 80
    assert out.mean() == pytest.approx(STEP.mean(), abs=1)


def test_blur_keeps_the_mean_and_softens_the_step():
    out = perturb(STEP, "blur", 4).astype(float)
    assert out.mean() == pytest.approx(STEP.mean(), abs=1)
    assert np.abs(np.diff(out[0, 0, :, 0])).max() < 100
    np.testing.assert_array_equal(out[..., 0], out[..., 1])  # colours do not mix


def test_noise_is_that_of_the_case_and_the_seed():
    first = perturb(GREY, "gaussian", 0.1)
    np.testing.assert_array_equal(first, perturb(GREY, "gaussian", 0.1))
    np.testing.assert_array_equal(first[:1], perturb(GREY[:1], "gaussian", 0.1))
    assert (first[0] != first[1]).any()
    assert (first != perturb(GREY, "gaussian", 0.1, seed=1)).any()


def test_unknown_kinds_and_levels_are_refused():
    with pytest.raises(UserError, match="perturbation 'gauss': did you mean 'gaussian'"):
        perturb(GREY, "gauss", 0.1)
    with pytest.raises(UserError, match="jpeg of 500 quality: take a level from 5 to 100"):
        perturb(GREY, "jpeg", 500)


def dark(images):
    """A network that finds lesions in grey levels under 30."""
    return (images.mean(axis=-1) < 30).astype(float)


@pytest.fixture
def scored():
    """Two images, half black and half 200: contrast of 0.6 makes black 40, as their mean is 100."""
    images = np.repeat(STEP, 2, axis=0)
    groups = pd.Series(["A", "B"], index=["a", "b"])
    return scores(dark, images, images[..., 0] == 0, groups, ["contrast", "jpeg"])


def test_scores_of_every_level_case_by_case(scored):
    contrast = scored[scored["kind"] == "contrast"]
    assert contrast["level"].tolist() == [1, 1, 0.8, 0.8, 0.6, 0.6, 0.4, 0.4, 0.2, 0.2]
    assert contrast["score"].tolist() == [1] * 4 + [0] * 6
    assert contrast["case"].tolist() == ["a", "b"] * 5
    assert contrast["group"].tolist() == ["A", "B"] * 5
    assert set(scored["kind"]) == {"contrast", "jpeg"}


def test_curves_have_a_mean_for_each_level(scored):
    table = curves(scored.assign(network="dark"))
    of = table[table["kind"] == "contrast"]
    assert of["score"].tolist() == [1, 1, 0, 0, 0]
    assert set(of["cases"]) == {2}
    assert table["kind"].unique().tolist() == ["contrast", "jpeg"]


def test_what_a_disturbance_costs_is_told_at_its_middle_level(scored):
    assert middle("contrast") == 0.6
    assert difference(scored, "contrast").estimate == -1
