"""A person's own images, network and loss: a page's exercises on lesions with labels of their own.

The quick profile, cut to one epoch of one network of the paper beside them, on 24 small images.
"""

import json
import re
from unittest import mock

import pandas as pd
import pytest

from busutils import (
    compare,
    costs,
    execution,
    losses,
    models,
    own_code,
    parameters,
    paths,
    sources,
)
from busutils.data import reading
from busutils.errors import UserError
from tests import cells, own_images

ROWS = {
    "01_unet_backbones": ("rows", ["base"]),
    "02_attention_unet": ("networks", ["attention4"]),
    "03_multitask_unet": ("rivals", []),
    "04_fgfeu_net": ("rivals", []),
    "05_mu_net": ("rows", ["mu_net"]),
}
"""The parameter that names a page's rows, and those of the paper that run beside one's own."""
TINY = {
    "01_unet_backbones": {},
    "02_attention_unet": {
        **{"filters": 2, "splits": ["last fifth"], "puzzle_size": 32, "draws": 40},
    },
    "03_multitask_unet": {"size": 16, "depth": 2, "filters": 2, "copies": []},
    "04_fgfeu_net": {"losses": ["combo", "my loss"], "classifiers": []},
    "05_mu_net": {
        **{"train": 14, "validation": 5, "filters": 2, "contrast_epochs": 1},
        **{"noises": ["blur"], "noise_cases": 4, "timed_images": 1, "measure_memory": True},
    },
}
SCORED = {
    "01_unet_backbones": {"table2": "Dice"},
    "02_attention_unet": {"table1_last_fifth": "Validation Accuracy"},
    "03_multitask_unet": {"table10": "DICE"},
    "04_fgfeu_net": {"table1": "Accuracy", "table2": "DSC"},
    "05_mu_net": {"table": "Dice Coef"},
}
"""Tables of a page that set its rows beside the printed ones, with a score of each."""
ABOVE = {
    "01_unet_backbones": ("first-parameters", "cell-13"),
    "02_attention_unet": ("protocol-text", "cell-16"),
    "03_multitask_unet": ("first-parameters", "cell-11"),
    "04_fgfeu_net": ("compared-text", "step-text"),
    "05_mu_net": ("first-parameters", "plan"),
}
"""The cells above which a page's exercises put a network and a loss."""
SAID = {
    "01_unet_backbones": ["test, cyst", "test, mass"],
    # images of a class, then those of the last fifth
    "02_attention_unet": [r"mass\s+(–\s+)?\d+\s+3\s", r"cyst\s+(–\s+)?\d+\s+2\s"],
    "03_multitask_unet": ["Table V, test accuracy"],
    "04_fgfeu_net": [r"role\s+(mass\s+cyst|cyst\s+mass)"],
    "05_mu_net": ["set, your own", "every image has a mask"],
}
UNASKED = ("**Is there a lesion?**", "**Is it malignant?**")
"""What page 4 asks of sets that have normal images, or benign and malignant ones."""
SENSELESS = ("nan", "normals", "left empty", "slices without", "BUSI's images")
OWN_LOSS = {
    "01_unet_backbones": lambda page: _paired(page["contrasted"], "as in Table 2"),
    "02_attention_unet": lambda page: _named(page["readings"]["network"], "My loss"),
    "03_multitask_unet": lambda page: _named(page["table10"]["key"], "my loss"),
    "04_fgfeu_net": lambda page: _named(page["wide"]["row"], "my loss"),
    "05_mu_net": lambda page: _paired(page["effects"], "reference"),
}
"""What a page then says of it."""
PATTERNS = {"image_pattern": "{label}/{case}/us.png", "mask_pattern": "{label}/{case}/roi_*.png"}
every_page = pytest.mark.parametrize("name", ROWS)


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    """Folders of images by the labels that they have: page 3 tells benign from malignant."""
    folder = tmp_path_factory.mktemp("own")
    kinds = (("cyst", "mass"), ("benign", "malignant"))
    return {labels[0]: own_images.write(folder / labels[0] / "set", labels) for labels in kinds}


@pytest.fixture
def page(name, roots, tmp_path, monkeypatch):
    """A copy of the notebook with its exercises where these say, and its values by the rows.

    What the cells register is forgotten afterwards, and each image is a group of its own.
    """
    monkeypatch.setattr(models.registry, "_OWN", {})
    monkeypatch.setattr(own_code, "_OWN", {})
    monkeypatch.setattr(losses, "LOSSES", dict(losses.LOSSES))
    monkeypatch.setattr(reading, "groups", lambda listing, store=None: _own_groups(listing))
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    source = parameters.source(name)
    copy = cells.with_exercises(source, *ABOVE[name], tmp_path)
    root = roots["benign" if name == "03_multitask_unet" else "cyst"]
    own = {"dataset": "pairs", "data_root": str(root), "size": 32, "epochs": 1} | PATTERNS
    values = parameters.resolve(name, "quick", {}) | own | TINY[name]
    parameter, printed = ROWS[name]
    return copy, lambda *rows: values | {parameter: [*printed, *rows]}


def _paired(table, reference):
    assert table["what"].tolist() == [reference, "my loss"]
    assert abs(table["difference"].iloc[1]) <= 1


def _named(column, name):
    assert name in set(column)


def _own_groups(listing):
    return pd.Series({c.case: c.case for c in listing.cases})


@every_page
def test_a_row_that_is_neither_printed_nor_a_network_is_refused_before_a_training(name, page):
    copy, values = page
    with pytest.raises(UserError, match=r"'mien': did you mean 'mine'\? choose one of .*unet"):
        execution.planned(copy, values("mien"))
    assert not (paths.store() / "jobs").exists()


@pytest.mark.parametrize("name", ["04_fgfeu_net"])
def test_a_loss_that_is_none_is_refused_before_a_training(page):
    copy, values = page
    with pytest.raises(UserError, match="'my los'"):
        execution.planned(copy, values() | {"losses": ["my los"]})


@pytest.mark.parametrize("name", ["02_attention_unet"])
@pytest.mark.parametrize("registry", ["models", "losses"])
def test_a_cell_that_no_plan_would_execute_is_named(page, registry):
    copy, values = page
    content = json.loads(copy.read_text())
    (cell,) = (cell for cell in content["cells"] if cell["id"] == registry)
    cell["metadata"]["tags"] = []
    copy.write_text(json.dumps(content))
    told = rf"code cell \d+ of 02_attention_unet.ipynb has @{registry}.register\(.*no tag `plan`"
    with pytest.raises(UserError, match=told):
        execution.planned(copy, values("mine"))


@pytest.mark.slow
@every_page
def test_own_images_network_and_loss_stand_on_the_page(name, page, monkeypatch):
    copy, values = page
    judge = mock.Mock(wraps=compare.judge)
    monkeypatch.setattr(compare, "judge", judge)
    monkeypatch.setattr(costs, "memory", lambda *of: 1.0)  # of a process that knows no cell
    told, variables = cells.page(sources.cells(copy), values("mine"), until="")
    folder = variables["run"].folder / "tables"
    for table, column in SCORED[name].items():
        made = pd.read_csv(folder / f"{table}.csv").set_index("key").loc["mine"]
        assert made["printed"].isna().all()
        assert set(made["verdict"]) == {"not printed"}
        assert 0 <= made.set_index("column").loc[column, "ours"] <= 100
    assert any("mine" in text and "not printed" in text for text in told)
    _, _, scores, *_ = judge.call_args.args  # the paper's claims are of the paper's networks
    assert not any((of["row"] == "mine").any() for of in scores.values())
    if name == "05_mu_net":
        cost = pd.read_csv(folder / "cost.csv").set_index("network")
        assert cost.loc["mine", "seconds"] > 0
        assert cost["memory, MiB"].notna().to_dict() == {"Proposed": True, "mine": False}
        assert "mine" in set(pd.read_csv(folder / "noise.csv")["network"])
    own = [e for e in variables["plan"] if e.job.loss_code]
    assert {e.job.model for e in own} == {e.job.model for e in variables["plan"][:1]}
    OWN_LOSS[name](variables)
    assert any("my loss" in text.lower() for text in told)
    text = "\n".join(told)
    for sentence in SAID[name]:
        assert re.search(sentence, text)
    assert not any(question in text for question in UNASKED)
    of_them = text.split("**Does not fit")[0]  # the arithmetic is about the paper alone
    assert [word for word in SENSELESS if f" {word} " in of_them.replace("\n", " ")] == []
