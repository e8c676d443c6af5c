"""A person's own images, lesions only, with labels of their own and several masks: what is refused.

What the pages of the papers make of them stands in `test_own_network`.
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


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUSUTILS_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setenv("BUSUTILS_PUBLISHED", str(tmp_path_factory.mktemp("published")))
        yield paths.store()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return own_images.write(tmp_path_factory.mktemp("own") / "set", ("cyst", "mass"))


def data_page(root, **own):
    values = {"dataset": "pairs", "data_root": str(root), "size": 32, "samples": 2}
    values |= {"splits_drawn": 3} | PATTERNS | own
    return "\n".join(cells.run(parameters.source("00_data"), values))


def command(what, name, root, *more):
    own = ["--data-root", str(root), "-p", "dataset=pairs", "-p", "size=32", *more]
    return [what, name, *own, *(w for k, v in PATTERNS.items() for w in ("-p", f"{k}={v}"))]


def test_the_page_on_the_images_says_nothing_of_other_sets(root):
    told = data_page(root)
    for sentence in ("cyst 12 images, 4 with several masks", "No two images"):
        assert sentence in told
    assert not any(f" {word} " in told for word in ("nan", "normals", "BUSI's images"))


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
    assert "2 jobs, 2 of them to train" in capsys.readouterr().out
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
    assert "No split is drawn: " in data_page(root)


def test_patients_are_called_so(tmp_path):
    root = own_images.write(tmp_path / "set", [f"p{i}" for i in range(12)])
    own = {k: v.replace("{label}", "{group}") for k, v in PATTERNS.items()}
    told = data_page(root, **own)
    assert "patients or lesions (groups): 12" in told
    assert "No two images of set belong together" not in told
