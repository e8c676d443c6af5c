"""Outlines against hand-drawn masks, MedPy and DeepMind's surface-distance."""

import warnings

import numpy as np
import pytest
from medpy.metric import assd, hd95
from scipy.ndimage import gaussian_filter

from busutils import surface

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from surface_distance import compute_surface_dice_at_tolerance, compute_surface_distances


def drawn(*pictures):
    """Masks from pictures whose rows are parted by a space."""
    return np.array([[[c == "#" for c in row] for row in of.split()] for of in pictures])


def one(truth, predicted, **options):
    return surface.scores(drawn(truth), drawn(predicted), **options).iloc[0]


def test_one_pixel_beside_another():
    row = one(".... .#.. ....", ".... ...# ....")
    assert (row["hd95"], row["hd95_max"], row["assd"]) == (2, 2, 2)
    assert row["nsd"] == 0.5  # of four corners each, the two on the inner side are one pixel apart
    assert not row["missed"] and not row["false"]


def test_a_pixel_has_a_height_and_a_width():
    assert one("#. .. ..", ".. .. #.", spacing=(3, 0.5))["hd95"] == 6  # two rows of height 3
    assert one("#.. ...", "..# ...", spacing=(3, 0.5))["hd95"] == 1  # two columns of width 0.5


def test_inner_pixels_are_no_outline():
    row = one("##### ##### ##### ##### #####", "##### #...# #...# #...# #####")
    assert row["hd95"] == 0 and row["assd"] == 0  # the same outline, though the Dice is 0.78


def test_two_definitions_of_hd95_differ_by_hand():
    # Truth: one pixel. Prediction: it and one 20 to the right of it.
    truth = "#" + "." * 20
    row = one(truth, "#" + "." * 19 + "#")
    assert row["hd95_max"] == pytest.approx(19)  # of 0 and 20 the 95th percentile
    assert row["hd95"] == pytest.approx(18)  # of 0, 0 and 20
    assert row["assd"] == pytest.approx(20 / 3)


def test_the_surface_dice_counts_length_by_hand():
    # A square of 2 x 2 pixels has an outline of 4 sides of 1 and 4 corners of half a diagonal.
    row = one("##. ##.", ".## .##", tolerance=0.5)  # moved by one to the right
    corner, side = np.sqrt(2) / 2, 1
    whole = 4 * side + 4 * corner
    apart = side + 2 * corner + side  # its far column, and the side that lies inside the other one
    assert row["nsd"] == pytest.approx(1 - apart / whole)
    assert one(".##. .##.", ".##. .##.", tolerance=0)["nsd"] == 1


def test_empty_masks_have_no_distance_and_are_counted():
    nothing, something = ".. ..", "#. .."
    table = surface.scores(
        drawn(nothing, something, nothing, something), drawn(nothing, nothing, something, something)
    )
    assert table["hd95"].tolist() == pytest.approx([0, np.nan, np.nan, 0], nan_ok=True)
    assert table["nsd"].tolist() == [1, 0, 0, 1]
    assert table["missed"].tolist() == [False, True, False, False]
    assert table["false"].tolist() == [False, False, True, False]
    of = surface.means(table)
    assert (of["cases"], of["missed"], of["false"], of["nsd"]) == (2, 1, 1, 0.5)


@pytest.fixture(scope="module")
def pairs():
    """200 pairs of random masks: several components, small, cut by the border, one pixel."""
    rng = np.random.default_rng(0)
    truths, answers = [], []
    for _ in range(200):
        field = gaussian_filter(rng.normal(size=(64, 64)), 4)
        other = field + 0.7 * gaussian_filter(rng.normal(size=(64, 64)), 3)
        truths.append(field > np.quantile(field, rng.uniform(0.6, 0.99)))
        answers.append(other > np.quantile(other, rng.uniform(0.6, 0.99)))
    truths[0] = np.zeros((64, 64), bool)
    truths[0][30, 5] = True
    answers[1] = np.zeros((64, 64), bool)
    answers[1][0, 63] = True
    return np.array(truths), np.array(answers)


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (1.3, 0.7)])
def test_two_libraries_agree_on_200_pairs(pairs, spacing):
    table = surface.scores(*pairs, spacing=spacing, tolerance=2.0)
    for truth, answer, row in zip(*pairs, table.to_dict("records"), strict=True):
        assert row["hd95"] == pytest.approx(hd95(answer, truth, spacing), abs=1e-6)
        assert row["assd"] == pytest.approx(assd(answer, truth, spacing), abs=1e-6)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            distances = compute_surface_distances(truth, answer, spacing)
        theirs = compute_surface_dice_at_tolerance(distances, 2.0)
        assert row["nsd"] == pytest.approx(theirs, abs=1e-6)


def test_scores_do_not_depend_on_which_mask_is_the_truth(pairs):
    first, second = pairs[0][:20], pairs[1][:20]
    ours, swapped = surface.scores(first, second), surface.scores(second, first)
    assert np.allclose(ours[[*surface.DISTANCES, "nsd"]], swapped[[*surface.DISTANCES, "nsd"]])


def test_each_case_may_have_its_own_pixels(pairs):
    first, second = pairs[0][:3], pairs[1][:3]
    sides = [(1, 1), (2, 2), (0.5, 3)]
    table = surface.scores(first, second, spacing=sides)
    for i, of in enumerate(sides):
        alone = surface.scores(first[i : i + 1], second[i : i + 1], spacing=of)
        assert table.iloc[i].equals(alone.iloc[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spacing": 0}, "one number above 0"),
        ({"spacing": (1, -1)}, "one number above 0"),
        ({"spacing": (1, 1, 1)}, "a pair"),
        ({"spacing": float("nan")}, "one number above 0"),
        ({"tolerance": -1}, "tolerance is 0 or more"),
        ({"tolerance": float("nan")}, "tolerance is 0 or more"),
    ],
)
def test_what_is_no_length_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        one("#.", ".#", **options)


def test_masks_of_two_shapes_are_refused():
    with pytest.raises(ValueError, match="are not of one shape"):
        surface.scores(np.ones((1, 2, 2), bool), np.ones((1, 2, 3), bool))
    with pytest.raises(ValueError, match="are not of one shape"):
        surface.scores(np.ones((2, 2), bool), np.ones((2, 2), bool))
