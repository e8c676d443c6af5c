"""What the start page includes: findings as cards, the grid of claims, a line on printed numbers.

All of it is computed from published runs, so that every clone writes the same page; what its run
does not hold is left out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from busutils import compare, paths
from busutils.compare.verdicts import OBSTACLES
from busutils.figures.look import COLOURS, GREY, OURS
from busutils.runs import Run

LEFT, RIGHT, STEP = 110, 232, 22
"""Where the axis of a small picture begins and ends, and the height of a row, in pixels."""
CELLS = 6
"""Two rows of cards on a wide page; a wide card takes two cells."""
DASHED = ("best centred ellipse", "two masks of one frame")
"""What is drawn across the networks: an answer that needs no training, and the ceiling."""
STARTS = {
    " from ImageNet": ("*", "from ImageNet"),
    " from phantoms": ("**", "from generated images"),
}
"""How a network's name ends that was trained before; its mark in a picture, and what that says."""
NUMBER = ["paper", "table", "row", "column"]
"""What names a printed number."""
NOTHING = pd.DataFrame(columns=[*NUMBER, "verdict", "reason"], dtype=str)


@dataclass(frozen=True)
class Finding:
    """A card: a number, what it says, a sentence more, and a picture with its words.

    On a slide its question comes first. A `wide` card holds its picture beside its words.
    """

    question: str
    number: str
    title: str
    more: str
    picture: str
    wide: bool = False


def write(published: Sequence[Run], to: Path) -> None:
    """Write what the start page includes, ``findings.md``, ``claims.md`` and ``compared.md``.

    The slides include ``slides.md``.
    """
    parts = {"findings": findings, "claims": claims, "compared": compared, "slides": slides}
    for name, make in parts.items():
        (to / f"{name}.md").write_text(make(published) + "\n", encoding="utf-8")


def findings(published: Sequence[Run]) -> str:
    """Return as many cards as have room, as HTML, each a link to its page."""
    cards, room = [], CELLS
    for run, one in _told(published):
        room -= 1 + one.wide
        if room < 0:
            break
        cards.append(
            f"<a class='finding{' wide' * one.wide}' href='{_address(run)}'>{one.picture}"
            f"<b>{escape(one.number)}</b><span>{escape(one.title)}</span>"
            f"<small>{escape(one.more)}</small></a>"
        )
    return f"<div class='findings'>{''.join(cards)}</div>"


def slides(published: Sequence[Run]) -> str:
    """Return a slide a finding as Markdown: its question, then what comes with the next key."""
    return "\n\n".join(
        f"## {one.question}\n\n<div class='fragment'>{one.picture}"
        f"<p><span class='number'>{escape(one.number)}</span> {escape(one.title)}</p>"
        f"<small>{escape(one.more)} <a href='../book/{_address(run)}'>See its page.</a></small>"
        "</div>"
        for run, one in _told(published)
    )


def _told(published: Sequence[Run]) -> Iterator[tuple[Run, Finding]]:
    """The findings that the published runs hold, each with its run; all are about BUSI."""
    on_busi = [run for run in published if run.manifest["dataset"] == "busi"]
    for (notebook, table), tell in FINDINGS.items():
        if runs := [run for run in _of(on_busi, notebook) if _file(run, table).exists()]:
            yield runs[-1], tell(runs[-1], pd.read_csv(_file(runs[-1], table)))


def claims(published: Sequence[Run]) -> str:
    """Return the grid of claims as HTML: a row a paper, a coloured word a claim.

    Where two runs judged one claim, the later one by name counts (*paper* after *cpu*).
    """
    rows = []
    reported = paths.project() / "book" / "reported"
    papers = sorted(int(file.stem.removeprefix("paper")) for file in reported.glob("paper*.yaml"))
    for number in papers:
        runs = _of(published, f"{number:02d}_")
        told = [(claim, run) for run in runs for claim in run.numbers.get("claims", ())]
        judged = {claim["sentence"]: (claim["verdict"], run) for claim, run in told}
        about = compare.context(reported, number) if judged else {}
        listed = [c for c in about.get("claims", ()) if c["sentence"] in judged]
        cells = [_cell(c, *judged[c["sentence"]]) for c in listed]
        if cells:
            name = f"<b>Paper {number}: {escape(about['short'])}.</b> {escape(about['sentence'])}"
            first = judged[listed[0]["sentence"]][1]
            rows.append(f"<div><a href='{_address(first)}'>{name}</a>{''.join(cells)}</div>")
    return f"<div class='claims'>{''.join(rows)}</div>"


def compared(published: Sequence[Run]) -> str:
    """Say how many printed numbers could be compared with one of ours, and how many were met.

    A number that was re-run in several ways can be compared if one of them can, and is met if each
    that can be compared is *compatible*.
    """
    tables = pd.concat([NOTHING, *map(_verdicts, published)])
    words = tables.groupby(NUMBER)["verdict"].agg(lambda told: set(told) - set(OBSTACLES))
    able = words[words.map(len) > 0]
    met = sum(told == {"compatible"} for told in able)
    said = f"Our tables hold **{len(words)} printed numbers**. "
    if len(able):
        said += f"**{len(able)}** could be compared with a number of ours; **{met}** were met."
    else:
        said += "**None** of them could be compared with a number of ours yet."
    return said + _why_not(tables[tables["verdict"].isin(OBSTACLES)])


def networks_alike(run: Run, which: pd.DataFrame) -> Finding:
    """Dice of networks that were trained alike, each with its interval (the benchmark)."""
    best, used = which.iloc[0], run.manifest["parameters"]
    names, notes = which["row"], []
    alike = ", ".join(run.numbers["not_told_apart"]) or "none"
    for start, (mark, said) in STARTS.items():
        notes += [f" {mark} {said}."] if names.str.endswith(start).any() else []
        names, alike = names.str.replace(start, mark), alike.replace(start, mark)
    ends = zip(which["low"], which["high"], which["Dice"], strict=True)
    drawn = [[(low, high), (mean, mean)] for low, high, mean in ends]
    lines = {name: run.numbers["without_training"][name] for name in DASHED}
    dashed = ", ".join(f"{name} {value:.2f}" for name, value in lines.items())
    return Finding(
        "Which network is best where all else is alike?",
        f"Dice {best['Dice']:.2f}",
        f"is the highest of {len(which)} under one protocol: {names.iloc[0]}. Not told apart from "
        f"it: {alike}.",
        f"BUSI, {used['size']} pixels, {used['repeats']} splits.{''.join(notes)} Dashed: {dashed}.",
        _picture(list(zip(names, drawn, strict=True)), "Dice of each network", lines.values()),
        wide=True,
    )


def shared_frames(run: Run, twins: pd.DataFrame) -> Finding:
    """Images that show a frame which another image shows too (page on the images)."""
    labels = run.numbers["summary"]
    images, shared = (sum(of[key] for of in labels.values()) for key in ("images", "in groups"))
    leak = twins.loc[twins["split"] == "by image", "share"].mean()
    rows = [(label, [(0.0, of["in groups"] / of["images"])]) for label, of in labels.items()]
    return Finding(
        "How many images of BUSI show the frame of another image, or a neighbouring one?",
        f"{shared} of {images}",
        "images of BUSI show the frame of another image, or a neighbouring one.",
        f"In a random split {100 * leak:.0f} % of validation images have one in training.",
        _picture(rows, "Share of images in groups, by class"),
    )


def masks_agree(run: Run, pairs: pd.DataFrame) -> Finding:
    """How well two masks of one frame agree (page on the images)."""
    mean, dice = run.numbers["mask_agreement"]["mean"], pairs["dice"]
    counts, _ = np.histogram(dice, np.linspace(0, 1, 21))
    return Finding(
        "How well do two hand-drawn masks of one frame agree?",
        f"Dice {mean:.2f}",
        "is how well two hand-drawn masks of one frame agree.",
        f"The mean of {len(dice)} pairs: no network can be right on both masks of a pair.",
        _histogram(counts, mean, "Dice of two masks of one frame"),
    )


def recipe_and_backbone(run: Run, transfer: pd.DataFrame) -> Finding:
    """How far weights and freezings move one backbone, and how far backbones differ (paper 1).

    The control that nobody would train, random weights that are frozen, is left out.
    """
    rows = run.numbers["rows"]
    alike = [n for n in rows if n != "base" and not n.endswith("(ImageNet)")]  # of one recipe
    backbones = [rows[name]["test_dice"] for name in alike]
    control = (transfer["weights"] == "random") & (transfer["freezing"] == "frozen")
    of_one = (transfer["encoder"] == transfer["encoder"].iloc[0]) & ~control
    recipes, used = list(transfer.loc[of_one, "test Dice"]), run.manifest["parameters"]
    small, large = used["transfer_size"], used["size"]
    by_recipe, by_backbone = np.ptp(recipes), np.ptp(backbones)
    more = "more" if by_recipe > by_backbone else "no more"
    drawn = [("weights", recipes), ("backbones", backbones)]
    return Finding(
        "What moves the Dice more: the encoder's first weights, or the backbone?",
        f"{by_recipe:.2f} vs. {by_backbone:.2f}",
        f"Other first weights moved Dice {more} than another backbone did.",
        f"Best minus worst of {len(recipes)} weights and freezings ({small} pixels, "
        f"{used['transfer_splits']} splits) and of {len(backbones)} backbones ({large} pixels, "
        "1 split).",
        _picture([(name, [(x, x) for x in of]) for name, of in drawn], "Test Dice"),
    )


def copies_lift(run: Run, copies: pd.DataFrame) -> Finding:
    """What copies across the split do to a classifier's accuracy (paper 3).

    The control has the copies too, both on one side.
    """
    names = {"grouped": "once", "twice together": "twice, 1 side", "twice": "twice, random"}
    arms = copies.set_index("arm").reindex(names).dropna(subset="accuracy")
    accuracy, twice = arms["accuracy"], arms.loc["twice"]
    control = accuracy.get("twice together", 0.0)
    number = f"{accuracy['grouped']:.2f} to {twice['accuracy']:.2f}"
    title = "Another split moved the accuracy of benign or malignant."
    more = "Once: near-copies on one side. Twice: each image copied, at random."
    if control:
        number = f"{control:.2f} vs. {twice['accuracy']:.2f}"
        title = "Copies across the split lift an accuracy no further than copies on one side."
        more = f"Each image twice, on one side or at random. Once: {accuracy['grouped']:.2f}."
    if twice["low"] > max(arms["high"]["grouped"], control):
        title = "Copies across the split lift the accuracy of benign or malignant."
    if (classes := _file(run, "classified")).exists():
        always = pd.read_csv(classes).iloc[0, -1:]  # that of the larger class, by its name
        more += f" {always.index[0].capitalize()}: {always.iloc[0]:.2f}."
    drawn = [[(one.low, one.high), (one.accuracy,) * 2] for one in arms.itertuples()]
    return Finding(
        "What do copies across the split do to a classifier?",
        number,
        title,
        more,
        _picture(list(zip(arms.index.map(names), drawn, strict=True)), "Accuracy"),
    )


def frames_remembered(run: Run, frames: pd.DataFrame) -> Finding:
    """Dice on images whose frame was trained on, and on the others (paper 1, as printed)."""
    sides = frames[frames["row"] == frames["row"].iloc[0]].set_index("frames")
    seen, other = (sides.loc[side] for side in ("trained on", "other"))
    drawn = [
        (name, [(side["low"], side["high"]), (side["Dice"],) * 2])
        for name, side in (("trained on", seen), ("other", other))
    ]
    benign = " and ".join(f"{side['benign']:.2f}" for side in (seen, other))
    return Finding(
        "What is the Dice on frames that were trained on, and on the others?",
        f"{seen['Dice']:.2f} vs. {other['Dice']:.2f}",
        "Dice on images whose frame was trained on, and on the others.",
        f"{seen['row']} by paper 1's protocol, split by image (our reading): {seen['images']} of "
        f"{sides['images'].sum()} validation images show one. Benign ones: {benign}.",
        _picture(drawn, "Dice"),
    )


def empty_mask(run: Run, nothing: pd.DataFrame) -> Finding:
    """The IoU of a mask without a pixel, beside the printed one (paper 2)."""
    table = compare.reported(paths.project() / "book" / "reported", 2, "1")
    printed = [table.printed(row, "Validation IoU") for row in table.rows]
    empty = nothing.set_index("part").loc["Validation", "IoU"]
    rows = [("printed", [(float(v), float(v)) for v in printed]), ("empty mask", [(empty, empty)])]
    return Finding(
        "What IoU does an empty mask get?",
        f"IoU {empty:.4f}",
        f"of an empty mask, read one way. Paper 2 prints {' and '.join(printed)}.",
        "Our reading, which is not printed: the last fifth of BUSI validates, IoU is the mean of "
        "lesion and background.",
        _picture(rows, "IoU"),
    )


FINDINGS: dict[tuple[str, str], Callable[[Run, pd.DataFrame], Finding]] = {
    ("06_busi_benchmark", "which"): networks_alike,
    ("00_data", "twins"): shared_frames,
    ("01_unet_backbones", "transfer"): recipe_and_backbone,
    ("01_unet_backbones", "frames"): frames_remembered,
    ("02_attention_unet", "nothing"): empty_mask,
    ("03_multitask_unet", "copies"): copies_lift,
    ("00_data", "mask_agreement"): masks_agree,
}
"""Notebook and table of a finding; the last published run by name that has the table tells it.

The last ones are left out where there is no room; slides hold all.
"""


def _of(published: Sequence[Run], notebook: str) -> list[Run]:
    return [run for run in published if run.manifest["notebook"].startswith(notebook)]


def _file(run: Run, table: str) -> Path:
    return run.folder / "tables" / f"{table}.csv"


def _address(run: Run) -> str:
    """Address of a run's page, as seen from the start page."""
    return f"papers/{run.published_name}.html"


def _cell(claim: dict, word: str, run: Run) -> str:
    kind = word.replace(" ", "-")
    title = escape(claim["sentence"], quote=True)
    return (
        f"<a href='{_address(run)}' title='{title}'>{escape(claim['short'])}"
        f"<span class='verdict {kind}'>{word}</span></a>"
    )


def _verdicts(run: Run) -> pd.DataFrame:
    """The printed numbers of a run with their verdicts; two ways to re-run a table are one."""
    found = [NOTHING]
    for file in sorted((run.folder / "tables").glob("*.csv")):
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
        if {"row", "column", "printed", "verdict", "reason"} <= set(table):
            paper = f"{run.manifest['notebook']} {run.manifest['dataset']}"
            found.append(table.assign(paper=paper, table=file.stem.partition("_")[0]))
    return pd.concat(found)[list(NOTHING)]


def _why_not(tables: pd.DataFrame) -> str:
    """The three most frequent reasons, each with the number of printed numbers."""
    ended = np.where(tables["verdict"] == "not converged", "not converged, ", "")
    why = tables.assign(reason=(ended + tables["reason"]).str.split(", ")).explode("reason")
    why = why[why["reason"] != ""].drop_duplicates([*NUMBER, "reason"])
    often = [f"{reason} ({n})" for reason, n in why["reason"].value_counts().head(3).items()]
    return (
        f" What stands in the way most often, one number for several reasons: {', '.join(often)}."
        if often
        else ""
    )


def _picture(
    rows: Sequence[tuple[str, list[tuple[float, float]]]], what: str, dashed: Iterable[float] = ()
) -> str:
    """Draw rows of marks from 0 to 1: a pair of one value is a dot, else a bar; lines across."""
    height, told = STEP * len(rows) + 6, []
    drawn = [
        f"<path d='M{_x(value):.1f},0V{height}' stroke='{GREY}' stroke-dasharray='3'/>"
        for value in dashed
    ]
    for i, (name, marks) in enumerate(rows):
        y, colour = 13 + STEP * i, GREY if name in ("printed", "apart") else OURS
        drawn.append(f"<text x='0' y='{y + 4}'>{escape(name)}</text>")
        drawn.append(f"<path d='M{LEFT},{y}H{RIGHT}' stroke='{GREY}' opacity='0.5'/>")
        drawn += [_mark(_x(low), _x(high), y, colour) for low, high in marks]
        ends = [
            f"{low:.2f} to {high:.2f}" if 0 < low < high else f"{high:.2f}" for low, high in marks
        ]
        told.append(f"{name} {', '.join(ends)}")
    return _svg(drawn, height, f"{what}: {'; '.join(told)}")


def _histogram(counts: Sequence[int], mean: float, what: str) -> str:
    """Draw bars from 0 to 1 and a line at the mean."""
    width, tallest = (RIGHT - 8) / len(counts), max(counts)
    drawn = [
        f"<rect x='{4 + width * i:.1f}' y='{66 - 60 * n / tallest:.1f}' width='{width - 1:.1f}' "
        f"height='{60 * n / tallest:.1f}' fill='{OURS}'/>"
        for i, n in enumerate(counts)
    ]
    middle = 4 + (RIGHT - 8) * mean
    drawn.append(f"<path d='M{middle:.1f},2V66' stroke='{COLOURS['false']}' stroke-width='2'/>")
    return _svg(drawn, STEP * 3 + 6, f"{what}: histogram with its mean at {mean:.2f}")


def _mark(low: float, high: float, y: float, colour: str) -> str:
    if low == high:
        return f"<circle cx='{low:.1f}' cy='{y}' r='4.5' fill='{colour}' fill-opacity='0.75'/>"
    line = f"M{low:.1f},{y}H{high:.1f}"
    return f"<path d='{line}' stroke='{colour}' stroke-width='8' opacity='0.6'/>"


def _x(share: float) -> float:
    return LEFT + (RIGHT - LEFT) * share


def _svg(drawn: Sequence[str], height: int, alt: str) -> str:
    return (
        f"<svg viewBox='0 0 240 {height}' role='img' aria-label='{escape(alt, quote=True)}' "
        f"fill='currentColor' font-size='13'>{''.join(drawn)}</svg>"
    )
