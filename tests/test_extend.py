"""The twenty lines of the guide are a network that a page trains and the package keeps."""

import json
import re

import pandas as pd
import pytest

from busutils import models, own_code, parameters, paths, sources
from busutils.errors import UserError
from tests import cells, own_package

PAGE = paths.project() / "book" / "extend.md"
BENCHMARK = "06_busi_benchmark"


def lines():
    return re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A folder whose files are networks of the package too."""
    with own_package.networks(tmp_path / "models", monkeypatch) as folder:
        yield folder


def test_they_are_as_short_as_the_guide_says():
    code = [line for line in lines().splitlines() if line.strip()]
    assert len(code) <= 20


@pytest.mark.slow
def test_the_benchmark_trains_them_from_a_cell(tmp_path, monkeypatch):
    monkeypatch.setattr(models.registry, "_OWN", {})
    monkeypatch.setattr(own_code, "_OWN", {})
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    page = json.loads(parameters.source(BENCHMARK).read_text(encoding="utf-8"))
    (place,) = (i for i, c in enumerate(page["cells"]) if "## What we did" in "".join(c["source"]))
    cell = {"cell_type": "code", "id": "mine", "metadata": {"tags": ["plan"]}, "source": lines()}
    page["cells"].insert(place, cell)
    copy = tmp_path / f"{BENCHMARK}.ipynb"
    copy.write_text(json.dumps(page))
    values = parameters.resolve(BENCHMARK, "quick", {})
    values |= {"rows": ["plain_unet", "mine"], "epochs": 1, "filters": 2, "timed_images": 1}
    _, variables = cells.page(sources.cells(copy), values, until="")
    tables = variables["run"].folder / "tables"
    for name in ("networks", "which", "cost"):
        assert "mine" in set(pd.read_csv(tables / f"{name}.csv")["row"]), name
    (job,) = (e.job for e in variables["trained"].of("table", "mine"))
    assert job.code  # so that no other code is taken for it


def test_as_a_file_they_are_a_network_of_the_package(package):
    (package / "mine.py").write_text(own_package.kept(lines()), encoding="utf-8")
    assert models.check("mine", 32) == {"filters": 8}
    assert models.build("mine", 32, 1).output_shape == (None, 32, 32, 1)
    assert models.source.changed("mine")
    with pytest.raises(UserError, match="multiples of 4"):
        models.check("mine", 30)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("def build", "def mine", r"mine\(\) as 'mine'"),
        ('"mine"', '"other"', r"build\(\) as 'other'"),
        ('@register("mine", multiple=4)', "@register(name=NAME)", r"build\(\) as nothing"),
        ("import keras", 'def build(): ...\n@register("mine")\ndef f(): ...', r"f\(\) as 'mine'"),
    ],
)
def test_a_file_that_registers_something_else_is_named(package, before, after, told):
    code = own_package.kept(lines()).replace(before, after, 1)
    (package / "mine.py").write_text(code, encoding="utf-8")
    says = rf"models/mine\.py has to register one function, build\(.*as 'mine'.*registers .*{told}"
    with pytest.raises(UserError, match=says):
        models.check("mine", 32)


def test_a_default_may_come_from_an_import_or_a_function_of_the_file(package):
    code = own_package.kept(lines()).replace("filters=8", "filters=8, share=math.pi / 4")
    code = code.replace("multiple=4", "multiple=halved").replace(
        "import keras", "import math\n\nimport keras\n\n\ndef halved(**_):\n    return 8\n"
    )
    (package / "mine.py").write_text(code, encoding="utf-8")
    assert models.check("mine", 32)["share"] == pytest.approx(0.7854, abs=1e-4)
    with pytest.raises(UserError, match="multiples of 8"):
        models.check("mine", 36)
