"""What is published can be made again: without images, training or a store of trained jobs."""

import io
import json

import pandas as pd
import pytest

from busutils import parameters, paths
from busutils.studies import (
    attention_unet,
    common,
    fgfeu_net,
    mu_net,
    multitask_unet,
    unet_backbones,
)
from busutils.studies.attention_unet import results as attention
from busutils.studies.fgfeu_net import results as fgfeu
from busutils.studies.mu_net import choices
from busutils.studies.mu_net import results as mu
from busutils.studies.multitask_unet import copies
from busutils.studies.multitask_unet import results as multitask
from busutils.studies.unet_backbones import questions
from busutils.studies.unet_backbones import results as backbones

STUDIES = {
    "01_unet_backbones": unet_backbones,
    "02_attention_unet": attention_unet,
    "03_multitask_unet": multitask_unet,
    "04_fgfeu_net": fgfeu_net,
    "05_mu_net": mu_net,
}
TABLES = {
    "01_unet_backbones": {
        "table2": backbones.table2,
        "table3": backbones.table3,
        "equal_weights": backbones.equal_weights,
        "transfer": questions.transfer,
        "contrasts": questions.contrasts,
        "free_choices": questions.free_choices,
    },
    "02_attention_unet": {
        "table1_last_fifth": lambda found: attention.table1(found, "last fifth"),
        "table1_random_fifth": lambda found: attention.table1(found, "random fifth"),
        "nothing": lambda found: attention.nothing(found, found.settings.splits[0]),
        "readings": attention.readings,
        "by_class": attention.by_class,
        "first_detection": attention.first_detection,
    },
    "03_multitask_unet": {
        "table5": multitask.table5,
        "table6": multitask.table6,
        "table7": multitask.table7,
        "table9": multitask.table9,
        "table10": multitask.table10,
        "classified": multitask.classified,
        "heads": multitask.heads,
        "alone": multitask.alone,
        "copies": copies.table,
        "twins": copies.twins,
    },
    "04_fgfeu_net": {
        "table1": lambda found: fgfeu.table(found, "1"),
        "table2": lambda found: fgfeu.table(found, "2"),
        "by_loss": fgfeu.by_loss,
        "yardstick": fgfeu.yardstick,
        "against": fgfeu.against,
        "items": fgfeu.items,
    },
    "05_mu_net": {
        "split": lambda found: mu.split_table(found.entries),
        "table": mu.table,
        "tversky_readings": choices.tversky_readings,
        "ablations": choices.ablations,
        "pretraining": choices.pretraining,
    },
}
COLLECT = {
    "01_unet_backbones": backbones.collect,
    "04_fgfeu_net": fgfeu.collect,
    "05_mu_net": mu.collect,
}
PUBLISHED = [
    run
    for name in STUDIES
    for run in sorted((paths.project() / "book/results/notebooks").glob(f"{name}-*"))
]


@pytest.mark.parametrize("run", PUBLISHED, ids=lambda run: run.name)
def test_published_tables_are_made_again_from_published_jobs(run, tmp_path, monkeypatch):
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "empty"))
    monkeypatch.delenv("BUSUTILS_PUBLISHED", raising=False)
    manifest = json.loads((run / "manifest.json").read_text())
    study = STUDIES[manifest["notebook"]]
    # a parameter that came later had its default
    later = {p.name: p.default for p in parameters.read(parameters.source(manifest["notebook"]))}
    settings = study.Settings.of(later | manifest["parameters"])
    table = pd.read_csv(run / "tables" / "entries.csv")
    collect = COLLECT.get(manifest["notebook"], common.collect)
    found = collect(settings, common.from_table(table, study.Entry))
    for name, make in TABLES[manifest["notebook"]].items():
        made = pd.read_csv(io.StringIO(make(found).to_csv(index=False)))
        pd.testing.assert_frame_equal(made, pd.read_csv(run / "tables" / f"{name}.csv"))
