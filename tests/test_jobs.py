"""Identity of a job, and what counts as finished."""

import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from busutils import jobs, paths
from busutils.errors import UserError
from busutils.jobs import Job

JOB = Job(dataset="d", size=32, split={"id": "s", "fold": 1}, model="plain_unet")
FIRST = replace(JOB, options={"depth": 3})


def write(job, folder):
    place = folder / "jobs" / job.id
    place.mkdir(parents=True)
    (place / "job.json").write_text(job.to_json())
    pd.DataFrame({"epoch": [1], "val_dice": [0.5]}).to_csv(place / "history.csv", index=False)
    cases = pd.DataFrame({"case": ["a"], "split": ["val"], "tp": [1]})
    cases.to_csv(place / "cases.csv.gz", index=False)
    (place / "manifest.json").write_text(json.dumps({"minutes": 2.5}))


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("BUSUTILS_PUBLISHED", str(tmp_path / "published"))
    return paths.store()


def test_id_is_the_protocol():
    assert JOB.id == replace(JOB).id
    changed = [replace(JOB, size=64), replace(JOB, init_seed=1), replace(JOB, loss="dice")]
    changed += [replace(JOB, encoder_weights=FIRST), replace(JOB, split={"id": "t", "fold": 1})]
    assert len({JOB.id, *(job.id for job in changed)}) == 6


def test_what_equals_its_default_does_not_change_the_id():
    assert replace(JOB, epochs=100, augmentation="none").id == JOB.id
    assert set(jobs._told(vars(JOB))) == {"dataset", "size", "split", "model"}


def test_json_round_trip_keeps_a_nested_job():
    job = replace(JOB, encoder_weights=FIRST)
    again = Job.from_json(job.to_json())
    assert again == job
    assert again.needs == FIRST
    assert again.id == job.id


def test_plan_puts_pretraining_first_and_once(store):
    two = [replace(JOB, encoder_weights=FIRST, init_seed=s) for s in (0, 1)]
    assert jobs.plan(two) == [(FIRST, {"encoder"}), (two[0], set()), (two[1], set())]
    write(two[0], store)
    assert [job for job, _ in jobs.plan(two)] == [FIRST, two[1]]


def test_a_finished_pretraining_without_its_encoder_is_trained_again(store):
    job = replace(JOB, encoder_weights=FIRST)
    write(FIRST, store)
    assert [j for j, _ in jobs.plan([job])] == [FIRST, job]
    (store / "jobs" / FIRST.id / "encoder.weights.h5").touch()
    assert [j for j, _ in jobs.plan([job])] == [job]


def test_published_small_files_are_enough_unless_large_ones_are_asked_for(store):
    write(JOB, paths.published())
    assert jobs.finished(JOB)
    assert not jobs.finished(JOB, {"probabilities"})
    assert jobs.complete([JOB]) == []
    assert jobs.cases([JOB])["job"].tolist() == [JOB.id]
    assert jobs.history([JOB])["val_dice"].tolist() == [0.5]
    assert jobs.manifests([JOB]).loc[JOB.id, "minutes"] == 2.5


def test_publish_copies_small_files_and_the_split(store):
    write(JOB, store)
    (store / "jobs" / JOB.id / "probabilities.npz").write_text("large")
    jobs.write_split(pd.DataFrame({"case": ["a"], "role": ["val"]}), "s")
    jobs.publish([JOB])
    published = sorted(p.name for p in (paths.published() / "jobs" / JOB.id).iterdir())
    assert published == ["cases.csv.gz", "history.csv", "job.json", "manifest.json"]
    assert (paths.published() / "splits" / "s.csv").exists()


def test_what_is_published_stays_unless_results_are_others(store):
    job, same = replace(JOB, encoder_weights=FIRST), replace(JOB, init_seed=7)
    for one in (job, same, FIRST):
        write(one, paths.published())
        shutil.copytree(paths.published() / "jobs" / one.id, store / "jobs" / one.id)
        (store / "jobs" / one.id / "manifest.json").write_text('{"minutes": 9}')
    for one in (job, FIRST):
        (store / "jobs" / one.id / "cases.csv.gz").write_bytes(b"others")
    jobs.publish([job, same])
    published = jobs.manifests([job, same, FIRST], paths.published())["minutes"]
    assert published[[job.id, same.id, FIRST.id]].tolist() == [9, 2.5, 2.5]


def test_unfinished_jobs_are_named(store):
    with pytest.raises(UserError, match=f"job {JOB.id} is not finished: train it first"):
        jobs.cases([JOB])
    with pytest.raises(UserError, match=r"split s.csv of job .* is missing"):
        jobs.read_split(JOB)
