"""What holds for the repository as a whole."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from busutils import packed, parameters

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FRAMEWORKS = {"keras", "tensorflow", "jax", "torch", "tf_keras"}
# Hosts of package registries, and folders of a particular machine.
HOSTS = r"python" r"hosted|pyp" r"i\.org|debian" r"\.org"  # apart, so that none stands in this file
PLACES = re.compile(HOSTS + r"|/home/\w|/Users/\w|(?<![\w.~-])/root/")


def tracked():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def pins():
    return (ROOT / "constraints.txt").read_text().splitlines()


def test_environment_yml_has_the_pins_of_constraints_txt():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    (pip,) = [d["pip"] for d in environment["dependencies"] if isinstance(d, dict)]
    assert pip == pins(), "run `make environment`"


def test_every_package_of_the_set_is_pinned_without_a_host():
    pattern = re.compile(r"[a-z0-9-]+==[\w.]+( ; .*)?")
    assert [line for line in pins() if not pattern.fullmatch(line)] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda f: f.stem)
def test_notebook_sources_are_without_outputs(notebook):
    cells = json.loads(notebook.read_text())["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda f: f.stem)
def test_a_notebook_begins_with_its_title_and_every_parameter_is_explained(notebook):
    first = json.loads(notebook.read_text())["cells"][0]
    assert first["cell_type"] == "markdown"
    assert "".join(first["source"]).startswith("# ")
    for parameter in parameters.read(notebook):
        assert len(parameter.help) > 5, parameter


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda f: f.stem)
def test_every_profile_can_be_resolved(notebook):
    for profile in parameters.profiles(notebook.stem):
        parameters.resolve(notebook.stem, profile, {})


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda f: f.stem)
def test_a_notebook_declares_no_labels_since_many_runs_share_one_site(notebook):
    cells = json.loads(notebook.read_text())["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    assert re.findall(r"^\([\w-]+\)=|^:(?:label|name):.*", text, flags=re.M) == []


def test_no_file_names_a_registry_or_a_folder_of_one_machine():
    found = []
    for file in tracked():
        if file.suffix in {".png", ".svg", ".gz", ".npz", ".h5"} or file == Path(__file__):
            continue
        text = re.sub(r'"image/png": ".*"', "", file.read_text(encoding="utf-8"))
        found += [f"{file.relative_to(ROOT)}: {m.group()}" for m in PLACES.finditer(text)]
    assert found == []


def test_no_images_weights_or_large_files_are_tracked():
    binary = {".h5", ".keras", ".npz", ".npy", ".zip"}
    names = [file for file in tracked() if file.suffix in binary and file.name != packed.COUNTED]
    large = [file for file in tracked() if file.stat().st_size > 3_000_000]
    assert names + large == []


def test_import_is_instant_and_framework_free():
    code = (
        "import sys; before = set(sys.modules); import busutils\n"
        "print(len(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == 1  # nothing but itself


WITH_FRAMEWORK = {*("batches", "checkpoint", "evaluation", "fitting", "losses", "models")}
LIGHT = [
    f"busutils.{file.relative_to(ROOT / 'busutils').with_suffix('').as_posix().replace('/', '.')}"
    for file in sorted((ROOT / "busutils").rglob("[!_]*.py"))
    if not WITH_FRAMEWORK & set(file.with_suffix("").parts)
]


def test_rooms_other_than_networks_and_training_import_no_framework():
    code = (
        f"import importlib, sys\nfor name in {LIGHT}:\n    importlib.import_module(name)\n"
        f"print(sorted({FRAMEWORKS} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_published_runs_agree_with_their_pages():
    pages = {file.stem for file in (ROOT / "book" / "papers").glob("*.ipynb")}
    # a folder without a manifest keeps trainings of a run that are not all done
    results = (ROOT / "book" / "results" / "notebooks").glob("[!.]*/manifest.json")
    assert pages == {manifest.parent.name for manifest in results}


def test_what_is_said_of_the_project_elsewhere_agrees():
    """CITATION.cff, .zenodo.json and codecheck.yml name one title, licence and version."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    zenodo = json.loads((ROOT / ".zenodo.json").read_text())
    checked = yaml.safe_load((ROOT / "codecheck.yml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert cited["title"] == zenodo["title"] == checked["paper"]["title"]
    assert cited["license"] == zenodo["license"] == project["license"]
    assert cited["version"] == project["version"]
    assert cited["keywords"] == zenodo["keywords"]


def test_every_published_run_is_in_codechecks_manifest():
    listed = yaml.safe_load((ROOT / "codecheck.yml").read_text())["manifest"]
    named = {Path(of["file"]).parent.name for of in listed if "results" in of["file"]}
    results = ROOT / "book" / "results" / "notebooks"
    assert named == {file.parent.name for file in results.glob("0[1-9]_*/numbers.json")}
    assert all(f"rebuild {Path(of['file']).parent.name}`" in of["comment"] for of in listed[1:])
