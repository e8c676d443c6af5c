"""A network and a loss that cells of a page register stand in its tables, figures and costs.

The quick profile, cut to one or two epochs of one network of the paper beside them.
"""

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
from busutils.phantoms import write_busi
from tests import cells

ROWS = {
    "01_unet_backbones": ("rows", ["base"]),
    "02_attention_unet": ("networks", ["attention4"]),
    "03_multitask_unet": ("rivals", []),
    "04_fgfeu_net": ("rivals", []),
    "05_mu_net": ("rows", ["mu_net"]),
}
"""The parameter that names a page's rows, and those of the paper that run beside one's own."""
TINY = {
    "01_unet_backbones": {"size": 32, "epochs": 1},
    "02_attention_unet": {
        **{"filters": 2, "epochs": 2, "splits": ["random fifth"], "puzzle_size": 32, "draws": 40},
    },
    "03_multitask_unet": {"size": 16, "depth": 2, "filters": 2, "epochs": 2, "copies": []},
    "04_fgfeu_net": {"losses": ["combo", "my loss"], "epochs": 1, "classifiers": []},
    "05_mu_net": {
        **{"train": 14, "validation": 5, "filters": 2, "epochs": 1},
        **{"noises": ["blur"], "noise_cases": 4, "timed_images": 1, "measure_memory": True},
    },
}
SCORED = {
    "01_unet_backbones": {"table2": "Dice"},
    "02_attention_unet": {"table1_random_fifth": "Validation Accuracy"},
    "03_multitask_unet": {"table10": "DICE"},
    "04_fgfeu_net": {"table1": "Accuracy", "table2": "DSC"},
    "05_mu_net": {"table": "Dice Coef"},
}
"""Tables of a page that set its rows beside the printed ones, with a score of each."""
LOSS = {
    "01_unet_backbones": "cell-13",
    "02_attention_unet": "cell-16",
    "03_multitask_unet": "cell-11",
    "04_fgfeu_net": "step-text",
    "05_mu_net": "plan",
}
"""The cell above which a page's exercise puts a loss."""
OWN_LOSS = {
    "01_unet_backbones": lambda page: _paired(page["contrasted"], "as in Table 2"),
    "02_attention_unet": lambda page: _named(page["readings"]["network"], "My loss"),
    "03_multitask_unet": lambda page: _named(page["table10"]["key"], "my loss"),
    "04_fgfeu_net": lambda page: _named(page["wide"]["row"], "my loss"),
    "05_mu_net": lambda page: _paired(page["effects"], "reference"),
}
"""What a page then says of it."""
every_page = pytest.mark.parametrize("name", ROWS)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("enough")
    write_busi(root, n=60, size=96)
    return root


@pytest.fixture
def page(name, root, tmp_path, monkeypatch):
    """A copy of the notebook with its exercises where these say, and its values by the rows.

    What the cells register is forgotten afterwards, and each image is a group of its own.
    """
    monkeypatch.setattr(models.registry, "_OWN", {})
    monkeypatch.setattr(own_code, "_OWN", {})
    monkeypatch.setattr(losses, "LOSSES", dict(losses.LOSSES))
    monkeypatch.setattr(reading, "groups", lambda listing, store=None: _own_groups(listing))
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    source = parameters.source(name)
    copy = cells.with_exercises(source, "first-parameters", LOSS[name], tmp_path)
    values = parameters.resolve(name, "quick", {}) | TINY[name]
    if values["dataset"] == "phantom":
        values["data_root"] = str(root)
    parameter, printed = ROWS[name]
    return copy, lambda *own: values | {parameter: [*printed, *own]}


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


@pytest.mark.slow
@every_page
def test_a_network_and_a_loss_of_ones_own_stand_beside_the_papers(name, page, monkeypatch):
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
    assert sum("my loss" in text.lower() for text in told) >= 1
