"""A damaged store says so in one sentence, is made again, or still gives the same results.

`make fuzz` draws 500 mutations of each kind, `make test` 20.
"""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from busutils import bundle, jobs
from busutils.data.dataset import open_cached
from busutils.errors import UserError
from tests import discs, finished
from tests.discs import JOB

N = int(os.environ.get("FUZZ", 20))
OTHER = replace(JOB, init_seed=1)


def truncated(content, rng):
    return content[: rng.integers(len(content))]


def flipped(content, rng):
    changed = bytearray(content)
    changed[rng.integers(len(content))] ^= 1 << rng.integers(8)
    return bytes(changed)


def zeroed(content, rng):
    start = rng.integers(len(content))
    length = min(rng.integers(1, 1000), len(content) - start)
    return content[:start] + bytes(length) + content[start + length :]


def retyped(content, rng):
    """Give one value of a JSON file another type; in other files, turn the content round."""
    try:
        told = json.loads(content)
    except ValueError:
        return content[::-1]
    others = [None, [], {}, "x", -1, 1e300, True, float("nan"), [told]]
    chosen = others[rng.integers(len(others))]
    if isinstance(told, dict) and told and rng.random() < 0.9:
        key = sorted(told)[rng.integers(len(told))]
        return json.dumps(told | {key: chosen}).encode()
    return json.dumps(chosen).encode()


MUTATIONS = [truncated, flipped, zeroed, retyped]


def mutate(folder: Path, rng) -> str:
    """Damage one file below `folder`: its content, its place or its being there."""
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.stat().st_size)
    file = files[rng.integers(len(files))]
    way = rng.integers(len(MUTATIONS) + 2)
    if way < len(MUTATIONS):
        file.write_bytes(MUTATIONS[way](file.read_bytes(), rng))
        return f"{MUTATIONS[way].__name__} {file}"
    if way == len(MUTATIONS):
        file.unlink()
        return f"{file} deleted"
    other = files[rng.integers(len(files))]
    first, second = file.read_bytes(), other.read_bytes()
    file.write_bytes(second), other.write_bytes(first)
    return f"{file} and {other} swapped"


def job_folder(job, hit=5):
    finished.write(job, lambda case, threshold: (hit, 2, 8 - hit, 1014))
    place = jobs.folder(job)
    np.savez_compressed(place / "probabilities.npz", test=np.full((2, 32, 32), hit, np.uint8))
    manifest = json.loads((place / "manifest.json").read_text())
    (place / "manifest.json").unlink()
    jobs.seal(place, manifest)


def data(store):
    found = open_cached("discs", store)
    return [found.name, np.array(found.images), np.array(found.masks), found.cases]


def results(store):
    read = [of([job], store) for of in (jobs.cases, jobs.history) for job in (JOB, OTHER)]
    told = jobs.manifests([JOB, OTHER], store).to_json()
    if not jobs.finished(JOB, {"probabilities"}, store):
        raise UserError("deleted: the job is trained again for them")
    with np.load(jobs.folder(JOB, store) / "probabilities.npz") as kept:
        return [*read, told, kept["test"]]


def same(first, second):
    for one, two in zip(first, second, strict=True):
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, two)
        else:
            np.testing.assert_array_equal(one, two)


def draw(kind, place, read, tmp_path):
    """Damage copies of `place`; `read(copy)` must fail in one sentence or give what it gave."""
    whole = _copy(place, tmp_path / "whole")
    expected = read(_copy(whole, tmp_path / "copy"))
    seed = sum(map(ord, kind))
    for number in range(N):
        copy = _copy(whole, tmp_path / "copy")
        what = mutate(copy, np.random.default_rng([seed, number]))
        try:
            found = read(copy)
        except UserError as error:
            told = str(error)
            assert "\n" not in told, what
            assert ": " in told, what
        except Exception as error:
            raise AssertionError(f"mutation {number}: {what}") from error
        else:
            same(expected, found)


def _copy(place, to):
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(place, to)
    return to


def test_caches(store, tmp_path):
    draw("cache", store / "cache", lambda cache: data(_as(cache, store, "cache")), tmp_path)


def test_a_damaged_cache_is_made_again(store):
    expected = data(store)
    for number in range(N):
        mutate(store / "cache", np.random.default_rng(number))
        discs.write()
        same(expected, data(store))


def test_splits(store, tmp_path):
    draw(
        "split",
        store / "splits",
        lambda splits: [jobs.read_split(JOB, _as(splits, store, "splits"))],
        tmp_path,
    )


def _as(folder, store, name):
    """The store with `folder` in place of one of its own."""
    shutil.rmtree(store / name, ignore_errors=True)
    shutil.move(folder, store / name)
    return store


def test_job_folders(store, tmp_path):
    job_folder(JOB), job_folder(OTHER, hit=4)
    draw("jobs", store / "jobs", lambda folder: results(_as(folder, store, "jobs")), tmp_path)


def test_job_folders_of_earlier_versions_are_never_a_traceback(store, tmp_path):
    """They have no hashes: a flipped digit may pass, what a job cannot have made may not."""
    job_folder(JOB)
    manifest = jobs.folder(JOB) / "manifest.json"
    told = json.loads(manifest.read_text())
    del told["sha256"]
    manifest.write_text(json.dumps(told))
    whole = _copy(store / "jobs", tmp_path / "jobs")
    for number in range(N):
        _as(_copy(whole, tmp_path / "copy"), store, "jobs")
        mutate(store / "jobs" / JOB.id, np.random.default_rng(number))
        try:
            counts, epochs = jobs.cases([JOB]), jobs.history([JOB])
        except UserError:
            continue
        assert len(epochs) <= JOB.epochs
        assert (counts[["tp", "fp", "fn", "tn"]].sum(axis=1) == 32 * 32).all()


def test_checkpoints(store, tmp_path):
    import keras

    from busutils.checkpoint import Checkpoint

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    history = [{"val_loss": loss, "seconds": 1.0} for loss in (0.3, 0.2, 0.4)]
    frames = [np.full((2, 8, 8), number, np.uint8) for number in range(3)]
    for epoch in (1, 2, 3):
        model.set_weights([np.full_like(w, epoch) for w in model.get_weights()])
        Checkpoint(tmp_path / "t", model).save(history[:epoch], frames[:epoch])

    def read(folder):
        shutil.rmtree(tmp_path / "in", ignore_errors=True)
        (tmp_path / "in").mkdir()
        checkpoint = Checkpoint(Path(shutil.move(folder, tmp_path / "in" / "t")), model)
        epochs, film = checkpoint.restore()
        last = [np.array(v) for v in checkpoint.variables]
        if not epochs:  # nothing was saved: the training starts anew
            return whole
        checkpoint.restore_best(epochs)
        return [json.dumps(epochs), *film, *last, *(np.array(w) for w in model.weights)]

    whole = None
    whole = read(_copy(tmp_path / "t", tmp_path / "first"))
    draw("checkpoint", tmp_path / "t", read, tmp_path)


def test_bundles(store, tmp_path):
    bundle.write([JOB, OTHER], tmp_path / "bundle")
    shutil.rmtree(tmp_path / "bundle" / "busutils")

    def read(folder):
        listed = bundle.jobs(folder)
        inside = bundle.open_store(folder)
        return [[job.id for job in listed], *data(inside), jobs.read_split(JOB, inside)]

    draw("bundle", tmp_path / "bundle", read, tmp_path)
    bundle.open_store(tmp_path / "bundle")
    draw("unpacked", tmp_path / "bundle", read, tmp_path)


def test_archives(store, tmp_path):
    bundle.write([JOB, OTHER], tmp_path / "bundle")
    inside = bundle.open_store(tmp_path / "bundle")
    job_folder(JOB), job_folder(OTHER, hit=4)
    expected = results(store)
    shutil.move(store / "jobs", inside / "jobs")
    (tmp_path / "done").mkdir()
    for file in bundle.pack(tmp_path / "bundle"):
        shutil.copy(file, tmp_path / "done")

    def read(folder):
        shutil.rmtree(store)
        store.mkdir()
        bundle.merge(sorted(folder.glob("*.zip")))
        same(expected, found := results(store))
        return found

    draw("archive", tmp_path / "done", read, tmp_path)
