"""Paper 3: the jobs that its notebook's parameters ask for."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from busutils import jobs
from busutils.data import doubled, splits
from busutils.data.dataset import Dataset
from busutils.data.files import Listing
from busutils.errors import UserError
from busutils.jobs import Job
from busutils.studies import common
from busutils.studies.common import Entry
from busutils.studies.multitask_unet.settings import ALONE, FOLDS, LABELS, Settings


def entries(settings: Settings, data: Dataset) -> list[Entry]:
    """List every job with what it stands for.

    Parts: folds (the paper's ten folds), head, rival and alone (other heads and networks, and one
    task alone, on the first folds), copies (the arms of `ARMS`).
    """
    found = [*_fold_entries(settings, data)]
    _refuse_one_class(settings, found)
    found += _contrast_entries(settings, data)
    found += _copies_entries(settings, data)
    return found


def refuse_other_labels(settings: Settings, found: Listing) -> None:
    """Refuse a set whose lesions are not called benign and malignant, which this page tells apart.

    Raises
    ------
    UserError
        With the labels that are there.
    """
    labels = sorted({case.label for case in found.cases})
    if missing := [label for label in LABELS if label not in labels]:
        raise UserError(
            f"paper 3 tells benign from malignant, but no image of {found.name} is labelled "
            f"{' or '.join(missing)} (labels: {', '.join(labels)}): call the folders so and put "
            "{label} into image_pattern, or run another notebook, which outlines lesions of any "
            "label"
        )


def _refuse_one_class(settings: Settings, found: list[Entry]) -> None:
    """Refuse folds whose test images are of one class: nothing could be told apart."""
    tables = (jobs.read_split(e.job) for e in found)
    tested = {label for roles in tables for label in roles.loc[roles["role"] == "test", "label"]}
    if len(tested) == 1:
        raise UserError(
            f"the test images of folds {settings.folds} are all {tested.pop()}: name more of the "
            "ten folds, or bring more images of the other class"
        )


def _fold_entries(settings: Settings, data: Dataset) -> Iterator[Entry]:
    for fold in settings.folds:
        job = _job(settings, data, _split(settings, data, fold), fold)
        yield Entry("folds", settings.head, f"K{fold}", job)


def _contrast_entries(settings: Settings, data: Dataset) -> Iterator[Entry]:
    for fold in settings.folds[: settings.contrast_folds]:
        job = _job(settings, data, _split(settings, data, fold), fold)
        for head in settings.heads:
            yield Entry("head", head, f"K{fold}", replace(job, options=_options(settings, head)))
        for rival in settings.rivals:
            options = {"channels": 1, "filters": settings.filters}
            if rival == "attention_unet":
                options["reading"] = "as_many_gates"
            other = replace(job, model=rival, options=options, task="segment", class_weight=1.0)
            yield Entry("rival", rival, f"K{fold}", other)
        for task in settings.alone:
            yield Entry("alone", task, f"K{fold}", replace(job, **ALONE[task]))


def _copies_entries(settings: Settings, data: Dataset) -> Iterator[Entry]:
    """Equal optimiser steps: half the epochs where there are twice as many items."""
    for repeat in range(settings.copies_repeats):
        for arm in settings.copies:
            of = items(data, arm)
            epochs = settings.copies_epochs // (1 if of is data else 2)
            split = common.keep_split(
                arm_roles(of, arm, settings.split_seed + repeat), {"kind": arm}
            )
            job = replace(_job(settings, of, split, repeat), stop_after=None, epochs=epochs)
            yield Entry("copies", arm, f"split {repeat + 1}", job)


def items(data: Dataset, arm: str) -> Dataset:
    """The set of one arm of the copies experiment."""
    if arm in ("grouped", "by image"):
        return data
    return doubled.doubled(data, "mask" if arm == "masks as images" else "image")


def arm_roles(data: Dataset, arm: str, seed: int) -> pd.DataFrame:
    """Roles of the items of an arm: a tenth tests, a tenth validates."""
    unit = {"grouped": "group", "twice together": "twin"}.get(arm, "case")
    return splits.rotated(data.cases, LABELS, 1, FOLDS, seed, unit)


def _split(settings: Settings, data: Dataset, fold: int) -> dict:
    unit = "group" if settings.grouped else "case"
    roles = splits.rotated(data.cases, LABELS, fold, FOLDS, settings.split_seed, unit)
    return common.keep_split(
        roles, {"kind": "rotated folds", "fold": fold, "grouped": settings.grouped}
    )


def _options(settings: Settings, head: str) -> dict:
    return {"channels": 1, **settings.options(head)}


def _job(settings: Settings, data: Dataset, split: dict, seed: int) -> Job:
    return common.job(
        settings,
        data,
        split,
        seed,
        model="multitask_unet",
        options=_options(settings, settings.head),
        batchnorm_momentum=settings.batchnorm_momentum,
        loss=settings.segmentation_loss,
        task="both",
        class_weight=settings.class_weight,
        stop_after=settings.stop_after,
        record="training",
    )
