"""Curves by epoch, threshold and level; curves of a classifier; scores against costs."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from sklearn.metrics import precision_recall_curve, roc_curve

from busutils import metrics
from busutils.errors import UserError, choose
from busutils.figures.look import (
    DASHES,
    GREY,
    LOOK,
    OURS,
    STYLES,
    finished,
    limits,
    model_panels,
    new_figure,
)

NAMES = {"dice": "Dice", "iou": "IoU", "mean_iou": "mean IoU"}
QUANTITIES = {
    "loss": ("loss", "val_loss", "loss"),
    "dice": (None, "val_dice", "Dice"),
    "accuracy": ("accuracy", "val_accuracy", "accuracy, pixels"),
    "iou": ("iou", "val_iou", "IoU, pooled pixels"),
    "sensitivity": ("sensitivity", "val_sensitivity", "sensitivity, pooled pixels"),
    "precision": ("precision", "val_precision", "precision, pooled pixels"),
    "class_accuracy": ("class_accuracy", "val_class_accuracy", "accuracy, images"),
}
"""Name -> columns of the history (training, validation) and the label of the axis."""
FEW = 2
"""Rows up to which training and validation share a panel."""
THIN, THICK, TRAINING = {"lw": 0.7, "alpha": 0.45}, {"lw": 2.0}, {"lw": 1.2}


@mpl.rc_context(LOOK)
def curves(
    history: pd.DataFrame,
    models: Mapping[str, Sequence[str]],
    quantity: str = "loss",
    chosen: Mapping[str, int] | None = None,
    title: str = "",
    mark: str = "chosen epoch",
) -> Figure:
    """Draw training curves of all rows: every training thin, the mean of a row thick.

    Two rows share a panel, training dashed and validation solid; of more rows training stands
    on the left and validation on the right. In a mean a training that ended early keeps its last
    value, so that the mean goes on to the last epoch.

    Parameters
    ----------
    history : DataFrame as of :func:`busutils.jobs.history`
    models : name of the row -> ids of its jobs (folds)
    quantity : a key of `QUANTITIES`
    chosen : job -> epoch that is marked; without it the one whose weights were kept, which has
        the lowest validation loss
    mark : what the marked epoch is
    """
    training, validation, label = QUANTITIES[choose(quantity, QUANTITIES, "quantity")]
    apart = training is not None and len(models) > FEW
    height, rows = 2.9 + 0.06 * len(models), min(len(models), 1)
    figure, (panels,) = new_figure(height, rows, 1 + apart, sharey=True)
    drawn = []
    for place, (name, jobs) in enumerate(models.items()):
        table, (colour, dashes) = _of_jobs(history, jobs), _look(place)
        kept = table.loc[table.groupby("job")["val_loss"].idxmin()].set_index("job")["epoch"]
        if training:
            dashed = dashes if apart else "--"
            _draw(panels[0], table, ("epoch", training), colour, dashed, TRAINING)
        columns = ["job", "epoch", *filter(None, [training, validation])]
        drawn.append(
            table[columns].assign(row=name, marked=_marked(table, "epoch", chosen or kept))
        )
        _draw(panels[-1], table, ("epoch", validation), colour, dashes, THICK, chosen or kept)
    for axes, name in zip(panels, ["training", "validation"] if apart else [""], strict=True):
        axes.set(title=name, xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
    panels[0].set_ylabel(label)
    marks = _marks(models, mark, both=training is not None and not apart)
    title = title or f"{label[0].upper()}{label[1:]}, by epoch"
    return finished(figure, title, _joined(drawn), marks)


@mpl.rc_context(LOOK)
def threshold_curves(
    cases: pd.DataFrame,
    models: Mapping[str, Sequence[str]],
    chosen: Mapping[str, float],
    score: str = "dice",
    split: str = "val",
    grid: tuple[float, float] = (0.4, 0.9),
    title: str = "",
) -> Figure:
    """Draw a score against the threshold: every training thin, the mean of a row thick.

    Parameters
    ----------
    cases : the long table of :func:`busutils.jobs.cases`
    models : name of the row -> ids of its jobs (folds)
    chosen : job -> threshold, marked on its curve
    score : name in ``metrics.SCORES``, mean over cases
    grid : ends of the paper's grid, shaded
    """
    choose(score, metrics.SCORES, "score")
    figure, ((axes,),) = new_figure(3.1 + 0.06 * len(models), min(len(models), 1))
    drawn = []
    for place, (name, jobs) in enumerate(models.items()):
        table = _of_jobs(cases[cases["split"] == split], jobs)
        table = table.assign(**{score: metrics.SCORES[score](table)})
        means = table.groupby(["job", "threshold"], as_index=False)[score].mean()
        _draw(axes, means, ("threshold", score), *_look(place), THICK, chosen)
        drawn.append(means.assign(row=name, marked=_marked(means, "threshold", chosen)))
    axes.axvspan(*grid, color=GREY, alpha=0.15, lw=0, zorder=0)
    label = f"{NAMES.get(score, score)}, mean over cases"
    axes.set(xlabel="threshold", ylabel=label)
    limits(axes, 0, 1)
    shaded = Patch(color=GREY, alpha=0.25, lw=0, label="the paper's grid")
    marks = [*_marks(models, "chosen threshold"), shaded]
    return finished(figure, title or f"{label}, by threshold", _joined(drawn), marks)


@mpl.rc_context(LOOK)
def profiles(scores: Mapping[str, np.ndarray], label: str, title: str = "") -> Figure:
    """Draw the share of cases whose score is at least as high, a line a row, from 0 to 1.

    Parameters
    ----------
    scores : name of the row -> the score of each case
    label : of the score
    """
    figure, ((axes,),) = new_figure(3.0 + 0.06 * len(scores))
    levels = np.linspace(0, 1, 201)
    drawn = pd.DataFrame({"score": levels})
    for place, (name, values) in enumerate(scores.items()):
        colour, dashes = _look(place)
        drawn[name] = (np.asarray(values)[:, None] >= levels).mean(axis=0)
        axes.plot(levels, drawn[name], dashes, color=colour, label=name, **THICK)
    axes.set(xlabel=label, ylabel="share of images that reach it", ylim=(0, 1.02))
    limits(axes, 0, 1)
    return finished(figure, title, drawn, axes.get_lines())


@mpl.rc_context(LOOK)
def level_curves(
    table: pd.DataFrame, units: dict[str, str], label: str, title: str = "", first: str = ""
) -> Figure:
    """Draw a score against the level, a panel a kind, levels evenly spaced from none to most.

    Parameters
    ----------
    table : DataFrame with columns network, kind, level, score, low, high; levels in their order
    units : kind -> what its level means
    label : of the y axis
    first : network whose interval is drawn as a band
    """
    kinds, networks = table["kind"].unique(), table["network"].unique()
    figure, panels = model_panels(len(kinds), "", label, inches=(0.8, 2.0))
    styles = {name: _style(place) | {"ms": 4, "lw": 1.6} for place, name in enumerate(networks)}
    for axes, kind in zip(panels, kinds, strict=True):
        of = table[table["kind"] == kind]
        levels = of["level"].unique()
        for network, style in styles.items():
            own = of[of["network"] == network].set_index("level").reindex(levels)
            axes.plot(range(len(levels)), own["score"], **style)
            if network == first:
                ends = own["low"].clip(0, 1), own["high"].clip(0, 1)
                axes.fill_between(range(len(levels)), *ends, color=style["color"], alpha=0.2, lw=0)
        axes.set_xticks(range(len(levels)), [f"{level:g}" for level in levels])
        axes.set(title=kind, ylim=(0, 1.02))
        unit = units[kind]  # a long one is broken at its comma
        axes.set_xlabel(unit.replace(", ", ",\n", 1) if len(unit) > 26 else unit, fontsize=8)
    marks = [Line2D([], [], label=name, **style) for name, style in styles.items()]
    drawn = table[["network", "kind", "level", "score", "low", "high"]]
    return finished(figure, title, drawn, marks, columns=3)


@mpl.rc_context(LOOK)
def against_cost(table: pd.DataFrame, costs: Sequence[str], label: str, title: str = "") -> Figure:
    """Draw a score with its interval against each cost, on logarithmic axes; up and left is better.

    Parameters
    ----------
    table : DataFrame with columns network, Dice, low, high, and one a cost; a cost that was not
        measured (NaN) leaves its panel out
    costs : columns that are drawn, with their unit in the name
    label : of the y axis
    """
    known = [cost for cost in costs if table[cost].notna().all()]
    figure, panels = model_panels(len(known), "", label, columns=2, inches=(0.8, 2.1))
    low, high = table["low"].clip(0, 1), table["high"].clip(0, 1)
    ends = np.floor(10 * low.min()) / 10, np.ceil(10 * high.max()) / 10
    bars = np.array([table["Dice"] - low, high - table["Dice"]])
    styles = [_style(place) | {"ls": "", "ms": 5} for place in range(len(table))]
    for axes, cost in zip(panels, known, strict=True):
        for i, style in enumerate(styles):
            x, y = table[cost].iloc[i], table["Dice"].iloc[i]
            axes.errorbar(x, y, bars[:, [i]], lw=1.4, capsize=2, **style)
        axes.set(xlabel=cost, ylim=ends, xscale="log")
        axes.set_xlim(table[cost].min() / 1.6, table[cost].max() * 1.6)
        axes.xaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    marks = [Line2D([], [], label=n, **s) for n, s in zip(table["network"], styles, strict=True)]
    drawn = table[["network", "Dice", "low", "high", *known]]
    return finished(figure, title, drawn, marks, columns=3)


@mpl.rc_context(LOOK)
def classification_curves(
    truth: np.ndarray, probability: np.ndarray, areas: Mapping[str, str], title: str = ""
) -> Figure:
    """Draw the ROC and the precision-recall curve; what knows nothing is a thin grey line.

    Parameters
    ----------
    truth : bool array of shape (n,)
    probability : float array of shape (n,)
    areas : "ROC" and "precision-recall" -> the area in words

    Raises
    ------
    UserError
        If all cases are of one class, so that there is no curve.
    """
    if len(np.unique(truth)) < 2:
        raise UserError("a ROC curve needs cases of both classes: leave it out")
    figure, ((roc, recall),) = new_figure(3.0, 1, 2)
    ours, chance = {"color": OURS, "lw": 2.2}, {"color": GREY, "lw": 0.8, "alpha": 0.6}
    false, true, _ = roc_curve(truth, probability)
    roc.plot(false, true, **ours)
    roc.plot([0, 1], [0, 1], **chance)
    roc.set(xlabel="1 − specificity", ylabel="sensitivity", title=f"ROC: area {areas['ROC']}")
    precision, sensitivity, _ = precision_recall_curve(truth, probability)
    recall.plot(sensitivity, precision, drawstyle="steps-post", **ours)
    recall.axhline(np.mean(truth), **chance)
    recall.set(xlabel="sensitivity (recall)", ylabel="precision", ylim=(0, 1.02))
    recall.set_title(f"precision-recall: area {areas['precision-recall']}")
    drawn = [
        pd.DataFrame({"curve": "ROC", "sensitivity": true, "specificity": 1 - false}),
        pd.DataFrame(
            {"curve": "precision-recall", "sensitivity": sensitivity, "precision": precision}
        ),
    ]
    return finished(figure, title, pd.concat(drawn))


def _look(place: int) -> tuple[str, str]:
    """Colour and dashes of the row at a place: all colours solid, then dashed, and so on."""
    turn, place = divmod(place, len(STYLES))
    return STYLES[place][0], DASHES[turn % len(DASHES)]


def _style(place: int) -> dict[str, str]:
    """Look of the network at a place: `STYLES`, then their colours with other marks and dashes."""
    turn, place = divmod(place, len(STYLES))
    _, mark, dashes = STYLES[(place + turn) % len(STYLES)]
    return {"color": STYLES[place][0], "marker": mark, "ls": dashes}


def _of_jobs(table: pd.DataFrame, jobs: Sequence[str]) -> pd.DataFrame:
    if lost := [job for job in jobs if job not in set(table["job"])]:
        raise UserError(f"job {lost[0]} is not in the table: complete it first")
    return table[table["job"].isin(list(jobs))]


def _draw(
    axes: Axes,
    table: pd.DataFrame,
    xy: tuple[str, str],
    colour: str,
    dashes: str,
    mean: Mapping[str, Any],
    chosen: Mapping[str, float] | None = None,
) -> None:
    """Every job thin, as far as it goes; their mean, in which what ended keeps its last value.

    The chosen places of the jobs are marked.
    """
    x, y = xy
    by_job = table.pivot_table(index=x, columns="job", values=y)
    if by_job.shape[1] > 1:
        axes.plot(by_job.index, by_job, dashes, color=colour, **THIN)
    axes.plot(by_job.index, by_job.ffill().mean(axis=1), dashes, color=colour, **mean)
    if chosen is not None:
        picked = table[_marked(table, x, chosen)]
        axes.plot(picked[x], picked[y], "o", ms=5, mec=colour, mfc="none", mew=1.2)


def _marked(table: pd.DataFrame, x: str, chosen: Mapping[str, float]) -> np.ndarray:
    """Whether a row of a table of jobs is the chosen one of its job."""
    return np.isclose(table[x].astype(float), table["job"].map(chosen).astype(float))


def _joined(drawn: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables of the rows as one, the row's name first."""
    table = pd.concat(drawn, ignore_index=True)
    return table[["row", *table.columns.drop("row")]]


def _marks(models: Mapping[str, Sequence[str]], chosen: str, both: bool = False) -> list[Line2D]:
    """Rows by colour, then what lines and marks are; `both` are training and validation."""
    looks = [(name, *_look(place)) for place, name in enumerate(models)]
    marks = [Line2D([], [], color=c, ls=dashes, label=name, **THICK) for name, c, dashes in looks]
    if both:
        marks.append(Line2D([], [], color=GREY, label="validation", **THICK))
        marks.append(Line2D([], [], color=GREY, ls="--", label="training", **TRAINING))
    if any(len(jobs) > 1 for jobs in models.values()):
        marks.append(Line2D([], [], color=GREY, label="thin: each training", **THIN))
    return [*marks, Line2D([], [], ls="", marker="o", mec=GREY, mfc="none", label=chosen)]
