import keras
import numpy as np
import pytest
from keras import layers

from busutils import models
from busutils.errors import UserError
from busutils.models import encoders
from busutils.models.backbones import BACKBONES
from busutils.models.preprocessing import preprocess

applications = keras.applications


def images(count: int = 6, size: int = 32) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(count, size, size, 3)).astype(np.float32)


def two_norms(**options) -> keras.Model:
    """Build a small network with two batch norms, whose statistics are those of nothing."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((32, 32, 3))
    x = layers.Conv2D(4, 3, strides=2, activation="relu")(inputs)
    x = layers.BatchNormalization(**options)(x)
    x = layers.Conv2D(5, 3, strides=2, activation="relu")(x)
    x = layers.BatchNormalization(**options)(x)
    model = keras.Model(inputs, x)
    rng = np.random.default_rng(3)
    model.set_weights([rng.uniform(0.5, 1.5, value.shape) for value in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def mobilenet() -> keras.Model:
    return models.build("unet", 32, backbone="mobilenetv2")


class TestPreprocess:
    @pytest.mark.parametrize(
        ("backbone", "reference"),
        [
            ("vgg16", applications.vgg16),
            ("vgg19", applications.vgg19),
            ("densenet121", applications.densenet),
            ("seresnet50", applications.densenet),  # image-classifiers: mode "torch" as well
            ("seresnext50", applications.densenet),
            ("inceptionv3", applications.inception_v3),
            ("mobilenetv2", applications.mobilenet_v2),
        ],
    )
    def test_agrees_with_keras(self, backbone, reference):
        pixels = np.random.default_rng(0).uniform(0, 255, (2, 4, 4, 3)).astype(np.float32)
        expected = reference.preprocess_input(pixels.copy())
        np.testing.assert_allclose(preprocess(backbone, pixels), expected, atol=1e-4)

    @pytest.mark.parametrize("backbone", ["resnet50", "resnext50"])
    def test_nets_with_a_batch_norm_on_the_input_get_raw_pixels(self, backbone):
        pixel = np.array([[[0, 128, 255]]], np.uint8)
        assert preprocess(backbone, pixel).tolist() == [[[0.0, 128.0, 255.0]]]

    @pytest.mark.parametrize("backbone", BACKBONES)
    def test_makes_a_new_float32_array(self, backbone):
        pixels = np.full((1, 2, 2, 3), 200, np.float32)
        scaled = preprocess(backbone, pixels)
        scaled[:] = -1
        assert scaled.dtype == np.float32
        assert (pixels == 200).all()

    def test_refuses_one_channel_and_unknown_names(self):
        with pytest.raises(UserError, match="repeat the grey one"):
            preprocess("vgg16", np.zeros((1, 4, 4, 1)))
        with pytest.raises(UserError, match="backbone 'vgg'"):
            preprocess("vgg", np.zeros((1, 4, 4, 3)))


class TestFreeze:
    def test_whole_encoder_computes_the_same_in_training(self, mobilenet):
        mobilenet.encoder_weights = "imagenet"
        encoders.freeze(mobilenet, "all")
        encoder = encoders.encoder_layers(mobilenet)[-1].output
        features = keras.Model(mobilenet.input, encoder)
        np.testing.assert_array_equal(
            features(images(), training=True), features(images(), training=False)
        )
        decoder = [layer for layer in mobilenet.layers if layer.name.startswith("decoder_")]
        # 5,789,457 less two moving statistics for each of 2 (256 + 128 + 64 + 32 + 16) filters.
        assert sum(layer.count_params() for layer in decoder) == 5_789_457
        trainable = sum(int(np.prod(v.shape)) for v in mobilenet.trainable_weights)
        assert trainable == 5_789_457 - 2 * 2 * 496

    def test_modes_that_contradict_the_weights_are_refused(self, mobilenet):
        mobilenet.encoder_weights = "none"
        with pytest.raises(UserError, match="random_frozen"):
            encoders.freeze(mobilenet, "all")
        mobilenet.encoder_weights = "imagenet"
        with pytest.raises(UserError, match="control without pre-training"):
            encoders.freeze(mobilenet, "random_frozen")
        with pytest.raises(UserError, match="freezing 'some'"):
            encoders.freeze(mobilenet, "some")

    def test_a_model_without_encoder_cannot_be_frozen(self):
        model = models.build("plain_unet", 32, filters=2)
        encoders.freeze(model, "none")
        with pytest.raises(UserError, match="plain_unet has no encoder"):
            encoders.freeze(model, "all_but_batchnorm")
        assert all(layer.trainable for layer in model.layers)


class TestMomentum:
    def train(self, momentum: float) -> float:
        """Train briefly; return how far inference is from training mode."""
        keras.utils.set_random_seed(0)
        model = models.build("plain_unet", 32, filters=4, depth=3)
        encoders.set_batchnorm_momentum(model, momentum)
        model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", jit_compile=False)
        steps = np.tile(images(), (40, 1, 1, 1))
        model.fit(steps, steps[..., :1] > 0, batch_size=6, shuffle=False, verbose=0)
        apart = np.asarray(model(images(), training=True)) - model(images(), training=False)
        return float(np.abs(apart).mean())

    def test_training_and_inference_agree_after_a_short_run(self):
        assert self.train(0.9) < 0.03
        assert self.train(0.999) > 0.1  # the trap: Keras's MobileNetV2 has this momentum

    def test_all_batch_norms_are_set(self, mobilenet):
        encoders.set_batchnorm_momentum(mobilenet, 0.9)
        norms = [x for x in mobilenet.layers if isinstance(x, layers.BatchNormalization)]
        assert len(norms) == 52 + 10
        assert {norm.momentum for norm in norms} == {0.9}

    @pytest.mark.parametrize("momentum", [-0.1, 1, 90])
    def test_values_that_make_no_average_are_refused(self, mobilenet, momentum):
        with pytest.raises(UserError, match="has to be in"):
            encoders.set_batchnorm_momentum(mobilenet, momentum)


class TestReestimate:
    @pytest.mark.parametrize(
        "options", [{}, {"scale": False}, {"center": False}, {"scale": False, "center": False}]
    )
    def test_inference_stays_the_same(self, options):
        model = two_norms(**options)
        before = np.asarray(model(images()))
        encoders.reestimate_batchnorm(model, images())
        np.testing.assert_allclose(model(images()), before, rtol=1e-4, atol=1e-4)

    @pytest.mark.parametrize("batch", [6, 4, 1])
    def test_training_then_computes_what_inference_does(self, batch):
        model = two_norms()
        before = np.asarray(model(images()))
        assert np.abs(model(images(), training=True) - before).max() > 0.1
        model = two_norms()  # that pass moved the statistics
        encoders.reestimate_batchnorm(model, images(), batch=batch)
        np.testing.assert_allclose(model(images(), training=True), before, rtol=1e-3, atol=1e-3)

    def test_the_decoder_keeps_its_statistics(self, mobilenet):
        encoders.reestimate_batchnorm(mobilenet, images())
        first = mobilenet.get_layer("decoder_stage0a_bn")
        assert not np.asarray(first.moving_mean).any()
        assert np.asarray(mobilenet.get_layer("bn_Conv1").moving_mean).any()

    @pytest.mark.realdata
    def test_folded_imagenet_weights_keep_their_function(self, shared):
        path = shared / "weights" / "mobilenet_v2_1.0_imagenet_notop.weights.h5"
        model = models.build("unet", 64, backbone="mobilenetv2", encoder_weights=path)
        features = keras.Model(model.input, encoders.encoder_layers(model)[-1].output)
        reference = applications.MobileNetV2(
            include_top=False, weights=None, input_shape=(64, 64, 3)
        )
        reference.load_weights(path)
        pictures = np.tanh(images(8, 64))
        before = np.asarray(features(pictures))
        np.testing.assert_allclose(before, reference(pictures), atol=1e-5)

        encoders.reestimate_batchnorm(model, pictures)

        np.testing.assert_allclose(features(pictures), before, atol=2e-3)
        norm = model.get_layer("block_6_expand_BN")
        assert not np.allclose(norm.moving_variance, 1)
