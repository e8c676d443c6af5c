"""The twenty lines of the guide are a network that a page trains and the package keeps."""

import json
import re

import pandas as pd
import pytest

from busutils import models, own_code, parameters, paths, sources
from busutils.errors import UserError
from tests import cells

PAGE = paths.project() / "book" / "extend.md"
BENCHMARK = "06_busi_benchmark"


def lines():
    return re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A folder whose files are networks of the package too."""
    monkeypatch.setattr(models.registry, "FOLDER", tmp_path)
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(tmp_path)])
    models.registry._of_the_package.cache_clear()
    yield tmp_path
    models.registry._of_the_package.cache_clear()


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
    which = pd.read_csv(variables["run"].folder / "tables" / "which.csv").set_index("row")
    assert 0 <= which.loc["mine", "Dice"] <= 1


def test_as_a_file_they_are_a_network_of_the_package(package):
    code = lines().replace("@models.register", "@register")
    imports = "from busutils.models.registry import register\n"
    (package / "mine.py").write_text(imports + code, encoding="utf-8")
    assert models.check("mine", 32) == {"filters": 8}
    assert models.build("mine", 32, 1).output_shape == (None, 32, 32, 1)
    with pytest.raises(UserError, match="multiples of 4"):
        models.check("mine", 30)


def test_a_file_without_the_function_is_named(package):
    code = lines().replace("@models.register", "@register").replace("def build", "def mine")
    (package / "mine.py").write_text(code, encoding="utf-8")
    with pytest.raises(UserError, match=r"mine\.py of busutils/models .* build\(size, channels"):
        models.check("mine", 32)
