"""Training is repeatable, goes on after a kill, and refuses what cannot work."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from busutils import jobs
from busutils.errors import RunError, UserError
from tests.discs import JOB, SIZE


def content(job, store):
    return (jobs.folder(job, store) / "cases.csv.gz").read_bytes()


def test_folder_holds_what_the_contract_says(store):
    assert jobs.complete([JOB], {"weights"}, quiet=True) == []
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


def test_probabilities_give_the_published_counts(store):
    from busutils import thresholds
    from busutils.data.dataset import open_cached

    jobs.complete([JOB], quiet=True)
    levels = np.load(jobs.folder(JOB) / "probabilities.npz")["test"]
    again = thresholds.counts(open_cached("discs").masks[16:18], levels)
    stored = jobs.cases([JOB]).query("split == 'test'")
    np.testing.assert_array_equal(again["tp"], stored["tp"])


def test_same_job_twice_same_cases(store, tmp_path):
    jobs.complete([JOB], quiet=True)
    first = content(JOB, store)
    jobs.complete([replace(JOB, init_seed=1)], quiet=True)  # another training in between
    jobs.folder(JOB).rename(tmp_path / "first")
    jobs.complete([JOB], quiet=True)
    assert content(JOB, store) == first
    assert content(replace(JOB, init_seed=1), store) != first


DROPOUT = replace(JOB, epochs=6)
"""Trained by a model with dropout, in a process that is killed."""

SCRIPT = """
import sys
from pathlib import Path
import keras
from busutils import jobs, models, training
plain = models.build
def with_dropout(*args, **options):
    model = plain(*args, **options)
    x = keras.layers.Dropout(0.5)(model.layers[-3].output)
    for layer in model.layers[-2:]:
        x = layer(x)
    return keras.Model(model.input, x)
models.build = with_dropout
class Slow(training.Batches):
    def __getitem__(self, index):
        (Path(sys.argv[2]) / "alive").write_text(str(self.epoch))
        import time; time.sleep(0.15)
        return super().__getitem__(index)
if sys.argv[3] == "slow":
    training.Batches = Slow
job = jobs.Job.from_json(Path(sys.argv[1]).read_text())
jobs.complete([job], quiet=True)
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
    """Let a training stop, as if interrupted, when its second epoch is saved."""
    from busutils import training

    class Stopping(training.Checkpoint):
        def save(self, history):
            super().save(history)
            if len(history) == 2:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "Checkpoint", Stopping)
        with pytest.raises(KeyboardInterrupt):
            jobs.complete([JOB], quiet=True)


def test_interrupted_job_goes_on(store, stop_after_two):
    assert not jobs.finished(JOB)
    jobs.complete([JOB], quiet=True)
    resumed = content(JOB, store)
    jobs.folder(JOB).rename(store / "resumed")
    jobs.complete([JOB], quiet=True)
    assert content(JOB, store) == resumed


def test_time_limit_stops_before_an_epoch_that_would_not_fit(store, stop_after_two):
    assert jobs.complete([JOB], minutes=0, quiet=True) == [JOB]
    assert (store / "jobs" / f".{JOB.id}.training" / "last.npz").exists()


def test_nan_loss_is_named_and_leaves_nothing(store):
    wild = replace(JOB, learning_rate=1e30, loss="bce", epochs=8)
    with pytest.raises(RunError, match=r"became NaN in epoch .*lower the learning rate"):
        jobs.complete([wild], quiet=True)
    assert not list((store / "jobs").glob("*"))


def test_nan_loss_after_a_good_epoch_leaves_no_checkpoint(store, monkeypatch):
    from busutils import training

    rates = {0: 1e-3}
    monkeypatch.setattr(training, "next_rate", lambda history, _: rates.get(len(history), 1e30))
    with pytest.raises(RunError, match=r"became NaN in epoch [23]"):
        jobs.complete([replace(JOB, loss="bce", epochs=3)], quiet=True)
    assert not list((store / "jobs").glob(".*.training"))


def test_damaged_checkpoint_is_named(store, stop_after_two):
    file = store / "jobs" / f".{JOB.id}.training" / "last.npz"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(UserError, match=r"checkpoint .* is damaged .*starts anew"):
        jobs.complete([JOB], quiet=True)


def test_missing_data_is_named(store):
    with pytest.raises(UserError, match="data set lost is not in"):
        jobs.complete([replace(JOB, dataset="lost")], quiet=True)


def test_rate_falls_on_a_plateau_as_keras_does_it(store):
    import keras

    from busutils import training

    losses = [1.0, 0.9, 0.95, 0.92, 0.91, 0.8, 0.8, 0.8, 0.85, 0.79, 0.9, 0.9, 0.9, 0.9]
    job = replace(JOB, patience=3, factor=0.1, learning_rate=1.0)
    ours = [
        training.next_rate([{"val_loss": v} for v in losses[:n]], job)
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


def test_training_and_inference_mode_agree_after_a_short_run(store):
    """With a low batch-norm momentum the statistics follow the weights."""
    from busutils import training
    from busutils.data.dataset import open_cached

    job = replace(JOB, batchnorm_momentum=0.9, epochs=30, augmentation="none")
    jobs.complete([job], {"weights"}, quiet=True)
    model = training.load(job)
    images = training.prepare(open_cached("discs").images[:12], job)
    inference = np.asarray(model(images, training=False))
    trained = np.asarray(model(images, training=True))
    assert np.abs(inference - trained).mean() < 0.05


def test_mixed_precision_trains_and_is_left_behind(store):
    import keras

    jobs.complete([replace(JOB, precision="mixed_bfloat16")], quiet=True)
    jobs.complete([JOB], quiet=True)
    assert keras.config.dtype_policy().name == "float32"
