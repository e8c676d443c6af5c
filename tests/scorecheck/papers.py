"""Consistent papers drawn at random, a changed digit, and an oracle by hand of what it breaks.

Everything is computed from counts here, in plain floating point, without `scorecheck`' own
intervals: a paper is consistent because its numbers were counted, not because the checker says so.
"""

from dataclasses import dataclass, field
from itertools import product

import numpy as np
from scorecheck.context import TableContext
from scorecheck.kinds import Place, made
from scorecheck.printed_numbers import PrintedPaper

from tests.scorecheck.tables import read_statements

SCORES = ("dice", "iou", "mean_iou", "precision", "sensitivity", "specificity", "accuracy")
LN2 = float(np.log(2))


@dataclass
class Drawn:
    """A paper as it would be printed, and the settings that made it."""

    cells: dict[tuple[str, str, str], tuple[str, str]]
    tables: dict[str, dict]
    statements: list[dict] = field(default_factory=list)
    truth: dict = field(default_factory=dict)

    def paper(self, meant: type[TableContext] = TableContext) -> PrintedPaper:
        tables = {name: made(meant, values, Place(name)) for name, values in self.tables.items()}
        return PrintedPaper(self.cells, tables, read_statements(self.statements, self.cells))

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
    if rng.random() < 0.3:
        _partition(rng, drawn)
    return drawn


# --- models on one set of images


@dataclass
class Made:
    """How one column was made.

    `how` is image, batch, pool or median; `s` the smoothing constant; `empty` what 0/0 counts.
    """

    how: str
    soft: bool = False
    s: float = 0.0
    macro: bool = False
    empty: float = 0.0


def _segmentation(rng, drawn):
    n = int(np.exp(rng.uniform(0, np.log(10_000))))
    pixels = int(rng.choice([32, 64, 128, 256])) ** 2
    share = np.exp(rng.uniform(np.log(0.001), np.log(0.6)))
    spread = rng.uniform(2, 40)
    lesion = np.round(pixels * rng.beta(share * spread, (1 - share) * spread, n))
    lesion = np.clip(lesion, 1, pixels - 1)
    with_empty = rng.random() < 0.3
    lesion[rng.random(n) < rng.uniform(0, 0.5)] *= not with_empty
    others = int(rng.integers(2, 4)) if rng.random() < 0.1 else 1  # classes beside the lesion
    epoch = str(rng.choice(["same", "same", "best by column", "unknown"]))
    columns = [s for s in SCORES if rng.random() < 0.7] or ["dice", "iou"]
    with_loss, with_bce = rng.random() < 0.4, rng.random() < 0.4 and others == 1
    made = _making(rng, [*columns, *["loss"] * with_loss, *["bce"] * with_bce], others)
    ambiguous = {"iou", "mean_iou"} & set(columns) == {"iou"} and rng.random() < 0.3
    shown_iou = "mean_iou" if ambiguous and rng.random() < 0.5 else "iou"
    weights = (round(rng.uniform(0.1, 0.9), 1), round(rng.uniform(0.1, 0.9), 1))
    decimals, percent = int(rng.integers(2, 6)), rng.random() < 0.4
    cut = rng.random() < 0.5
    background, exact = True, {}
    for i in range(int(rng.integers(1, 5))):
        epochs = []
        for _ in range(1 if epoch == "same" else 2):
            counts = _classes_told(rng, _counts(rng, lesion, pixels, with_empty), others)
            background &= bool((counts[3:].sum(axis=0) >= counts[0]).all())
            p = rng.uniform([0.5, 0.5, 0.01, 0], [1, 1, 0.5, 0.1])
            epochs.append(
                {
                    name: _score(shown_iou if name == "iou" else name, counts, how, p, weights)
                    for name, how in made.items()
                }
            )
        for name, value in _one_epoch(rng, epochs, epoch).items():
            if np.isfinite(value):
                exact["S", f"model {i}", name] = value
                as_percent = percent and name not in ("loss", "bce")
                text = _text(100 * value if as_percent else value, decimals, cut)
                drawn.cells["S", f"model {i}", name] = (text, "%" if as_percent else "")
    _zeros_appended(rng, drawn)
    averaging, known = _context(rng, drawn, made, n, with_empty, others)
    drawn.tables["S"] |= {
        "epoch": epoch,
        "one_set": bool(rng.random() < 0.5),
        "background_larger": background,
    }
    columns = drawn.tables["S"]["columns"]
    if ambiguous:
        columns["iou"]["is"] = "any_iou"
        columns["iou"].pop("macro", None)
    if with_loss:
        columns["loss"]["is"] = "region_loss"
    if with_bce:
        columns["bce"]["is"] = "cross_entropy"
    known &= epoch != "unknown"
    drawn.truth = {"exact": exact, "averaging": averaging, "weights": weights, "known": known}


def _making(rng, names, others):
    """How each column is made: as one program would, or each in its own way."""
    ways = ["image", "batch", "pool", "median"]
    if rng.random() < 0.5:  # one program, hard masks, nothing added
        how, empty = str(rng.choice(ways[:3])), float(rng.choice([0, 1]))
        return {name: Made(how, empty=empty, soft=name == "bce") for name in names}
    alike = Made(
        str(rng.choice(ways)),
        bool(rng.random() < 0.3),
        float(rng.choice([0, 0, 1, 100])),
        bool(rng.random() < 0.2),
        float(rng.choice([0, 1, np.nan])),
    )
    apart = {key: rng.random() < 0.3 for key in ("how", "soft", "s", "macro", "empty")}
    made = {}
    for name in names:
        own = Made(
            str(rng.choice(ways)),
            bool(rng.random() < 0.5),
            float(rng.choice([0, 1, 100])),
            bool(rng.random() < 0.5),
            float(rng.choice([0, 1, np.nan])),
        )
        one = Made(**{k: getattr(own if apart[k] else alike, k) for k in apart})
        one.macro = one.macro and name not in ("accuracy", "loss", "bce", "mean_iou")
        overlap = name in ("dice", "iou", "mean_iou", "loss")
        one.soft = (one.soft and overlap and not one.macro and others == 1) or name == "bce"
        one.s = one.s if name not in ("accuracy", "bce") else 0.0
        made[name] = one
    return made


def _counts(rng, lesion, pixels, with_empty):
    """TP, FP, FN, TN of each image for a model of random quality; some predict nothing."""
    n = len(lesion)
    a, b = rng.uniform(0.5, 30), rng.uniform(0.5, 10)
    tp = np.round(lesion * rng.beta(a, b, n))
    fp = np.round((pixels - lesion) * rng.beta(0.5, rng.uniform(5, 500), n))
    if with_empty or rng.random() < 0.3:
        nothing = rng.random(n) < rng.uniform(0, 0.3)
        tp, fp = np.where(nothing, 0, tp), np.where(nothing, 0, fp)
    return np.array([tp, fp, lesion - tp, pixels - lesion - fp], float)


def _classes_told(rng, counts, others):
    """Counts (4 + ...) of each image: TP, FP, FN, then the background's pixels.

    With more than one class beside the lesion there are, for each, its pixels told rightly, told
    as another of them, taken from another of them, called lesion, and lesion called it.
    """
    tp, fp, fn, tn = counts
    if others == 1:
        return counts
    shares = rng.dirichlet(np.ones(others))
    right = rng.uniform(0.3, 1)
    rows = [tp, fp, fn]
    for i, share in enumerate(shares):
        missed = [(1 - right) * tn * s / (others - 1) for j, s in enumerate(shares) if j != i]
        rows += [right * share * tn, (1 - right) * share * tn, sum(missed), share * fp, share * fn]
    return np.array(rows)


def _batched(counts, how):
    if how in ("image", "median"):
        return counts
    size = 8 if how == "batch" else counts.shape[1]
    starts = np.arange(0, counts.shape[1], size)
    return np.add.reduceat(counts, starts, axis=1)


def _score(name, counts, made, p, weights):
    """A column's mean or median of one score, or of a loss."""
    told = _batched(counts, made.how)
    tp, fp, fn = told[:3]
    if len(told) == 4:
        parts = [(tp, fp, fn, told[3]), (told[3], fn, fp, tp)]
        right, everything = tp + told[3], told.sum(axis=0)
    else:
        each = told[3:].reshape(-1, 5, told.shape[1])
        everything = tp + fp + fn + each[:, :2].sum(axis=(0, 1))
        parts = [(tp, fp, fn, everything - tp - fp - fn)]
        parts += [(a, c + e, b + d, everything - a - b - c - d - e) for a, b, c, d, e in each]
        right = tp + each[:, 0].sum(axis=0)
    if name == "accuracy":
        values = right / everything
    elif name == "bce":
        values = -(
            tp * np.log(p[0])
            + fn * np.log(p[2])
            + fp * np.log(1 - min(p[1], 1 - 1e-7))
            + told[3] * np.log(1 - p[3])
        )
        values = values / everything
    else:
        score = "iou" if name == "mean_iou" else name
        kept = parts if made.macro or name == "mean_iou" else parts[:1]
        values = [_one_class(score, of, i > 0, made, p, weights) for i, of in enumerate(kept)]
        values = np.mean(values, axis=0) if name == "mean_iou" else _kept(values)
    values = values[np.isfinite(values)]
    reduce = np.median if made.how == "median" else np.mean
    return float(reduce(values)) if len(values) else np.nan


def _kept(values):
    """Mean over classes of those that are defined."""
    defined = np.isfinite(values)
    total = np.where(defined, values, 0).sum(axis=0)
    return np.where(defined.any(axis=0), total / np.maximum(defined.sum(axis=0), 1), np.nan)


def _one_class(name, parts, background, made, p, weights):
    tp, fp, fn, tn = parts
    inside, both, s = tp, 2 * tp + fp + fn, made.s
    if made.soft and not background:
        inside = tp * p[0] + fn * p[2]
        both = inside + fp * p[1] + tn * p[3] + tp + fn
    a, b = weights
    part, whole = {
        "dice": (2 * inside, both),
        "iou": (inside, both - inside),
        "precision": (tp, tp + fp),
        "sensitivity": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "loss": (inside, inside + a * (both - inside - tp - fn) + b * (tp + fn - inside)),
    }[name]
    found = _ratio(part + s, whole + s, made.empty)
    return 1 - found if name == "loss" else found


KEYS = ("averaging", "masks", "smoothed", "macro", "empty")
WORDS = {"image": "means", "batch": "means", "pool": "pooled", "median": "medians"}


def _context(rng, drawn, made, n, with_empty, others):
    """What the paper says of its columns; each thing it may leave out, nothing is untrue."""
    plainly = not any(m.soft or m.s or m.macro for k, m in made.items() if k != "bce")
    tells_all = rng.random() < (0.8 if plainly else 0.4)
    silent = {k: not tells_all and rng.random() < 0.3 for k in KEYS}
    ways = {m.how for m in made.values()}
    averaging = WORDS[next(iter(ways))] if len(ways) == 1 else "by column"
    columns = {name: {"is": name} for name in made}
    about = {"columns": columns, "two_classes": others == 1 and rng.random() < 0.8}
    about["one_size"] = "batch" not in ways or n % 8 == 0
    if not silent["averaging"]:
        about |= _averaging_said(rng, columns, made, averaging)
    if not silent["masks"]:
        about["masks"] = "hard"
        _masks_said(columns, made)
    if not silent["smoothed"]:
        about["smoothed"] = False
        for name in (name for name, m in made.items() if m.s):
            columns[name]["smoothed"] = made[name].s if rng.random() < 0.7 else True
    _classes_said(columns, made, silent["macro"])
    if not silent["empty"]:
        left_out = any(np.isnan(m.empty) for m in made.values())
        about["empty"] = (
            "unknown" if with_empty and left_out else "counted" if with_empty else "none"
        )
    drawn.tables["S"] = about
    told = not any(silent.values()) and about["two_classes"] and averaging in ("means", "pooled")
    return averaging, bool(told and plainly)


def _averaging_said(rng, columns, made, averaging):
    ways = {m.how for m in made.values()}
    if averaging != "by column":
        looser = averaging != "medians" and rng.random() < 0.3
        return {"averaging": "alike" if looser else averaging}
    if not {"image", "batch"} <= ways:  # else "means" of two columns would be of two kinds
        for name, m in made.items():
            columns[name]["averaging"] = WORDS[m.how]
    return {} if "median" in ways else {"averaging": averaging}


def _masks_said(columns, made):
    for name, m in made.items():
        if m.soft and name != "bce":
            columns[name]["masks"] = "soft"
        elif name == "loss":
            columns[name]["masks"] = "hard"


def _classes_said(columns, made, silent):
    for name, m in made.items():
        if silent and name == "iou" and m.macro:
            columns[name]["is"] = "any_iou"
        elif not silent and name not in ("accuracy", "mean_iou", "loss", "bce"):
            columns[name]["macro"] = m.macro


def _zeros_appended(rng, drawn):
    """A program's format: zeros behind the digits of a whole column of several numbers."""
    for column in dict.fromkeys(c for t, _, c in drawn.cells if t == "S"):
        keys = [k for k in drawn.cells if k[0] == "S" and k[2] == column]
        texts = {drawn.cells[k][0] for k in keys} - {"0.00", "1.00", "100.00"}
        if len(texts) > 1 and rng.random() < 0.05:
            for k in keys:
                drawn.cells[k] = (drawn.cells[k][0] + "00", drawn.cells[k][1])


def _ratio(part, whole, if_empty):
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), if_empty)


def _one_epoch(rng, epochs, epoch):
    if epoch == "same":
        return epochs[0]
    names = epochs[0]
    if epoch == "unknown":
        return {name: epochs[rng.integers(len(epochs))][name] for name in names}
    lowest = {"loss", "bce"}
    return {n: (min if n in lowest else max)(e[n] for e in epochs) for n in names}


def _text(value, decimals, cut):
    scaled = value * 10**decimals
    return f"{(np.floor(scaled + 1e-9) if cut else np.round(scaled)) / 10**decimals:.{decimals}f}"


# --- folds of a classifier


def _folds(rng, drawn):
    k, n = int(rng.integers(2, 11)), int(np.exp(rng.uniform(np.log(10), np.log(2000))))
    plain = rng.random() < 0.6
    sizes = np.full(k, n) if plain else rng.integers(5, n + 1, k)
    right = rng.binomial(sizes, rng.uniform(0.6, 1), k)
    accuracy = right / sizes
    loss = (1 - accuracy) * (LN2 + rng.exponential(0.5, k)) + accuracy * rng.exponential(0.1, k)
    decimals, cut, ddof = int(rng.integers(2, 5)), rng.random() < 0.5, int(rng.integers(0, 2))
    names = [f"fold {i}" for i in range(k)]
    rows = dict(zip(names, zip(accuracy, loss, strict=True), strict=True))
    rows["mean"] = (accuracy.mean(), loss.mean())
    rows["sd"] = (accuracy.std(ddof=ddof), loss.std(ddof=ddof))
    if not plain:  # weighted by size, and over all images
        a, b = (np.average(x, weights=sizes) for x in (accuracy, loss))
        rows["mean"] = (a, b)
        rows["sd"] = (np.sqrt(a * (1 - a) * sizes.sum() / (sizes.sum() - 1)), rng.exponential(1))
    for name, (a, b) in rows.items():
        drawn.cells["F", name, "acc"] = (_text(100 * a, decimals, cut), "%")
        drawn.cells["F", name, "loss"] = (_text(b, decimals + 1, cut), "")
    items = [n] if plain else sorted({int(x) for x in sizes})
    drawn.tables["F"] = {
        "columns": {"acc": {"is": "accuracy", "items": items}, "loss": {"is": "cross_entropy"}},
        "averaging": "pooled",
        "masks": "hard",
        "epoch": "same",
        "means": [{"mean": "mean", "sd": "sd", "of": names, "plain": plain}],
    }
    drawn.truth |= {"items": n, "plain": plain}


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
    if not drawn.truth["plain"]:
        return False
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
    if not drawn.truth["known"]:
        return False
    x = {c: drawn.value(*k) for k in drawn.cells if k[:2] == ("S", row) for c in [k[2]]}
    u = max(drawn.unit(*k) for k in drawn.cells if k[:2] == ("S", row))
    pooled = about["averaging"] == "pooled"
    same = about["epoch"] == "same"
    counted = pooled or about["empty"] == "none"
    lesion = about["columns"].get("iou", {}).get("is") == "iou"
    found = [row_value > 1 + u for name, row_value in x.items() if name not in ("loss", "bce")]
    if lesion and counted and {"dice", "iou"} <= x.keys():
        low = x["dice"] / (2 - x["dice"])
        found.append(_outside(x["iou"], low, low if pooled and same else x["dice"], 3.5 * u))
    if counted and {"dice", "precision", "sensitivity"} <= x.keys():
        p, r = x["precision"], x["sensitivity"]
        h = 2 * p * r / (p + r) if p + r else 0
        low = (h if pooled else p + r - 1) if same else 0
        found.append(_outside(x["dice"], low, h, 3.5 * u))
    if "accuracy" in x:
        for name in ("iou", "mean_iou"):
            found.append(name in x and x[name] > x["accuracy"] + 2.5 * u)
    if "bce" in x and "accuracy" in x:
        found.append(x["bce"] + 2.5 * u < (1 - x["accuracy"]) * LN2)
    if pooled and same and {"sensitivity", "specificity"} <= x.keys():
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
