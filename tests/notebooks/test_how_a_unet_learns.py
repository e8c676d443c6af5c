"""The page that a lecturer opens first: its arithmetic, its sliders, and what it finds."""

import asyncio
import importlib.util
import math
import os
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from busutils import losses, metrics, parameters, paths, sources
from busutils.figures import COLOURS, sliders
from tests import cells

NAME = "00_how_a_unet_learns"
SEEDS = int(os.environ.get("SEEDS", 2))
file = paths.project() / "tests" / "site" / "browser.py"
spec = importlib.util.spec_from_file_location("browser", file)
browser = importlib.util.module_from_spec(spec)
spec.loader.exec_module(browser)
needs_chromium = pytest.mark.skipif(not browser.CHROMIUM, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The variables of the page before anything is trained."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUSUTILS_RUNS", str(tmp_path_factory.mktemp("runs")))
        return cells.names(parameters.source(NAME), {})


def by_pixel(y, p):
    """Soft counts and cross-entropy of 4 × 4 pixels, one pixel after the other."""
    tp = fn = fp = entropy = 0
    for lesion, probability in zip(y.ravel().tolist(), p.ravel().tolist(), strict=True):
        if lesion:
            tp, fn = tp + probability, fn + 1 - probability
            entropy -= math.log(probability)
        else:
            fp += probability
            entropy -= math.log(1 - probability)
    return tp, fn, fp, entropy / 16


def test_the_pencil_is_right_and_so_is_the_code(page):
    tp, fn, fp, entropy = by_pixel(page.y, page.p)
    assert (tp, fn, fp) == (2.75, 1.25, 1)
    expected = {
        "cross-entropy": entropy,
        "dice": (fn + fp) / (2 * tp + fn + fp),
        "tversky": (0.7 * fn + 0.3 * fp) / (tp + 0.7 * fn + 0.3 * fp),
    }
    assert page.pencil == pytest.approx(expected, abs=1e-12)
    for name, loss in page.LOSSES.items():
        assert float(loss(page.y, page.p)) == pytest.approx(expected[name], abs=1e-6)


def test_its_losses_are_those_of_the_other_pages(page):
    rng = np.random.default_rng(0)
    y = (rng.random((2, 8, 8, 1)) < 0.3).astype("float32")
    p = rng.random((2, 8, 8, 1), "float32")
    theirs = {
        "cross-entropy": keras.losses.BinaryCrossentropy(),
        "dice": losses.build("dice", smooth=0),
        "tversky": losses.build("tversky", smooth=0, false_negatives=0.7, false_positives=0.3),
    }
    for name, loss in page.LOSSES.items():
        assert float(loss(y, p)) == pytest.approx(float(theirs[name](y, p)), abs=1e-6)


def test_the_best_answer_in_blocks_has_the_dice_that_is_told(page):
    (counts,) = metrics.counts(page.mask[None] > 0, page.coarse[None] > 0).itertuples()
    dice = metrics.dice(counts.tp, counts.fp, counts.fn)
    assert page.dice.max() == pytest.approx(dice, abs=1e-6)


def test_the_network_is_drawn_as_it_is(page):
    shapes = {layer.output.shape[1:] for layer in page.model.layers}
    told = {tuple(map(int, text.split(" × "))) for text in page.stages["output"]}
    assert told < shapes and len(page.stages) == 7
    drawn = [text.get_text() for text in page.drawn(page.stages).axes[0].texts]
    assert set(page.stages["output"]) < set(drawn)
    assert "image\n64 × 64 × 1" in drawn


@pytest.fixture(scope="module", params=range(1, SEEDS))
def trained(request, tmp_path_factory):
    """The variables of the whole page, from another seed; `make slow SEEDS=10` tries ten."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUSUTILS_RUNS", str(tmp_path_factory.mktemp("runs")))
        page = cells.page(sources.cells(parameters.source(NAME)), {"seed": request.param}, "")
    return SimpleNamespace(**page[1])


@pytest.mark.slow
def test_the_network_learns_and_remembers_what_it_has_a_copy_of(trained):
    assert trained.by_epoch["Dice"].iloc[-1] > trained.floor + 0.2
    random, group = trained.table.to_dict("records")
    assert random["those with a twin"] > group["those with a twin"]
    fall = {of: random[of] - group[of] for of in ("those with a twin", "those without")}
    assert trained.gift == pytest.approx(fall["those with a twin"] - fall["those without"])
    assert not set(trained.shows[trained.stay]) & set(trained.shows[trained.test])


def driven(tmp_path, html, *expressions, width=1280):
    """Open HTML as a file; return what JavaScript expressions and DevTools calls give, in order."""
    page = tmp_path / "page.html"
    page.write_text(f"<meta charset='utf-8'><meta name='viewport'>{html}", encoding="utf-8")

    async def drive():
        with browser.chromium() as port:
            tab = await browser.connect(port)
            await tab.dress("light", width)
            trouble = await tab.open(page.as_uri())  # nothing from a server
            assert trouble == []
            return [
                await (tab.evaluate(e) if isinstance(e, str) else tab.call(**e))
                for e in expressions
            ]

    return asyncio.run(drive())


MOVED = """
(() => {{
  const seen = [], range = document.querySelector('[name={name}]');
  for (let value = +range.min; value <= range.max; value++) {{
    range.value = value;
    range.dispatchEvent(new Event('input', {{bubbles: true}}));
    seen.push(document.querySelector('p').textContent);
  }}
  return seen;
}})()
"""


def told(truth, probability, threshold):
    """What a slider has to say of an answer, by the counts and scores of the package."""
    (n,) = metrics.counts(truth[None], probability[None] / 255 >= threshold).itertuples()
    dice = metrics.dice(n.tp, n.fp, n.fn)
    return f"Dice {dice:.2f}: {n.tp} pixels found, {n.fn} missed, {n.fp} false."


@pytest.fixture
def example():
    """An image, its mask, and three answers of which some lie at a threshold."""
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (3, 12, 16)).astype("uint8")
    frames[:, :2] = 51  # 0.2
    return rng.integers(0, 256, (12, 16)).astype("uint8"), rng.random((12, 16)) < 0.4, frames


@needs_chromium
def test_the_threshold_slider_shows_what_python_computes(example, tmp_path):
    _, truth, frames = example
    html = sliders.answer(*example, "threshold", "")
    (seen,) = driven(tmp_path, html, MOVED.format(name="threshold"))
    assert seen == [told(truth, frames[-1], t / 100) for t in range(5, 96)]


@needs_chromium
def test_the_film_shows_what_python_computes_and_colours_each_pixel(example, tmp_path):
    _, truth, frames = example
    pixels = "[...document.querySelectorAll('canvas')[1].getContext('2d')"
    pixels += ".getImageData(0, 0, 16, 12).data]"
    html = sliders.answer(*example, "epoch", "")
    seen, data = driven(tmp_path, html, MOVED.format(name="epoch"), pixels)
    assert seen == [told(truth, frame, 0.5) for frame in frames]
    shown = np.array(data).reshape(12, 16, 4)[..., :3]
    called = frames[-1] / 255 >= 0.5
    for name, where in {
        "truth": truth & called,
        "missed": truth & ~called,
        "false": ~truth & called,
    }.items():
        colour = [int(COLOURS[name][i : i + 2], 16) for i in (1, 3, 5)]
        assert (shown[where] == colour).all()


@needs_chromium
@pytest.mark.slow
def test_the_film_of_the_page_has_the_scores_of_the_page(trained, tmp_path):
    html = sliders.answer(trained.picture, trained.truth, trained.film, "epoch", "")
    (seen,) = driven(tmp_path, html, MOVED.format(name="epoch"))
    middle = trained.val_y[[trained.middle]]
    scores = [trained.dice_of(middle, of[None])[0] for of in trained.film]
    assert [float(text[5:9]) for text in seen] == pytest.approx(scores, abs=6e-3)


@needs_chromium
def test_a_film_plays_to_its_end_and_a_slider_listens_to_the_keyboard(example, tmp_path):
    html = sliders.answer(*example, "epoch", "")
    wait = "new Promise(done => setTimeout(done, 2500))"
    state = "[...document.querySelectorAll('button, output')].map(of => of.textContent)"
    press = "document.querySelector('button').click()"
    first, _, playing, _, last, height, wide = driven(
        *(tmp_path, html, state, press, state, wait, state),
        "document.querySelector('input').getBoundingClientRect().height",
        "document.scrollingElement.scrollWidth",
        width=390,
    )
    assert [first, playing, last] == [["play", "1"], ["stop", "1"], ["play", "3"]]
    assert height > 10 and wide <= 390
    focus = "document.querySelector('input').focus()"
    key = {"method": "Input.dispatchKeyEvent", "key": "ArrowRight", "code": "ArrowRight"}
    key |= {"windowsVirtualKeyCode": 39}
    keys = [key | {"type": "keyDown"}, key | {"type": "keyUp"}]
    assert driven(tmp_path, html, focus, *keys, state)[-1] == ["play", "2"]


GUESS = """
(() => {{
  const range = document.querySelector('[name=guess]');
  range.value = {guess};
  range.dispatchEvent(new Event('input', {{bubbles: true}}));
  const before = document.querySelector('p').textContent;
  document.querySelector('button').click();
  return [before, document.querySelector('p').textContent];
}})()
"""


@needs_chromium
@pytest.mark.parametrize(
    ("answer", "digits", "guess", "words"),
    [
        (0.6249, 2, 50, "It is 0.62. You said 0.50, 0.12 too low."),
        (0.6249, 2, 62, "It is 0.62. You said 0.62, exactly."),
        (48.59, 0, 90, "It is 49. You said 90, 41 too high."),
    ],
)
def test_a_guess_is_asked_before_the_answer_is_told(answer, digits, guess, words, tmp_path):
    html = sliders.guess("How many?", answer, digits=digits)
    (seen,) = driven(tmp_path, html, GUESS.format(guess=guess))
    assert seen == ["", words]


SET = """
(() => {{
  const [a, b] = document.querySelectorAll('input');
  [a.value, b.value] = [{0}, {1}];
  b.dispatchEvent(new Event('input', {{bubbles: true}}));
  return [...document.querySelectorAll('[data-counts], p')].map(of => of.textContent);
}})()
"""


@needs_chromium
def test_the_slider_of_weights_shows_the_losses_that_python_computes(page, tmp_path):
    html = sliders.weights(page.y > 0, page.answers, "")
    pairs = [(5, 5), (7, 3), (3, 7), (10, 0), (0, 10), (0, 0)]
    seen = driven(tmp_path, html, *(SET.format(*pair) for pair in pairs), width=390)
    for (a, b), shown in zip(pairs, seen, strict=True):
        values = [float(page.tversky(page.y, p, a / 10, b / 10)) for p in page.answers.values()]
        losses_shown = [float(text.removeprefix("loss ")) for text in shown[:3]]
        assert losses_shown == pytest.approx(values, abs=6e-4)
        low = [n for n, v in zip(page.answers, values, strict=True) if v < min(values) + 1e-6]
        assert sorted(shown[3].removeprefix("Lowest loss: ")[:-1].split(" and ")) == sorted(low)
