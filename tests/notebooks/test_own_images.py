"""Each notebook on a person's own images: lesions only, labels of their own, several masks.

The quick profile, cut to one epoch, on 24 small images; a page that needs other labels says so.
"""

import io
import re

import pandas as pd
import pytest
from PIL import Image

from busutils import __main__ as cli
from busutils import parameters, paths, promises
from tests import cells, own_images

pytestmark = pytest.mark.slow

PATTERNS = {"image_pattern": "{label}/{case}/us.png", "mask_pattern": "{label}/{case}/roi_*.png"}
TINY = {
    "00_data": {"samples": 2, "splits_drawn": 3},
    "01_unet_backbones": {"rows": ["vgg16"], "encoder_weights": "none", "freeze": "none"},
    "02_attention_unet": {"filters": 2, "puzzle_size": 32, "draws": 40},
    "03_multitask_unet": {"size": 16, "depth": 2, "filters": 2, "copies_epochs": 2},
    "04_fgfeu_net": {},
    "05_mu_net": {
        **{"train": 14, "validation": 5, "filters": 2, "dense_filters": 8},
        **{"noises": ["blur"], "noise_cases": 4, "timed_images": 1},
    },
}
SAID = {
    "00_data": ["cyst 12 images, 4 with several masks", "No two images"],
    "01_unet_backbones": ["test, cyst", "test, mass"],
    # images of a class, then those of the last fifth
    "02_attention_unet": [r"mass\s+(–\s+)?\d+\s+3\s", r"cyst\s+(–\s+)?\d+\s+2\s"],
    "04_fgfeu_net": [r"role\s+(mass\s+cyst|cyst\s+mass)"],
    "05_mu_net": ["set, your own", "every image has a mask"],
}
UNASKED = ("**Is there a lesion?**", "**Is it malignant?**")
"""What page 4 asks of sets that have normal images, or benign and malignant ones."""
SENSELESS = ("nan", "normals", "left empty", "slices without", "BUSI's images")


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUSUTILS_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setenv("BUSUTILS_PUBLISHED", str(tmp_path_factory.mktemp("published")))
        yield paths.store()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return own_images.write(tmp_path_factory.mktemp("own") / "set", ("cyst", "mass"))


def values(name, root):
    known = {p.name for p in parameters.read(parameters.source(name))}
    own = {"dataset": "pairs", "data_root": str(root), "size": 32, "epochs": 1}
    return {k: v for k, v in (own | PATTERNS | TINY[name]).items() if k in known}


def command(what, name, root, *more):
    own = ["--data-root", str(root), "-p", "dataset=pairs", "-p", "size=32", *more]
    return [what, name, *own, *(w for k, v in PATTERNS.items() for w in ("-p", f"{k}={v}"))]


@pytest.mark.parametrize("name", SAID)
def test_every_cell_works_and_says_nothing_of_other_sets(name, root):
    told = "\n".join(cells.run(parameters.source(name), values(name, root)))
    for sentence in SAID[name]:
        assert re.search(sentence, told)
    assert not any(question in told for question in UNASKED)
    own = told.split("**Does not fit")[0]  # the arithmetic is about the paper alone
    assert [word for word in SENSELESS if f" {word} " in own.replace("\n", " ")] == []


def test_lesions_of_two_classes_can_be_told_apart(tmp_path):
    root = own_images.write(tmp_path / "set", ("benign", "malignant"))
    told = "\n".join(
        cells.run(parameters.source("03_multitask_unet"), values("03_multitask_unet", root))
    )
    assert "Table V, test accuracy" in told


@pytest.mark.parametrize("what", [["run"], ["run", "--dry-run"], ["jobs"], ["bundle"]])
def test_other_labels_are_named_before_anything_trains(what, root, tmp_path, capsys, store):
    more = [*what[1:], *(["--to", str(tmp_path / "bundle")] if what == ["bundle"] else [])]
    before = set(store.glob("jobs/*"))
    assert cli.main(command(what[0], "03_multitask_unet", root, *more)) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "no image of set is labelled benign or malignant (labels: cyst, mass)" in told
    assert set(store.glob("jobs/*")) == before
    assert not (tmp_path / "bundle").exists()


def test_folds_that_test_one_class_are_refused(tmp_path, capsys):
    root = own_images.write(tmp_path / "set", ("benign", *["malignant"] * 11), n=36, twice=0)
    assert cli.main(command("run", "03_multitask_unet", root, "--dry-run", "-p", "folds=10")) == 2
    assert "the test images of folds [10] are all malignant" in capsys.readouterr().err


def test_images_with_several_masks_are_trained_on(tmp_path, capsys, monkeypatch):
    root = own_images.write(tmp_path / "set", twice=1)
    promised = {}
    monkeypatch.setattr(promises, "_PROMISED", promised)
    asked = ["-p", "rows=vgg16", "-p", "encoder_weights=none", "-p", "freeze=none"]
    for more in ([], ["-p", "several_masks=true"]):
        assert cli.main(command("jobs", "01_unet_backbones", root, *asked, *more)) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    (split,) = promised.values()
    assert set(pd.read_csv(io.BytesIO(split))["role"]) == {"train", "val", "test"}


def test_what_is_said_of_busis_images_alone_is_left_out(root, capsys):
    asked = ["-p", "contrasts=several masks,test mix,freezing", "-p", "rows=vgg16"]
    assert cli.main(command("run", "01_unet_backbones", root, "--dry-run", *asked)) == 0
    assert "3 jobs, 3 of them to train" in capsys.readouterr().out
    mix = command("run", "01_unet_backbones", root, "--dry-run", "-p", "test_mix=paper")
    assert cli.main(mix) == 2
    assert "take stratified for your own" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "n", "sentence"),
    [
        ("01_unet_backbones", 7, r"too few lesions to validate on \(1 of 2, "),
        ("02_attention_unet", 4, "4 groups cannot fill 5 folds: bring more images"),
        ("04_fgfeu_net", 5, r"too few lesions to validate on \(1 of 2, "),
        ("05_mu_net", 4, "4 cases cannot give"),
    ],
)
def test_too_few_images_are_refused_before_anything_trains(name, n, sentence, tmp_path, capsys):
    root = own_images.write(tmp_path / "set", n=n)
    assert cli.main(command("run", name, root, "--quiet")) == 2
    told = capsys.readouterr().err
    assert re.search(sentence, told), told


def test_masks_without_a_lesion_are_refused(tmp_path, capsys):
    root = own_images.write(tmp_path / "set", n=8, twice=0)
    for mask in root.rglob("roi_1.png"):
        Image.new("L", (64, 64)).save(mask)
    for name in ("00_data", "01_unet_backbones"):
        assert cli.main(command("run", name, root, "--quiet")) == 2
        assert "no mask of set holds a lesion" in capsys.readouterr().err


def test_images_that_are_all_called_normal_are_refused(tmp_path, capsys):
    root = own_images.write(tmp_path / "set", ["normal"], n=8)
    assert cli.main(command("run", "01_unet_backbones", root, "--quiet")) == 2
    assert "every image of set is labelled normal" in capsys.readouterr().err


def test_one_image_has_a_data_page(tmp_path):
    root = own_images.write(tmp_path / "set", n=1)
    told = "\n".join(cells.run(parameters.source("00_data"), values("00_data", root)))
    assert "No split is drawn: " in told


def test_patients_are_called_so(tmp_path):
    root = own_images.write(tmp_path / "set", [f"p{i}" for i in range(12)])
    own = {k: v.replace("{label}", "{group}") for k, v in PATTERNS.items()}
    told = "\n".join(cells.run(parameters.source("00_data"), values("00_data", root) | own))
    assert "patients or lesions (groups): 12" in told
    assert "No two images of set belong together" not in told
