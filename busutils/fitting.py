"""Fit one job: build, compile, train epoch by epoch, resume, predict, and write its folder.

Needs keras, NumPy, pandas and h5py only, so that it runs on a cluster node. After each epoch a
checkpoint holds every variable (weights, optimiser, the state of every random generator) and the
history; data order and augmentation are drawn from (seed, epoch, case). So a killed job goes on
and gives the table of an undisturbed one.
"""

import math
import os
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from busutils import evaluation, jobs, losses, models, paths, thresholds
from busutils.batches import Batches, prepare
from busutils.checkpoint import Checkpoint
from busutils.data.dataset import Dataset, open_cached
from busutils.errors import RunError, UserError, choose
from busutils.evaluation import CURVES
from busutils.integrity import EPOCHS, TOLD
from busutils.job import Job
from busutils.models import encoders


def fit(
    job: Job,
    keep: set[str],
    store: Path,
    place: Path,
    deadline: float,
    show: Callable[[list[dict]], None],
) -> bool:
    """Fit a job, with its checkpoint in the folder `place`, and write its folder.

    `show` is given the epochs so far after each one. Returns and errors are those of
    :func:`busutils.training.train`.
    """
    _refuse_others(job, store)
    if keras.backend.backend() == "jax":
        import jax

        # compiling takes minutes, and what is compiled is good for every process
        jax.config.update("jax_compilation_cache_dir", str(store / "jax"))
    of = _Fit(job, open_cached(job.dataset, store), store)
    checkpoint = Checkpoint(place, of.model)
    history, film = checkpoint.restore()
    while len(history) < job.epochs and not stopped(history, job):
        if time.monotonic() + (history[-1]["seconds"] if history else 0) > deadline:
            return False
        history.append(_epoch(of, history))
        if not math.isfinite(history[-1]["loss"] + history[-1]["val_loss"]):
            checkpoint.remove()
            raise RunError(
                f"the loss of job {job.id} ({job.title}) became NaN in epoch {len(history)}: "
                f"lower the learning rate (now {history[-1]['learning_rate']:g})"
            )
        if job.record == "film":
            film.append(evaluation.frame(of.model, job, of.dataset, of.shown))
        checkpoint.save(history, film)
        show(history)
    checkpoint.restore_best(history)
    with paths.whole_folder(jobs.folder(job, store)) as part:
        _write(part, of, pd.DataFrame(history), film, keep)
    checkpoint.remove()
    return True


class _Fit:
    """A job on its way: its set, the rows of each role there, and its network."""

    def __init__(self, job: Job, dataset: Dataset, store: Path):
        self.job, self.dataset, self.store = job, dataset, store
        names = dataset.cases["case"]
        self.rows = {r: jobs.rows(job, names, r, store) for r in ("train", *TOLD)}
        images = dataset.images[self.rows["train"]] if job.reestimate_batchnorm else None
        self.model = build(job, images, store)
        self.shown = None  # row of the case that a film shows
        if job.record == "film":
            self.shown = evaluation.film_row(dataset, self.rows["val"])


def _refuse_others(job: Job, store: Path) -> None:
    """Refuse to train what would not be the job that was planned, or replace results by others."""
    if job != replace(job):  # which looks at the code of today
        raise UserError(
            f"job {job.id} was planned with other code of the network {job.model} or of the loss "
            f"{job.loss}: plan it again"
        )
    backend, here = keras.backend.backend(), jobs.folder(job, store)
    if (here / "manifest.json").exists():
        made_by = jobs.made([job.id], store)[0]["backend"]
        if made_by != backend:
            raise UserError(
                f"job {job.id} was trained on {made_by}, and {backend} would give other results: "
                f"set KERAS_BACKEND={made_by}, or delete {here}"
            )


def build(job: Job, images: np.ndarray | None = None, store: Path | None = None) -> keras.Model:
    """Build and compile the job's network with its starting weights.

    `images` (grey levels 0..255) re-estimate the batch-norm statistics.
    """
    model = _network(job, encoder_weights=_start(job, store or paths.store()))
    if job.batchnorm_momentum is not None:
        encoders.set_batchnorm_momentum(model, job.batchnorm_momentum)
    if images is not None:
        encoders.reestimate_batchnorm(model, prepare(images, job))
    encoders.freeze(model, job.freeze)
    model.compile(
        keras.optimizers.Adam(job.learning_rate),
        jit_compile="auto" if keras.backend.backend() == "jax" else False,
        **_criteria(job),
    )
    model.optimizer.build(model.trainable_variables)
    return model


def load(job: Job) -> keras.Model:
    """Return the trained network of a finished job whose weights were kept."""
    model = _network(job)
    model.load_weights(jobs.folder(job) / jobs.KEEP["weights"])
    return model


def imagenet_file(job: Job) -> str:
    """Where in the store a bundle carries the ImageNet encoder that Keras would download."""
    return f"weights/{'-'.join(['imagenet', job.model, *map(str, job.options.values())])}.h5"


def keep_imagenet(job: Job, store: Path) -> None:
    """Put that encoder into the store, downloaded if it was not yet.

    Raises
    ------
    UserError
        If it cannot be had.
    """
    if not (store / imagenet_file(job)).exists():
        (store / "weights").mkdir(parents=True, exist_ok=True)
        encoders.save_encoder(_network(job, encoder_weights="imagenet"), store / imagenet_file(job))


def next_rate(history: list[dict], job: Job) -> float:
    """Learning rate of the next epoch: down half a cosine, or reduced on a plateau of the loss.

    As Keras's CosineDecay, a step an epoch (Loshchilov, Hutter: SGDR, 2017), and as its
    ReduceLROnPlateau of the validation loss with min_delta 0; but a function of the history alone,
    so that a resumed job needs no other state.
    """
    if choose(job.schedule, ["plateau", "cosine"], "schedule") == "cosine":
        return job.learning_rate * (1 + math.cos(math.pi * len(history) / job.epochs)) / 2
    rate, best, waited = job.learning_rate, math.inf, 0
    for loss in (epoch["val_loss"] for epoch in history):
        best, waited = (loss, 0) if loss < best else (best, waited + 1)
        if waited >= job.patience:
            rate, waited = rate * 0.1, 0
    return rate


def stopped(history: list[dict], job: Job) -> bool:
    """Whether the validation loss has not fallen for `stop_after` epochs."""
    if job.stop_after is None or not history:
        return False
    val_losses = [epoch["val_loss"] for epoch in history]
    return len(val_losses) - 1 - val_losses.index(min(val_losses)) >= job.stop_after


def _epoch(of: _Fit, history: list[dict]) -> dict:
    job, start, epoch = of.job, time.monotonic(), len(history) + 1
    of.model.optimizer.learning_rate = rate = next_rate(history, job)
    batches = Batches(of.dataset, of.rows["train"], job, epoch)
    fitted = of.model.fit(batches, shuffle=False, verbose=0).history
    predicted = evaluation.predict(of.model, job, of.dataset, of.rows["val"])
    values = {key.removeprefix("mask_"): by_epoch[-1] for key, by_epoch in fitted.items()}
    values |= evaluation.curves(job, of.dataset, predicted) | {
        "epoch": epoch,
        "loss": fitted["loss"][-1],
        "val_loss": evaluation.loss(job, of.dataset, predicted),
        "learning_rate": rate,
        "seconds": time.monotonic() - start,
        "class_accuracy": fitted.get("malignant_class_accuracy", [None])[-1],
    }
    recorded = [*CURVES, *(f"val_{name}" for name in CURVES)] * (job.record != "none")
    classes = ["class_accuracy", "val_class_accuracy"] * (job.task == "both")
    return {name: values[name] for name in [*EPOCHS, *recorded, *classes]}


def _network(job: Job, **started) -> keras.Model:
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    if job.precision == "mixed_bfloat16" and limit in ("SSE41", "AVX", "AVX2", "AVX2_VNNI"):
        # oneDNN that is held below its own AVX512 kills the process at the first such product
        raise UserError(
            f"mixed_bfloat16 of job {job.id} cannot be computed with ONEDNN_MAX_CPU_ISA={limit}: "
            "unset it, or take float32"
        )
    keras.backend.clear_session()
    keras.utils.set_random_seed(job.init_seed)
    given = {name: value for name, value in started.items() if value != "none"}
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(job.precision)
    try:
        return models.build(job.model, size=job.size, **job.options, **given)
    finally:  # another network of the same process is built as it says itself
        keras.config.set_dtype_policy(before)


def _criteria(job: Job) -> dict:
    """Losses and metrics as ``compile`` takes them."""
    mask, recorded = losses.build(job.loss, **job.loss_options), job.record != "none"
    pixels = [
        keras.metrics.BinaryAccuracy(name="accuracy"),
        keras.metrics.BinaryIoU(target_class_ids=[1], name="iou"),
        keras.metrics.Recall(name="sensitivity"),
        keras.metrics.Precision(name="precision"),
    ]
    if job.task != "both":
        return {"loss": mask, "metrics": pixels if recorded else None}
    return {
        "loss": {"mask": mask, "malignant": keras.losses.BinaryCrossentropy()},
        "loss_weights": {"mask": job.mask_weight, "malignant": job.class_weight},
        "metrics": {
            "mask": pixels if recorded else [],
            "malignant": [keras.metrics.BinaryAccuracy(name="class_accuracy")],
        },
    }


def _start(job: Job, store: Path) -> str:
    """What the network's option `encoder_weights` takes: none, imagenet or a file of the store."""
    if job.needs:
        return str(jobs.folder(job.needs, store) / jobs.KEEP["encoder"])
    if file := jobs.weights_file(job, store):
        return str(file)
    carried = store / imagenet_file(job)
    if job.encoder_weights == "imagenet" and carried.exists():
        return str(carried)
    return choose(job.encoder_weights, ("imagenet", "none"), "encoder weights")


def _write(part: Path, of: _Fit, history: pd.DataFrame, film: list, keep: set[str]) -> None:
    """Write what a job's folder holds, the manifest last."""
    job, dataset, model = of.job, of.dataset, of.model
    roles = TOLD if job.record == "none" else ("train", *TOLD)
    predicted = {r: evaluation.predict(model, job, dataset, of.rows[r]) for r in roles}
    (part / "job.json").write_text(job.to_json())
    history.to_csv(part / "history.csv", index=False, float_format="%.6g")
    split = jobs.read_split(job, of.store)
    tables = [evaluation.cases(job, dataset, p, split, r) for r, p in predicted.items()]
    compression = {"method": "gzip", "mtime": 0}
    pd.concat(tables).to_csv(part / "cases.csv.gz", index=False, compression=compression)
    levels = {r: thresholds.quantise(predicted[r].masks) for r in TOLD}
    np.savez_compressed(part / jobs.KEEP["probabilities"], **levels)
    if film:
        case = dataset.cases["case"].iloc[of.shown]
        np.savez_compressed(part / jobs.KEEP["film"], frames=film, case=case)
    # a film is shown beside what the network looks at
    if "weights" in keep or film or job.record == "weights":
        model.save_weights(part / jobs.KEEP["weights"])
    if "encoder" in keep:
        encoders.save_encoder(model, part / jobs.KEEP["encoder"])
    jobs.seal(part, _manifest(of, history, predicted))


def _manifest(of: _Fit, history: pd.DataFrame, predicted: dict) -> dict:
    trainable = sum(int(np.prod(v.shape)) for v in of.model.trainable_variables)
    total = of.model.count_params()
    manifest = {
        "job": of.job.id,
        "backend": keras.backend.backend(),
        "keras": keras.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "device": _device(),
        "minutes": round(float(history["seconds"].sum()) / 60, 2),
        "epochs": len(history),
        "best_epoch": int(history.loc[history["val_loss"].idxmin(), "epoch"]),
        "n_train": len(of.rows["train"]),
        "parameters": total,
        "trainable": trainable,
        # an HDF5 file holds every weight and two Adam moments of every trainable one, 4 bytes each
        "file_mib": round(4 * (total + 2 * trainable) / 2**20, 2),
        "image_channels": int(of.dataset.images.shape[-1]),
    }
    if of.job.record == "none":
        return manifest
    scored = {r: p for r, p in predicted.items() if len(p.rows)}
    scores = {r: evaluation.by_keras(of.job, of.dataset, p) for r, p in scored.items()}
    return manifest | {"by_keras": scores}


def _device() -> str:
    if keras.backend.backend() == "jax":
        import jax

        return jax.devices()[0].device_kind
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return tf.config.experimental.get_device_details(gpus[0])["device_name"] if gpus else "cpu"
