"""Parameters are read from the cell and checked before anything starts."""

import nbformat
import pytest

from busutils import parameters
from busutils.errors import UserError
from busutils.parameters import Parameter


def write(folder, code, tags=("parameters",)):
    cell = nbformat.v4.new_code_cell(code)
    cell.metadata["tags"] = list(tags)
    file = folder / "notebook.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), file)
    return file


def test_the_cell_is_read_with_types_defaults_and_help(project):
    read = parameters.read(parameters.source("00_small"))
    assert read == [
        Parameter("dataset", "str", "phantom", "data set"),
        Parameter("data_root", "str", "", "folder of the images; empty: the phantoms"),
        Parameter("epochs", "int", 2, "passes over the data"),
        Parameter("rate", "float", 1e-4, "learning rate"),
        Parameter("rows", "list[str]", ["vgg16"], "rows of Table 2"),
        Parameter("grouped", "bool", True, "near-duplicates on one side"),
        Parameter("limit", "int | None", None, "images at most"),
    ]


def test_a_value_over_several_lines_keeps_its_comment(tmp_path):
    read = parameters.read(write(tmp_path, 'rows = [\n    "a",\n    "b",\n]  # names # of rows'))
    assert read == [Parameter("rows", "list[str]", ["a", "b"], "names # of rows")]


def test_a_hash_in_a_text_is_no_comment(tmp_path):
    with pytest.raises(UserError, match="name = value  # help"):
        parameters.read(write(tmp_path, 'colour = "#ff0000"'))


@pytest.mark.parametrize("line", ["x = 1", "x = f(1)  # call", "import os  # no", "x: int  # bare"])
def test_a_line_of_another_form_is_refused(tmp_path, line):
    with pytest.raises(UserError, match=r"notebook.ipynb: .*write it so"):
        parameters.read(write(tmp_path, line))


def test_the_cell_must_be_there_once(tmp_path):
    with pytest.raises(UserError, match="0 cells tagged 'parameters'"):
        parameters.read(write(tmp_path, "x = 1  # one", tags=()))


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
    [("epochs", "2.5"), ("epochs", "many"), ("grouped", "1"), ("rate", "fast"), ("limit", "few")],
)
def test_a_value_of_the_wrong_type_is_refused_with_an_example(project, name, text):
    with pytest.raises(UserError, match=f"{name} = {text!r} is no .*: give one such as"):
        parameters.resolve("00_small", "quick", {name: text})


@pytest.mark.parametrize("line", ["epochs: true", "epochs: 2.5", "rows: vgg16", "dataset: 3"])
def test_a_profile_with_a_value_of_the_wrong_type_is_refused(project, line):
    (project / "params" / "00_small" / "cpu.yaml").write_text(line)
    with pytest.raises(UserError, match="is no"):
        parameters.resolve("00_small", "cpu", {})


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
