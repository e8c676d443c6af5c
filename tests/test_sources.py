"""A notebook is executed again when something that it imports changed, and only then."""

import nbformat
import pytest

from busutils import parameters, sources


@pytest.fixture
def package(tmp_path, monkeypatch):
    package = tmp_path / "busutils"
    (package / "models").mkdir(parents=True)
    for name, code in {
        "__init__": "",
        "alone": "import numpy",
        "errors": "",
        "late": "def f():\n    from busutils.errors import UserError",
        "study": "from busutils import late, models",
        "models/__init__": "REGISTRY = {'unet': 'busutils.models.unet'}",
        "models/unet": "import busutils.alone",
        "circle": "import busutils.circle",
    }.items():
        (package / f"{name}.py").write_text(code)
    monkeypatch.setattr(sources, "PACKAGE", package)
    return package


def names(package, tmp_path, code):
    file = tmp_path / "notebook.ipynb"
    cell = nbformat.v4.new_code_cell(code)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), file)
    found = sources.of_notebook(file)
    return [f.relative_to(package).with_suffix("").as_posix() for f in found]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import numpy", []),
        ("from busutils import alone", ["alone"]),
        ("from busutils.alone import f", ["alone"]),
        ("import busutils.late as late", ["errors", "late"]),
        ("%matplotlib inline\n!ls\nimport busutils", ["__init__"]),
        ("from busutils import circle", ["circle"]),
        # a package counts whole, for its registry imports by name
        ("from busutils.models import build", ["alone", "models/__init__", "models/unet"]),
        (
            "from busutils import study",
            ["alone", "errors", "late", "models/__init__", "models/unet", "study"],
        ),
    ],
)
def test_what_a_notebook_reaches(package, tmp_path, code, expected):
    assert names(package, tmp_path, code) == expected


def test_the_checkers_of_printed_numbers_count_whole():
    found = set(sources.of_notebook(parameters.source("07_claims")))
    images = set(sources.of_notebook(parameters.source("00_data")))
    for place in sources.WHOLE.values():
        files = set(place.glob("*.py"))
        assert files and files <= found
        assert not files & images
