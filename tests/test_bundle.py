"""A bundle trains where there is nothing but keras, NumPy, pandas and h5py, and comes back."""

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace

import keras
import pytest

from busutils import bundle, jobs, paths
from busutils.errors import UserError
from tests.discs import JOB

MISSING = ["scipy", "skimage", "sklearn", "PIL", "matplotlib", "papermill", "tqdm", "yaml", "pooch"]
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
    assert names == {"bundle.json", "store-000.part", "busutils"}
    assert bundle.jobs(bundled) == [JOB]
    assert {p.name for p in (bundled / "store").iterdir()} == {"cache", "splits", "jobs.json"}


@pytest.mark.slow
def test_a_film_needs_no_more_than_a_training(store, tmp_path):
    job = replace(JOB, record="film", epochs=1)
    bundle.write([job], tmp_path / "bundle")
    assert _trained_elsewhere(tmp_path / "bundle", tmp_path).returncode == 0
    bundle.merge((tmp_path / "bundle").glob("done-*.zip"))
    assert jobs.finished(job)


def _trained_elsewhere(bundled, tmp_path):
    """Train with the bundle's package in a process without Jupyter, SciPy and Pillow."""
    call = [sys.executable, "-c", BLOCK, "jobs", "--bundle", str(bundled), "--train", "all"]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("BUSUTILS", "TF_CPP"))}
    env = clean | {"PYTHONPATH": str(bundled)}
    return subprocess.run(call, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_trains_elsewhere_and_comes_back(bundled, store, tmp_path):
    done = _trained_elsewhere(bundled, tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"absl|cuda|oneDNN|^[IWE]\d{4} .*", done.stderr, re.MULTILINE) == []
    assert not jobs.finished(JOB)
    assert bundle.merge(bundled.glob("done-*.zip")) == [JOB.id]
    assert jobs.finished(JOB, {"probabilities"})
    jobs.folder(JOB).rename(tmp_path / "theirs")
    jobs.complete([JOB], quiet=True)
    ours = (jobs.folder(JOB) / "cases.csv.gz").read_bytes()
    assert (tmp_path / "theirs" / "cases.csv.gz").read_bytes() == ours


def test_imagenet_weights_travel(store, tmp_path, monkeypatch):
    from busutils import training
    from busutils.models import weights

    def official(_, **options):
        return keras.applications.MobileNetV2(weights=None, include_top=False)

    def refused(_, **options):
        raise AssertionError("there is no network here")

    job = replace(
        JOB, model="unet", options={"backbone": "mobilenetv2"}, encoder_weights="imagenet"
    )
    monkeypatch.setattr(weights, "_official", official)
    bundle.write([job], tmp_path / "bundle")
    monkeypatch.setattr(weights, "_official", refused)
    there = bundle.open_store(tmp_path / "bundle")
    assert [f.name for f in (there / "weights").iterdir()] == ["imagenet-unet-mobilenetv2.h5"]
    training.build(job, store=there)
    (there / "weights" / "imagenet-unet-mobilenetv2.h5").unlink()
    with pytest.raises(AssertionError, match="no network"):
        training.build(job, store=there)


def test_a_missing_or_damaged_part_is_named(bundled):
    (bundled / "store-000.part").write_bytes(b"half")
    with pytest.raises(UserError, match=r"store-000.part is missing or damaged: copy"):
        bundle.open_store(bundled)
    assert not (bundled / "store").exists()
    with pytest.raises(UserError, match="is no bundle"):
        bundle.open_store(bundled.parent)


def test_parts_are_small(bundled, store, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "PART", 3000)
    files = bundle.write([JOB], tmp_path / "small")
    parts = [f for f in files if f.suffix == ".part"]
    assert len(parts) > 2
    assert max(f.stat().st_size for f in parts) <= 3000
    assert bundle.jobs(tmp_path / "small") == [JOB]


def finished_zip(tmp_path, job=JOB, name=None, **changes):
    """Write a file as `bundle.pack` does, with some members changed."""
    name = name or job.id
    files = {f"{name}/{f}": b"x" for f in ("history.csv", "manifest.json", "cases.csv.gz")}
    files |= {f"{name}/job.json": job.to_json().encode()} | changes
    hashes = {n: hashlib.sha256(data).hexdigest() for n, data in files.items()}
    target = tmp_path / "done-000.zip"
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("hashes.json", json.dumps(hashes))
        for n, data in files.items():
            archive.writestr(n, data)
    return target


def test_merge_replaces_only_when_told(store, tmp_path):
    file = finished_zip(tmp_path)
    assert bundle.merge([file]) == [JOB.id]
    assert bundle.merge([file]) == [JOB.id]  # the same result again is no conflict
    other = finished_zip(tmp_path, **{f"{JOB.id}/cases.csv.gz": b"other"})
    with pytest.raises(UserError, match="another result: add --replace"):
        bundle.merge([other])
    bundle.merge([other], replace=True)
    assert (jobs.folder(JOB) / "cases.csv.gz").read_bytes() == b"other"


@pytest.mark.parametrize(
    "name", ["../../escape/job.json", "/etc/job.json", f"{JOB.id}/../x", f"{JOB.id}/evil.sh"]
)
def test_merge_writes_nothing_outside_the_store(store, tmp_path, name):
    before = set(paths.store().rglob("*"))
    with pytest.raises(UserError, match="is no file of a job"):
        bundle.merge([finished_zip(tmp_path, **{name: b"evil"})])
    assert set(paths.store().rglob("*")) == before


def test_merge_refuses_what_is_not_whole(store, tmp_path):
    file = finished_zip(tmp_path)
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(UserError, match="is no whole file of finished jobs"):
        bundle.merge([file])
    stranger = finished_zip(tmp_path, job=replace(JOB, init_seed=5), name=JOB.id)
    with pytest.raises(UserError, match="another version of busutils"):
        bundle.merge([stranger])
