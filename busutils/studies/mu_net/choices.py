"""Paper 5, section 5.3: what each choice changes, the ablations and the readings."""

import numpy as np
import pandas as pd

from busutils import compare, jobs
from busutils.studies.common import REPORTED, Entry, Results
from busutils.studies.mu_net import results as made
from busutils.studies.mu_net.settings import BESIDE, CONTRASTS, REFERENCE, ROWS, TABLES


def pretraining(results: Results) -> pd.DataFrame:
    """MU-Net from its own start and from that of the others, on the same images (section 5.3.1).

    Columns: start, test Dice, low, high, difference (to the first row), from, to; no rows where
    both start alike.
    """
    rows, starts = [], made.by_start(results)
    if len(starts) == 2:
        for start, entries in starts.items():
            one = made.mean(results, entries)
            row = {"start": start, "test Dice": one.estimate}
            rows.append(row | {"low": one.low, "high": one.high})
        own, alike = starts.values()
        paired = made.difference(results, alike, own)
        rows[1] |= {"difference": paired.estimate, "from": paired.low, "to": paired.high}
    columns = ["start", "test Dice", "low", "high", "difference", "from", "to"]
    return pd.DataFrame(rows, columns=columns)


def ablations(results: Results) -> pd.DataFrame:
    """Section 5.3 and the readings: one training each, beside the same network as in the table.

    Columns: what, about (what it answers), test Dice, difference, from, to, compared with (another
    row), called lesion (share of the test pixels), still rising (whether validation Dice was,
    in the last epochs).
    """
    rows, named = [], {e.name: e for e in results.of("contrast")}
    flat = compare.converged(results.history)
    for entry in named.values():
        about = CONTRASTS.get(entry.name, ("the table's MU-Net",))[0]
        row = {"what": entry.name, "about": about}
        row |= {"test Dice": made.mean(results, [entry]).estimate}
        row |= {"still rising": not flat[entry.job.id]}
        row |= {"called lesion": made.called(results, entry)}
        if entry.name != REFERENCE:
            base = BESIDE.get(entry.name) if BESIDE.get(entry.name) in named else REFERENCE
            paired = made.difference(results, [entry], [named[base]])
            row |= {"compared with": base, "difference": paired.estimate}
            row |= {"from": paired.low, "to": paired.high}
        rows.append(row)
    columns = ["what", "about", "test Dice", "difference", "from", "to", "compared with"]
    columns += ["called lesion", "still rising"]
    return pd.DataFrame(rows, columns=columns)


def contrast_images(results: Results) -> int:
    """Number of images that the ablations train on; 0 if there are none."""
    entries = results.of("contrast")
    return int((jobs.read_split(entries[0].job)["role"] == "train").sum()) if entries else 0


def post_processing(results: Results) -> pd.DataFrame:
    """Dice without rounding, rounded at one half, and at the threshold that validates best.

    Columns: network, soft (probabilities as they are), at 0.5, at the chosen one, threshold (its
    mean over folds). Needs the jobs' probabilities.
    """
    rows = []
    for name, entries in made.by_row(results).items():
        unrounded = np.concatenate([soft_dice(e) for e in entries])
        chosen = pd.concat([results.scores(e) for e in entries])["score"].mean()
        threshold = np.mean([results.threshold[e.job.id] for e in entries])
        half = made.mean(results, entries).estimate
        rows.append((ROWS[name], unrounded.mean(), half, chosen, threshold))
    columns = ["network", "not rounded", "rounded at 0.5", "at the chosen threshold", "threshold"]
    return pd.DataFrame(rows, columns=columns)


def soft_dice(entry: Entry) -> np.ndarray:
    """Dice of the unrounded probabilities on each test image with a lesion."""
    data = made.opened(entry.job)
    rows = jobs.rows(entry.job, data.cases["case"], "test")
    truth = np.asarray(data.masks[rows])
    probabilities = jobs.probabilities(entry.job)
    lesions = truth.any(axis=(1, 2))
    both = (truth * probabilities).sum(axis=(1, 2))
    total = truth.sum(axis=(1, 2)) + probabilities.sum(axis=(1, 2))
    return (2 * both / np.maximum(total, 1e-12))[lesions]


def tversky_readings(results: Results) -> pd.DataFrame:
    """The Tversky index with 0.7 on missed pixels and on false ones, beside the printed one.

    Columns: network, printed (per cent), 0.7 on missed, 0.7 on false (per cent), recall,
    precision.
    """
    reported = compare.reported(REPORTED, 5, TABLES[results.settings.kind])
    rows = []
    for name, entries in made.by_row(results).items():
        both = [
            100 * made.tversky(results, entries, *pair).estimate
            for pair in ((0.7, 0.3), (0.3, 0.7))
        ]
        other = [
            100 * made.mean(results, entries, s).estimate for s in ("sensitivity", "precision")
        ]
        rows.append((ROWS[name], float(reported.printed(ROWS[name], "Tversky")), *both, *other))
    columns = ["network", "printed", "0.7 on missed", "0.7 on false", "recall", "precision"]
    return pd.DataFrame(rows, columns=columns)
