"""Consistent papers drawn at random, a changed digit, and an oracle by hand of what it breaks.

Everything is computed from counts here, in plain floating point, without `busutils.claims`' own
intervals: a paper is consistent because its numbers were counted, not because the checker says so.
"""

from dataclasses import dataclass, field
from itertools import product

import numpy as np

from busutils.claims.meaning import meaning
from busutils.claims.schema import Paper

SCORES = ("dice", "iou", "mean_iou", "precision", "sensitivity", "specificity", "accuracy")
LN2 = float(np.log(2))


@dataclass
class Drawn:
    """A paper as it would be printed, and the settings that made it."""

    cells: dict[tuple[str, str, str], tuple[str, str]]
    tables: dict[str, dict]
    statements: list[dict] = field(default_factory=list)
    truth: dict = field(default_factory=dict)

    def paper(self) -> Paper:
        tables = {name: meaning(values, name) for name, values in self.tables.items()}
        return Paper(self.cells, tables, self.statements)

    def value(self, table: str, row: str, column: str) -> float:
        text, unit = self.cells[table, row, column]
        return float(text) / (100 if unit == "%" else 1)

    def unit(self, table: str, row: str, column: str) -> float:
        text, unit = self.cells[table, row, column]
        decimals = len(text.partition(".")[2])
        return 10.0**-decimals / (100 if unit == "%" else 1)


def draw(seed: int) -> Drawn:
    """Draw a consistent paper: a table of models, a table of folds, a partition."""
    rng = np.random.default_rng(seed)
    drawn = Drawn({}, {})
    _segmentation(rng, drawn)
    if rng.random() < 0.5:
        _folds(rng, drawn)
    if rng.random() < 0.05:
        _classes(rng, drawn)
    if rng.random() < 0.3:
        _partition(rng, drawn)
    return drawn


# --- models on one set of images


def _segmentation(rng, drawn):
    n = int(np.exp(rng.uniform(0, np.log(10_000))))
    pixels = int(rng.choice([32, 64, 128, 256])) ** 2
    share = np.exp(rng.uniform(np.log(0.001), np.log(0.6)))
    spread = rng.uniform(2, 40)
    lesion = np.round(pixels * rng.beta(share * spread, (1 - share) * spread, n))
    with_empty = rng.random() < 0.3
    lesion[rng.random(n) < rng.uniform(0, 0.5)] *= not with_empty
    if not with_empty:
        lesion = np.maximum(lesion, 1)
    averaging = str(rng.choice(["image", "batch", "pool"]))
    epoch = str(rng.choice(["same", "same", "best by column", "unknown"]))
    soft = bool(rng.random() < 0.3)
    smooth = float(rng.choice([0, 0, 0, 1, 100]))
    rule = {"overlap": rng.choice([0.0, 1.0, np.nan]), "rest": rng.choice([0.0, 1.0, np.nan])}
    columns = [s for s in SCORES if rng.random() < 0.7] or ["dice", "iou"]
    ambiguous = "iou" in columns and "mean_iou" not in columns and rng.random() < 0.3
    shown_iou = "mean_iou" if ambiguous and rng.random() < 0.5 else "iou"
    weights = (round(rng.uniform(0.1, 0.9), 1), round(rng.uniform(0.1, 0.9), 1))
    with_loss = not soft and not smooth and rng.random() < 0.4
    with_bce = rng.random() < 0.4
    decimals, percent = int(rng.integers(2, 6)), rng.random() < 0.4
    cut = rng.random() < 0.5
    no_empty, background = True, True
    exact = {}
    for i in range(int(rng.integers(1, 5))):
        epochs = []
        for _ in range(1 if epoch == "same" else 2):
            counts = _counts(rng, lesion, pixels, with_empty)
            no_empty &= bool(((counts[0] + counts[1] > 0) & (lesion > 0)).all())
            background &= bool((counts[3] >= counts[0]).all())
            epochs.append(
                _scores(rng, _batched(rng, counts, averaging), soft, smooth, rule, weights, pixels)
            )
        row = _one_epoch(rng, epochs, epoch)
        for name in [*columns, *["loss"] * with_loss, *["bce"] * with_bce]:
            value = row[shown_iou if name == "iou" else name]
            if not np.isfinite(value):
                continue
            exact["S", f"model {i}", name] = value
            as_percent = percent and name not in ("loss", "bce")
            text = _text(100 * value if as_percent else value, decimals, cut)
            drawn.cells["S", f"model {i}", name] = (text, "%" if as_percent else "")
    unsure = rng.random() < 0.3
    kinds = {
        name: {"is": name, "smoothed": bool(smooth) and name in ("dice", "iou", "mean_iou")}
        for name in columns
    }
    if ambiguous:
        kinds["iou"]["is"] = "any_iou"
    if with_loss:
        named = dict(zip(("false_positives", "false_negatives"), weights, strict=True))
        kinds["loss"] = {"is": "region_loss", "loss": named}
    if with_bce:
        kinds["bce"] = {"is": "cross_entropy"}
    drawn.tables["S"] = {
        "columns": kinds,
        "averaging": "unknown" if unsure else "pooled" if averaging == "pool" else "means",
        "masks": "unknown" if rng.random() < 0.1 else "soft" if soft else "hard",
        "epoch": epoch,
        "empty": "none" if no_empty and rng.random() < 0.7 else "unknown",
        "one_set": bool(rng.random() < 0.5),
        "background_larger": background,
    }
    drawn.truth = {"exact": exact, "averaging": averaging, "weights": weights}


def _counts(rng, lesion, pixels, with_empty):
    """TP, FP, FN, TN of each image for a model of random quality; some predict nothing."""
    n = len(lesion)
    a, b = rng.uniform(0.5, 30), rng.uniform(0.5, 10)
    tp = np.round(lesion * rng.beta(a, b, n))
    fp = np.round((pixels - lesion) * rng.beta(0.5, rng.uniform(5, 500), n))
    if with_empty:
        nothing = rng.random(n) < rng.uniform(0, 0.3)
        tp, fp = np.where(nothing, 0, tp), np.where(nothing, 0, fp)
    return np.array([tp, fp, lesion - tp, pixels - lesion - fp], float)


def _batched(rng, counts, averaging):
    if averaging == "image":
        return counts
    size = 8 if averaging == "batch" else counts.shape[1]
    starts = np.arange(0, counts.shape[1], size)
    return np.add.reduceat(counts, starts, axis=1)


def _scores(rng, counts, soft, smooth, rule, weights, pixels):
    """Means over the columns of `counts` of every score, and of two losses."""
    tp, fp, fn, tn = counts
    p = [rng.uniform(0.5, 1), rng.uniform(0.5, 1), rng.uniform(0.01, 0.5), rng.uniform(0, 0.1)]
    if soft:
        inside = tp * p[0] + fn * p[2]
        both = inside + fp * p[1] + tn * p[3] + tp + fn
    else:
        inside, both = tp, 2 * tp + fp + fn
    overlap, rest = rule["overlap"], rule["rest"]
    lesion_iou = _ratio(inside + smooth, both - inside + smooth, overlap)
    found = {
        "dice": _ratio(2 * inside + smooth, both + smooth, overlap),
        "iou": lesion_iou,
        "mean_iou": (lesion_iou + _ratio(tn + smooth, tn + fp + fn + smooth, overlap)) / 2,
        "precision": _ratio(tp, tp + fp, rest),
        "sensitivity": _ratio(tp, tp + fn, rest),
        "specificity": _ratio(tn, tn + fp, rest),
        "accuracy": (tp + tn) / counts.sum(axis=0),
        "loss": 1 - _ratio(tp, tp + weights[0] * fp + weights[1] * fn, overlap),
        "bce": -(
            tp * np.log(p[0])
            + fn * np.log(p[2])
            + fp * np.log(1 - min(p[1], 1 - 1e-7))
            + tn * np.log(1 - p[3])
        )
        / counts.sum(axis=0),
    }
    return {
        name: float(np.nanmean(v)) if np.isfinite(v).any() else np.nan for name, v in found.items()
    }


def _ratio(part, whole, if_empty):
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), if_empty)


def _one_epoch(rng, epochs, epoch):
    if epoch == "same":
        return epochs[0]
    names = epochs[0]
    if epoch == "unknown":
        return {name: epochs[rng.integers(len(epochs))][name] for name in names}
    best = {name: max(e[name] for e in epochs) for name in names}
    return best | {name: min(e[name] for e in epochs) for name in ("loss", "bce")}


def _text(value, decimals, cut):
    scaled = value * 10**decimals
    return f"{(np.floor(scaled + 1e-9) if cut else np.round(scaled)) / 10**decimals:.{decimals}f}"


# --- folds of a classifier


def _folds(rng, drawn):
    k, n = int(rng.integers(2, 11)), int(np.exp(rng.uniform(np.log(10), np.log(2000))))
    right = rng.binomial(n, rng.uniform(0.6, 1), k)
    accuracy = right / n
    loss = (1 - accuracy) * (LN2 + rng.exponential(0.5, k)) + accuracy * rng.exponential(0.1, k)
    decimals, cut, ddof = int(rng.integers(2, 5)), rng.random() < 0.5, int(rng.integers(0, 2))
    names = [f"fold {i}" for i in range(k)]
    rows = dict(zip(names, zip(accuracy, loss, strict=True), strict=True))
    rows["mean"] = (accuracy.mean(), loss.mean())
    rows["sd"] = (accuracy.std(ddof=ddof), loss.std(ddof=ddof))
    for name, (a, b) in rows.items():
        drawn.cells["F", name, "acc"] = (_text(100 * a, decimals, cut), "%")
        drawn.cells["F", name, "loss"] = (_text(b, decimals + 1, cut), "")
    drawn.tables["F"] = {
        "columns": {"acc": {"is": "accuracy", "items": [n]}, "loss": {"is": "cross_entropy"}},
        "averaging": "pooled",
        "masks": "hard",
        "epoch": "same",
        "means": [{"mean": "mean", "sd": "sd", "of": names}],
    }
    drawn.truth["items"] = n


def _classes(rng, drawn):
    pos, neg = (int(x) for x in rng.integers(5, 80, 2))
    tp, tn = (int(rng.binomial(x, rng.uniform(0.6, 1))) for x in (pos, neg))
    fn, fp = pos - tp, neg - tn
    cut = rng.random() < 0.5
    if 0 in (tp + fp, tn + fn):
        return
    for row, p, r in (("one", tp / (tp + fp), tp / pos), ("other", tn / (tn + fn), tn / neg)):
        drawn.cells["C", row, "pre"] = (_text(100 * p, 2, cut), "%")
        drawn.cells["C", row, "rec"] = (_text(100 * r, 2, cut), "%")
    drawn.tables["C"] = {
        "columns": {"pre": {"is": "precision"}, "rec": {"is": "sensitivity"}},
        "averaging": "pooled",
        "masks": "hard",
        "epoch": "same",
        "classes": {"pairs": [["one", "other"]], "up_to": 80},
    }


def _partition(rng, drawn):
    parts = [int(x) for x in rng.integers(1, 900, 3)]
    for name, n in (*zip("abc", parts, strict=True), ("all", sum(parts))):
        drawn.cells["P", name, "images"] = (str(n), "images")
    total = ["P", "all", "images"]
    drawn.statements = [{"sum": {"total": total, "parts": [["P", x, "images"] for x in "abc"]}}]


# --- one digit changed


def changed(drawn: Drawn, seed: int) -> tuple[Drawn, tuple[str, str, str]]:
    """Change one digit of one printed number; scores stay shares."""
    rng = np.random.default_rng([seed, 1])
    keys = list(drawn.cells)
    while True:
        models = rng.random() < 0.6  # the harder half
        of = [k for k in keys if (k[0] == "S") == models] or keys
        key = of[rng.integers(len(of))]
        text, unit = drawn.cells[key]
        places = [i for i, c in enumerate(text) if c.isdigit()]
        if "." in text and unit != "%":
            places = [i for i in places if i > text.index(".")]
        place = int(rng.choice(places))
        digit = str(rng.choice([d for d in "0123456789" if d != text[place]]))
        new = text[:place] + digit + text[place + 1 :]
        if unit != "%" or float(new) <= 100:
            break
    other = Drawn(drawn.cells | {key: (new, unit)}, drawn.tables, drawn.statements, drawn.truth)
    return other, key


# --- what it breaks, by hand


def broken(drawn: Drawn, key: tuple[str, str, str]) -> bool:
    """Whether the others, read as the context says, show that the changed number is wrong."""
    table, row, column = key
    if table == "P":
        return True
    if table == "F":
        return _folds_broken(drawn, row, column)
    return table == "S" and _row_broken(drawn, row)


def _folds_broken(drawn, row, column):
    names = [r for t, r, c in drawn.cells if (t, c) == ("F", column) and r.startswith("fold")]
    x = np.array([drawn.value("F", r, column) for r in names])
    room = 3 * drawn.unit("F", names[0], column)
    n = drawn.truth["items"]
    if column == "acc" and row in names:
        value, unit = drawn.value("F", row, "acc"), drawn.unit("F", row, "acc")
        if np.abs(np.arange(n + 1) / n - value).min() > 1.6 * unit:
            return True
    if row in names:
        a, loss = drawn.value("F", row, "acc"), drawn.value("F", row, "loss")
        slack = 3 * (drawn.unit("F", row, "acc") + drawn.unit("F", row, "loss"))
        if loss + slack < (1 - a) * LN2:
            return True
    mean_off = abs(x.mean() - drawn.value("F", "mean", column)) > room
    sds = [x.std(), x.std(ddof=1)]
    return mean_off or min(abs(s - drawn.value("F", "sd", column)) for s in sds) > room


def _row_broken(drawn, row):
    """Relations of one row, each with the room that rounding of all its numbers takes."""
    about = drawn.tables["S"]
    x = {c: drawn.value(*k) for k in drawn.cells if k[:2] == ("S", row) for c in [k[2]]}
    u = max(drawn.unit(*k) for k in drawn.cells if k[:2] == ("S", row))
    smoothed = any(c.get("smoothed") for c in about["columns"].values())
    if about["epoch"] == "unknown":
        return False
    pooled = about["averaging"] == "pooled"
    same = about["epoch"] == "same"
    hard = about["masks"] == "hard" and not smoothed
    counted = pooled or about["empty"] == "none"
    lesion = about["columns"].get("iou", {}).get("is") == "iou"
    found = [row_value > 1 + u for name, row_value in x.items() if name not in ("loss", "bce")]
    if lesion and {"dice", "iou"} <= x.keys() and about["masks"] != "unknown":
        low = x["dice"] / (2 - x["dice"])
        found.append(
            _outside(x["iou"], low, low if pooled and same and not smoothed else x["dice"], 3.5 * u)
        )
    if hard and counted and {"dice", "precision", "sensitivity"} <= x.keys():
        p, r = x["precision"], x["sensitivity"]
        h = 2 * p * r / (p + r) if p + r else 0
        low = (h if pooled else p + r - 1) if same else 0
        found.append(_outside(x["dice"], low, h, 3.5 * u))
    if hard and counted and "accuracy" in x:
        for name in ("iou", "mean_iou"):
            found.append(name in x and x[name] > x["accuracy"] + 2.5 * u)
    if "bce" in x and "accuracy" in x:
        found.append(x["bce"] + 2.5 * u < (1 - x["accuracy"]) * LN2)
    if hard and pooled and same and {"sensitivity", "specificity"} <= x.keys():
        found += [
            _matrix_broken(x, u, overlap) for overlap in ("precision", "dice") if overlap in x
        ]
    return any(found)


def _outside(value, low, high, room):
    return value < low - room or value > high + room


def _matrix_broken(x, u, overlap):
    """Accuracy and class mean IoU against recall, specificity and precision or Dice.

    The matrix of a lesion share of 1 is TP r, FN 1 - r; FP follows from the precision, and TN from
    the specificity. All corners of what rounding leaves are tried.
    """
    names = (overlap, "sensitivity", "specificity")
    ends = product(*((max(x[n] - 2 * u, 1e-9), min(x[n] + 2 * u, 1)) for n in names))
    accuracies, means = [], []
    for value, r, s in ends:
        wrong = (1 / value - 1) if overlap == "precision" else (2 / value - 1 / r - 1)
        fp, fn = r * wrong, 1 - r
        if fp <= 0 or s >= 1:  # no false alarm: any share fits
            return False
        tn = fp * s / (1 - s)
        accuracies.append((r + tn) / (1 + fp + tn))
        means.append((r / (1 + fp) + tn / (tn + fp + fn)) / 2)
    broken = [
        _outside(x[n], min(v), max(v), 2 * u)
        for n, v in (("accuracy", accuracies), ("mean_iou", means))
        if n in x
    ]
    return any(broken)
