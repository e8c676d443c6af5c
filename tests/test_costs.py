"""What a training is said to cost before it starts, and what a network costs."""

from dataclasses import replace

import numpy as np
import pytest

from busutils import costs, models
from busutils.costs import Cost
from busutils.errors import RunError, UserError
from busutils.models.backbones import BACKBONES
from tests.discs import JOB


def test_costs_name_networks():
    assert set(costs.PASSES) <= {*BACKBONES, *models.networks()} - {"unet", "classifier"}


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


@pytest.mark.slow
def test_a_network_that_was_not_measured_costs_as_much_as_its_operations(store, monkeypatch):
    """The same network under another name, at any size; a wider one in proportion."""
    monkeypatch.setattr(models.registry, "_OWN", {})

    @models.register("own", multiple=16)
    def build(size: int, channels: int, filters: int = 16):
        return models.build("plain_unet", size, channels, filters=filters)

    for size in (32, 256):
        known = replace(JOB, size=size, options={"filters": 16})
        own = replace(known, model="own")
        assert costs.hours(own) == pytest.approx(costs.hours(known))
    wide = replace(own, options={"filters": 32})
    ratio = (costs.hours(wide) - costs.START) / (costs.hours(own) - costs.START)
    assert 3.8 < ratio < 4  # the first convolution reads three channels either way


@pytest.mark.parametrize(
    ("hours", "told"),
    [(1e-5, "1 minute"), (0.1, "6 minutes"), (0.99, "59 minutes"), (1, "1.0 hours")],
)
def test_short_times_are_told_in_minutes(hours, told):
    assert Cost(hours, 1).time == told


def test_one_image_is_timed_as_often_as_asked(monkeypatch):
    """Predictions end after 9, 1, 2 and 6 seconds; the first is not counted."""

    class Slow:
        def predict_on_batch(self, image):
            assert image.shape == (1, 4, 4, 3)

    clock = iter([0, 9, 0, 1, 0, 2, 0, 6])
    monkeypatch.setattr(costs.time, "perf_counter", lambda: next(clock))
    assert costs.seconds(Slow(), np.zeros((1, 4, 4, 3)), 3) == 2


def test_memory_that_cannot_be_measured_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(costs, "RESET", tmp_path / "none")
    with pytest.raises(UserError, match="take measure_memory false"):
        costs.memory("plain_unet", 16, {})


@pytest.mark.slow
def test_memory_grows_with_the_network():
    small, large = (costs.memory("plain_unet", 32, {"filters": n}) for n in (4, 32))
    assert 0 < small < large
    with pytest.raises(RunError, match=r"memory of plain_unet was not measured .*multiples of 16"):
        costs.memory("plain_unet", 17, {})
