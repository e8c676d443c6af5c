from importlib.util import find_spec
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from busutils import models
from busutils.errors import UserError
from busutils.models import encoders, weights
from busutils.models.backbones import BACKBONES
from busutils.models.resnets import GroupedConv2D
from tests.models.layers import encoder_weights


@pytest.fixture(scope="module")
def mobilenet() -> keras.Model:
    return models.build("unet", 32, backbone="mobilenetv2")


def tiny() -> keras.Model:
    """Build an encoder of few weights with what the older layout treats apart."""
    inputs = keras.Input((8, 8, 4))
    x = layers.Conv2D(4, 1, name="conv")(inputs)
    x = GroupedConv2D(4, 3, groups=2, use_bias=False, name="grouped")(x)
    return keras.Model(inputs, layers.BatchNormalization(name="norm")(x), name="tiny")


def tiny_arrays() -> list[np.ndarray]:
    """Return what image-classifiers would store for `tiny`: one kernel for each group."""
    rng = np.random.default_rng(0)
    shapes = [(1, 1, 4, 4), (4,), (3, 3, 2, 2), (3, 3, 2, 2), (4,), (4,), (4,), (4,)]
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def write_older(path, arrays: list[np.ndarray]) -> None:
    """Write the layout of Keras 2 with its list of layers in two parts, as it does where long."""
    groups = {"a": arrays[:2], "b": arrays[2:3], "c": arrays[3:4], "d": arrays[4:], "empty": []}
    with h5py.File(path, "w") as file:
        file.attrs["layer_names0"] = np.array([b"empty", b"a", b"b"])
        file.attrs["layer_names1"] = np.array([b"c", b"d"])
        for name, members in groups.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/w{i}:0".encode() for i in range(len(members))]
            for i, member in enumerate(members):
                group[f"{name}/w{i}:0"] = member


def same(one: list, other: list) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


class TestFiles:
    def test_an_encoder_is_saved_and_read(self, mobilenet, tmp_path):
        encoders.save_encoder(mobilenet, tmp_path / "any name.h5")
        assert [path.name for path in tmp_path.iterdir()] == ["any name.h5"]
        path = tmp_path / "any name.h5"
        twin = models.build("unet", 64, backbone="mobilenetv2", encoder_weights=path)
        assert same(encoder_weights(twin), encoder_weights(mobilenet))
        assert twin.encoder_weights == str(path)
        encoders.freeze(twin, "all")  # it has pre-trained weights now

    def test_the_older_layout_is_read_by_position(self, tmp_path):
        arrays = tiny_arrays()
        write_older(tmp_path / "older.h5", arrays)
        encoder = tiny()
        weights.read(encoder, tmp_path / "older.h5")
        grouped = np.concatenate(arrays[2:4], axis=-1)
        assert same(encoder.get_weights(), [*arrays[:2], grouped, *arrays[4:]])

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda arrays: arrays[:-1], "layer norm needs"),
            (lambda arrays: [*arrays[:3], arrays[0], *arrays[4:]], "does not fit"),
            (lambda arrays: [*arrays[:-1], np.zeros(5)], "layer norm needs"),
        ],
    )
    def test_a_file_of_another_network_changes_nothing(self, tmp_path, change, reason):
        path = tmp_path / "other.h5"
        write_older(path, change(tiny_arrays()))
        encoder = tiny()
        before = encoder.get_weights()
        with pytest.raises(UserError, match=reason) as refusal:
            weights.read(encoder, path)
        assert str(path) in str(refusal.value)
        assert "tiny" in str(refusal.value)
        assert same(encoder.get_weights(), before)

    def test_a_newer_file_that_fits_all_but_the_last_array_changes_nothing(self, tmp_path):
        path = tmp_path / "encoder.weights.h5"
        tiny().save_weights(path)
        with h5py.File(path, "a") as file:
            last = file["layers/batch_normalization/vars"]
            del last["3"]
            last["3"] = np.zeros(5)
        encoder = tiny()
        before = encoder.get_weights()
        with pytest.raises(UserError, match="does not fit the encoder of tiny"):
            weights.read(encoder, path)
        assert same(encoder.get_weights(), before)

    def test_a_file_may_go_on_where_the_encoder_ends(self, tmp_path):
        write_older(tmp_path / "older.h5", [*tiny_arrays(), np.zeros((5, 1000))])
        weights.read(tiny(), tmp_path / "older.h5")

        vgg16 = keras.applications.VGG16(weights=None, include_top=False)
        vgg16.save_weights(tmp_path / "vgg16.weights.h5")
        ours = models.build("fgfeu_net", 32, encoder_weights=tmp_path / "vgg16.weights.h5")
        convolutions = [layer for layer in encoders.encoder_layers(ours) if layer.weights]
        assert len(convolutions) == 10  # of VGG16's thirteen
        for layer in convolutions:
            assert same(layer.get_weights(), vgg16.get_layer(layer.name).get_weights())

    @pytest.mark.realdata
    def test_the_shared_mobilenet_reaches_mu_net(self, shared):
        file = shared / "weights" / "mobilenet_v2_1.0_imagenet_notop.weights.h5"
        ours = models.build("mu_net", 32, alpha=1.0, encoder_weights=file)
        whole = keras.applications.MobileNetV2(
            input_shape=(32, 32, 3), include_top=False, weights=None
        )
        whole.load_weights(file)
        for layer in filter(lambda layer: layer.weights, encoders.encoder_layers(ours)):
            assert same(layer.get_weights(), whole.get_layer(layer.name).get_weights())
        with pytest.raises(UserError, match="does not fit the encoder of mu_net"):
            models.build("mu_net", 32, alpha=1.4, encoder_weights=file)

    def test_each_width_of_mobilenet_has_its_own_official_weights(self, monkeypatch):
        asked, original = [], keras.applications.MobileNetV2

        def official(**options):
            asked.append((options["weights"], options["alpha"]))
            return original(**options | {"weights": None})

        monkeypatch.setattr(keras.applications, "MobileNetV2", official)
        models.build("mu_net", 32, alpha=0.35, encoder_weights="imagenet")
        assert asked == [(None, 0.35), ("imagenet", 0.35)]

    def test_another_backbones_file_is_refused(self, mobilenet, tmp_path):
        path = tmp_path / "mobilenet.h5"
        encoders.save_encoder(mobilenet, path)
        vgg = models.build("unet", 32, backbone="vgg16")
        with pytest.raises(UserError, match=r"mobilenet\.h5 does not fit .* unet_vgg16"):
            encoders.start(vgg, path, "vgg16")

    @pytest.mark.parametrize("content", [b"", b"no HDF5", None])
    def test_a_damaged_file_is_refused(self, tmp_path, content):
        path = tmp_path / "encoder.weights.h5"
        tiny().save_weights(path)
        path.write_bytes(path.read_bytes()[:2000] if content is None else content)
        with pytest.raises(UserError, match=str(path)):
            weights.read(tiny(), path)

    def test_a_file_without_layers_is_refused(self, tmp_path):
        h5py.File(tmp_path / "empty.h5", "w").close()
        with pytest.raises(UserError, match="does not fit"):
            weights.read(tiny(), tmp_path / "empty.h5")

    def test_a_missing_file_is_named(self):
        with pytest.raises(UserError, match=r"no weights file nowhere\.h5"):
            weights.read(tiny(), "nowhere.h5")

    def test_a_folder_that_is_not_there_is_named(self, mobilenet, tmp_path):
        with pytest.raises(UserError, match=r"cannot write .*nowhere"):
            encoders.save_encoder(mobilenet, tmp_path / "nowhere" / "encoder.h5")

    def test_a_model_without_encoder_has_nothing_to_save(self, tmp_path):
        model = models.build("plain_unet", 32, filters=2)
        with pytest.raises(UserError, match="plain_unet has no encoder"):
            encoders.save_encoder(model, tmp_path / "encoder.h5")
        assert not list(tmp_path.iterdir())


class TestImagenet:
    def refused(self, backbone: str = "resnet50") -> str:
        with pytest.raises(UserError, match="could not be downloaded") as refusal:
            models.build("unet", 32, backbone=backbone, encoder_weights="imagenet")
        message = str(refusal.value)
        assert backbone in message
        assert all(remedy in message for remedy in ("local file", "phantoms", "'none'"))
        return message

    def test_a_missing_file_is_explained(self, server):
        assert "404" in self.refused()

    def test_a_file_with_another_hash_is_refused(self, server):
        (server / weights.RELEASED["resnet50"][0]).write_bytes(b"something else")
        assert "hash" in self.refused()

    def test_no_network_is_explained(self, server, monkeypatch):
        monkeypatch.setattr(weights, "RELEASE", "http://127.0.0.1:9")  # no one listens there
        self.refused()

    def test_no_network_is_explained_for_the_files_of_keras(self, monkeypatch):
        def unreachable(**_):
            raise Exception("URL fetch failure on https://...: None -- Name or service not known")

        original = keras.applications.MobileNetV2
        monkeypatch.setattr(
            keras.applications,
            "MobileNetV2",
            lambda **call: unreachable() if call["weights"] else original(**call),
        )
        assert "URL fetch failure" in self.refused("mobilenetv2")

    def test_weights_of_keras_reach_the_padded_inception(self, monkeypatch):
        original = keras.applications.InceptionV3
        published = original(include_top=False, weights=None, input_shape=(None, None, 3))
        monkeypatch.setattr(
            keras.applications,
            "InceptionV3",
            lambda **call: published if call["weights"] == "imagenet" else original(**call),
        )
        ours = models.build("unet", 32, backbone="inceptionv3", encoder_weights="imagenet")
        for number, theirs in enumerate(published.layers):
            if theirs.weights:
                layer = ours.get_layer(f"layer{number}")
                assert same(layer.get_weights(), theirs.get_weights())

    def test_grey_input_is_refused(self):
        with pytest.raises(UserError, match="3 input channels, not 1"):
            models.build("unet", 32, channels=1, backbone="vgg16", encoder_weights="imagenet")

    def test_every_backbone_has_a_source(self):
        names = {backbone: of.application for backbone, of in BACKBONES.items()}
        assert {backbone for backbone, name in names.items() if not name} == set(weights.RELEASED)
        assert all(hasattr(keras.applications, name) for name in names.values() if name)
        for name, md5 in weights.RELEASED.values():
            assert name.endswith("_no_top.h5")
            assert len(bytes.fromhex(md5)) == 16

    def test_addresses_are_those_of_image_classifiers(self):
        package = find_spec("classification_models")  # not imported: it would bring tf-keras
        source = Path(package.origin).with_name("weights.py").read_text()
        for name, md5 in weights.RELEASED.values():
            assert f"{weights.RELEASE}/{name}" in source
            assert md5 in source
