"""What a page says of its trainings; most of it is tested by the pages themselves."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from busutils import models, own_code, paths, promises, study
from busutils.errors import UserError
from busutils.runs import Run
from tests import finished
from tests.discs import JOB


def test_the_ceiling_is_what_the_page_of_the_images_measured(monkeypatch):
    monkeypatch.delenv("BUSUTILS_PUBLISHED", raising=False)
    tables = paths.published() / "notebooks" / "00_data-busi-cpu" / "tables"
    measured = pd.read_csv(tables / "mask_agreement.csv")["dice"].mean()
    of_busi = study.ceiling(SimpleNamespace(name="BUSI"))
    assert of_busi == {"two masks of one frame": pytest.approx(measured)}
    assert study.ceiling(SimpleNamespace(name="Phantoms")) == {}


def test_a_network_of_a_cell_with_the_name_of_a_printed_row_is_refused_while_a_page_plans(
    monkeypatch,
):
    """Else the printed row's network would train in its place."""
    monkeypatch.setattr(models.registry, "_OWN", {})
    monkeypatch.setattr(own_code, "_OWN", {})
    cell = "from busutils import models\n@models.register({!r})\ndef own(size, channels): ..."
    for name in ("vgg16", "mine"):
        own_code.execute(cell.format(name), "a cell", {"__name__": "__main__"})
    study.Entry("table", "base", "1", JOB)
    study.Entry("table", "mine", "1", replace(JOB, model="mine"))
    with pytest.raises(UserError, match=r"^vgg16 is the name .* whose network is plain_unet: give"):
        study.Entry("table", "vgg16", "1", JOB)


@pytest.fixture
def two_trainings(tmp_path, monkeypatch):
    """One that is published and one of the store, both with made-up counts; a page's run."""
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("BUSUTILS_PUBLISHED", str(tmp_path / "published"))
    roles = pd.DataFrame({"case": list("abcd"), "label": "benign", "group": list("abcd")})
    split = study.split(roles.assign(role=["train", "val", "test", "test"]), fewest=1)
    made = [replace(JOB, split=split, init_seed=seed) for seed in (0, 1)]
    entries = [study.Entry("table", "net", f"pair {n}", job) for n, job in enumerate(made, 1)]
    for job in made:
        promises.keep(job.split_file, paths.store())
        finished.write(job, lambda case, threshold: (1, 1, 1, JOB.size**2 - 3))
    finished.publish(made[0])
    return study.train(entries), Run(tmp_path / "runs" / "notebooks" / "own")


def _measure(trained, run, asked, **given):
    def make(entry):
        asked.append(entry.repeat)
        return pd.DataFrame({"case": ["c", "d"], "answer": ["", entry.repeat]})

    return trained.measured(run, "seen.csv", trained.of("table"), make, **given)


def test_what_a_published_run_measured_is_not_measured_again(two_trainings, tmp_path):
    trained, run = two_trainings
    first, _ = trained.of("table")
    table = pd.DataFrame({"case": ["c", "d"], "answer": ["1 2", ""], "width": 5})
    file = paths.published() / "notebooks" / "a_run" / "measured" / "seen.csv"
    file.parent.mkdir()
    table.assign(job=first.job.id).to_csv(file, index=False)
    asked = []
    told = _measure(trained, run, asked, width=5)
    assert asked == ["pair 2"]
    assert told["answer"].tolist() == ["1 2", "", "", "pair 2"]
    assert told["repeat"].tolist() == ["pair 1"] * 2 + ["pair 2"] * 2
    assert _measure(trained, run, asked, width=5).equals(told)
    assert asked == ["pair 2"]  # the run has kept it

    another = Run(tmp_path / "runs" / "notebooks" / "another")
    assert _measure(trained, another, asked, width=6)["width"].tolist() == [6] * 4
    assert asked == ["pair 2", "pair 1", "pair 2"]  # of another width nothing was published


def test_a_training_of_the_store_is_measured_itself(two_trainings):
    trained, run = two_trainings
    first, second = trained.of("table")
    finished.publish(second.job)  # takes the place of the first one
    finished.write(first.job, lambda case, threshold: (1, 1, 1, first.job.size**2 - 3))
    file = paths.published() / "notebooks" / "a_run" / "measured" / "seen.csv"
    file.parent.mkdir()
    rows = pd.DataFrame({"case": "c", "answer": "old", "job": [first.job.id, second.job.id]})
    rows.to_csv(file, index=False)
    told = _measure(trained, run, asked := [])
    assert asked == ["pair 1"]
    assert told["answer"].tolist() == ["", "pair 1", "old"]
