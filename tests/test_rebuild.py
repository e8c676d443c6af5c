"""A published page gives what was published, from its small files; what differs is told."""

import json
import re

import pytest

from busutils import __main__ as cli
from busutils import execution, pages, parameters, paths, rebuild, runs, sources
from busutils.errors import UserError

PUBLISHED = sorted(f.parent.name for f in (paths.published() / "notebooks").glob("*/numbers.json"))


@pytest.fixture
def real(tmp_path, monkeypatch):
    """The published runs of this clone, and a store in which nothing is trained."""
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    monkeypatch.delenv("BUSUTILS_PUBLISHED", raising=False)
    return tmp_path / "runs"


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_page_gives_what_was_published(name, real):
    run = runs.find(name)
    found = rebuild.rebuild(run, quiet=True)
    assert found.different == {}
    assert found.equal >= len(runs.flat(run.numbers))
    left_out = "\n".join(_left_out(run))
    assert [t for t in found.left_out if f'save_table("{t}"' not in left_out] == []
    assert not real.exists()


def _left_out(run):
    """Code of the cells that a rebuild leaves out."""
    notebook = parameters.source(run.manifest["notebook"])
    kept = [cell["id"] for cell in rebuild.without(notebook)["cells"]]
    return ["".join(c["source"]) for c in sources.cells(notebook) if c["id"] not in kept]


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_number_comes_from_a_cell_that_is_left_out(name):
    assert not any("save_numbers" in code for code in _left_out(runs.find(name)))


@pytest.fixture
def run(project, monkeypatch):
    """A published run of the small notebook, one cell of which needs images."""
    source = project / "notebooks" / "00_small.ipynb"
    notebook = json.loads(source.read_text())
    notebook["cells"][4]["metadata"]["tags"] = [rebuild.IMAGES]
    notebook["cells"][4]["source"] = (
        "print(run.measured('pixels.json', lambda: [1, 2]))\n"
        + "".join(notebook["cells"][4]["source"])
    )
    notebook["cells"][5]["source"] = (
        "run.save_numbers({'pixels': run.measured('pixels.json', 0)})\n"
        + ("".join(notebook["cells"][5]["source"]))
    )
    source.write_text(json.dumps(notebook))
    made = runs.Run(execution.execute("00_small", "cpu", {}, quiet=True))
    monkeypatch.setattr(pages.jobs, "publish", lambda *_: None)  # its job is made up
    pages.publish(made)
    return made


def test_a_run_is_rebuilt_without_the_cells_that_need_images(run, project, capsys):
    before = {file: file.read_bytes() for file in (project / "book").rglob("*.*")}
    assert cli.main(["rebuild", run.id, "-q"]) == 0
    # dice, the interpreter, two pixels, a job, a verdict, and two cells of a table
    assert capsys.readouterr().out == "numbers equal: 8\n"
    assert cli.main(["rebuild", run.published_name, "-q"]) == 0
    assert {file: file.read_bytes() for file in (project / "book").rglob("*.*")} == before
    assert [f.name for f in (project / "runs" / "notebooks").iterdir()] == [run.id]


def test_what_differs_is_told_by_its_place(run, project, capsys):
    published = project / "book" / "results" / "notebooks" / run.published_name
    numbers = json.loads((published / "numbers.json").read_text())
    numbers["rows"][0]["dice"] += 1e-8
    numbers["gone"] = 3
    (published / "numbers.json").write_text(json.dumps(numbers))
    (published / "tables" / "one.csv").write_text("row,dice\nvgg19,0.5\n")
    (published / "tables" / "pixels.csv").write_text("a\n1\n")
    assert cli.main(["rebuild", run.published_name, "-q"]) == 1
    out, error = capsys.readouterr()
    assert re.fullmatch(
        r"numbers\.rows\.0\.dice: 0\.8 instead of 0\.80000001\d*\n"
        r"numbers\.gone: nothing instead of 3\n"
        r"tables\.one\.0\.row: vgg16 instead of vgg19\n"
        r"tables left out, which need images: pixels\n"
        r"numbers equal: 6\n",
        out,
    )
    assert re.fullmatch(r"busutils: 3 numbers of \S+ are not what was published: .*\n", error)


def test_what_cannot_be_rebuilt_is_told_with_the_remedy(run, project):
    published = project / "book" / "results" / "notebooks" / run.published_name
    (published / "cases.csv").unlink()
    with pytest.raises(UserError, match="without its table of cases: publish it again"):
        rebuild.rebuild(run)
    (published / "numbers.json").unlink()
    with pytest.raises(UserError, match=f"{run.id} is not published: call `busutils publish"):
        rebuild.rebuild(run)


def test_a_page_is_written_anew_and_keeps_its_pictures(run, project, capsys):
    source = project / "notebooks" / "00_small.ipynb"
    page = project / "book" / "papers" / f"{run.published_name}.ipynb"
    before = {c["id"]: c.get("outputs") for c in json.loads(page.read_text())["cells"]}
    notebook = json.loads(source.read_text())
    images, numbers = notebook["cells"][4:6]
    numbers["source"] = [*numbers["source"], "\nrun.save_numbers({'more': 4})"]
    source.write_text(json.dumps(notebook))
    assert cli.main(["rebuild", run.published_name, "-q", "--publish"]) == 0
    assert capsys.readouterr().out.strip() == str(page)
    published = runs.find(run.published_name)
    assert published.numbers["more"] == 4
    assert published.manifest["started"] == run.manifest["started"]
    written = json.loads(page.read_text())["cells"]
    assert {c["id"]: c.get("outputs") for c in written}[images["id"]] == before[images["id"]]
    assert "| written anew | all but 1 cells with pictures, on " in "".join(written[-1]["source"])
    assert str(project) not in page.read_text()
    assert rebuild.rebuild(published, quiet=True).different == {}


def test_a_page_without_the_pictures_of_a_new_cell_is_not_written_anew(run, project):
    source = project / "notebooks" / "00_small.ipynb"
    notebook = json.loads(source.read_text())
    notebook["cells"].append(notebook["cells"][4] | {"id": "new"})
    source.write_text(json.dumps(notebook))
    page = project / "book" / "papers" / f"{run.published_name}.ipynb"
    before = page.read_text()
    with pytest.raises(UserError, match=r"cell new of 00_small.ipynb needs images"):
        rebuild.publish(run, quiet=True)
    assert page.read_text() == before
