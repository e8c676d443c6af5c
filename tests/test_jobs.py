"""Identity of a job, and what counts as finished."""

import gzip
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from busutils import jobs, losses, models, own_code, paths, training
from busutils.data import reading, sets
from busutils.errors import UserError
from busutils.job import Job, titles
from busutils.models import source
from tests import discs, finished
from tests.discs import JOB

FIRST = replace(JOB, options={"depth": 2})


def write(job, **more):
    """A finished job with 5 of 8 lesion pixels found in each image."""
    discs.write_split()
    finished.write(job, lambda case, threshold: (5, 2, 3, 1014), **more)


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
    plain = Job(dataset="d", size=32, split={"id": "s"}, model="plain_unet")
    assert replace(plain, epochs=100, augmentation="none").id == plain.id
    assert set(plain.values) == {"dataset", "size", "split", "model"}


def test_json_round_trip_keeps_a_nested_job():
    job = replace(JOB, encoder_weights=FIRST)
    again = Job.from_json(job.to_json())
    assert again == job
    assert again.needs == FIRST
    assert again.id == job.id


def test_plan_puts_pretraining_first_and_once(store):
    two = [replace(JOB, encoder_weights=FIRST, init_seed=s) for s in (0, 1)]
    assert jobs.plan(two) == [(FIRST, {"encoder"}), (two[0], set()), (two[1], set())]
    write(two[0])
    assert [job for job, _ in jobs.plan(two)] == [FIRST, two[1]]


def test_a_finished_pretraining_without_its_encoder_is_trained_again(store):
    job = replace(JOB, encoder_weights=FIRST)
    write(FIRST)
    assert [j for j, _ in jobs.plan([job])] == [FIRST, job]
    (store / "jobs" / FIRST.id / "encoder.weights.h5").touch()
    assert [j for j, _ in jobs.plan([job])] == [job]


def test_published_small_files_are_enough_unless_large_ones_are_asked_for(store):
    write(JOB)
    finished.publish(JOB)
    shutil.rmtree(store / "splits")
    assert jobs.finished(JOB)
    assert not jobs.finished(JOB, {"probabilities"})
    assert training.complete([JOB]) == []
    assert jobs.cases([JOB])["job"].unique().tolist() == [JOB.id]
    assert jobs.history([JOB])["val_dice"].tolist() == [0.66, 0.66, 0.66]
    assert jobs.manifests([JOB]).loc[JOB.id, "minutes"] == 1.5


def test_a_published_run_has_its_jobs_in_three_files_that_are_always_the_same(store):
    for job in (JOB, FIRST):
        write(job)
    (jobs.folder(JOB) / "probabilities.npz").write_text("large")
    for run in ("one", "two"):
        jobs.publish([JOB.id, FIRST.id], paths.published() / "notebooks" / run)
    one, two = (
        {f.name: f.read_bytes() for f in (paths.published() / "notebooks" / run).iterdir()}
        for run in ("one", "two")
    )
    assert sorted(one) == ["counts.npz", "history.csv", "jobs.json"] and one == two
    assert (paths.published() / "splits" / f"{JOB.split['id']}.csv").exists()


def test_what_is_published_is_what_was_trained(store):
    """Also where a job names classes, and where it records its training cases."""
    both = replace(JOB, model="multitask_unet", task="both", record="training")
    only = replace(JOB, model="cnn", task="classify", positive="lesion")
    discs.write_split()
    drawn = np.random.default_rng(0)
    for job in (JOB, both, only):
        lesion = {case: drawn.integers(2 if job is only else 500) for case in discs.SPLIT["case"]}

        def counts(case, threshold, job=job, lesion=lesion):
            tp, fp = (
                int(n * (1 - threshold)) for n in (lesion[case.case], 300 * (job is not only))
            )
            pixels = 1 if job is only else 1024
            return tp, fp, lesion[case.case] - tp, pixels - fp - lesion[case.case]

        finished.write(job, counts, malignant=None if job is JOB else lambda case: 0.123457)
    before = [jobs.read(job.id) for job in (JOB, both, only)]
    finished.publish(JOB, both, only)
    for one, job in zip(before, (JOB, both, only), strict=True):
        after = jobs.read(job.id)
        pd.testing.assert_frame_equal(after.cases, one.cases)
        pd.testing.assert_frame_equal(after.history, one.history, check_dtype=False)
        assert (jobs.load(job.id), after.manifest) == (job, one.manifest)
        assert jobs.made([job.id])[0] == one.manifest


@pytest.mark.parametrize("name", ["jobs.json", "history.csv", "counts.npz"])
def test_a_damaged_published_file_is_refused_by_name(store, name):
    write(JOB)
    finished.publish(JOB)
    file = paths.published() / "notebooks" / "a_run" / name
    content = file.read_bytes()
    for damaged in (content[:-20], content.replace(b"1", b"2"), b""):
        file.write_bytes(damaged)
        with pytest.raises(UserError, match=r"a_run is damaged \(.*\): get it from git again"):
            jobs.read(JOB.id)
    file.write_bytes(content)
    assert jobs.finished(JOB)


def test_a_run_is_published_with_the_trainings_that_its_numbers_are_of(store):
    write(JOB)
    finished.publish(JOB)
    write(JOB, manifest={"minutes": 9})  # trained again, say for its pictures
    finished.publish(JOB)
    assert jobs.made([JOB.id])[0]["minutes"] == 9


def test_a_job_is_finished_where_its_manifest_is(store):
    """Snakemake makes the folder of what it waits for."""
    discs.write()
    jobs.folder(JOB).mkdir(parents=True)
    assert not jobs.finished(JOB) and jobs.made([JOB.id]) == []
    assert training.complete([JOB], quiet=True) == []
    assert [manifest["job"] for manifest in jobs.made([JOB.id])] == [JOB.id]


def test_jobs_of_one_title_are_told_apart_by_what_differs():
    other = replace(JOB, split={"id": "other"})
    deep, stops = replace(FIRST, size=64), replace(JOB, size=64, stop_after=3)
    larger = stops.title
    assert titles([JOB, other, deep, stops, JOB]) == {
        JOB.id: f"{JOB.title}, split {JOB.split['id']}",
        other.id: f"{JOB.title}, split other",
        deep.id: f"{larger}, stop_after None",
        stops.id: f"{larger}, stop_after 3, filters 4",
    }
    assert titles([JOB]) == {JOB.id: JOB.title}


def test_unfinished_jobs_are_named(store):
    with pytest.raises(UserError, match=f"job {JOB.id} is not finished: train it first"):
        jobs.cases([JOB])
    with pytest.raises(UserError, match=r"split [0-9a-f]{12}.csv of job .* is missing"):
        jobs.read_split(JOB)


def test_nothing_is_trained_where_only_finished_jobs_may_be_read(store, monkeypatch):
    monkeypatch.setenv(training.TRAINING, "none")
    with pytest.raises(UserError, match=rf"job {JOB.id} \(.*\) is not published, so the page asks"):
        training.complete([JOB])


PUBLISHED = Path(__file__).with_name("published_jobs.txt").read_text().split()
"""Ids of the published jobs, one a line; new ones are added, none is taken away."""


def test_published_ids_do_not_move(store, monkeypatch):
    """Neither of what was published, nor of the same jobs if they were planned today."""
    monkeypatch.delenv("BUSUTILS_PUBLISHED")
    there = jobs.published()
    assert set(there) == set(PUBLISHED), "list new jobs in tests/published_jobs.txt"
    for name in PUBLISHED:
        job = Job.from_dict(there[name].jobs[name]["job"])
        assert job.id == replace(job).id == name
        jobs.read_split(job)  # which is found only if it hashes to its id


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "folder", "expected"),
    [
        ("busi", "busi", {64: "aaf92a22706f", 96: "c96dab8cf8c4", 128: "22b6d1a9a916"}),
        ("isic", "isic2018", {64: "e6d320dc663a"}),
        ("brain", "lgg", {64: "3f7234f3ead8"}),
    ],
)
def test_published_fingerprints_do_not_move(shared, tmp_path, name, folder, expected):
    listing = sets.listing(name, str(shared / "data" / folder))
    assert {s: reading._fingerprint(listing, s, tmp_path) for s in expected} == expected


def test_every_published_job_could_have_made_its_tables(store, monkeypatch):
    monkeypatch.delenv("BUSUTILS_PUBLISHED")
    for name in PUBLISHED[::20]:
        jobs.read(name)


def test_networks_are_as_published():
    """Where one is not, its jobs get other ids: see `busutils.models.source.PUBLISHED`."""
    assert {name: source.source(name) for name in source.PUBLISHED} == source.PUBLISHED


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the networks' code, to be changed."""
    copy = tmp_path / "models"
    shutil.copytree(source._FOLDER, copy)
    monkeypatch.setattr(source, "_FOLDER", copy)
    source._of_module.cache_clear()
    yield copy
    source._of_module.cache_clear()


def edit(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_comments_docstrings_and_layout_are_no_change(package):
    file = package / "plain_unet.py"
    file.write_text(file.read_text().replace('"""', '"""Another. ', 1) + "\n\n# the end\n")
    assert source.changed("plain_unet") == ""


def test_a_changed_network_is_another_job(package):
    edit(package / "blocks.py", '"relu"', '"gelu"')  # which U-Nets import
    other = replace(JOB)
    assert other.code
    assert other.id != JOB.id
    assert Job.from_json(other.to_json()) == other
    assert Job.from_json(JOB.to_json()) == JOB  # what was made before stays what it was
    assert replace(JOB, encoder_weights=other).id != replace(JOB, encoder_weights=JOB).id
    assert source.changed("segnet")


def test_a_network_that_is_not_of_this_package_is_never_as_published():
    assert replace(JOB, model="mine").code == "unknown"


def test_a_changed_default_is_another_network(package):
    edit(package / "plain_unet.py", "filters: int = 16", "filters: int = 32")
    assert source.changed("plain_unet")


@pytest.fixture
def cell(monkeypatch):
    """Execute code as a cell of a notebook does; what it registers is forgotten afterwards."""
    monkeypatch.setattr(models.registry, "_OWN", {})
    monkeypatch.setattr(own_code, "_OWN", {})
    monkeypatch.setattr(losses, "LOSSES", dict(losses.LOSSES))

    return lambda code: own_code.execute(code, "a cell", {"__name__": "__main__"})


NETWORK = """
import keras
from busutils import models

@models.register("mine", multiple=4)
def mine(size, channels, filters=4):
    "A network of one layer."
    inputs = keras.Input((size, size, channels))
    x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Conv2D(1, 1, activation="sigmoid", name="sigmoid")(x))
"""
LOSS = """
from keras import ops
from busutils import losses

@losses.register("my loss")
def mine(y_true, y_pred, power=2):
    return ops.mean(ops.abs(y_true - y_pred) ** power)
"""


def test_a_network_and_a_loss_of_a_cell_are_trained_and_known_by_their_source(store, cell):
    discs.write()
    cell(NETWORK)
    cell(LOSS)
    with pytest.raises(UserError, match="option of mine 'depth'"):
        models.check("mine", 32, depth=3)
    with pytest.raises(UserError, match="30 px: its sizes are multiples of 4"):
        models.check("mine", 30)
    truth, predicted = np.array([[1.0, 0.0]]), np.array([[0.5, 0.0]])
    assert float(losses.build("my loss", power=1)(truth, predicted)) == 0.25
    job = replace(JOB, model="mine", options={"filters": 2}, loss="my loss", epochs=1)
    assert job.code and job.loss_code and Job.from_json(job.to_json()) == job
    assert training.complete([job], quiet=True) == []
    cell(NETWORK.replace("of one layer", "of two layers"))
    assert replace(job).id == job.id
    cell(NETWORK.replace("relu", "gelu"))
    assert replace(job).id != job.id
    cell(NETWORK)
    cell(LOSS.replace("power=2", "power=3"))
    assert replace(job).id != job.id == Job.from_json(job.to_json()).id


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (NETWORK.replace('"mine"', '"unet"'), "unet is a network of busutils: give yours another"),
        (NETWORK.replace("filters=4", "filters"), "option filters of mine has no default"),
        (LOSS.replace('"my loss"', '"dice"'), "dice is a loss of busutils: give yours another"),
    ],
)
def test_what_cannot_be_registered_is_refused(cell, code, told):
    with pytest.raises(UserError, match=told):
        cell(code)


def tampered(job, name, change):
    file = jobs.folder(job) / name
    content = file.read_bytes()
    if name.endswith(".gz"):
        file.write_bytes(gzip.compress(change(gzip.decompress(content))))
    else:
        file.write_bytes(change(content))


def rows(change):
    """Change a table of counts that is as text."""

    def changed(content):
        import io

        table = pd.read_csv(io.BytesIO(content))
        return change(table).to_csv(index=False).encode()

    return changed


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("cases.csv.gz", lambda text: b"", "No columns"),
        ("cases.csv.gz", rows(lambda t: t.head(0)), "no whole number"),
        ("cases.csv.gz", rows(lambda t: t.iloc[19:]), "cases are not the split's"),
        ("cases.csv.gz", rows(lambda t: t.iloc[1:]), "thresholds are missing"),
        ("cases.csv.gz", rows(lambda t: t[::-1]), "thresholds are missing"),
        ("cases.csv.gz", rows(lambda t: t.assign(tp=t["tp"] + 1)), "pixels of a case are not 1024"),
        ("cases.csv.gz", rows(lambda t: t.assign(tp=t["tp"] / 2)), "no whole number"),
        ("cases.csv.gz", rows(lambda t: t.assign(tp=-t["tp"])), "no whole number"),
        ("cases.csv.gz", rows(lambda t: t.assign(label="benign")), "cases are not the split's"),
        ("cases.csv.gz", rows(lambda t: t.assign(split="test")), "cases are not the split's"),
        ("cases.csv.gz", rows(lambda t: t.drop(columns="fn")), "columns are others"),
        (
            "cases.csv.gz",
            rows(lambda t: t.assign(tp=range(len(t)), tn=1019 - np.arange(len(t)))),
            "lesion of a case changes",
        ),
        (
            "cases.csv.gz",
            rows(lambda t: t.assign(fp=t["threshold"] * 100 // 1, tn=0).pipe(_filled)),
            "counts rise",
        ),
        ("history.csv", lambda text: text + b"4,0.5,0.5,0.5,0.001,6\n", "4 epochs where .* has 3"),
        ("history.csv", lambda text: text.replace(b"\n2,", b"\n3,"), "not 1, 2"),
        ("history.csv", lambda text: text.replace(b"0.6,", b"x,"), "cannot be read"),
        ("history.csv", lambda text: text.replace(b"0.6,", b","), "not finite"),
        ("history.csv", lambda text: text[:30], "column is missing"),
        ("manifest.json", lambda text: b"[]", "names no machine"),
        ("manifest.json", lambda text: text[:-1], "delimiter"),
        (
            "manifest.json",
            lambda text: text.replace(b'"minutes": 1.5', b'"minutes": "x"'),
            "number",
        ),
        ("job.json", lambda text: b"[]", "job.json is no job"),
        ("job.json", lambda text: b"{}", "job.json is no job"),
        ("job.json", lambda text: text.replace(b'"size": 32', b'"size": 64'), "of another job"),
    ],
)
def test_a_damaged_job_says_so(store, name, change, told):
    write(JOB)
    assert jobs.finished(JOB)
    tampered(JOB, name, change)
    for use in (jobs.finished, lambda job: jobs.plan([job]), lambda job: jobs.cases([job])):
        with pytest.raises(
            UserError, match=rf"job {JOB.id} is damaged \(.*{told}.*: delete .*jobs"
        ):
            use(JOB)


def _filled(table):
    fp = table["fp"].astype(int)
    return table.assign(fp=fp, tn=1024 - fp - table["tp"] - table["fn"])


def test_a_split_is_read_only_if_it_hashes_to_its_id(store):
    discs.write_split()
    file = store / "splits" / f"{JOB.split['id']}.csv"
    file.write_text(file.read_text().replace("test", "val"))
    with pytest.raises(UserError, match=r"split .* is damaged .*: delete it and plan"):
        jobs.read_split(JOB)
    discs.write_split()  # planning again makes it again
    assert (jobs.read_split(JOB)["role"] == "test").sum() == 2


def test_cases_called_like_missing_values_keep_their_names(store):
    names = ["NA", "None", "null", "nan", "007", "-"]
    table = pd.DataFrame({"case": names, "label": "benign", "group": names, "role": "val"})
    job = replace(JOB, split={"id": discs.split_id(table)})
    discs.keep_split(table, job)
    assert jobs.read_split(job)["case"].tolist() == names
    finished.write(job, lambda case, threshold: (5, 2, 3, 1014))
    assert jobs.cases([job])["case"].unique().tolist() == names


def test_what_came_from_elsewhere_is_not_trained_again_unasked(store):
    write(JOB)
    assert jobs.plan([JOB], {"weights"}) == [(JOB, {"weights"})]
    assert jobs.again([JOB, FIRST], {"weights"}) == [JOB]
    (jobs.folder(JOB) / jobs.MERGED).touch()
    assert jobs.plan([JOB]) == []
    with pytest.raises(UserError, match=r"trained elsewhere .* without model.weights.h5.*: copy"):
        jobs.plan([JOB], {"weights"})
    with pytest.raises(UserError, match=r"merged without encoder.weights.h5"):
        jobs.plan([replace(JOB, encoder_weights=JOB)])


def test_a_relative_store_is_one_folder_for_all_processes(monkeypatch, tmp_path):
    monkeypatch.setenv("BUSUTILS_RUNS", "elsewhere/runs")
    first = paths.store()
    monkeypatch.chdir(tmp_path)
    assert paths.store() == first == paths.project() / "elsewhere" / "runs"


def test_what_a_killed_process_was_writing_is_removed(tmp_path):
    def part(process):
        return tmp_path / f".x.{paths._machine()}-{process}.part"

    gone, alive, elsewhere = part(2**22 + 1), part(1), tmp_path / ".x.ffffff-4194305.part"
    for folder in (gone, alive):
        folder.mkdir()
    elsewhere.touch()
    with paths.whole_file(tmp_path / "y") as file:
        file.touch()
    assert sorted(tmp_path.iterdir()) == sorted([alive, elsewhere, tmp_path / "y"])


def test_a_lock_is_for_one_and_leaves_nothing(tmp_path):
    file = tmp_path / "training" / "lock"
    with paths.locked(file) as mine, paths.locked(file) as other:
        assert (mine, other) == (True, False)
    assert not file.parent.exists()
    with paths.locked(file) as mine:
        assert mine
