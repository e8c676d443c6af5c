"""Sliders for a page that is opened from a file: plain HTML, its script in the attributes.

What moves (a slider, or a picture that has loaded) sends `input` to its figure, whose `oninput`
shows what belongs to the values. Nothing is loaded from elsewhere.
"""

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from io import BytesIO

import numpy as np
from PIL import Image

from busutils.figures.look import COLOURS

VALUES = """
this.querySelectorAll('label').forEach(of => {
  const input = of.querySelector('input'), digits = +input.dataset.digits;
  of.querySelector('output').textContent = (input.value / 10 ** digits).toFixed(digits);
});
"""
PLAY = """
const range = this.closest('figure').querySelector('input');
const go = value => {
  range.value = value;
  range.dispatchEvent(new Event('input', {bubbles: true}));
};
clearInterval(this.clock);
this.textContent = this.textContent === 'play' ? 'stop' : 'play';
if (this.textContent === 'stop') {
  if (range.value === range.max) go(range.min);
  this.clock = setInterval(() => {
    if (range.value === range.max) this.click(); else go(+range.value + 1);
  }, 400);
}
"""
ANSWER = """
const data = this.dataset, bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const at = name => +(this.querySelector(`[name=${name}]`)?.value ?? data[name]);
const truth = bytes(data.truth), n = truth.length, counts = [0, 0, 0, 0];
const epoch = at('epoch'), least = 255 * at('threshold');
const frame = bytes(data.frames).subarray((epoch - 1) * n, epoch * n);
const part = (colour, i) => parseInt(colour.slice(i, i + 2), 16);
const colours = data.colours.split(' ').map(colour => [1, 3, 5].map(i => part(colour, i)));
const [grey, marks] = [...this.querySelectorAll('canvas')].map(c => c.getContext('2d'));
const {width, height} = marks.canvas;
marks.drawImage(this.querySelector('img'), 0, 0);
const shown = grey.createImageData(width, height), marked = marks.getImageData(0, 0, width, height);
frame.forEach((p, i) => {
  const kind = 2 * truth[i] + (100 * p >= least);
  counts[kind] += 1;
  shown.data.set([p, p, p, 255], 4 * i);
  if (kind) marked.data.set(colours[kind - 1], 4 * i);
});
grey.putImageData(shown, 0, 0);
marks.putImageData(marked, 0, 0);
const [, wrong, missed, found] = counts, dice = 2 * found / (2 * found + wrong + missed);
this.querySelector('p').textContent =
  `Dice ${dice.toFixed(2)}: ${found} pixels found, ${missed} missed, ${wrong} false.`;
"""
WEIGHTS = """
const [a, b] = [...this.querySelectorAll('input')].map(input => input.value / 10);
const losses = [...this.querySelectorAll('[data-counts]')].map(of => {
  const [tp, fn, fp] = of.dataset.counts.split(' ').map(Number);
  const loss = 1 - tp / (tp + a * fn + b * fp);
  of.textContent = `loss ${loss.toFixed(3)}`;
  return [loss, of.dataset.name];
}).sort((one, other) => one[0] - other[0]);
const ties = losses.filter(of => of[0] - losses[0][0] < 1e-9).map(of => of[1]);
this.querySelector('p').textContent = `Lowest loss: ${ties.join(' and ')}.`;
"""
BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
ROW = "display:flex;flex-wrap:wrap;gap:0.8em;margin:0.6em 0;max-width:40rem"
PANEL = "flex:1 1 8.5em;max-width:13em"
GRID = "display:grid;grid-template-columns:repeat({},1fr);font-size:0.75em;text-align:center"


def figure(inside: str, script: str, caption: str, **data: str | int) -> str:
    """Return a figure whose script runs when something in it moves; `data` is given to it."""
    given = " ".join(f"data-{name}='{value}'" for name, value in data.items())
    below = f"<figcaption>{escape(caption)}</figcaption>"
    return (
        f"<figure style='margin:1em 0' {given} oninput='{escape(VALUES + script)}'>"
        f"{inside}{below}</figure>"
    )


def slider(name: str, label: str, ends: tuple[int, int], value: int, digits: int = 0) -> str:
    """Return a slider over whole numbers; it tells its value with `digits` of them decimals."""
    told = f"{value / 10**digits:.{digits}f}"
    return (
        f"<label style='display:block'>{label.format(f'<output>{told}</output>')} "
        f"<input type='range' name='{name}' min='{ends[0]}' max='{ends[1]}' value='{value}' "
        f"data-digits='{digits}' style='width:60%;max-width:24rem;vertical-align:middle'></label>"
    )


def play() -> str:
    """Return a button that moves the first slider of its figure to its end, or stops it."""
    return f"<button type='button' style='min-width:4em' onclick='{escape(PLAY)}'>play</button>"


def answer(
    image: np.ndarray, truth: np.ndarray, frames: np.ndarray, moved: str, caption: str
) -> str:
    """Return HTML of an image, the probability, and the mask at a threshold with its Dice.

    Parameters
    ----------
    image : uint8 array of shape (height, width)
    truth : bool array of shape (height, width), not empty
    frames : uint8 array of shape (epochs, height, width)
        Probability after each epoch, k / 255.
    moved : "epoch", at a threshold of 0.5, with a button that plays; or "threshold", of the last
    caption : what stands below
    """
    height, width = truth.shape
    look = "style='display:block;width:100%;padding:0;border:0;image-rendering:pixelated'"
    canvas = (
        f"<canvas {look} width='{width}' height='{height}' role='img' aria-label='{{0}}'></canvas>"
    )
    pictures = {"image": f"<img {look} alt='image' src='{_png(image)}' {_first()}>"}
    pictures |= {name: canvas.format(name) for name in ("probability", "mask against truth")}
    row = "".join(
        f"<div style='{PANEL}'>{picture}<small>{name}</small></div>"
        for name, picture in pictures.items()
    )
    last = len(frames)
    control = {
        "epoch": play() + slider("epoch", f"epoch {{}} of {last}", (1, last), 1),
        "threshold": slider("threshold", "threshold {}", (5, 95), 50, digits=2),
    }[moved]
    return figure(
        f"{control}<div style='{ROW}'>{row}</div><p aria-live='polite'></p>",
        ANSWER,
        caption,
        truth=_text(truth),
        frames=_text(frames),
        colours=" ".join(COLOURS[kind] for kind in ("false", "missed", "truth")),
        epoch=last,
        threshold=50,
    )


def weights(truth: np.ndarray, answers: Mapping[str, np.ndarray], caption: str) -> str:
    """Return HTML of answers to a small mask, and their Tversky losses under weights to move.

    Parameters
    ----------
    truth : bool array of shape (height, width)
    answers : name -> probabilities of the same shape
    """
    controls = "".join(
        slider(name, label, (0, 10), 5, digits=1)
        for name, label in {"a": "weight of missed, α = {}", "b": "weight of false, β = {}"}.items()
    )
    panels = "".join(
        f"<div style='{PANEL}'><small>{escape(name)}</small>{_pixels(truth, p)}"
        f"<output data-name='{escape(name)}' data-counts='{_counts(truth, p)}'></output></div>"
        for name, p in answers.items()
    )
    start = f"<img alt='' src='{BLANK}' style='display:none' {_first()}>"
    return figure(
        f"{controls}<div style='{ROW}'>{panels}</div><p aria-live='polite'></p>{start}",
        WEIGHTS,
        caption,
    )


def _first() -> str:
    script = 'this.closest("figure").dispatchEvent(new Event("input"))'
    return f"onload='{script}'"


def _pixels(truth: np.ndarray, probability: np.ndarray) -> str:
    cells = "".join(
        f"<span style='padding:0.35em 0;background:rgb(230 159 0 / {p:.0%});"
        f"color:{'#000' if p > 0.5 else 'inherit'};"
        f"outline:{2 * y}px solid {COLOURS['truth']};outline-offset:-2px'>{p:g}</span>"
        for y, p in zip(truth.astype(int).flat, probability.flat, strict=True)
    )
    return f"<div style='{GRID.format(truth.shape[1])}'>{cells}</div>"


def _counts(truth: np.ndarray, p: np.ndarray) -> str:
    return " ".join(f"{part.sum():g}" for part in (truth * p, truth * (1 - p), (1 - truth) * p))


def _text(array: np.ndarray) -> str:
    return b64encode(np.ascontiguousarray(array, np.uint8).tobytes()).decode()


def _png(image: np.ndarray) -> str:
    out = BytesIO()
    Image.fromarray(image).save(out, "png")
    return f"data:image/png;base64,{b64encode(out.getvalue()).decode()}"
