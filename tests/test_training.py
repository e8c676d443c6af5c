"""Training is repeatable, goes on after a kill, and refuses what cannot work."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from busutils import batches, fitting, jobs, paths, training
from busutils.errors import RunError, UserError
from tests import finished
from tests.discs import JOB, SIZE


def content(job, store):
    return (jobs.folder(job, store) / "cases.csv.gz").read_bytes()


def test_folder_holds_what_the_contract_says(store):
    assert training.complete([JOB], {"weights"}, quiet=True) == []
    names = {p.name for p in jobs.folder(JOB).iterdir()}
    assert names == {
        "job.json",
        "history.csv",
        "cases.csv.gz",
        "probabilities.npz",
        "manifest.json",
        "model.weights.h5",
    }
    cases = jobs.cases([JOB])
    assert cases.groupby("split")["case"].nunique().to_dict() == {"normal": 2, "test": 2, "val": 4}
    assert (cases[["tp", "fp", "fn", "tn"]].sum(axis=1) == SIZE**2).all()
    history = jobs.history([JOB])
    assert history["epoch"].tolist() == [1, 2, 3]
    at_half = cases[(cases["split"] == "val") & (cases["threshold"] == 0.5)]
    dice = 2 * at_half.tp / (2 * at_half.tp + at_half.fp + at_half.fn)
    best = history.loc[history["val_loss"].idxmin()]
    assert dice.mean() == pytest.approx(best["val_dice"], abs=0.01)
    manifest = jobs.manifests([JOB]).loc[JOB.id]
    assert manifest["n_train"] == 12
    assert manifest["best_epoch"] == best["epoch"]


def test_what_a_cell_below_asks_for_is_kept_by_the_first_training_alone(store):
    weights = jobs.folder(JOB) / jobs.KEEP["weights"]
    training.complete([JOB], quiet=True)
    training.complete([JOB], quiet=True, also={"weights"})
    assert not weights.exists()  # what is finished does not train again for it
    other = replace(JOB, init_seed=JOB.init_seed + 1)
    training.complete([other], quiet=True, also={"weights"})
    made = (jobs.folder(other) / "manifest.json").stat().st_mtime_ns
    training.complete([other], {"weights"}, quiet=True)
    assert (jobs.folder(other) / "manifest.json").stat().st_mtime_ns == made


def test_probabilities_give_the_published_counts(store):
    from busutils import thresholds
    from busutils.data.dataset import open_cached

    training.complete([JOB], quiet=True)
    levels = np.load(jobs.folder(JOB) / "probabilities.npz")["test"]
    again = thresholds.counts(open_cached("discs").masks[16:18], levels)
    stored = jobs.cases([JOB]).query("split == 'test'")
    np.testing.assert_array_equal(again["tp"], stored["tp"])


def test_a_log_holds_the_epochs_so_far(store, tmp_path, monkeypatch):
    monkeypatch.setenv("BUSUTILS_LOGS", str(tmp_path / "logs"))
    log, seen = tmp_path / "logs" / f"{JOB.id}.csv", []
    show = training.Progress.show
    monkeypatch.setattr(
        training.Progress, "show", lambda *of: (seen.append(log.exists()), show(*of))
    )
    training.complete([JOB], quiet=True)
    assert seen == [False] + [True] * (JOB.epochs - 1)
    pd.testing.assert_frame_equal(
        pd.read_csv(log), pd.read_csv(jobs.folder(JOB) / "history.csv"), rtol=1e-5
    )


def test_a_folder_of_logs_that_cannot_be_is_refused_before_a_training(store, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("BUSUTILS_LOGS", str(tmp_path / "file" / "logs"))
    with pytest.raises(UserError, match=r"BUSUTILS_LOGS names .*file/logs.*name another folder"):
        training.complete([JOB], quiet=True)
    assert not (store / "jobs").exists()


def test_same_job_twice_same_cases(store, tmp_path):
    training.complete([JOB], quiet=True)
    first = content(JOB, store)
    training.complete([replace(JOB, init_seed=1)], quiet=True)  # another training in between
    jobs.folder(JOB).rename(tmp_path / "first")
    training.complete([JOB], quiet=True)
    assert content(JOB, store) == first
    assert content(replace(JOB, init_seed=1), store) != first


class ByTensorFlow(batches.Batches):
    """Batches that tf.data feeds, however many they are."""

    def __init__(self, *of):
        super().__init__(*of)
        assert self.workers > 1  # else there is nothing to compare
        self.workers = 1


def test_who_feeds_many_batches_does_not_change_the_table(store, monkeypatch):
    many = replace(JOB, batch=1)  # twelve batches an epoch
    training.complete([many], quiet=True)
    first = content(many, store)
    shutil.rmtree(jobs.folder(many))
    monkeypatch.setattr(fitting, "Batches", ByTensorFlow)
    training.complete([many], quiet=True)
    assert content(many, store) == first


DROPOUT = replace(
    JOB,
    model="attention_unet",
    options={"filters": 4, "depth": 2, "dropout": 0.5, "reading": "as_many_gates"},
    epochs=6,
)
"""Trained by a process that is killed."""

SCRIPT = """
import sys
from pathlib import Path
from busutils import fitting, jobs, training
class Slow(fitting.Batches):
    def __getitem__(self, index):
        (Path(sys.argv[2]) / "alive").write_text(str(self.epoch))
        import time; time.sleep(0.15)
        return super().__getitem__(index)
if sys.argv[3] == "slow":
    fitting.Batches = Slow
job = jobs.Job.from_json(Path(sys.argv[1]).read_text())
training.complete([job], quiet=True)
"""


@pytest.mark.slow
def test_killed_in_mid_epoch_gives_the_table_of_an_undisturbed_one(store, tmp_path):
    (tmp_path / "job.json").write_text(DROPOUT.to_json())

    def call(pace):
        arguments = [sys.executable, "-c", SCRIPT, str(tmp_path / "job.json"), str(tmp_path), pace]
        return subprocess.Popen(arguments, env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"})

    assert call("fast").wait() == 0
    undisturbed = content(DROPOUT, store)
    jobs.folder(DROPOUT).rename(tmp_path / "undisturbed")
    process = call("slow")
    deadline = time.monotonic() + 120
    alive = tmp_path / "alive"
    while not (alive.exists() and alive.read_text() == "4"):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not jobs.finished(DROPOUT)
    assert call("fast").wait() == 0
    assert content(DROPOUT, store) == undisturbed
    assert not list((store / "jobs").glob(".*"))


@pytest.fixture
def stop_after_two(monkeypatch):
    """A training that was interrupted when its second epoch was saved."""
    _interrupt_after_two(JOB, monkeypatch)


def _interrupt_after_two(job, monkeypatch):
    class Stopping(fitting.Checkpoint):
        def save(self, history, film):
            super().save(history, film)
            if len(history) == 2:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fitting, "Checkpoint", Stopping)
        with pytest.raises(KeyboardInterrupt):
            training.complete([job], quiet=True)


def test_interrupted_job_goes_on(store, stop_after_two):
    assert not jobs.finished(JOB)
    training.complete([JOB], quiet=True)
    resumed = content(JOB, store)
    jobs.folder(JOB).rename(store / "resumed")
    training.complete([JOB], quiet=True)
    assert content(JOB, store) == resumed


def test_time_limit_stops_before_an_epoch_that_would_not_fit(store, stop_after_two):
    with pytest.raises(RunError, match=r"0 minutes were over before an epoch of job"):
        training.complete([JOB], minutes=0, quiet=True)
    assert (store / "jobs" / f".{JOB.id}.training" / "last.npz").exists()


def test_nan_loss_is_named_and_leaves_nothing(store):
    wild = replace(JOB, learning_rate=1e30, loss="bce", epochs=8)
    with pytest.raises(RunError, match=r"became NaN in epoch .*lower the learning rate"):
        training.complete([wild], quiet=True)
    assert not list((store / "jobs").glob("*"))


def test_nan_loss_after_a_good_epoch_leaves_no_checkpoint(store, monkeypatch):
    rates = {0: 1e-3}
    monkeypatch.setattr(fitting, "next_rate", lambda history, _: rates.get(len(history), 1e30))
    with pytest.raises(RunError, match=r"became NaN in epoch [23]"):
        training.complete([replace(JOB, loss="bce", epochs=3)], quiet=True)
    assert not list((store / "jobs").glob(".*.training"))


def test_damaged_checkpoint_is_named(store, stop_after_two):
    file = store / "jobs" / f".{JOB.id}.training" / "last.npz"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(UserError, match=r"checkpoint .* is damaged .*starts anew"):
        training.complete([JOB], quiet=True)


@pytest.mark.parametrize("name", ["last.npz", "best.npz"])
def test_a_checkpoint_of_another_training_or_epoch_is_refused(store, monkeypatch, name):
    job = replace(JOB, epochs=2)
    _interrupt_after_two(job, monkeypatch)
    ours = store / "jobs" / f".{job.id}.training"
    _edit(ours / name, training=f".{JOB.id}.training")
    with pytest.raises(UserError, match=rf"{name} is damaged \(it is of epoch . in .{JOB.id}"):
        training.complete([job], quiet=True)
    _edit(ours / name, training=ours.name, epoch=7)
    with pytest.raises(UserError, match=rf"{name} is damaged \(it is of epoch 7 in"):
        training.complete([job], quiet=True)


def _edit(file, **values):
    with np.load(file) as arrays:
        content = dict(arrays) | values
    np.savez(file, **content)


def test_a_second_process_waits_and_takes_what_the_first_has_made(store, monkeypatch, capsys):
    def meanwhile(seconds):
        held.__exit__(None, None, None)
        finished.write(JOB, lambda case, threshold: (5, 2, 3, 1014))

    held = paths.locked(store / "jobs" / f".{JOB.id}.training" / "lock")
    held.__enter__()
    monkeypatch.setattr(training.time, "sleep", meanwhile)
    assert training.complete([JOB]) == []
    assert "another process trains it: waiting" in capsys.readouterr().err
    assert jobs.cases([JOB])["tp"].unique().tolist() == [5]


def test_results_of_another_backend_are_not_replaced(store):
    import keras

    backend = {"tensorflow": "jax"}.get(keras.backend.backend(), "tensorflow")
    finished.write(JOB, lambda case, threshold: (5, 2, 3, 1014), manifest={"backend": backend})
    with pytest.raises(UserError, match=f"trained on {backend}, .*: set KERAS_BACKEND={backend}"):
        training.complete([JOB], {"weights"}, quiet=True)


def test_a_job_planned_with_other_code_is_not_trained(store):
    planned = jobs.Job.from_json(JOB.to_json().replace('"code": ""', '"code": "0123456789ab"'))
    with pytest.raises(
        UserError, match="planned with other code of the network plain_unet or of the loss"
    ):
        training.complete([planned], quiet=True)


def test_a_network_of_whole_images_does_not_outline(store):
    whole = replace(JOB, model="lstm", options={})
    with pytest.raises(UserError, match=r"lstm does not answer with one probability a pixel"):
        training.complete([JOB, whole], quiet=True)
    assert not jobs.finished(JOB)  # nothing was trained


def test_a_file_of_weights_is_what_its_name_says(store):
    (store / "weights").mkdir()
    (store / "weights" / "0123456789ab.h5").write_bytes(b"others")
    with pytest.raises(UserError, match=r"0123456789ab.h5 are missing or damaged: delete"):
        training.complete([replace(JOB, encoder_weights="file:0123456789ab")], quiet=True)


def test_a_file_of_weights_of_another_network_is_refused_before_a_training(store):
    import keras

    (store / "weights").mkdir()
    file = store / "weights" / "other.weights.h5"
    keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3)]).save_weights(file)
    digest = paths.sha256(file)[:12]
    file.rename(file.with_name(f"{digest}.h5"))
    of_vgg = {"model": "unet", "options": {"backbone": "vgg16"}}
    other = replace(JOB, encoder_weights=f"file:{digest}", **of_vgg)
    with pytest.raises(
        UserError, match=r"^vgg16_imagenet_notop\.weights\.h5 of job .* holds anoth"
    ):
        training.complete([JOB, other], quiet=True)
    assert not jobs.finished(JOB)  # nothing was trained


def test_missing_data_is_named(store):
    with pytest.raises(UserError, match="data set lost is not in"):
        training.complete([replace(JOB, dataset="lost")], quiet=True)


def test_rate_falls_on_a_plateau_as_keras_does_it(store):
    import keras

    losses = [1.0, 0.9, 0.95, 0.92, 0.91, 0.8, 0.8, 0.8, 0.85, 0.79, 0.9, 0.9, 0.9, 0.9]
    job = replace(JOB, patience=3, learning_rate=1.0)
    ours = [
        fitting.next_rate([{"val_loss": v} for v in losses[:n]], job)
        for n in range(1, len(losses) + 1)
    ]
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    callback = keras.callbacks.ReduceLROnPlateau(factor=0.1, patience=3, min_delta=0, min_lr=0)
    callback.set_model(model)
    callback.on_train_begin()
    theirs = []
    for epoch, value in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": value})
        theirs.append(float(model.optimizer.learning_rate))
    assert ours == pytest.approx(theirs)
    assert len(set(ours)) > 1


def test_the_cosine_is_that_of_keras_a_step_an_epoch():
    import keras

    job = replace(JOB, schedule="cosine", learning_rate=0.01, epochs=8)
    ours = [fitting.next_rate([{"val_loss": 1.0}] * n, job) for n in range(8)]
    theirs = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=8)
    assert ours == pytest.approx([float(theirs(step)) for step in range(8)], rel=1e-5)  # float32
    with pytest.raises(UserError, match="did you mean 'cosine'"):
        fitting.next_rate([], replace(job, schedule="cosin"))


def test_training_and_inference_mode_agree_after_a_short_run(store):
    """With a low batch-norm momentum the statistics follow the weights."""
    from busutils.data.dataset import open_cached

    job = replace(JOB, batchnorm_momentum=0.9, epochs=30, augmentation="none")
    training.complete([job], {"weights"}, quiet=True)
    model = fitting.load(job)
    images = batches.prepare(open_cached("discs").images[:12], job)
    inference = np.asarray(model(images, training=False))
    trained = np.asarray(model(images, training=True))
    assert np.abs(inference - trained).mean() < 0.05


def test_mixed_precision_trains_and_is_left_behind(store):
    import keras

    if os.environ.get("ONEDNN_MAX_CPU_ISA"):
        pytest.skip("ONEDNN_MAX_CPU_ISA keeps bfloat16 off")
    training.complete([replace(JOB, precision="mixed_bfloat16")], quiet=True)
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("limit", ["AVX2", "avx2_vnni", "SSE41"])
def test_mixed_precision_is_refused_where_it_would_kill_the_process(store, monkeypatch, limit):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    with pytest.raises(UserError, match="unset it, or take float32"):
        training.complete([replace(JOB, precision="mixed_bfloat16")], quiet=True)


BOTH = replace(
    JOB,
    model="multitask_unet",
    options={"filters": 4, "depth": 2, "head": "average", "channels": 1},
    task="both",
    loss="bce",
    class_weight=0.5,
    record="training",
)


def test_two_tasks_are_trained_and_recorded(store):
    training.complete([BOTH], quiet=True)
    cases, history = jobs.cases([BOTH]), jobs.history([BOTH])
    manifest = jobs.manifests([BOTH]).loc[BOTH.id]
    assert cases.groupby("split")["case"].nunique()["train"] == 12
    assert list(history.columns[-10:]) == [
        *["accuracy", "iou", "sensitivity", "precision"],
        *["val_accuracy", "val_iou", "val_sensitivity", "val_precision"],
        *["class_accuracy", "val_class_accuracy"],
    ]
    best = history.loc[history["val_loss"].idxmin()]
    val = cases[(cases["split"] == "val") & (cases["threshold"] == 0.5)]
    right = (val["p_malignant"] >= 0.5) == (val["label"] == "malignant")
    assert right.mean() == best["val_class_accuracy"]
    correct = (val["tp"] + val["tn"]).sum() / (len(val) * SIZE**2)
    assert correct == pytest.approx(best["val_accuracy"], abs=0.01)  # levels are rounded
    assert manifest["by_keras"]["val"]["loss"] == pytest.approx(best["val_loss"], rel=1e-5)


@pytest.mark.parametrize(("mask_weight", "class_weight"), [(1.0, 0.5), (0.0, 1.0), (1.0, 0.0)])
def test_loss_of_two_tasks_is_their_weighted_sum(store, mask_weight, class_weight):
    """By hand from the stored predictions: cross-entropies of pixels and of classes."""
    job = replace(BOTH, mask_weight=mask_weight, class_weight=class_weight)
    training.complete([job], quiet=True)
    with np.load(jobs.folder(job) / "probabilities.npz") as stored:
        pixels = np.clip(stored["val"] / 255, 1e-3, 1 - 1e-3)
    from busutils.data.dataset import open_cached

    truth = open_cached("discs").masks[12:16]
    val = jobs.cases([job]).query("split == 'val' and threshold == 0.5")
    told, p = val["label"] == "malignant", val["p_malignant"]
    mask = -np.log(np.where(truth, pixels, 1 - pixels)).mean()
    label = -np.log(np.where(told, p, 1 - p)).mean()
    loss = jobs.manifests([job]).loc[job.id, "by_keras"]["val"]["loss"]
    assert loss == pytest.approx(mask_weight * mask + class_weight * label, abs=0.01)
    assert loss == pytest.approx(jobs.history([job])["val_loss"].min(), rel=1e-5)


def test_mean_iou_of_raw_probabilities_is_that_of_an_empty_mask(store):
    from busutils.data.dataset import open_cached

    training.complete([BOTH], quiet=True)
    background = 1 - open_cached("discs").masks[12:16].mean()
    by_keras = jobs.manifests([BOTH]).loc[BOTH.id, "by_keras"]
    assert by_keras["val"]["mean_iou_of_raw"] == pytest.approx(background / 2, abs=1e-5)


@pytest.mark.parametrize("positive", ["lesion", "malignant"])
def test_images_are_classified_and_counted_as_one_pixel(store, positive):
    job = replace(
        JOB,
        model="cnn",
        options={"filters": 2},
        task="classify",
        positive=positive,
        loss="bce",
        record="training",
    )
    training.complete([job], quiet=True)
    cases, history = jobs.cases([job]), jobs.history([job])
    assert (cases[["tp", "fp", "fn", "tn"]].sum(axis=1) == 1).all()
    truth = cases["label"] != "normal" if positive == "lesion" else cases["label"] == "malignant"
    assert (cases["tp"] + cases["fn"] == truth).all()
    half = cases[cases["threshold"] == 0.5]
    assert ((half["tp"] + half["fp"] == 1) == (half[f"p_{positive}"] >= 0.5)).all()
    val = cases[(cases["split"] == "val") & (cases["threshold"] == 0.5)]
    told, p = (val["tp"] + val["fn"] == 1), val[f"p_{positive}"]
    by_hand = -np.log(np.where(told, p, 1 - p)).mean()
    assert history["val_loss"].min() == pytest.approx(by_hand, abs=1e-4)


@pytest.mark.parametrize(
    ("losses", "after", "expected"),
    [
        ([3, 2, 1], 2, False),
        ([1, 2], 2, False),
        ([1, 2, 3], 2, True),
        ([2, 1, 1, 1], 2, True),  # not below the best is no progress
        ([1, 2, 3, 4], None, False),
    ],
)
def test_early_stopping_counts_epochs_without_a_better_loss(losses, after, expected):
    history = [{"val_loss": loss} for loss in losses]
    assert fitting.stopped(history, replace(JOB, stop_after=after)) is expected


def test_early_stopping_ends_a_training(store):
    job = replace(JOB, learning_rate=1.0, loss="bce", epochs=9, stop_after=1)
    training.complete([job], quiet=True)
    losses = jobs.history([job])["val_loss"]
    assert len(losses) == losses.idxmin() + 2 < 9
    assert jobs.manifests([job]).loc[job.id, "epochs"] == len(losses)


def test_film_has_a_frame_an_epoch_and_survives_an_interruption(store, monkeypatch):
    job = replace(JOB, record="film")
    training.complete([job], {"film", "weights"}, quiet=True)
    with np.load(jobs.folder(job) / "film.npz") as film:
        undisturbed = film["frames"]
        assert film["case"] in [f"case {i}" for i in range(12, 16)]
    assert undisturbed.shape == (3, 2, SIZE, SIZE)
    assert undisturbed[-1].max(axis=(1, 2)).min() > 0
    jobs.folder(job).rename(store / "undisturbed")
    _interrupt_after_two(job, monkeypatch)
    training.complete([job], quiet=True)
    with np.load(jobs.folder(job) / "film.npz") as film:
        np.testing.assert_array_equal(film["frames"], undisturbed)


def test_weights_can_belong_to_what_a_job_records(store):
    from busutils.data.dataset import open_cached

    job = replace(JOB, record="weights", epochs=1)
    training.complete([job], quiet=True)
    assert jobs.finished(job, keep={"weights"})
    images = batches.prepare(open_cached("discs").images[:2], job)
    assert fitting.load(job).predict(images, verbose=0).shape == (2, 32, 32, 1)


@pytest.mark.parametrize(
    ("model", "ends"), [("mu_net", (-1.0, 1.0)), ("fcn", (-123.68, 255 - 103.939))]
)
def test_a_network_with_a_fixed_encoder_is_scaled_as_its_weights_expect(model, ends):
    grey = np.array([0, 255], np.uint8).reshape(1, 1, 2, 1)
    job = replace(JOB, model=model, options={}, preprocessing="backbone")
    found = batches.prepare(grey, job)
    assert (found.min(), found.max()) == pytest.approx(ends, abs=1e-3)
    with pytest.raises(UserError, match="plain_unet has no encoder"):
        batches.prepare(grey, replace(job, model="plain_unet"))
