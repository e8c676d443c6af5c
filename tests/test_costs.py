"""What a training is said to cost before it starts."""

from dataclasses import replace

import pytest

from busutils import costs, models
from busutils.models.backbones import BACKBONES
from tests.discs import JOB


def test_every_network_has_a_cost():
    assert set(costs.PASSES) == {*BACKBONES, *models.NETWORKS} - {"unet", "classifier"}


def test_hours_grow_with_pixels_epochs_and_filters(store):
    job = replace(JOB, options={"filters": 16, "depth": 3})
    start, once = costs.START, costs.hours(job) - costs.START
    passes = (12 + costs.FORWARD * 4) * job.epochs
    assert once == pytest.approx(passes / (85_000 * (128 / 32) ** costs.SMALL))
    assert costs.hours(replace(job, epochs=6)) - start == pytest.approx(2 * once)
    assert costs.hours(replace(job, size=64)) - start == pytest.approx(2**costs.SMALL * once)
    large, larger = (costs.hours(replace(job, size=size)) - start for size in (128, 256))
    assert larger == pytest.approx(4 * large)
    wide = replace(job, options={"filters": 32, "depth": 3})
    assert costs.hours(wide) - start == pytest.approx(4 * once)
