"""From runs to the site: what is published, what the pages show, what no page may show."""

import json
import re
import shlex
import shutil
import sys

import pandas as pd
import pytest

from busutils import jobs, pages, paths, runs
from busutils.errors import RunError, UserError
from busutils.values import from_text
from tests import discs, finished
from tests.discs import JOB


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setattr(pages.Path, "home", lambda: tmp_path / "me")
    return tmp_path / "me"


def make(project, name, **facts):
    """Write a finished run, as `execution.execute` leaves it."""
    folder = project / "runs" / "notebooks" / name
    opening = runs.opening(name, "00_small", "quick", {"dataset": "phantom"})
    runs.write_json(folder / "manifest.json", opening | {"minutes": 1.25} | facts)
    runs.write_json(folder / "numbers.json", {"dice": 0.5})
    (folder / "tables").mkdir()
    (folder / "tables" / "one.csv").write_text("row,dice\nvgg16,0.5\n")
    shutil.copyfile(project / "notebooks" / "00_small.ipynb", folder / "00_small.ipynb")
    run = runs.find(name)
    run.save_verdicts(f"**[Small]({run.page})**\n\n- supported\n")
    return run


def test_a_run_without_images_says_so(project):
    run = make(project, "00_small-quick-0a1b2c3d", dataset=None)
    assert run.data == "no image files"
    pages.collect()
    page = project / "book" / "local" / f"{run.id}.ipynb"
    assert "# A small page (quick)" in text_of(page)


def text_of(page):
    cells = json.loads(page.read_text())["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells)


def test_a_published_page_names_its_data_in_the_title(project):
    data = {"name": "Skin", "cases": 3, "fingerprint": "0a1b"}
    page = pages.publish(make(project, "00_small-skin-quick-0a1b2c3d", data=data))
    assert "# A small page (Skin)\n" in text_of(page)
    page = pages.publish(make(project, "00_small-quick-0a1b2c3d"))
    assert "# A small page\n" in text_of(page)


def test_a_published_run_stands_under_its_name_without_hash(project):
    run = make(project, "00_small-phantom-quick-0a1b2c3d")
    page = pages.publish(run)
    assert page == project / "book" / "papers" / "00_small-phantom-quick.ipynb"
    results = project / "book" / "results" / "notebooks" / "00_small-phantom-quick"
    assert sorted(f.name for f in results.iterdir()) == [
        *("manifest.json", "numbers.json", "tables", "verdicts.md")
    ]
    link = "../results/notebooks/00_small-phantom-quick/tables/one.csv"
    assert f"{{download}}`one.csv <{link}>`" in text_of(page)
    assert (page.parent / link).exists()
    assert "](../glossary.md)" in text_of(page)  # from ../book/glossary.md of the source


def test_no_path_of_this_machine_is_published(project, home):
    values = {"dataset": "busi", "data_root": f"{home}/sets/BUSI", "weights_root": "/w/imagenet"}
    overrides = ["data_root", "weights_root"]
    run = make(project, "00_small-busi-cpu-0a1b2c3d", parameters=values, overrides=overrides)
    seen = (
        f"read {values['data_root']} and {values['weights_root']} in {paths.store()}/x for {home}/y"
    )
    run.save_numbers({"seen": seen, "at": f"{project}/params"})
    notebook = json.loads((run.folder / "00_small.ipynb").read_text())
    notebook["metadata"]["papermill"] = {"output_path": f"{home}/out.ipynb"}
    notebook["cells"][1]["source"] = f'data_root = "{values["data_root"]}"'
    runs.write_json(run.folder / "00_small.ipynb", notebook)
    page = pages.publish(run)
    results = project / "book" / "results" / "notebooks" / "00_small-busi-cpu"
    for file in [page, results / "manifest.json", results / "numbers.json"]:
        for place in [str(project), str(home), "/w/"]:
            assert place not in file.read_text()
    assert 'data_root = ""' in text_of(page)
    assert "-p data_root=DIR -p weights_root=DIR" in text_of(page)


def test_what_a_page_needs_of_images_is_published_without_paths(project, home):
    (project / "vgg16_imagenet_notop.weights.h5").write_bytes(b"weights")
    values = {"dataset": "busi", "data_root": f"{home}/BUSI", "weights_root": str(project)}
    run = make(project, "00_small-busi-cpu-0a1b2c3d", parameters=values)
    run.cases.write_text("case\na\n")
    run.measured("areas.csv", lambda: pd.DataFrame({"case": ["a"], "area": [0.5]}))
    run.measured("check.json", lambda: {"root": f"{home}/BUSI/benign"})
    pages.publish(run)
    published = runs.Run(project / "book" / "results" / "notebooks" / "00_small-busi-cpu")
    assert published.cases.read_text() == "case\na\n"
    assert (published.folder / "measured" / "areas.csv").read_text() == "case,area\na,0.5\n"
    assert published.measured("check.json", dict) == {"root": "/benign"}
    told = published.manifest["parameters"]  # the hash by which jobs name the weights too
    held = "file:vgg16_imagenet_notop.weights.h5=9a129038d9a0"
    assert told == {"dataset": "busi", "data_root": "", "weights_root": held}


def test_a_picture_stays_as_it_is_though_it_may_spell_a_path(project):
    run = make(project, "00_small-phantom-quick-0a1b2c3d")
    notebook = json.loads((run.folder / "00_small.ipynb").read_text())
    data = {"image/png": f"iVBOR{project}", "text/plain": f"{project}"}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    notebook["cells"][2]["outputs"] = [output]
    runs.write_json(run.folder / "00_small.ipynb", notebook)
    shown = json.loads(pages.publish(run).read_text())["cells"][2]["outputs"][0]["data"]
    assert shown == {"image/png": f"iVBOR{project}", "text/plain": "."}


def test_the_finished_jobs_of_a_run_are_published(project):
    discs.write_split()
    finished.write(JOB, lambda case, threshold: (5, 2, 3, 1014))
    run = make(project, "00_small-phantom-quick-0a1b2c3d", jobs=[JOB.id])
    pages.publish(run)
    shutil.rmtree(project / "runs" / "jobs")
    assert jobs.cases([JOB])["tp"].unique().tolist() == [5]
    pages.publish(run)  # again, in a clone
    assert jobs.finished(JOB)


def test_a_run_by_hand_cannot_be_published(project):
    with pytest.raises(UserError, match="has no executed notebook"):
        pages.publish(runs.current("00_small"))


def test_the_command_that_made_a_page_can_be_typed(project):
    """A shell gives `run` back what it got, but for folders, whose place is the reader's."""
    values = {"rows": ["vgg16 from imagenet", "unet"], "longer": [], "data_root": "", "epochs": 3}
    values |= {"images": "{case}'s.png"}
    run = make(project, "00_small-busi-cpu-0a1b2c3d", parameters=values, overrides=list(values))
    (told,) = re.findall(r"\| again \| `(.*)` \|", text_of(pages.publish(run)))
    assert told.startswith("python -m busutils run 00_small ")
    given = shlex.split(told)[5:]
    asked = dict(text.split("=", 1) for text in given if text not in ("-p", "--profile", "cpu"))
    assert asked.pop("data_root") == "DIR"
    kinds = {"rows": list[str], "longer": list[str], "epochs": int, "images": str}
    for name, text in asked.items():
        assert from_text(name, kinds[name], text) == values[name]


def test_local_runs_get_pages_that_say_what_made_them(project):
    run = make(project, "00_small-phantom-quick-0a1b2c3d", overrides=["epochs"])
    runs.write_json(
        run.folder / "manifest.json", run.manifest | {"parameters": {"epochs": 3, "dataset": "x"}}
    )
    pages.collect()
    text = text_of(project / "book" / "local" / f"{run.id}.ipynb")
    assert text.startswith("# A small page (phantom, quick)\n")
    assert "`python -m busutils run 00_small -p epochs=3`" in text
    assert f"| run | `{run.id}` |" in text
    assert (project / "book" / "local" / run.id / "one.csv").exists()
    told = (project / "_build" / "pages" / "runtimes.md").read_text()
    assert f"[00_small](/book/local/{run.id}.ipynb) | phantom | quick | none |  | 1.2 |" in told


def test_of_quick_runs_as_they_come_only_the_newest_is_shown(project):
    make(project, "00_small-phantom-quick-1", started="2026-01-01T00:00:00+00:00")
    make(project, "00_small-phantom-quick-2", started="2026-01-03T00:00:00+00:00")
    make(project, "00_small-phantom-quick-3", started="2026-01-02T00:00:00+00:00")
    make(project, "00_small-phantom-quick-4", overrides=["epochs"])
    make(project, "00_small-busi-cpu-5", profile="cpu", started="2025-01-01T00:00:00+00:00")
    runs.current("00_small")  # by hand: no page
    shown = [run.id[-1] for run in pages.local_runs()]
    assert shown == ["5", "2", "4"]


def test_pages_of_runs_that_are_gone_go_too(project):
    (project / "book" / "local").mkdir(parents=True)
    (project / "book" / "local" / "gone.ipynb").write_text("{}")
    pages.collect()
    assert [f.name for f in (project / "book" / "local").iterdir()] == ["none.md"]


def test_a_notebook_of_plain_papermill_gets_a_page(project):
    mine = project / "runs" / "notebooks" / "mine.ipynb"
    mine.parent.mkdir(parents=True)
    shutil.copyfile(project / "notebooks" / "00_small.ipynb", mine)
    pages.collect()
    assert "](../glossary.md)" in text_of(project / "book" / "local" / "mine.ipynb")


def test_the_front_page_tells_the_verdicts_of_published_runs_only(project):
    run = make(project, "00_small-phantom-quick-0a1b2c3d")
    pages.collect()
    front = project / "_build" / "pages" / "verdicts.md"
    assert front.read_text() == pages.NONE_YET
    pages.publish(run)
    pages.collect()
    assert "**[Small](/book/papers/00_small-phantom-quick.ipynb)**" in front.read_text()
    assert run.caption in front.read_text()


def test_minutes_of_trainings_come_from_the_store_or_from_what_is_published(project):
    discs.write_split()
    finished.write(JOB, lambda case, threshold: (5, 2, 3, 1014), manifest={"minutes": 20})
    finished.publish(JOB)
    runs.write_json(project / "runs" / "jobs" / "a" / "manifest.json", {"minutes": 10})
    make(project, "00_small-phantom-quick-1", jobs=["a", JOB.id, "unknown"], backend="jax")
    pages.collect()
    told = (project / "_build" / "pages" / "runtimes.md").read_text()
    assert "| jax | 30 (2) | 1.2 |" in told


def test_one_machine_is_told_above_the_run_times_and_two_in_a_column(project):
    make(project, "00_small-phantom-cpu-1", profile="cpu", machine="a laptop")
    pages.collect()
    told = project / "_build" / "pages" / "runtimes.md"
    assert told.read_text().startswith("All pages were made on one machine: a laptop.\n\n| page |")
    make(project, "00_small-phantom-cpu-2", profile="cpu", machine="a server")
    pages.collect()
    assert "| 1.2 | a laptop |" in told.read_text() and "| 1.2 | a server |" in told.read_text()


@pytest.mark.parametrize("failing", ["jupyter-book", "sphinx-build"])
def test_a_warning_of_the_build_is_told_in_one_sentence(project, monkeypatch, failing):
    (project / "bin").mkdir()
    for name in ("jupyter-book", "sphinx-build"):
        builder = project / "bin" / name
        says = f"echo '{project}/book/index.md:3: WARNING: no such page'; exit 1"
        builder.write_text(f"#!/bin/sh\n{says if name == failing else 'exit 0'}\n")
        builder.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(project / "bin" / "python"))
    with pytest.raises(
        RunError, match=re.escape("built: book/index.md:3: WARNING: no such page (")
    ):
        pages.build(quiet=True)


def test_a_build_that_ends_without_a_word_is_named(project, monkeypatch):
    (project / "bin").mkdir()
    builder = project / "bin" / "jupyter-book"
    builder.write_text("#!/bin/sh\nexit 1\n")
    builder.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(project / "bin" / "python"))
    with pytest.raises(RunError, match="not built: jupyter-book stopped"):
        pages.build(quiet=True)


def test_the_page_of_a_run_that_is_gone_leaves_the_site(project, monkeypatch):
    (project / "bin").mkdir()
    for name in ("jupyter-book", "sphinx-build"):
        builder = project / "bin" / name
        builder.write_text("#!/bin/sh\nexit 0\n")
        builder.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(project / "bin" / "python"))
    stale = project / "_build" / "html" / "book" / "local" / "gone.html"
    stale.parent.mkdir(parents=True)
    stale.write_text("old")
    pages.build(quiet=True)
    assert not stale.exists()
