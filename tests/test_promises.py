"""Planning writes nothing; what it promises is there when a training or a bundle asks for it."""

import io
import tarfile
from dataclasses import replace

import pytest

from busutils import __main__ as cli
from busutils import bundle, execution, jobs, models, paths, pretraining, promises, training
from busutils.data import reading
from busutils.data.dataset import open_cached
from busutils.data.splits import split_id
from busutils.errors import UserError
from busutils.phantoms import write_busi
from tests.discs import JOB, SPLIT

STARTS = ("01_unet_backbones", "rows=mobilenetv2", "folds=1,2")
COPIES = ("03_multitask_unet", "copies=twice,masks as images")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Enough phantoms for ten folds."""
    root = tmp_path_factory.mktemp("phantoms")
    write_busi(root, n=48, size=96)
    return root


@pytest.fixture
def places(images, tmp_path, monkeypatch):
    """Folders of runs, of phantoms, and of weights."""
    monkeypatch.setenv("BUSUTILS_PHANTOMS", str(images))
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(promises, "_PROMISED", {})
    # to look for near-duplicates takes most of the time of a first reading
    monkeypatch.setattr(
        reading, "groups", lambda listing, _: {c.case: c.case for c in listing.cases}
    )
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / models.weights_file("mobilenetv2")).write_bytes(b"weights")
    return tmp_path / "runs", images, tmp_path / "weights"


def written(*folders):
    return {f: f.lstat().st_mtime_ns for folder in folders for f in folder.rglob("*")}


def words(place, name, *given):
    if name == STARTS[0]:
        given += (f"weights_root={place}",)
    return [name, *(word for text in given for word in ("-p", text))]


@pytest.mark.parametrize("page", [STARTS, COPIES])
def test_listing_jobs_writes_nothing_and_decodes_what_was_never_read(
    places, monkeypatch, capsys, page
):
    asked = words(places[2], *page, "size=32")
    before = written(*places)
    assert cli.main(["jobs", "-q", *asked, "--json"]) == 0
    assert written(*places) == before and not places[0].exists()
    execution.plan(page[0], "quick", dict(text.split("=") for text in asked[2::2]))
    assert [f.name for f in places[0].iterdir()] == ["cache"]
    monkeypatch.setattr(reading, "_decode", lambda *_: pytest.fail("images are decoded again"))
    before = written(*places)
    assert cli.main(["run", "-q", *asked, "--dry-run"]) == 0
    assert cli.main(["jobs", "-q", *asked]) == 0
    assert written(*places) == before


def test_a_bundle_has_all_that_was_promised(places, tmp_path):
    for page in (STARTS, COPIES):
        asked = ["bundle", "-q", *words(places[2], *page), "--to", str(tmp_path / page[0])]
        assert cli.main(asked) == 0
        content = b"".join(f.read_bytes() for f in sorted((tmp_path / page[0]).glob("*.part")))
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            held = set(tar.getnames())
        for job in bundle.jobs(tmp_path / page[0]):
            assert set(job.inputs) <= held
    assert {name.rpartition("-")[2] for name in held} >= {"twice"}


def test_a_training_keeps_its_promises(places):
    job = pretraining.job("mobilenetv2", 12, 32, epochs=1)
    assert not places[0].exists()
    with pytest.raises(UserError, match=r"is not in .*cache: read it from its data root"):
        open_cached(job.dataset)
    job = replace(job, model="plain_unet", options={"filters": 2})
    assert training.complete([job], quiet=True) == []
    assert len(open_cached(job.dataset)) == 12
    assert (places[0] / job.split_file).is_file()


def test_a_damaged_split_is_written_again(places):
    file = places[0] / JOB.split_file
    file.parent.mkdir(parents=True)
    file.write_text("case\n")
    jobs.promise_split(SPLIT, split_id(SPLIT))
    assert len(jobs.read_split(JOB)) == 20  # from memory
    promises.keep(JOB.split_file, paths.store())
    promises._PROMISED.clear()
    assert len(jobs.read_split(JOB)) == 20


def test_what_is_read_aside_is_told_by_its_own_place(places):
    with pytest.raises(UserError, match=f"^{places[0]}/cache/a is damaged$"), promises.aside():
        raise UserError(f"{paths.store()}/cache/a is damaged")
    assert paths.store() == places[0]
