"""Parameters are read from the cell and checked before anything starts."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Literal

import nbformat
import papermill
import pytest

from busutils import augment, execution, losses, parameters, perturb
from busutils.errors import UserError
from busutils.models import encoders, networks
from busutils.parameters import Parameter
from busutils.runs import Run
from busutils.values import Whole, words

ROOT = Path(__file__).resolve().parents[1]
Row = Literal["base", "vgg16", "vgg19"]


def write(folder, code, tags=("parameters",), above=""):
    cells = [nbformat.v4.new_code_cell(text) for text in (above, code)]
    cells[1].metadata["tags"] = list(tags)
    file = folder / "notebook.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), file)
    return file


def test_the_cell_is_read_with_types_defaults_and_help(project):
    read = parameters.read(parameters.source("00_small"))
    assert [(p.name, words(p.kind), p.default, p.help) for p in read] == [
        ("dataset", "text", "phantom", "data set"),
        ("data_root", "text", "", "folder of the images; empty: the phantoms"),
        ("epochs", "a whole number from 1 to 100", 2, "passes over the data"),
        ("rate", "a number", 1e-4, "learning rate"),
        ("rows", "a list, each item one of base, vgg16, vgg19", ["vgg16"], "rows of Table 2"),
        ("grouped", "true or false", True, "near-duplicates on one side"),
        ("limit", "a whole number, or none", None, "images at most"),
    ]


def test_a_value_over_several_lines_keeps_its_comment(tmp_path):
    read = parameters.read(write(tmp_path, 'rows = [\n    "a",\n    "b",\n]  # names # of rows'))
    assert read == [Parameter("rows", list[str], ["a", "b"], "names # of rows")]


def test_a_hash_in_a_text_is_no_comment(tmp_path):
    with pytest.raises(UserError, match="name: type = value  # help"):
        parameters.read(write(tmp_path, 'colour = "#ff0000"'))


@pytest.mark.parametrize("line", ["x = 1", "x = f(1)  # call", "import os  # no", "x: int  # bare"])
def test_a_line_of_another_form_is_refused(tmp_path, line):
    with pytest.raises(UserError, match=r"notebook.ipynb: .*write it so"):
        parameters.read(write(tmp_path, line))


def test_the_cell_must_be_there_once(tmp_path):
    with pytest.raises(UserError, match="0 cells tagged 'parameters'"):
        parameters.read(write(tmp_path, "x = 1  # one", tags=()))


def in_two_cells(project, first):
    """Give the small notebook another cell of parameters above its own."""
    source = parameters.source("00_small")
    notebook = nbformat.read(source, 4)
    place = [cell.metadata.get("tags") for cell in notebook.cells].index(["parameters"])
    notebook.cells[place - 1].metadata["tags"] = [execution.PLAN]
    notebook.cells.insert(place, nbformat.v4.new_code_cell(first))
    notebook.cells[place].metadata["tags"] = [parameters.FIRST]
    nbformat.write(notebook, source)
    return source


def test_parameters_that_a_reader_changes_most_stand_in_a_cell_above(project):
    source = in_two_cells(project, "seed: int = 3  # of the split")
    assert [p.name for p in parameters.read(source)][:2] == ["seed", "dataset"]
    assert parameters.resolve("00_small", "cpu", {"seed": "4"})["seed"] == 4
    folder = execution.execute("00_small", "quick", {"seed": "4", "epochs": "3"}, quiet=True)
    assert Run(folder).manifest["parameters"].items() >= {"seed": 4, "epochs": 3}.items()
    page = nbformat.read(folder / source.name, 4)
    given = next(c.source for c in page.cells if c.source.startswith(parameters.INJECTED))
    assert given.splitlines()[1:] == ["seed = 4", "epochs = 3"]


def test_what_plans_sees_the_parameters_of_both_cells(project):
    source = in_two_cells(project, "seed: int = 3  # of the split")
    notebook = nbformat.read(source, 4)
    notebook.cells.append(nbformat.v4.new_code_cell("both = seed, epochs"))
    notebook.cells[-1].metadata["tags"] = [execution.PLAN]
    nbformat.write(notebook, source)
    assert execution.planned(source, {"seed": 5, "epochs": 6})["both"] == (5, 6)


def test_a_parameter_that_stands_in_both_cells_is_refused(project):
    source = in_two_cells(project, "epochs: int = 3  # again")
    with pytest.raises(UserError, match=r"epochs is twice .* 00_small.ipynb: drop one"):
        parameters.read(source)


def test_quick_is_the_cell_itself(project):
    values = parameters.resolve("00_small", "quick", {})
    assert values["epochs"] == 2
    assert values["rate"] == 1e-4


def test_a_profile_comes_before_the_command_line(project):
    values = parameters.resolve("00_small", "cpu", {"epochs": "5"})
    assert values["epochs"] == 5
    assert values["rate"] == 1e-3  # YAML 1.1 reads 1e-3 as text
    assert isinstance(values["rate"], float)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("rows", "vgg16,vgg19", ["vgg16", "vgg19"]),
        ("rows", "[vgg16, vgg19]", ["vgg16", "vgg19"]),
        ("rows", "['base', 'vgg16']", ["base", "vgg16"]),  # as --help prints it
        ("rows", '["base"]', ["base"]),
        ("rows", "", []),
        ("grouped", "false", False),
        ("grouped", "Yes", True),
        ("rate", "3", 3.0),
        ("limit", "none", None),
        ("limit", "7", 7),
        ("dataset", "12", "12"),
    ],
)
def test_text_of_the_command_line_gets_the_type_of_the_parameter(project, name, text, value):
    got = parameters.resolve("00_small", "quick", {name: text})[name]
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("epochs", text) for text in ("2.5", "many", "0", "101", "1_0", " 3 ", "١٢", "true", "")),
        *(("rate", text) for text in ("fast", "nan", "inf", "1e999", "1,5", "none")),
        *(("grouped", text) for text in ("1", "on")),
        *(
            ("rows", text)
            for text in ("vgg17", "base,1", "[base", "[['base']]", "base,,vgg16", ",")
        ),
        ("limit", "few"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_an_example(project, name, text):
    with pytest.raises(UserError, match=rf"^{name} .* is not .*: give one such as .* \(.*\)$"):
        parameters.resolve("00_small", "quick", {name: text})


def test_a_list_names_nothing_twice_and_its_wrong_item_is_told(project):
    with pytest.raises(UserError, match=r"^rows has 'base' twice: name it once$"):
        parameters.resolve("00_small", "quick", {"rows": "base,vgg16,base"})
    near = r"^rows has 'vgg18', which is not one of base, vgg16, vgg19 \(did you mean 'vgg1[69]'"
    with pytest.raises(UserError, match=near):
        parameters.resolve("00_small", "quick", {"rows": "base,vgg18"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "epochs: true",
            r"epochs in .*cpu\.yaml = 'true' is not a whole number from 1 to 100: give",
        ),
        ("epochs: 2.5", "= 2.5 is not"),
        ("epochs: 1_0", "= '1_0' is not"),  # YAML would read 10
        ("epochs: 0x10", "is not"),
        ("epochs: {a: 1}", "is not"),
        ("rows: vgg16", r"rows in .* is no list: write \[vgg16\]"),
        ("rows: [vgg16, vgg16]", "rows in .*cpu.yaml has 'vgg16' twice"),
        ("rows: [[vgg16]]", "is not"),
        ("rate: 1\nepochs: 3\nrate: 2", r"cpu\.yaml, line 3: rate stands twice: mend the line"),
        ("epochs: [3", r"cpu\.yaml, line \d: .*: mend the line"),
        ("epochs: \x00", "is no YAML"),
    ],
)
def test_a_profile_with_a_wrong_value_is_refused_by_file_and_key(project, text, told):
    (project / "params" / "00_small" / "cpu.yaml").write_text(text)
    with pytest.raises(UserError, match=told) as refused:
        parameters.resolve("00_small", "cpu", {})
    assert "\n" not in str(refused.value)


def test_a_profile_in_another_encoding_is_refused(project):
    (project / "params" / "00_small" / "cpu.yaml").write_bytes("epochs: 3  # für".encode("cp1252"))
    with pytest.raises(UserError, match=r"cpu\.yaml is no UTF-8 text: save it so"):
        parameters.resolve("00_small", "cpu", {})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("x: Whole[1, 5] = 6  # of x", "x in notebook.ipynb = 6 is not a whole number from 1 to 5"),
        ("x: Wohle[1, 5] = 3  # of x", "name 'Wohle' is not defined: take a type of"),
        ("x: Colour = 'blue'  # of x", "x in notebook.ipynb = 'blue' is not one of red, green"),
    ],
)
def test_a_cell_whose_default_or_type_is_wrong_is_refused(tmp_path, line, told):
    notebook = write(tmp_path, line, above="Colour = Literal['red', 'green']")
    with pytest.raises(UserError, match=told):
        parameters.read(notebook)


def test_a_profile_that_is_no_mapping_is_refused(project):
    (project / "params" / "00_small" / "cpu.yaml").write_text("- epochs")
    with pytest.raises(UserError, match="write one parameter a line"):
        parameters.resolve("00_small", "cpu", {})


def test_unknown_names_are_refused_with_the_choices(project):
    with pytest.raises(UserError, match="did you mean 'epochs'"):
        parameters.resolve("00_small", "quick", {"epoch": "3"})
    with pytest.raises(UserError, match="choose one of quick, cpu"):
        parameters.resolve("00_small", "gpu", {})
    with pytest.raises(UserError, match="choose one of 00_small"):
        parameters.resolve("00_big", "quick", {})
    (project / "params" / "00_small" / "cpu.yaml").write_text("epoch: 3")
    with pytest.raises(UserError, match=r"cpu.yaml 'epoch': did you mean 'epochs'"):
        parameters.resolve("00_small", "cpu", {})


def test_a_notebook_may_be_named_by_its_path(project):
    assert parameters.source("notebooks/00_small.ipynb") == parameters.source("00_small")


def test_without_notebooks_the_clone_is_named_as_remedy(project):
    (project / "notebooks" / "00_small.ipynb").unlink()
    with pytest.raises(UserError, match="inside a clone"):
        parameters.source("00_small")


ANNOTATIONS = {"epochs": Whole[1, 5], "rows": list[Row], "rate": float}


def test_variables_of_a_notebook_are_checked_against_its_annotations():
    values = {"epochs": 3, "rows": ["base"], "rate": 1, "size": 7, "__annotations__": ANNOTATIONS}
    found = parameters.verify(values)
    assert found == {"epochs": 3, "rows": ["base"], "rate": 1.0}
    assert type(found["rate"]) is float
    for changed, told in (
        ({"epochs": "two"}, "epochs = 'two' is not a whole number from 1 to 5"),
        ({"epochs": 9}, "epochs = 9 is not"),
        ({"rows": "base"}, r"rows = 'base' is not a list.*papermill -y 'rows: "),
        ({"In": ["", "# Parameters\nepcohs = 3\n"]}, "did you mean 'epochs'"),
    ):
        with pytest.raises(UserError, match=told):
            parameters.verify(values | changed)
    parameters.verify(values | {"In": ["epcohs = 3", "# Parameters\nepochs = 3\n"]})


def choices(notebook, name):
    """Choices of a parameter, or of the items of its list."""
    kind = next(p.kind for p in parameters.read(parameters.source(notebook)) if p.name == name)
    while not all(isinstance(part, str) for part in kind.__args__):
        kind = kind.__args__[0]
    return [choice for choice in kind.__args__ if choice]


@pytest.mark.parametrize(
    ("notebook", "name", "known"),
    [
        ("01_unet_backbones", "freeze", encoders.FREEZING),
        ("02_attention_unet", "reading3", networks()["attention_unet"].choices("reading")),
        ("02_attention_unet", "augmentation", augment.AUGMENTATIONS),
        ("03_multitask_unet", "head", networks()["multitask_unet"].choices("head")),
        ("05_mu_net", "noises", perturb.PERTURBATIONS),
    ],
)
def test_choices_of_a_cell_are_those_of_the_code(notebook, name, known):
    assert sorted(choices(notebook, name)) == sorted(known)


def test_losses_of_a_cell_can_be_built():
    for notebook, name in (("03_multitask_unet", "segmentation_loss"), ("05_mu_net", "loss")):
        assert set(choices(notebook, name)) <= set(losses.LOSSES)


PUBLISHED = sorted((ROOT / "book" / "results" / "notebooks").glob("*/manifest.json"))


@pytest.mark.parametrize("manifest", PUBLISHED, ids=lambda file: file.parent.name)
def test_parameters_of_published_runs_are_still_taken_as_they_are(manifest):
    """Equal as JSON too, of which the ids of jobs are made: 1 and 1.0 differ there.

    What became of a parameter that is gone, `rebuild` tells by the same ids.
    """
    run = json.loads(manifest.read_text())
    kinds = {p.name: p.kind for p in parameters.read(parameters.source(run["notebook"]))}
    known = {name: kinds[name] for name in run["parameters"] if name in kinds}
    found = parameters.verify(run["parameters"] | {"__annotations__": known})
    assert json.dumps(found) == json.dumps({name: run["parameters"][name] for name in found})


@pytest.mark.parametrize("manifest", PUBLISHED, ids=lambda file: file.parent.name)
def test_a_profile_still_gives_what_is_published(manifest):
    """A value of the quick profile that a profile leaves to the notebook would move its jobs."""
    run = json.loads(manifest.read_text())
    values = parameters.resolve(run["notebook"], run["profile"], {})
    named = {n: v for n, v in run["parameters"].items() if n in values.keys() - run["overrides"]}
    assert json.dumps({name: values[name] for name in named}) == json.dumps(named)


@pytest.mark.parametrize("name", parameters.notebooks())
def test_papermill_lists_every_parameter_of_its_cell(name):
    listed = papermill.inspect_notebook(parameters.source(name))
    read = parameters.read(parameters.source(name))[-len(listed) :]  # a first cell is above it
    assert [*listed] == [p.name for p in read]
    assert [about["help"] for about in listed.values()] == [p.help for p in read]


@pytest.mark.slow
def test_plain_papermill_ends_with_one_sentence_before_anything_is_read(tmp_path):
    """In the notebook stands the sentence alone."""
    out = tmp_path / "out.ipynb"
    command = ["notebooks/00_data.ipynb", out, "-p", "splits_drawn", "two"]
    done = subprocess.run(
        [Path(sys.executable).with_name("papermill"), *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    told = "UserError: splits_drawn = 'two' is not a whole number from 1 to 1000: give one"
    assert done.returncode == 1
    assert told in done.stderr
    outputs = [o for c in json.loads(out.read_text())["cells"] for o in c.get("outputs", [])]
    (error,) = [o for o in outputs if o["output_type"] == "error"]
    assert "".join(error["traceback"]).startswith(told)
    assert "\n" not in "".join(error["traceback"])


def test_the_hashes_of_a_published_folder_are_no_place():
    given = {"weights_root": "file:a.h5=7e9eddc409e0", "data_root": "/data/busi", "other_root": ""}
    assert parameters.places(given) == ["data_root"]
