"""A training step of our U-Net against that of segmentation-models on tf-keras.

    python benchmarks/bench_training_step.py [--backbone vgg16 mobilenetv2] [--size 128]

Same network, encoder frozen but for its batch norms, same images, Adam and loss; each side in a
process of its own, the first steps (tracing) not counted. Prints a line for each backbone and then
all of it as JSON.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

WARM_UP = 2


def main(arguments: list[str] | None = None) -> list[dict]:
    """Measure, print and return one record for each backbone."""
    options = _parse(arguments)
    if options.side:
        print(json.dumps(_milliseconds(options.side, options.backbone[0], options)))
        return []
    records = [_compare(backbone, options) for backbone in options.backbone]
    for record in records:
        print(
            "training step, {backbone}, {size} px, batch {batch}: {ours_ms:.0f} ms, "
            "segmentation-models {theirs_ms:.0f} ms, ratio {ratio:.2f}".format(**record)
        )
    print(json.dumps(records))
    return records


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbone", nargs="+", default=["vgg16", "mobilenetv2"])
    parser.add_argument("--size", type=int, default=128, help="pixels")
    parser.add_argument("--batch", type=int, default=8, help="images a step")
    parser.add_argument("--steps", type=int, default=9, help="steps whose median is taken")
    parser.add_argument("--side", choices=SIDES, help="measure one side in this process")
    return parser.parse_args(arguments)


def _compare(backbone: str, options: argparse.Namespace) -> dict:
    ours, theirs = (_run(side, backbone, options) for side in SIDES)
    return {
        "benchmark": "training step against segmentation-models on tf-keras",
        "backbone": backbone,
        "size": options.size,
        "batch": options.batch,
        "ours_ms": ours,
        "theirs_ms": theirs,
        "ratio": ours / theirs,
    }


def _run(side: str, backbone: str, options: argparse.Namespace) -> float:
    """Return the median milliseconds of a step, measured in a new process."""
    command = [sys.executable, __file__, "--side", side, "--backbone", backbone]
    for name in ("size", "batch", "steps"):
        command += [f"--{name}", str(getattr(options, name))]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(output.splitlines()[-1])


def _milliseconds(side: str, backbone: str, options: argparse.Namespace) -> float:
    model = SIDES[side](backbone, options.size)
    rng = np.random.default_rng(0)
    images = rng.random((options.batch, options.size, options.size, 3), np.float32)
    masks = (images[..., :1] > 0.5).astype(np.float32)
    times = []
    for _ in range(WARM_UP + options.steps):
        start = time.perf_counter()
        model.train_on_batch(images, masks)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[WARM_UP:])


def _ours(backbone: str, size: int):
    from busutils import models
    from busutils.models import encoders

    model = models.build("unet", size, backbone=backbone)
    encoders.freeze(model, "all_but_batchnorm")
    model.compile("adam", "binary_crossentropy", jit_compile=False)
    return model


def _theirs(backbone: str, size: int):
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ["SM_FRAMEWORK"] = "tf.keras"
    import segmentation_models

    model = segmentation_models.Unet(
        backbone, input_shape=(size, size, 3), encoder_weights=None, encoder_freeze=True
    )
    model.compile("adam", "binary_crossentropy")
    return model


SIDES = {"ours": _ours, "theirs": _theirs}

if __name__ == "__main__":
    main()
