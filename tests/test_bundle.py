"""A bundle trains where there is nothing but keras, NumPy, pandas and h5py, and comes back."""

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace

import keras
import pytest

from busutils import bundle, jobs, paths, training
from busutils.__main__ import main
from busutils.data.dataset import open_cached
from busutils.errors import UserError
from tests import finished
from tests.discs import JOB

MISSING = [
    *(
        "scipy",
        "skimage",
        "sklearn",
        "statsmodels",
        "seaborn",
        "matplotlib",
        "PIL",
        "pooch",
        "yaml",
    ),
    *("papermill", "jupyter", "nbformat", "nbclient", "IPython", "ipykernel", "pydantic", "tqdm"),
]
BLOCK = f"""
import sys
from pathlib import Path
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {MISSING}:
            raise ImportError(f"{{name}} is not on this machine")
sys.meta_path.insert(0, Blocked())
from busutils.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def bundled(store, tmp_path):
    bundle.write([JOB], tmp_path / "bundle")
    return tmp_path / "bundle"


def test_what_travels(bundled):
    names = {p.name for p in bundled.iterdir()}
    assert names == {"bundle.json", "jobs.json", "store-000.part", "busutils"}
    assert bundle.jobs(bundled) == [JOB]
    unpacked = bundle.open_store(bundled)
    assert {p.name for p in unpacked.iterdir()} == {"cache", "splits", "bundle.json"}


@pytest.mark.slow
def test_a_film_needs_no_more_than_a_training(store, tmp_path):
    job = replace(JOB, record="film", epochs=1)
    bundle.write([job], tmp_path / "bundle")
    assert _trained_elsewhere(tmp_path / "bundle", tmp_path).returncode == 0
    bundle.merge((tmp_path / "bundle").glob("done-*.zip"))
    assert jobs.finished(job)


def _trained_elsewhere(bundled, tmp_path, *more):
    """Train, as README types it, in a process without Jupyter, SciPy and Pillow."""
    call = [sys.executable, "-c", BLOCK, "jobs", "--bundle", bundled.name, "--train", "all", *more]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("BUSUTILS", "TF_CPP"))}
    env = clean | {"PYTHONPATH": str(bundled)}
    return subprocess.run(
        call, env=env, cwd=bundled.parent, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_trains_elsewhere_and_comes_back(bundled, store, tmp_path, monkeypatch):
    done = _trained_elsewhere(bundled, tmp_path, "--minutes", "60")
    assert done.returncode == 0, done.stderr
    assert re.findall(r"absl|cuda|oneDNN|^[IWE]\d{4} .*", done.stderr, re.MULTILINE) == []
    assert not jobs.finished(JOB)
    (store / "splits" / f"{JOB.split['id']}.csv").unlink()  # which comes back too
    assert bundle.merge(bundled.glob("done-*.zip")) == [JOB.id]
    assert jobs.finished(JOB, {"probabilities"})
    with pytest.raises(UserError, match=r"trained elsewhere and merged without model.weights.h5"):
        training.complete([JOB], {"weights"}, quiet=True)
    jobs.folder(JOB).rename(tmp_path / "theirs")
    training.complete([JOB], quiet=True)
    ours = (jobs.folder(JOB) / "cases.csv.gz").read_bytes()
    assert (tmp_path / "theirs" / "cases.csv.gz").read_bytes() == ours


def test_what_a_page_needs_is_kept_there_and_comes_back(store, tmp_path):
    job = replace(JOB, epochs=1)
    bundle.write([job], tmp_path / "bundle", keep={"weights"})
    shutil.rmtree(store)  # which is not there
    assert bundle.train(tmp_path / "bundle", [job], None, quiet=True) == []
    bundle.merge((tmp_path / "bundle").glob("done-*.zip"))
    assert jobs.finished(job, {"weights", "probabilities"})


def test_a_file_too_large_to_travel_is_asked_for(store, tmp_path, monkeypatch):
    there = tmp_path / "bundle" / "store" / "jobs" / JOB.id
    monkeypatch.setattr(bundle, "PART", 30_000)
    bundle.write([JOB], tmp_path / "bundle")
    bundle.open_store(tmp_path / "bundle")
    there.parent.mkdir()
    whole(JOB, {"model.weights.h5": bytes(40_000)}).rename(there)
    bundle.merge(bundle.pack(tmp_path / "bundle"))
    with pytest.raises(UserError, match=r"copy it from there \(store/jobs/[0-9a-f]{12} of the bu"):
        jobs.plan([JOB], {"weights"})
    shutil.copy(there / "model.weights.h5", jobs.folder(JOB))
    assert jobs.finished(JOB, {"weights"})
    (jobs.folder(JOB) / "model.weights.h5").write_bytes(bytes(39_999) + b"1")
    with pytest.raises(UserError, match=r"damaged \(model.weights.h5 is not what was written"):
        jobs.plan([JOB], {"weights"})


def test_a_new_bundle_over_an_old_one_replaces_its_jobs(bundled, store, tmp_path):
    (bundle.open_store(bundled) / "jobs").mkdir()
    whole(JOB).rename(bundled / "store" / "jobs" / JOB.id)
    other = replace(JOB, init_seed=1)
    bundle.write([other], tmp_path / "new")
    shutil.copytree(tmp_path / "new", bundled, dirs_exist_ok=True)
    assert bundle.jobs(bundled) == [other]
    assert jobs.finished(JOB, store=bundle.open_store(bundled))  # what was trained stays


def test_a_damaged_store_of_a_bundle_is_unpacked_again(bundled):
    store = bundle.open_store(bundled)
    (store / "cache" / "discs" / "masks.npy").write_bytes(b"zeros")
    (store / "splits" / f"{JOB.split['id']}.csv").unlink()
    bundle.open_store(bundled)
    assert open_cached("discs", store).masks.any()
    assert len(jobs.read_split(JOB, store)) == 20


def test_too_few_minutes_say_so(bundled, capsys):
    call = ["jobs", "--bundle", str(bundled), "--train", "all", "-q", "--minutes"]
    assert main([*call, "0.0001"]) == 1
    assert "0.0001 minutes were over before an epoch of job" in capsys.readouterr().err
    for wrong in ("0", "nan", "-3"):
        assert main([*call, wrong]) == 2
        assert "give more than 0" in capsys.readouterr().err


def test_imagenet_weights_travel(store, tmp_path, monkeypatch):
    from busutils import fitting

    build = keras.applications.MobileNetV2

    def official(**options):
        return build(**options | {"weights": None})

    def refused(**options):
        assert options["weights"] is None, "there is no network here"
        return build(**options)

    job = replace(
        JOB, model="unet", options={"backbone": "mobilenetv2"}, encoder_weights="imagenet"
    )
    monkeypatch.setattr(keras.applications, "MobileNetV2", official)
    bundle.write([job], tmp_path / "bundle")
    monkeypatch.setattr(keras.applications, "MobileNetV2", refused)
    there = bundle.open_store(tmp_path / "bundle")
    assert [f.name for f in (there / "weights").iterdir()] == ["imagenet-unet-mobilenetv2.h5"]
    fitting.build(job, store=there)
    (there / "weights" / "imagenet-unet-mobilenetv2.h5").unlink()
    with pytest.raises(AssertionError, match="no network"):
        fitting.build(job, store=there)


def test_a_missing_or_damaged_part_is_named(bundled):
    (bundled / "store-000.part").write_bytes(b"half")
    with pytest.raises(UserError, match=r"store-000.part is missing or damaged: copy"):
        bundle.open_store(bundled)
    assert not (bundled / "store").exists()
    with pytest.raises(UserError, match="is no bundle"):
        bundle.open_store(bundled.parent)


@pytest.mark.parametrize("other", ['"size": 64', '"colour": 1, "size": 32'])
def test_the_jobs_of_another_version_ask_for_its_package(bundled, other):
    listed = json.loads((bundled / "jobs.json").read_text())
    listed["jobs"][JOB.id] = listed["jobs"][JOB.id].replace('"size": 32', other)
    (bundled / "jobs.json").write_text(json.dumps(listed))
    hashes = json.loads((bundled / "bundle.json").read_text())
    hashes["jobs.json"] = hashlib.sha256((bundled / "jobs.json").read_bytes()).hexdigest()
    (bundled / "bundle.json").write_text(json.dumps(hashes))
    with pytest.raises(UserError, match="made by another version of busutils: call its own"):
        bundle.jobs(bundled)


def test_parts_are_small(bundled, store, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "PART", 3000)
    files = bundle.write([JOB], tmp_path / "small")
    parts = [f for f in files if f.suffix == ".part"]
    assert len(parts) > 2
    assert max(f.stat().st_size for f in parts) <= 3000
    assert bundle.jobs(tmp_path / "small") == [JOB]


def whole(job, large=None, hit=5):
    """A job's folder, with the hashes of its files, taken out of the store."""
    finished.write(job, lambda case, threshold: (hit, 2, 8 - hit, 1014))
    place = jobs.folder(job)
    for name, data in (large or {}).items():
        (place / name).write_bytes(data)
    manifest = json.loads((place / "manifest.json").read_text())
    (place / "manifest.json").unlink()
    jobs.seal(place, manifest)
    return place.rename(place.parent.parent / f"whole-{job.id}-{hit}")


def finished_zip(tmp_path, job=JOB, name=None, hit=5, called="done-000.zip", **changes):
    """Write a file as `bundle.pack` does, with some members changed."""
    place = whole(job, hit=hit)
    files = {f"{name or job.id}/{f.name}": f.read_bytes() for f in place.iterdir()} | changes
    shutil.rmtree(place)
    hashes = {n: hashlib.sha256(data).hexdigest() for n, data in files.items()}
    target = tmp_path / called
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("hashes.json", json.dumps(hashes))
        for n, data in files.items():
            archive.writestr(n, data)
    return target


def hits():
    return jobs.cases([JOB])["tp"].unique().tolist()


def test_merge_replaces_only_when_told(store, tmp_path):
    file = finished_zip(tmp_path)
    assert bundle.merge([file]) == [JOB.id]
    assert bundle.merge([file]) == [JOB.id]  # the same result again is no conflict
    jobs.folder(JOB).rename(tmp_path / "there")
    other = finished_zip(tmp_path, hit=4, called="other.zip")
    (tmp_path / "there").rename(jobs.folder(JOB))
    with pytest.raises(UserError, match="another result: add --replace"):
        bundle.merge([other])
    with pytest.raises(UserError, match=r"other.zip: job .* has another result in another file"):
        bundle.merge([file, other], replace=True)
    assert hits() == [5]
    bundle.merge([other], replace=True)
    assert hits() == [4]


def test_merge_keeps_what_is_there_beside_the_same_results(store, tmp_path):
    file = finished_zip(tmp_path)
    whole(JOB, {"model.weights.h5": b"weights"}).rename(jobs.folder(JOB))
    bundle.merge([file])
    assert jobs.finished(JOB, {"weights"})
    assert not (jobs.folder(JOB) / jobs.MERGED).exists()


@pytest.mark.parametrize(
    "name", ["../../escape/job.json", "/etc/job.json", f"{JOB.id}/../x", f"{JOB.id}/evil.sh"]
)
def test_merge_writes_nothing_outside_the_store(store, tmp_path, name):
    file = finished_zip(tmp_path, **{name: b"evil"})
    before = set(paths.store().rglob("*"))
    with pytest.raises(UserError, match="is no file of a job"):
        bundle.merge([file])
    assert set(paths.store().rglob("*")) == before


def test_a_refused_merge_leaves_no_split(store, tmp_path):
    split = paths.store() / JOB.split_file
    come_along = {JOB.split_file: split.read_bytes()}
    split.unlink()
    with pytest.raises(UserError, match="is no file of a job"):
        bundle.merge([finished_zip(tmp_path, **come_along | {f"{JOB.id}/evil.sh": b""})])
    assert not split.exists()
    bundle.merge([finished_zip(tmp_path, **come_along)])
    assert split.read_bytes() == come_along[JOB.split_file]


def test_merge_refuses_what_is_not_whole(store, tmp_path):
    file = finished_zip(tmp_path)
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(UserError, match="is no whole file of finished jobs"):
        bundle.merge([file])
    stranger = finished_zip(tmp_path, job=replace(JOB, init_seed=5), name=JOB.id)
    with pytest.raises(UserError, match="of another job, or of another version of busutils"):
        bundle.merge([stranger])
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.writestr("hashes.json", "{}")
    with pytest.raises(UserError, match=r"none.zip holds no finished job"):
        bundle.merge([tmp_path / "none.zip"])


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        (f"{JOB.id}/cases.csv.gz", gzip.compress(b"", mtime=0), "No columns"),
        (f"{JOB.id}/cases.csv.gz", b"x", "gzip"),
        (f"{JOB.id}/history.csv", b"epoch\n1\n", "a column is missing"),
        (f"{JOB.id}/manifest.json", b"{}", "names no machine"),
        (f"splits/{JOB.split['id']}.csv", b"case,label,group,role\n", "split .* is damaged"),
    ],
)
def test_merge_refuses_what_a_job_cannot_have_made(store, tmp_path, name, data, told):
    file = finished_zip(tmp_path, **{name: data})
    with pytest.raises(UserError, match=rf"done-000.zip: .*{told}.*: pack and copy it again"):
        bundle.merge([file])
    assert not jobs.folder(JOB).exists()


def test_hashes_of_the_wrong_kind_are_refused(store, tmp_path):
    for text in ("[]", "3", "{", '{"a": 1}'):
        with zipfile.ZipFile(tmp_path / "done-000.zip", "w") as archive:
            archive.writestr("hashes.json", text)
        with pytest.raises(UserError, match="is no whole file of finished jobs"):
            bundle.merge([tmp_path / "done-000.zip"])
