"""Paper 5: the jobs that its notebook's parameters ask for."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from busutils.data import splits
from busutils.data.dataset import Dataset
from busutils.data.files import Listing
from busutils.errors import UserError
from busutils.jobs import Job
from busutils.studies import common, starting
from busutils.studies.common import Entry
from busutils.studies.mu_net.settings import CONTRASTS, REFERENCE, Settings

BACKBONES = {"mu_net": "mobilenetv2", "vgg19": "vgg19", "resnet50": "resnet50", "fcn": "vgg16"}
"""Rows whose encoder can start from weights."""


def entries(settings: Settings, data: Dataset) -> list[Entry]:
    """List every job with what it stands for: every row on the first fold, contrasts, more folds.

    Parts: table (name is the row), equal (MU-Net from what the other encoders start from, where its
    own start differs: networks are compared with that one) and contrast (a key of `CONTRASTS`, or
    what it is compared with).
    """
    sized = {data.size: data}
    for size in {settings.size_of(row) for row in settings.rows} - set(sized):
        sized[size] = common.opened(settings, size)
    if len(sized) > 1 and data.has_pixels:
        _refuse_vanished(sized)
    first, more = settings.used_folds[:1], settings.used_folds[1:]
    found = [*_table(settings, sized, first), *_contrasts(settings, data)]
    return [*found, *_table(settings, sized, more)]


def roles(settings: Settings, cases: pd.DataFrame, fold: int) -> pd.DataFrame:
    """Roles of all cases in a fold: patients left out in turn, or another draw of `train` cases."""
    if settings.patients_apart:
        labels = set(cases["label"])
        seed, folds = settings.split_seed, settings.patient_folds
        return splits.rotated(cases, labels, fold, folds, seed)
    unit = "group" if settings.grouped else "case"
    seed = settings.split_seed + fold - 1
    return splits.drawn(cases, settings.train, settings.validation, seed, unit)


def refuse_unknown_patients(settings: Settings, listing: Listing) -> None:
    """Refuse folds by patient where the set does not say who its patients are.

    Raises
    ------
    UserError
        If a case has no group of its own, or a fold would test on fewer than two patients.
    """
    if not settings.patients_apart:
        return
    if unknown := [c.case for c in listing.cases if c.group is None]:
        raise UserError(
            f"{listing.name} does not say which patient {unknown[0]} is of, so that no patient can "
            "be left out: put {group} into image_pattern, or take by_patient false"
        )
    known = len({c.group for c in listing.cases})
    if not 3 <= settings.patient_folds <= known // 2:
        raise UserError(
            f"patient_folds is {settings.patient_folds}, and {listing.name} has {known} patients: "
            "one fold tests, one validates, the others train, and an interval needs two patients "
            f"in each; take 3 to {known // 2}"
        )


def _refuse_vanished(sized: Mapping[int, Dataset]) -> None:
    """Networks of two sizes are compared on the same lesions, so each size has to keep them all."""
    left = {size: int(data.masks[:].any(axis=(1, 2)).sum()) for size, data in sized.items()}
    if len(set(left.values())) > 1:
        told = ", ".join(f"{n} at {size} pixels a side" for size, n in left.items())
        raise UserError(
            f"lesions of which a pixel is left: {told}: take size and unet_size alike, or larger"
        )


def _table(settings: Settings, sized: dict[int, Dataset], folds: list[int]) -> Iterator[Entry]:
    for fold in folds:
        for row in settings.rows:
            yield _entry(settings, sized[settings.size_of(row)], "table", row, fold)
        if settings.encoder_weights != settings.other_weights:
            alike = replace(settings, encoder_weights=settings.other_weights)
            yield _entry(alike, sized[settings.size], "equal", "mu_net", fold)


def _contrasts(settings: Settings, data: Dataset) -> Iterator[Entry]:
    """Trainings of MU-Net that differ in one thing, on the same images as their reference."""
    if not settings.contrasts:
        return
    short = replace(settings, epochs=settings.contrast_epochs)
    asked = {name: CONTRASTS[name][1] for name in settings.asked_contrasts}
    for name, changed in ({REFERENCE: {}} | asked).items():
        entry = _entry(
            replace(short, **changed), data, "contrast", "mu_net", settings.used_folds[0]
        )
        yield replace(entry, name=name)


def _entry(settings: Settings, data: Dataset, part: str, row: str, fold: int) -> Entry:
    table = roles(settings, data.cases, fold)
    if part == "contrast" and settings.contrast_train:
        table = fewer(table, settings.contrast_train)
    kind = "patients left out" if settings.patients_apart else "drawn"
    # over several folds each patient is tested once, so that one fold may hold a single one
    fewest = 1 if settings.patients_apart and len(settings.used_folds) > 1 else 2
    split = common.keep_split(table, {"kind": kind, "fold": fold}, fewest)
    return Entry(part, row, f"fold {fold}", _job(settings, data, row, split, fold - 1))


def fewer(table: pd.DataFrame, n: int) -> pd.DataFrame:
    """Keep `n` training cases, evenly spaced in file order, and leave the other ones unused."""
    trained = table.index[table["role"] == "train"]
    kept = trained[np.linspace(0, len(trained) - 1, min(n, len(trained))).round().astype(int)]
    dropped = (table["role"] == "train") & ~table.index.isin(kept)
    return table.assign(role=table["role"].mask(dropped, "unused"))


def _job(settings: Settings, data: Dataset, row: str, split: dict, seed: int) -> Job:
    model, options = settings.network(row)
    settings = settings.of_row(row)
    weights = settings.weights_of(row)
    start = starting.start(settings, BACKBONES[row], weights) if row in BACKBONES else "none"
    own_scale = settings.preprocessing == "backbone" and weights == "imagenet"
    return common.job(
        settings,
        data,
        split,
        seed,
        model=model,
        options=options,
        encoder_weights=start,
        preprocessing="backbone" if own_scale else "paper",
        batchnorm_momentum=settings.batchnorm_momentum,
        reestimate_batchnorm=isinstance(start, str) and start.startswith("file:"),
        loss=settings.loss,
        loss_options=_loss_options(settings),
        record="weights",
    )


def _loss_options(settings: Settings) -> dict:
    """What the loss takes: the printed constants belong to the Tversky losses alone."""
    if settings.loss not in ("focal_tversky", "tversky"):
        return {}
    options = {
        "false_negatives": settings.false_negatives,
        "false_positives": settings.false_positives,
        "label_smoothing": settings.label_smoothing,
        "symmetric": settings.symmetric_smoothing,
    }
    return options | ({"exponent": settings.exponent} if settings.loss == "focal_tversky" else {})
