"""Sliders and a film for a page that is opened from a file: plain HTML, scripts in attributes.

What moves (a slider, or a picture that has loaded) sends `input` to its figure, whose `oninput`
shows what belongs to the values. Nothing is loaded from elsewhere.
"""

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from io import BytesIO

import numpy as np
from PIL import Image

from busutils.figures.cases import heat_strip
from busutils.figures.look import COLOURS, source

VALUES = """
this.querySelectorAll('label').forEach(of => {
  const input = of.querySelector('input'), digits = +input.dataset.digits;
  of.querySelector('output').textContent = (input.value / 10 ** digits).toFixed(digits);
});
"""
MOVE = """
const epoch = this.querySelector('input').value;
this.querySelectorAll('img').forEach((picture, i) => {
  picture.style.display = i == epoch - 1 ? 'block' : 'none';
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
if (!marks) return;  // the image has loaded before the page below it: START draws
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
REVEAL = """
const of = this.closest('figure'), input = of.querySelector('input');
const scale = 10 ** input.dataset.digits, show = value => value.toFixed(input.dataset.digits);
const answer = Math.round(of.dataset.answer * scale) / scale, off = input.value / scale - answer;
const word = off ? `, ${show(Math.abs(off))} too ${off > 0 ? 'high' : 'low'}` : ', exactly';
const said = `You said ${show(input.value / scale)}${word}.`;
of.querySelector('p').textContent = `It is ${show(answer)}. ${said}`;
"""
BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
FIRST = """onload='this.closest("figure").dispatchEvent(new Event("input"))'"""
START = f"<img alt='' src='{BLANK}' style='display:none' {FIRST}>"
"""Stands last in a figure, and shows what belongs to the first values."""
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


def played(epochs: int) -> str:
    """Return a slider over epochs, and a button that moves it to its end, or stops it."""
    button = f"<button type='button' style='min-width:4em' onclick='{escape(PLAY)}'>play</button>"
    return button + slider("epoch", f"epoch {{}} of {epochs}", (1, epochs), 1)


def film(image: np.ndarray, truth: np.ndarray, frames: np.ndarray, name: str, caption: str) -> str:
    """Return HTML with a slider over the epochs of a training: prediction and Grad-CAM of a case.

    Parameters
    ----------
    image : array of shape (height, width), grey levels 0 to 255
    truth : bool array of shape (height, width)
    frames : uint8 array of shape (epochs, 2, height, width)
        Probability and Grad-CAM, k / 255.
    name : of the case; also tells two films of one page apart
    caption : what stands below
    """
    shown = ""
    for epoch, (probability, heat) in enumerate(frames / 255, 1):
        strip = heat_strip(image[None], truth[None], probability[None], heat[None], [name])
        display = "block" if epoch == 1 else "none"
        shown += (
            f"<img src='{source(strip, pixels=True)}' style='width:100%;display:{display}' "
            f"alt='{escape(name, quote=True)} after epoch {epoch}'>"
        )
    return figure(played(len(frames)) + shown, MOVE, caption)


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
    png, (height, width) = BytesIO(), truth.shape
    Image.fromarray(image).save(png, "png")
    shown = f"data:image/png;base64,{b64encode(png.getvalue()).decode()}"
    look = "style='display:block;width:100%;padding:0;border:0;image-rendering:pixelated'"
    pictures = {"image": f"<img {look} alt='image' src='{shown}' {FIRST}>"}
    for name in ("probability", "mask against truth"):
        size = f"width='{width}' height='{height}'"
        pictures[name] = f"<canvas {look} {size} role='img' aria-label='{name}'></canvas>"
    row = "".join(
        f"<div style='{PANEL}'>{picture}<small>{name}</small></div>"
        for name, picture in pictures.items()
    )
    control = {
        "epoch": played(len(frames)),
        "threshold": slider("threshold", "threshold {}", (5, 95), 50, digits=2),
    }[moved]
    return figure(
        f"{control}<div style='{ROW}'>{row}</div><p aria-live='polite'></p>{START}",
        ANSWER,
        caption,
        truth=_text(truth),
        frames=_text(frames),
        colours=" ".join(COLOURS[kind] for kind in ("false", "missed", "truth")),
        epoch=len(frames),
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
    panels = ""
    for name, p in answers.items():
        cells = "".join(
            f"<span style='padding:0.35em 0;background:rgb(230 159 0 / {share:.0%});"
            f"color:{'#000' if share > 0.5 else 'inherit'};"
            f"outline:{2 * y}px solid {COLOURS['truth']};outline-offset:-2px'>{share:g}</span>"
            for y, share in zip(truth.astype(int).flat, p.flat, strict=True)
        )
        counts = (truth * p).sum(), (truth * (1 - p)).sum(), ((1 - truth) * p).sum()
        panels += (
            f"<div style='{PANEL}'><small>{escape(name)}</small>"
            f"<div style='{GRID.format(truth.shape[1])}'>{cells}</div><output "
            f"data-name='{escape(name)}' data-counts='{' '.join(f'{n:g}' for n in counts)}'>"
            "</output></div>"
        )
    inside = f"{controls}<div style='{ROW}'>{panels}</div><p aria-live='polite'></p>{START}"
    return figure(inside, WEIGHTS, caption)


def guess(question: str, answer: float, ends: tuple[int, int] = (0, 100), digits: int = 2) -> str:
    """Return HTML of a question, a slider to guess the answer with, and a button that tells it.

    Parameters
    ----------
    question : a sentence
    answer : what the button tells, with as many decimals as the slider
    ends : least and largest guess, in units of the last decimal
    digits : decimals
    """
    button = f"<button type='button' onclick='{escape(REVEAL)}'>see</button>"
    control = slider("guess", "Guess first: {}", ends, sum(ends) // 2, digits)
    inside = f"<b>{escape(question)}</b>{control}{button}<p aria-live='polite'></p>"
    return figure(inside, "", "", answer=f"{answer:.6g}")


def _text(array: np.ndarray) -> str:
    return b64encode(np.ascontiguousarray(array, np.uint8).tobytes()).decode()
