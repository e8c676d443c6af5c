"""What the explorer of the site is given of a run: cases by rank, levels, curves of all lesions."""

import base64
import zlib

import numpy as np
import pandas as pd

from busutils import figures, metrics, thresholds
from busutils.figures import explorer as room


def drawn(n, size=8, seed=0):
    """Cases of which each third one has no lesion, with two networks' levels k / 255."""
    rng = np.random.default_rng(seed)
    truths = rng.random((n, size, size)) < 0.3
    truths[::3] = False
    levels = rng.integers(0, 256, (2, n, size, size), np.uint8)
    images = rng.integers(0, 256, (n, size, size, 3), np.uint8)
    cases = pd.DataFrame({"case": [f"image {i}" for i in range(n)], "label": ["benign"] * n})
    return images, truths, {"one": levels[0] / 255, "two": levels[1] / 255}, cases


def pixels(content, case):
    raw = np.frombuffer(zlib.decompress(base64.b64decode(case["pixels"])), np.uint8)
    return raw.reshape(-1, content["height"], content["width"])


def test_pixels_are_those_of_the_case():
    images, truths, answers, cases = drawn(6)
    content = figures.explored(images, truths, answers, cases, generated=True)
    assert {case["case"] for case in content["cases"]} == set(cases["case"])
    for case in content["cases"]:
        i = int(case["case"].split()[1])
        grey, truth, one, two = pixels(content, case)
        assert (abs(grey - images[i].mean(axis=-1)) <= 0.5).all()
        assert (truth == truths[i]).all()
        assert (one / 255 == answers["one"][i]).all() and (two / 255 == answers["two"][i]).all()
        assert (case["size"] == "none") == (not truths[i].any())


def test_the_curve_is_the_mean_over_all_cases_with_a_lesion():
    images, truths, answers, cases = drawn(30)
    content = figures.explored(images, truths, answers, cases)
    assert len(content["cases"]) == room.FEW and content["lesions"] == 20
    lesion = truths.any(axis=(1, 2))
    for name, of in answers.items():
        for threshold, mean in zip(thresholds.GRID, content["curves"][name], strict=True):
            counts = metrics.counts(truths[lesion], of[lesion] >= threshold - 1e-9)
            assert abs(metrics.SCORES["dice"](counts).mean() - mean) < 1e-6


def test_cases_of_people_are_few_and_reach_from_the_worst_to_the_best():
    images, truths, answers, cases = drawn(90)
    few = figures.explored(images, truths, answers, cases)["cases"]
    many = figures.explored(images, truths, answers, cases, generated=True)["cases"]
    assert (len(few), len(many)) == (12, 60)
    lesion = truths.any(axis=(1, 2))
    dice = metrics.SCORES["dice"](metrics.counts(truths, answers["one"] >= 0.5))
    worst = cases["case"][lesion].iloc[dice[lesion].argmin()]
    assert worst in {case["case"] for case in few}


def test_a_run_takes_no_more_than_its_bytes(monkeypatch):
    images, truths, answers, cases = drawn(24)
    whole = figures.explored(images, truths, answers, cases, generated=True)["cases"]
    monkeypatch.setattr(room, "LARGEST", sum(len(c["pixels"]) for c in whole) // 3 + 1)
    fewer = figures.explored(images, truths, answers, cases, generated=True)["cases"]
    assert sum(len(c["pixels"]) for c in fewer) <= 1.1 * room.LARGEST and len(fewer) == 8
