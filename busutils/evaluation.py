"""What a network makes of the cases of a set: predictions, losses, and the tables of a job.

Needs keras, NumPy, pandas and h5py only, as training does.
"""

from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd

from busutils import losses, metrics, thresholds
from busutils.batches import Batches, positive, prepare, truth
from busutils.data.dataset import Dataset
from busutils.job import Job

CURVES = ("accuracy", "iou", "sensitivity", "precision")


@dataclass(frozen=True)
class Predicted:
    """Predictions for some rows of a set, in their order.

    Attributes
    ----------
    rows : int array of shape (n,)
    masks : float32 array of shape (n, size, size), probability of lesion; of a classifier that of
        its positive class, (n, 1, 1)
    malignant : float32 array of shape (n,), or None where the task is not "both"
    """

    rows: np.ndarray
    masks: np.ndarray
    malignant: np.ndarray | None = None


def predict(model: keras.Model, job: Job, dataset: Dataset, rows: np.ndarray) -> Predicted:
    """Predict `rows` of a set."""
    if not len(rows):
        nothing = np.zeros(0, "float32") if job.task == "both" else None
        side = 1 if job.task == "classify" else job.size
        return Predicted(rows, np.zeros((0, side, side), "float32"), nothing)
    output = model.predict(Batches(dataset, rows, job), verbose=0)
    if job.task == "both":
        return Predicted(rows, output["mask"][..., 0], output["malignant"][:, 0])
    return Predicted(rows, np.asarray(output)[..., 0])


def loss(job: Job, dataset: Dataset, predicted: Predicted) -> float:
    """Loss of predictions as training computes it: the mean over batches, weighted by images."""
    criterion = losses.build(job.loss, **job.loss_options)
    bce = keras.losses.BinaryCrossentropy()
    masks, total = truth(dataset, predicted.rows, job), 0.0
    positives = positive(dataset, predicted.rows, job).astype("float32")
    for i in range(0, len(masks), job.batch):
        at = slice(i, i + job.batch)
        y = masks[at, ..., None].astype("float32")
        value = float(criterion(y, predicted.masks[at, ..., None]))
        if predicted.malignant is not None:
            entropy = float(bce(positives[at], predicted.malignant[at]))
            value = job.mask_weight * value + job.class_weight * entropy
        total += len(y) * value
    return total / len(masks) if len(masks) else float("nan")


def curves(job: Job, dataset: Dataset, predicted: Predicted) -> dict[str, float]:
    """Scores of one epoch: Dice over cases with a lesion, the others of all pixels pooled.

    Of a classifier Dice is that of its images pooled, which is their F1.
    """
    masks = truth(dataset, predicted.rows, job)
    counts = metrics.counts(masks, predicted.masks >= 0.5)
    pooled, lesions = metrics.pooled(counts), counts[masks.any(axis=(1, 2))]
    dice = float(metrics.per_case(lesions)["dice"]) if len(lesions) else float("nan")
    scores = {"val_dice": pooled["dice"] if job.task == "classify" else dice}
    scores |= {f"val_{score}": pooled[score] for score in CURVES}
    if predicted.malignant is not None:
        right = (predicted.malignant >= 0.5) == positive(dataset, predicted.rows, job)
        scores["val_class_accuracy"] = float(right.mean())
    return scores


def by_keras(job: Job, dataset: Dataset, predicted: Predicted) -> dict[str, float]:
    """What Keras itself says of predictions: the loss, and MeanIoU of the raw probabilities.

    ``keras.metrics.MeanIoU`` casts what it is given to whole numbers, so every probability below
    1 counts as background.
    """
    metric = keras.metrics.MeanIoU(num_classes=2)
    for y, p in zip(truth(dataset, predicted.rows, job), predicted.masks, strict=True):
        metric.update_state(y.astype("float32"), p)
    return {"loss": loss(job, dataset, predicted), "mean_iou_of_raw": float(metric.result())}


def cases(
    job: Job, dataset: Dataset, predicted: Predicted, split: pd.DataFrame, role: str
) -> pd.DataFrame:
    """Pixel counts of every case at every threshold, as ``cases.csv.gz`` has them."""
    names = dataset.cases["case"].to_numpy()[predicted.rows]
    levels = thresholds.quantise(predicted.masks)
    counts = thresholds.counts(truth(dataset, predicted.rows, job), levels)
    row = counts.pop("row")
    about = split.set_index("case").loc[names[row], ["label", "group"]].reset_index()
    table = pd.concat([about.assign(split=role), counts], axis=1)
    if job.task != "segment":
        shares = predicted.masks[:, 0, 0] if predicted.malignant is None else predicted.malignant
        table[f"p_{job.positive}"] = shares[row].round(6)
    return table


def frame(model: keras.Model, job: Job, dataset: Dataset, row: int) -> np.ndarray:
    """Prediction and Grad-CAM of one case as uint8 (2, size, size), k / 255."""
    from busutils import explain

    image = prepare(dataset.images[row][None], job)
    heat = explain.grad_cam(model, image)[0]
    mask = predict(model, job, dataset, np.array([row])).masks[0]
    return np.stack([thresholds.quantise(mask), thresholds.quantise(heat)])


def film_row(dataset: Dataset, rows: np.ndarray) -> int:
    """Of `rows`, the case whose lesion has the median area: the one that the film shows."""
    area = dataset.masks[rows].sum(axis=(1, 2))
    lesions = np.flatnonzero(area)
    order = lesions[np.argsort(area[lesions], kind="stable")]
    return int(rows[order[len(order) // 2]])
