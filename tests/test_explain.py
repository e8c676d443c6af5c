"""Grad-CAM against NumPy and finite differences, gates by hand, and what randomising leaves."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from busutils import explain, losses, models
from busutils.errors import UserError

SIZE = 8
ROOT = Path(__file__).resolve().parents[1]


def images(count: int = 2, channels: int = 2) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(count, SIZE, SIZE, channels))


def give_random_weights(model: keras.Model) -> keras.Model:
    """Give every array other values, so that batch norm and biases do something."""
    rng = np.random.default_rng(2)
    values = [
        rng.normal(0, 0.5, array.shape) if array.ndim > 1 else rng.uniform(0, 1, array.shape)
        for array in weights(model)
    ]
    model.set_weights(values)
    return model


def weights(model: keras.Model) -> list[np.ndarray]:
    return [array.copy() for array in model.get_weights()]


def small_unet(dropout: bool = False) -> keras.Model:
    """Build a U-Net of two levels, smooth so that differences are as good as derivatives."""
    inputs = keras.Input((SIZE, SIZE, 2))
    smooth = {"padding": "same", "activation": "tanh"}
    skip = layers.Conv2D(3, 3, **smooth, name="down_conv")(inputs)
    x = layers.AveragePooling2D(2)(skip)
    x = layers.Conv2D(4, 3, **smooth, name="bottom_conv")(x)
    x = layers.UpSampling2D(2)(x)
    x = layers.Concatenate()([skip, x])
    x = layers.Dropout(0.5)(x) if dropout else x
    x = layers.Conv2D(3, 3, **smooth, name="up_conv")(x)
    x = layers.Conv2D(1, 1, name="final_conv")(x)
    x = layers.Activation("sigmoid", name="sigmoid")(x)
    return keras.Model(inputs, x, name="small_unet")


def conv(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    margin = kernel.shape[0] // 2
    x = np.pad(x, [(0, 0), (margin, margin), (margin, margin), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))
    return np.einsum("nhwcij,ijcf->nhwf", windows, kernel) + bias


class Twin:
    """The same network in NumPy, in double precision, in two halves."""

    def __init__(self, model: keras.Model, pixels: np.ndarray):
        arrays = [array.astype(float) for array in weights(model)]
        self.down, self.bottom, self.up, self.final = zip(arrays[::2], arrays[1::2], strict=True)
        self.skip = np.tanh(conv(pixels, *self.down))
        pooled = self.skip.reshape(len(pixels), SIZE // 2, 2, SIZE // 2, 2, 3).mean(axis=(2, 4))
        self.at_bottom = np.tanh(conv(pooled, *self.bottom))

    def at_top(self, bottom: np.ndarray) -> np.ndarray:
        larger = bottom.repeat(2, axis=1).repeat(2, axis=2)
        return np.tanh(conv(np.concatenate([self.skip, larger], axis=-1), *self.up))

    def logits(self, bottom: np.ndarray) -> np.ndarray:
        return conv(self.at_top(bottom), *self.final)

    def differences(self, explained: np.ndarray, step: float = 1e-5) -> np.ndarray:
        """Return the central differences of each image's score by what the bottom gives."""
        gradient = np.zeros_like(self.at_bottom)
        for place in np.ndindex(self.at_bottom.shape[1:]):
            scores = []
            for change in (step, -step):
                bottom = self.at_bottom.copy()
                bottom[:, *place] += change
                scores.append((self.logits(bottom) * explained).sum(axis=(1, 2, 3)))
            gradient[:, *place] = (scores[0] - scores[1]) / (2 * step)
        return gradient


def map_by_hand(activations: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    coarse = np.maximum((activations * gradient.mean(axis=(1, 2), keepdims=True)).sum(axis=-1), 0)
    rows = coarse.shape[1]
    places = (np.arange(SIZE) + 0.5) * rows / SIZE - 0.5
    linear = np.stack([np.interp(places, np.arange(rows), unit) for unit in np.eye(rows)], axis=1)
    maps = linear @ coarse @ linear.T
    return maps / maps.max(axis=(1, 2), keepdims=True)


def lesion_in_the_first_only() -> tuple[keras.Model, np.ndarray, Twin]:
    """Return a network and two images of which it sees a lesion in the first one."""
    model, pixels = give_random_weights(small_unet()), images()
    twin = Twin(model, pixels)
    values = twin.logits(twin.at_bottom)
    order = values.max(axis=(1, 2, 3)).argsort()[::-1]
    arrays = weights(model)
    arrays[-1] -= values.max(axis=(1, 2, 3)).mean()
    model.set_weights(arrays)
    return model, pixels[order], Twin(model, pixels[order])


class TestGradCam:
    @pytest.mark.parametrize("prefix", ["", "decoder_"])
    def test_one_layer_before_the_head_by_hand(self, prefix):
        inputs = keras.Input((SIZE, SIZE, 2))
        x = layers.Conv2D(2, 3, padding="same", activation="relu", name="features")(inputs)
        x = layers.Conv2D(1, 1, name=f"{prefix}final_conv")(x)
        x = layers.Activation("sigmoid", name=f"{prefix}sigmoid")(x)
        model = give_random_weights(keras.Model(inputs, x))
        kernel, bias, *_ = weights(model)
        head = np.array([1, -0.5]).reshape(1, 1, 2, 1)
        model.set_weights([kernel, bias, head, np.zeros(1)])
        features = np.maximum(conv(images(), kernel, bias), 0)
        predicted = (np.asarray(model(images())) >= 0.5).sum(axis=(1, 2, 3))
        assert (predicted > 0).all()
        # the derivative of each explained logit by a channel at its place is the head's weight
        channel_weights = head.ravel() * predicted[:, None] / SIZE**2
        expected = np.maximum(np.einsum("nhwc,nc->nhw", features, channel_weights), 0)
        expected /= expected.max(axis=(1, 2), keepdims=True)
        got = explain.grad_cam(model, images())
        assert (got.dtype, got.shape) == (np.float32, (2, SIZE, SIZE))
        np.testing.assert_allclose(got, expected, atol=1e-5)

    def test_bottom_that_a_skip_goes_around_by_finite_differences(self):
        model, pixels, twin = lesion_in_the_first_only()
        values = twin.logits(twin.at_bottom)
        np.testing.assert_allclose(model(pixels), 1 / (1 + np.exp(-values)), atol=1e-5)
        lesion = values >= 0
        assert 0 < lesion[0].sum() < SIZE**2
        assert not lesion[1].any()
        explained = np.stack([lesion[0], np.ones_like(lesion[1])])
        expected = map_by_hand(twin.at_bottom, twin.differences(explained))
        got = explain.grad_cam(model, pixels, "bottom_conv")
        np.testing.assert_allclose(got, expected, atol=1e-5)
        # the choice of pixels matters here
        all_pixels = map_by_hand(twin.at_bottom, twin.differences(np.ones_like(lesion)))
        assert np.abs(all_pixels[0] - got[0]).max() > 0.01

    def test_default_is_the_last_convolution_before_the_final_one(self):
        model, pixels, twin = lesion_in_the_first_only()
        top = twin.at_top(twin.at_bottom)
        expected = map_by_hand(top, np.broadcast_to(twin.final[0][0, 0, :, 0], top.shape))
        np.testing.assert_allclose(explain.grad_cam(model, pixels), expected, atol=1e-5)
        np.testing.assert_array_equal(
            explain.grad_cam(model, pixels), explain.grad_cam(model, pixels, "up_conv")
        )

    def test_batches_and_further_outputs_change_nothing(self):
        model = give_random_weights(small_unet())
        kind = layers.Conv2D(5, 3, name="kind_conv")(model.get_layer("bottom_conv").output)
        two = keras.Model(model.input, [model.output, layers.GlobalMaxPooling2D()(kind)])
        expected = explain.grad_cam(model, images(5))
        np.testing.assert_allclose(explain.grad_cam(two, images(5), batch=2), expected, atol=1e-6)
        with pytest.raises(UserError, match=r"unknown layer of .* 'kind_conv'"):
            explain.grad_cam(two, images(), "kind_conv")  # not on the way to the lesion

    def test_a_layer_without_say_gives_zeros(self):
        model = give_random_weights(small_unet())
        arrays = weights(model)
        arrays[-2][:] = 0
        model.set_weights(arrays)
        assert not explain.grad_cam(model, images()).any()

    def test_dropout_is_off_and_the_model_stays(self, tmp_path):
        model = give_random_weights(small_unet(dropout=True))
        plain = give_random_weights(small_unet())
        before, graph = [np.array(v) for v in model.variables], model.to_json()
        maps = [explain.grad_cam(model, images(), "bottom_conv") for _ in range(2)]
        np.testing.assert_array_equal(*maps)
        np.testing.assert_array_equal(maps[0], explain.grad_cam(plain, images(), "bottom_conv"))
        # the state of the dropout's random generator is a variable, too
        assert len(before) == len(weights(model)) + 1
        for old, new in zip(before, model.variables, strict=True):
            np.testing.assert_array_equal(old, new)
        assert model.to_json() == graph
        model.save(tmp_path / "model.keras")

    def test_unknown_layer_is_refused_with_the_nearest_name(self):
        with pytest.raises(UserError, match=r"layer of small_unet 'botom_conv': .*'bottom_conv'"):
            explain.grad_cam(small_unet(), images(), "botom_conv")

    def test_a_layer_without_places_is_refused(self):
        inputs = keras.Input((SIZE, SIZE, 2))
        x = layers.Conv2D(2, 1, name="features")(inputs)
        pooled = layers.GlobalAveragePooling2D(name="pooled")(x)
        x = layers.Multiply()([x, layers.Reshape((1, 1, 2))(pooled)])
        x = layers.Activation("sigmoid", name="sigmoid")(layers.Conv2D(1, 1)(x))
        with pytest.raises(UserError, match=r"'pooled' .* is not \(n, height, width, channels\)"):
            explain.grad_cam(keras.Model(inputs, x), images(), "pooled")

    @pytest.mark.parametrize("own", [{"name": "sigmoid"}, {}])
    def test_logits_of_ones_own_network_follow_from_its_probabilities(self, own):
        """Whatever its last layer is called, and whether its sigmoid is a layer of its own."""
        inputs = keras.Input((SIZE, SIZE, 2))
        x = layers.Conv2D(3, 3, padding="same", name="features")(inputs)
        apart = layers.Activation("sigmoid", name="sigmoid")(layers.Conv2D(1, 1)(x))
        first = give_random_weights(keras.Model(inputs, apart))
        within = keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid", **own)(x))
        within.set_weights(first.get_weights())
        maps = (explain.grad_cam(model, images()) for model in (first, within))
        np.testing.assert_allclose(*maps, rtol=1e-3, atol=1e-4)

    def test_models_without_convolution_are_refused(self):
        inputs = keras.Input((SIZE, SIZE, 2))
        x = layers.Activation("sigmoid", name="sigmoid")(layers.Conv2D(1, 1)(inputs))
        with pytest.raises(UserError, match="no Conv2D with more than one filter"):
            explain.grad_cam(keras.Model(inputs, x), images())

    @pytest.mark.parametrize("wrong", [images(0), images(channels=3), images()[0]])
    def test_images_that_do_not_fit_are_refused(self, wrong):
        with pytest.raises(UserError, match=r"takes images \(n, 8, 8, 2\) with n >= 1, not"):
            explain.grad_cam(small_unet(), wrong)


def gated() -> keras.Model:
    """Build a network with a gate at full and one at half resolution."""
    inputs = keras.Input((SIZE, SIZE, 2))
    alpha = layers.Conv2D(1, 1, activation="sigmoid", name="gate1_alpha")(inputs)
    fine = layers.Multiply()([inputs, alpha])
    half = layers.AveragePooling2D(2)(inputs)
    alpha = layers.Conv2D(1, 1, activation="sigmoid", name="gate2_alpha")(half)
    coarse = layers.UpSampling2D(2)(layers.Multiply()([half, alpha]))
    x = layers.Conv2D(1, 1, name="final_conv")(layers.Concatenate()([fine, coarse]))
    model = keras.Model(inputs, layers.Activation("sigmoid", name="sigmoid")(x))
    return give_random_weights(model)


class TestAttention:
    def test_coefficients_by_hand_deepest_first(self):
        model, pixels = gated(), images(explain.BATCH + 1)
        maps = explain.attention(model, pixels)
        assert list(maps) == ["gate2_alpha", "gate1_alpha"]
        half = pixels.reshape(len(pixels), SIZE // 2, 2, SIZE // 2, 2, 2).mean(axis=(2, 4))
        for (name, coefficients), below in zip(maps.items(), [half, pixels], strict=True):
            kernel, bias = model.get_layer(name).get_weights()
            expected = 1 / (1 + np.exp(-(below @ kernel[0, 0] + bias)))
            assert coefficients.dtype == np.float32
            assert coefficients.shape == below.shape[:3]
            assert 0 <= coefficients.min() < coefficients.max() <= 1
            np.testing.assert_allclose(coefficients, expected[..., 0], atol=1e-6)

    def test_a_model_without_gates_is_refused(self):
        with pytest.raises(UserError, match="small_unet has no attention gates"):
            explain.attention(small_unet(), images())


ON_JAX = """
import sys
from pathlib import Path
import keras, numpy as np
from busutils import explain
from tests.test_explain import gated, small_unet

folder = Path(sys.argv[1])
images, model = np.load(folder / "images.npy"), small_unet()
model.load_weights(folder / "model.weights.h5")
maps = {str(layer): explain.grad_cam(model, images, layer) for layer in (None, "bottom_conv")}
maps |= explain.attention(gated(), images)
assert keras.backend.backend() == "jax"
assert "tensorflow" not in sys.modules  # making a model from its settings looks for it
maps["copy"] = explain.randomised(model, 3, "bottom_conv").predict_on_batch(images)
np.savez(folder / "maps.npz", **maps)
"""


def test_the_same_numbers_on_jax(tmp_path):
    model, pixels, _ = lesion_in_the_first_only()
    model.save_weights(tmp_path / "model.weights.h5")
    np.save(tmp_path / "images.npy", pixels)
    done = subprocess.run(
        [sys.executable, "-c", ON_JAX, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "jax", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    ours = {str(layer): explain.grad_cam(model, pixels, layer) for layer in (None, "bottom_conv")}
    ours |= explain.attention(gated(), pixels)
    ours["copy"] = explain.randomised(model, 3, "bottom_conv").predict_on_batch(pixels)
    theirs = np.load(tmp_path / "maps.npz")
    assert set(theirs) == set(ours)
    for name, maps in ours.items():
        np.testing.assert_allclose(theirs[name], maps, atol=1e-5, err_msg=name)


class TestRandomised:
    @pytest.fixture
    def model(self) -> keras.Model:
        model = give_random_weights(models.build("plain_unet", SIZE, filters=2, depth=2))
        # a trained network is compiled, and our losses cannot be made again from a file
        model.compile("adam", losses.build("focal_tversky"), jit_compile=False)
        return model

    @pytest.mark.parametrize("down_to", ["final_conv", "bottomb_conv", None])
    def test_upper_layers_are_permuted_and_lower_ones_stay(self, model, down_to):
        before = weights(model)
        copy = explain.randomised(model, 0, down_to)
        for old, new in zip(before, weights(model), strict=True):
            np.testing.assert_array_equal(old, new)
        names = [layer.name for layer in model.layers]
        assert [layer.name for layer in copy.layers] == names
        above = 0 if down_to is None else names.index(down_to)
        for position, name in enumerate(names):
            pairs = zip(*(m.get_layer(name).get_weights() for m in (model, copy)), strict=True)
            for old, new in pairs:
                np.testing.assert_array_equal(np.sort(old.ravel()), np.sort(new.ravel()))
                if position < above:
                    np.testing.assert_array_equal(old, new)
                elif old.size > 8:  # a short array can be permuted into itself
                    assert not np.array_equal(old, new)

    def test_is_a_cascade_that_depends_on_the_seed_alone(self, model):
        upper, whole = explain.randomised(model, 0, "up1a_conv"), explain.randomised(model, 0)
        name = "up1b_conv"
        (expected,) = upper.get_layer(name).get_weights()
        np.testing.assert_array_equal(whole.get_layer(name).get_weights()[0], expected)
        other = explain.randomised(model, 1).get_layer(name).get_weights()[0]
        assert not np.array_equal(other, expected)

    def test_unknown_layer_is_refused(self, model):
        with pytest.raises(UserError, match="did you mean 'bottomb_conv'"):
            explain.randomised(model, 0, "botomb_conv")


class TestSanity:
    def test_constant_maps_count_as_zero(self):
        model = give_random_weights(small_unet())
        arrays = weights(model)
        arrays[-2][:] = 0
        model.set_weights(arrays)
        assert explain.sanity(model, images(), ["sigmoid"])["correlation"].tolist() == [0]

    def test_default_goes_from_the_last_convolution_to_the_first(self):
        model = give_random_weights(models.build("plain_unet", SIZE, filters=2, depth=3))
        table = explain.sanity(model, images(1, channels=3))
        assert table.columns.tolist() == ["down_to", "correlation"]
        assert table["down_to"].tolist() == [
            "up1b_conv",
            "up2b_conv",
            "bottomb_conv",
            "down1a_conv",
        ]
        assert table["correlation"].between(-1, 1).all()

    @pytest.mark.slow
    def test_maps_of_a_trained_network_are_lost_with_its_weights(self, store):
        from busutils import batches, fitting, jobs, training
        from busutils.data.dataset import open_cached
        from tests.discs import JOB

        job = replace(JOB, options={"filters": 4, "depth": 2}, epochs=30, batchnorm_momentum=0.9)
        training.complete([job], {"weights"}, quiet=True)
        assert jobs.history([job])["val_dice"].max() > 0.8
        model = fitting.load(job)
        pixels = batches.prepare(open_cached("discs").images[12:18], job)
        table = explain.sanity(model, pixels, ["sigmoid", "up1b_conv", "down1a_conv"])
        correlation = table.set_index("down_to")["correlation"]
        assert correlation["sigmoid"] == pytest.approx(1)  # nothing was randomised
        assert abs(correlation["down1a_conv"]) < 0.5
