"""What an encoder starts from, by names of files in a folder, and as a published run says it."""

import pytest

from busutils import models, paths, pretraining, promises
from busutils.errors import UserError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with two files of ImageNet weights and another file."""
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    root = tmp_path / "weights"
    root.mkdir()
    for name in ("mobilenet_v2_1.4_imagenet_notop.weights.h5", "vgg16_imagenet_notop.weights.h5"):
        (root / name).write_bytes(name.encode())
    (root / "vgg19.h5").write_bytes(b"no name of ours")
    return str(root)


@pytest.mark.parametrize(("backbone", "width"), [("vgg16", 1.0), ("mobilenetv2", 1.4)])
def test_a_published_run_names_the_same_start_as_the_folder(folder, backbone, width):
    start = pretraining.start(backbone, "imagenet", folder, width)
    assert pretraining.start(backbone, "imagenet", pretraining.named(folder), width) == start
    name = f"weights/{start.removeprefix('file:')}.h5"
    promises.keep(name, paths.store())
    assert (paths.store() / name).read_text() == models.weights_file(backbone, width)


def test_a_folder_without_weights_is_published_as_none(folder, tmp_path):
    assert pretraining.named(str(tmp_path)) == ""
    assert len(pretraining.files(folder)) == 2


@pytest.mark.parametrize("published", [False, True])
def test_a_file_that_is_not_there_is_named_with_the_remedy(folder, published):
    root = pretraining.named(folder) if published else folder
    for backbone, name in {"vgg19": "vgg19", "mobilenetv2": "mobilenet_v2_1.0"}.items():
        told = rf"^{name}_imagenet_notop\.weights\.h5 is not in weights_root .*put the ImageNet"
        with pytest.raises(UserError, match=told):
            pretraining.start(backbone, "imagenet", root)


def test_other_starts_ask_for_no_folder():
    assert pretraining.start("vgg16", "imagenet") == "imagenet"
    assert pretraining.start("vgg16", "none", "nowhere") == "none"
    assert pretraining.start("vgg16", "phantom", "nowhere", n=12, size=32, epochs=1).model == "unet"


@pytest.mark.realdata
def test_the_known_files_are_those_of_the_table(shared):
    found = pretraining.files(pretraining.named(str(shared / "weights")))
    assert found[models.weights_file("mobilenetv2")] == pretraining.FOLDED
    assert found[models.weights_file("vgg16")] in pretraining.KERAS
