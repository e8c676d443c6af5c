"""Paper 4: the jobs that its notebook's parameters ask for."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from busutils.data import doubled, splits
from busutils.data.dataset import Dataset, positives
from busutils.data.files import NORMAL
from busutils.jobs import Job
from busutils.studies import common, starting
from busutils.studies.common import Entry
from busutils.studies.fgfeu_net import svm
from busutils.studies.fgfeu_net.settings import (
    CLASSIFIERS,
    FOLDS,
    LOSSES,
    SVM,
    YARDSTICK,
    Settings,
)

NEEDED = {"lesion": {NORMAL}, "malignant": {"benign", "malignant"}}
"""Labels without which a question has but one answer."""


def entries(settings: Settings, data: Dataset) -> list[Entry]:
    """List every job with what it stands for.

    Parts: loss (a row of Tables 1 and 2, first fold first), seed (`YARDSTICK` again from other
    seeds), unet, items (masks as images), and a part for each question to the classifiers that
    the set can answer.
    """
    found = [*_loss_entries(settings, data), *_seed_entries(settings, data)]
    if settings.unet_filters:
        found.append(_unet_entry(settings, data))
    found += _classifier_entries(answerable(settings, data), data)
    if settings.masks_as_images:
        found.append(_items_entry(settings, data))
    return found


def answerable(settings: Settings, data: Dataset) -> Settings:
    """Ask only what the set can answer; of BUSI that is everything, of lesions alone it is not."""
    return replace(settings, asked=[q for q in settings.asked if not why_not(settings, data, q)])


def why_not(settings: Settings, data: Dataset, question: str) -> str:
    """Why images of a set cannot answer a question; empty if they can."""
    if missing := sorted(NEEDED[question] - set(data.cases["label"])):
        return f"no image is labelled {' or '.join(missing)}"
    table = roles(settings, data, settings.folds[0], question)
    yes = positives(table["label"], question)
    trained = svm.FOLDS if SVM in settings.classifiers else 1
    for role, least in {"train": trained, "test": 1}.items():
        if min((answer & (table["role"] == role)).sum() for answer in (yes, ~yes)) < least:
            return f"an answer has fewer than {least} images to {role} on"
    return ""


def roles(settings: Settings, data: Dataset, fold: int, question: str) -> pd.DataFrame:
    """Roles of all images in a fold, so that every model is tested on the same ones.

    For "lesion" normal images train and test as others do. Otherwise only lesions train; the
    normal images of the test fold are `normal`, the others unused.
    """
    unit = "group" if settings.grouped else "case"
    labels = set(data.cases["label"])
    table = splits.rotated(data.cases, labels, fold, FOLDS, settings.split_seed, unit)
    if question != "lesion":
        elsewhere = table["label"] == NORMAL
        tested = np.where(table["role"] == "test", "normal", "unused")
        table["role"] = np.where(elsewhere, tested, table["role"])
    return table


def fgfeu_job(settings: Settings, data: Dataset, fold: int, name: str, seed: int) -> Job:
    """The training of FgFEU-Net with a loss on a fold."""
    loss = LOSSES[name]
    options = loss.options | ({"reduction": settings.reduction} if loss.options else {})
    smoothed = {} if name == "bce" else {"smooth": settings.smooth}
    return common.job(
        settings,
        data,
        _kept(settings, data, fold, "segment"),
        seed,
        model="fgfeu_net",
        options=settings.options,
        encoder_weights=starting.start(settings, "vgg16", settings.encoder_weights),
        freeze=settings.freeze,
        loss=loss.loss,
        loss_options=options | smoothed,
        record="training",
    )


def _loss_entries(settings: Settings, data: Dataset) -> Iterator[Entry]:
    for fold in settings.folds:
        for name in settings.losses:
            yield Entry("loss", name, f"fold {fold}", fgfeu_job(settings, data, fold, name, fold))


def _seed_entries(settings: Settings, data: Dataset) -> Iterator[Entry]:
    if YARDSTICK in settings.losses:
        first = settings.folds[0]
        for seed in range(first, first + settings.seeds):
            job = fgfeu_job(settings, data, first, YARDSTICK, seed)
            yield Entry("seed", YARDSTICK, f"seed {seed}", job)


def _unet_entry(settings: Settings, data: Dataset) -> Entry:
    """The U-Net that FgFEU-Net is an improvement of: no pre-training, Dice + cross-entropy."""
    first = settings.folds[0]
    job = replace(
        fgfeu_job(settings, data, first, "combo", first),
        model="plain_unet",
        options={"filters": settings.unet_filters},
        encoder_weights="none",
        freeze="none",
        batchnorm_momentum=0.9,
        learning_rate=1e-3,
    )
    return Entry("unet", "unet", f"fold {first}", job)


def _classifier_entries(settings: Settings, data: Dataset) -> Iterator[Entry]:
    first = settings.folds[0]
    for question in settings.asked:
        for name in settings.classifiers:
            if name != SVM:
                job = _classifier_job(settings, data, first, question, name)
                yield Entry(question, name, f"fold {first}", job)


def _classifier_job(settings: Settings, data: Dataset, fold: int, question: str, name: str) -> Job:
    chosen = CLASSIFIERS[name]
    weights = "none"
    if chosen.pretrained:
        kind = (
            settings.encoder_weights if chosen.options["backbone"] == "vgg16" else _other(settings)
        )
        weights = starting.start(settings, chosen.options["backbone"], kind)
    return common.job(
        settings,
        data,
        _kept(settings, data, fold, question),
        fold,
        model=chosen.model,
        options=chosen.options,
        encoder_weights=weights,
        batchnorm_momentum=0.9,
        loss="bce",
        learning_rate=settings.classifier_rate,
        epochs=settings.classifier_epochs,
        augmentation="none",
        task="classify",
        positive=question,
        record="training",
    )


def _other(settings: Settings) -> str:
    """Weights of the other backbones: a file of VGG16 serves none of them."""
    return "phantom" if settings.from_file else settings.encoder_weights


def _items_entry(settings: Settings, data: Dataset) -> Entry:
    """Masks as images: 2 x 647 items at random, half the epochs for equal optimiser steps."""
    first = settings.folds[0]
    of = doubled.doubled(data, "mask")
    lesions = set(of.cases["label"]) - {NORMAL}
    table = splits.rotated(of.cases, lesions, first, FOLDS, settings.split_seed, "case")
    job = replace(
        fgfeu_job(settings, data, first, "combo", first),
        dataset=of.fingerprint,
        split=common.keep_split(table, {"kind": "masks as images", "fold": first}),
        epochs=max(1, settings.epochs // 2),
    )
    return Entry("items", "masks as images", f"fold {first}", job)


def _kept(settings: Settings, data: Dataset, fold: int, question: str) -> dict:
    about = {"kind": "rotated folds", "fold": fold, "grouped": settings.grouped}
    return common.keep_split(roles(settings, data, fold, question), about)
