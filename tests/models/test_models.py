"""One harness for all networks: a network costs a line in `NETWORKS`."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import get_args

import keras
import numpy as np
import pytest

from busutils import models
from busutils.errors import UserError
from busutils.models import encoders, mu_net, resnets, segnet
from busutils.models.backbones import BACKBONES, Name

SIZE = 64

# From DESIGN, paper 1's Table 2: all parameters, those of the encoder, and those that train when
# all of the encoder but its batch norms is frozen.
COUNTS = {
    "unet vgg16": (23_752_273, 14_714_688, 9_033_553),
    "unet vgg19": (29_061_969, 20_024_384, 9_033_553),
    "unet resnet50": (32_561_114, 23_546_057, 9_058_644),
    "unet resnext50": (32_063_194, 23_048_137, 9_081_300),
    "unet seresnext50": (34_594_177, 25_579_120, 9_081_297),
    "unet densenet121": (12_144_977, 7_037_504, 5_189_137),
    "unet inceptionv3": (29_933_105, 21_802_784, 8_145_553),
    "unet seresnet50": (35_107_201, 26_092_144, 9_066_193),
    "unet mobilenetv2": (8_047_441, 2_257_984, 5_821_585),
}
NETWORKS = {
    "plain_unet": {"filters": 4},
    "attention_unet": {"filters": 4, "depth": 3},
    "multitask_unet": {"filters": 4, "depth": 3},
    "fgfeu_net": {},
    "mu_net": {"alpha": 0.35},
    "segnet": {"filters": 4},
    "fcn": {"dense_filters": 16},
    "classifier": {"head": "enhanced"},
    "cnn": {"filters": 4},
    "lstm": {"units": 4, "directions": 2},
    **{f"unet {backbone}": {"backbone": backbone} for backbone in BACKBONES},
}
CLASSIFIERS = ("classifier", "cnn", "lstm")
MIXED = ("unet mobilenetv2", "unet seresnext50")  # of the U-Nets, under mixed precision


def build(case: str, size: int = SIZE) -> keras.Model:
    return models.build(case.split()[0], size, channels=3, **NETWORKS[case])


def images(size: int = SIZE, count: int = 2) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, size, size, 3)).astype(np.float32)


def mask(output):
    return output["mask"] if isinstance(output, dict) else output


def parameters(variables) -> int:
    return sum(int(np.prod(variable.shape)) for variable in variables)


@pytest.fixture(scope="module", params=NETWORKS)
def case(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def model(case) -> keras.Model:
    keras.backend.clear_session()  # else Keras numbers some names on
    keras.utils.set_random_seed(0)
    return build(case)


def test_output_is_one_probability_a_pixel_or_an_image(case, model):
    output = np.asarray(mask(model(images())))
    assert output.shape == ((2, 1, 1, 1) if case in CLASSIFIERS else (2, SIZE, SIZE, 1))
    assert output.dtype == np.float32
    assert 0 <= output.min() < output.max() <= 1


def test_an_outline_has_the_layers_and_counts_of_the_network(case, model):
    drawn = models.outline(case.split()[0], SIZE, channels=3, **NETWORKS[case])
    assert [layer.name for layer in drawn.layers] == [layer.name for layer in model.layers]
    assert [w.shape for w in drawn.weights] == [w.shape for w in model.weights]
    assert drawn.count_params() == model.count_params()


def test_an_outline_leaves_nothing_behind_in_keras():
    models.outline("plain_unet", SIZE, filters=4)
    answers = []
    for _ in range(2):
        keras.backend.clear_session()
        keras.utils.set_random_seed(0)
        answers.append(build("plain_unet").predict_on_batch(images()))
        drawn = models.outline("plain_unet", SIZE, filters=4)
        build("plain_unet")
        assert all(weight._value is None for weight in drawn.weights)
    assert np.array_equal(*answers)


@pytest.mark.parametrize("case", COUNTS, indirect=True, scope="module")
def test_parameter_counts_are_those_of_the_paper(case, model):
    total, encoder, trainable = COUNTS[case]
    assert model.count_params() == total
    assert sum(layer.count_params() for layer in encoders.encoder_layers(model)) == encoder
    if case == "unet vgg16":  # row 1 of the table, where everything trains
        assert parameters(model.trainable_weights) == 23_748_241
    encoders.freeze(model, "all_but_batchnorm")
    assert parameters(model.trainable_weights) == trainable


def test_a_step_changes_what_trains_and_nothing_else(case, model):
    if encoders.encoder_layers(model):
        encoders.freeze(model, "all_but_batchnorm")
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    moving = [variable for norm in norms for variable in (norm.moving_mean, norm.moving_variance)]
    expected = {variable.path for variable in [*model.trainable_weights, *moving]}
    before = model.get_weights()

    # Eager: tracing the larger networks takes a minute.
    model.compile("adam", "binary_crossentropy", run_eagerly=True)
    truth = images(count=3)[..., :1] > 0
    if case in CLASSIFIERS:
        truth = truth[:, :1, :1]
    if isinstance(model.output, dict):
        truth = {"mask": truth, "malignant": truth[:, 0, 0]}
    model.train_on_batch(images(count=3), truth)

    changed = {
        variable.path
        for variable, old in zip(model.weights, before, strict=True)
        if not np.array_equal(keras.ops.convert_to_numpy(variable), old)
    }
    assert changed == expected


def test_plain_unet_has_the_parameters_counted_by_hand():
    # One level of 2 filters over one of 4, one grey channel; kernels, then 4 for each batch norm.
    down = 9 * 1 * 2 + 4 * 2 + 9 * 2 * 2 + 4 * 2
    bottom = 9 * 2 * 4 + 4 * 4 + 9 * 4 * 4 + 4 * 4
    up = (4 * 4 * 2 + 2) + 9 * 4 * 2 + 4 * 2 + 9 * 2 * 2 + 4 * 2
    final = 2 + 1
    model = models.build("plain_unet", 8, channels=1, filters=2, depth=2)
    assert model.count_params() == down + bottom + up + final


@pytest.mark.parametrize("blocks", [3, 4])
@pytest.mark.parametrize(
    ("reading", "more"), [("extra_pooling", 1), ("as_many_gates", 0), ("bridge_counted", -1)]
)
def test_attention_unet_counts_its_parts_as_it_says(blocks, reading, more):
    model = models.build("attention_unet", 32, 1, filters=4, depth=blocks, reading=reading)
    names = [layer.name for layer in model.layers]
    assert sum(name.endswith("_alpha") for name in names) == blocks + more
    assert sum(name.startswith("up") and name.endswith("a_conv") for name in names) == blocks + more
    # encoder blocks; the bridge is one of them where it is counted
    own = sum(name.startswith("down") and name.endswith("a_conv") for name in names)
    assert own == blocks + min(more, 0)


def test_gate_agrees_with_its_equation():
    """Additive attention (Oktay et al. 2018, equations 1 and 2) on 2x2 features, by hand."""
    from busutils.models.attention_unet import gate

    x, g = keras.Input((2, 2, 2)), keras.Input((1, 1, 1))
    model = keras.Model([x, g], gate(x, g, 1, "gate1"))
    model.get_layer("gate1_x").set_weights([np.full((2, 2, 2, 1), 0.5)])
    model.get_layer("gate1_g").set_weights([np.full((1, 1, 1, 1), 2.0), np.array([-1.0])])
    model.get_layer("gate1_alpha").set_weights([np.full((1, 1, 1, 1), 0.25), np.array([-0.5])])
    features = np.arange(8.0).reshape(1, 2, 2, 2)
    for signal, hidden in {1.0: 15.0, -20.0: 0.0}.items():  # 0.5 * 28 + 2 g - 1, and its ReLU
        alpha = 1 / (1 + np.exp(-(0.25 * hidden - 0.5)))
        found = model([features, np.full((1, 1, 1, 1), signal)])
        np.testing.assert_allclose(found, alpha * features, rtol=1e-6)


@pytest.mark.parametrize(
    ("head", "read"), [("flatten", 8 * 8 * 2), ("average", 2), ("bottleneck", 8)]
)
def test_multitask_unet_has_the_parameters_counted_by_hand(head, read):
    # Blocks of 2 and 4 filters, a bridge of 8, one grey channel; 4 for each batch norm.
    down = 9 * (1 * 2 + 2 * 2 + 2 * 2) + 3 * 4 * 2 + 9 * (2 * 4 + 4 * 4 + 4 * 4) + 3 * 4 * 4
    bridge = 9 * (4 * 8 + 8 * 8) + 2 * 4 * 8 + (4 * 8 + 8)
    up2 = (4 * 8 * 4 + 4) + 9 * (8 * 4 + 4 * 4 + 4 * 4) + 3 * 4 * 4
    up1 = (4 * 4 * 2 + 2) + 9 * (4 * 2 + 2 * 2 + 2 * 2) + 3 * 4 * 2
    heads = (2 + 1) + 64 * (read + 1) + (64 + 1)
    model = models.build("multitask_unet", 8, channels=1, filters=2, depth=2, head=head)
    assert model.count_params() == down + bridge + up2 + up1 + heads
    found = model(images(8)[..., :1])["malignant"]
    assert found.shape == (2, 1)


def test_mu_net_has_the_printed_number_of_parameters():
    model = models.build("mu_net", 256)
    assert model.count_params() == 11_753_809
    channels = [model.get_layer(name).output.shape[-1] for name in mu_net.SKIPS]
    assert [*channels, model.get_layer(mu_net.BOTTOM).output.shape[-1]] == [288, 192, 144, 816]
    assert sum(layer.count_params() for layer in encoders.encoder_layers(model)) == 1_179_920


def test_segnet_puts_values_back_where_the_maximum_was():
    features = np.array([[1, 5], [2, 3]], np.float32).reshape(1, 2, 2, 1)
    values = np.full((1, 1, 1, 1), 7, np.float32)
    back = np.asarray(segnet.Unpooling()([values, features]))
    assert back[0, ..., 0].tolist() == [[0, 7], [0, 0]]


def test_segnet_mirrors_vgg16():
    model = models.build("segnet", 32, filters=4)
    down = [x.filters for x in model.layers if x.name.startswith("down") and "conv" in x.name]
    up = [x.filters for x in model.layers if x.name.startswith("up") and "conv" in x.name]
    assert down == [4, 4, 8, 8, 16, 16, 16, *[32] * 6]
    assert up == [32, 32, 32, 32, 32, 16, 16, 16, 8, 8, 4, 4, 4]


def test_classifiers_have_the_parameters_counted_by_hand():
    vgg16, head = 14_714_688, 4 * 512 + (512 + 1) * 256 + 257
    counts = {"plain": vgg16 + 513, "enhanced": vgg16 + head}
    for kind, count in counts.items():
        model = models.build("classifier", 32, backbone="vgg16", head=kind)
        assert model.count_params() == count
        assert sum(layer.count_params() for layer in encoders.encoder_layers(model)) == vgg16
    lstm = 4 * (8 * 3 + 5 + 1) * 5  # four gates; 8 pixels of 3 channels and 5 units
    assert models.build("lstm", 8, units=5).count_params() == lstm + 6
    both = models.build("lstm", 8, units=5, directions=2)
    assert both.count_params() == 2 * lstm + 11
    convolutions = 9 * (3 * 2 + 2 * 4 + 4 * 8 + 8 * 16) + 2 + 4 + 8 + 16
    cnn = models.build("cnn", 16, filters=2)
    assert cnn.count_params() == convolutions + 17 * 64 + 65


def test_fcn_has_vgg16_as_its_encoder():
    model = models.build("fcn", 64, dense_filters=16)
    assert sum(layer.count_params() for layer in encoders.encoder_layers(model)) == 14_714_688


def test_fcn_begins_to_enlarge_by_interpolating():
    layer = models.build("fcn", 64, dense_filters=16).get_layer("decoder_image_enlarged")
    coarse = images(8)[..., :1]
    theirs = keras.layers.UpSampling2D(8, interpolation="bilinear")(coarse)
    inside = np.s_[:, 4:-4, 4:-4]  # at the border one takes the rest as 0, the other repeats
    np.testing.assert_allclose(
        np.asarray(layer(coarse))[inside], np.asarray(theirs)[inside], atol=1e-5
    )


def test_fgfeu_net_has_the_ten_first_convolutions_of_vgg16():
    model = models.build("fgfeu_net", 32)
    vgg16 = keras.applications.VGG16(include_top=False, weights=None, input_shape=(32, 32, 3))
    own = [layer for layer in encoders.encoder_layers(model) if "conv" in layer.name]
    theirs = [layer for layer in vgg16.layers if "conv" in layer.name][:10]
    assert [(c.name, c.count_params()) for c in own] == [(c.name, c.count_params()) for c in theirs]
    assert model.get_layer("block4_pool").output.shape[1] == 2
    assert model.get_layer("decoder_last_conv").filters == 3
    plain = models.build("fgfeu_net", 32, upsampling="upsampling")
    assert plain.count_params() < model.count_params()


@pytest.mark.parametrize("case", [n for n in NETWORKS if "unet " not in n or n in MIXED])
def test_output_is_float32_under_mixed_precision(case):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build(case, size=32)
        outputs = model.outputs  # not computed: not every processor has bfloat16
    finally:
        keras.config.set_dtype_policy("float32")
    inner = [layer for layer in model.layers if layer.weights and layer.name != "malignant"]
    assert {layer.compute_dtype for layer in inner} == {"bfloat16"}
    assert {variable.dtype for variable in model.trainable_weights} == {"float32"}
    assert {keras.backend.standardize_dtype(one.dtype) for one in outputs} == {"float32"}


@pytest.mark.parametrize("case", ["plain_unet", "unet resnext50"])
def test_a_saved_network_is_read_again(case, tmp_path):
    model = build(case, size=32)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(images(32)), model(images(32)))
    assert len(encoders.encoder_layers(again)) == len(encoders.encoder_layers(model))


def test_other_channels_than_three_can_be_had():
    model = models.build("unet", 32, channels=1, backbone="vgg16")
    assert model.input_shape == (None, 32, 32, 1)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ({"name": "unett"}, ["model 'unett'", "did you mean 'unet'"]),
        ({"backbone": "densenet12"}, ["backbone 'densenet12'", "did you mean 'densenet121'"]),
        ({"bakbone": "vgg16"}, ["option of unet 'bakbone'", "did you mean 'backbone'"]),
        ({"backbone": 16}, ["backbone is 16"]),
        ({"size": 100}, ["100 px", "96 and 128"]),
        ({"size": 0}, ["0 px", "nearest 32"]),
        ({"size": 64.0}, ["size is 64.0", "whole number"]),
        ({"channels": 0}, ["channels is 0"]),
        ({"encoder_weights": "phantoms.h5"}, ["no weights file phantoms.h5"]),
        ({"name": "plain_unet", "size": 72}, ["72 px", "multiples of 16", "64 and 80"]),
        ({"name": "plain_unet", "size": 66, "depth": 3}, ["multiples of 4", "64 and 68"]),
        ({"name": "plain_unet", "depth": 8}, ["depth '8'", "2, 3, 4, 5, 6, 7"]),
        ({"name": "plain_unet", "filters": 0}, ["filters is 0"]),
        ({"name": "plain_unet", "filters": "16"}, ["filters is '16'", "whole number"]),
        ({"name": "attention_unet", "size": 255}, ["255 px", "multiples of 32", "224 and 256"]),
        ({"name": "attention_unet", "dropout": 1}, ["dropout is 1", "such as 0.1"]),
        ({"name": "attention_unet", "reading": "gates"}, ["reading 'gates'", "as_many_gates"]),
        ({"name": "multitask_unet", "head": "flat"}, ["head 'flat'", "flatten"]),
        ({"name": "mu_net", "alpha": 1.2}, ["alpha '1.2'", "1.0, 1.3, 1.4"]),
        ({"name": "fgfeu_net", "upsampling": "up"}, ["upsampling 'up'", "deconvolution"]),
    ],
)
def test_a_wrong_call_is_refused_with_the_remedy(call, names):
    with pytest.raises(UserError) as refusal:
        models.build(**{"name": "unet", "size": 64} | call)
    for name in names:
        assert name in str(refusal.value)


def test_check_fills_in_the_defaults():
    assert models.check("unet", 64) == {"backbone": "vgg16", "encoder_weights": "none"}
    assert models.check("plain_unet", 64, depth=3) == {"filters": 16, "depth": 3}


def test_every_network_is_known_by_the_name_of_its_file():
    assert {case.split()[0] for case in NETWORKS} == set(models.networks())
    for name in models.networks():
        assert import_module(f"busutils.models.{name}").build.network.options
    assert get_args(Name) == tuple(BACKBONES)


def test_the_registry_needs_no_framework():
    code = (
        "import sys; from busutils import models; from busutils.models import encoders;"
        "models.networks(); models.check('unet', 64, backbone='resnet50');"
        "from busutils.models.preprocessing import preprocess;"
        "import numpy; preprocess('vgg16', numpy.zeros((2, 2, 3)));"
        "print({'keras', 'tensorflow', 'jax'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_networks_work_on_jax(tmp_path):
    ours = {case: build(case, size=32) for case in ("plain_unet", "unet vgg16")}
    grouped = resnets.GroupedConv2D(6, 3, groups=3)
    ours["grouped"] = keras.Sequential([keras.Input((32, 32, 3)), grouped])
    for case, model in ours.items():
        model.save_weights(tmp_path / f"{case}.weights.h5")
    np.save(tmp_path / "images.npy", images(32))

    script = Path(__file__).with_name("on_jax.py")
    run = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr[-3000:]
    theirs = np.load(tmp_path / "outputs.npz")
    for case, model in ours.items():
        np.testing.assert_allclose(theirs[case], model(images(32)), atol=1e-3)
