"""A training step of our U-Net against that of segmentation-models on tf-keras.

    python benchmarks/bench_training_step.py [--backbone vgg16 mobilenetv2] [--size 128]

Same network, encoder frozen but for its batch norms, same images, Adam and loss. Each side has a
process of its own, and they take turns step by step, so that whatever else the machine does meets
both; the first steps (tracing) are not counted. Prints a line for each backbone and then all of it
as JSON.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

from busutils.errors import RunError

WARM_UP = 2
ANSWER = "milliseconds"


def main(arguments: list[str] | None = None) -> list[dict]:
    """Measure, print and return one record for each backbone."""
    options = _parse(arguments)
    if options.side:
        _serve(options.side, options)
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
    parser.add_argument("--steps", type=int, default=9, help="steps of each side, after the first")
    parser.add_argument("--side", choices=SIDES, help="be one side (used by the other process)")
    return parser.parse_args(arguments)


def _compare(backbone: str, options: argparse.Namespace) -> dict:
    sides = [_start(side, backbone, options) for side in SIDES]
    try:
        turns = [[_step(side) for side in sides] for _ in range(WARM_UP + options.steps)]
    finally:
        for side in sides:
            side.communicate()
    ours, theirs = zip(*turns[WARM_UP:], strict=True)
    return {
        "benchmark": "training step against segmentation-models on tf-keras",
        "backbone": backbone,
        "size": options.size,
        "batch": options.batch,
        "ours_ms": statistics.median(ours),
        "theirs_ms": statistics.median(theirs),
        "ratio": statistics.median(a / b for a, b in zip(ours, theirs, strict=True)),
    }


def _start(side: str, backbone: str, options: argparse.Namespace) -> subprocess.Popen:
    command = [sys.executable, __file__, "--side", side, "--backbone", backbone]
    command += ["--size", str(options.size), "--batch", str(options.batch)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)


def _step(side: subprocess.Popen) -> float:
    """Ask a side for a step and return its milliseconds."""
    side.stdin.write("step\n")
    side.stdin.flush()
    for line in side.stdout:  # the libraries print what they like before
        if line.startswith(ANSWER):
            return float(line.removeprefix(ANSWER))
    raise RunError(f"{' '.join(side.args)} ended: call it to see why, with a line on its input")


def _serve(side: str, options: argparse.Namespace) -> None:
    """Make a training step for each line on the input, and answer its milliseconds."""
    model = SIDES[side](options.backbone[0], options.size)
    rng = np.random.default_rng(0)
    images = rng.random((options.batch, options.size, options.size, 3), np.float32)
    masks = (images[..., :1] > 0.5).astype(np.float32)
    for _ in sys.stdin:
        start = time.perf_counter()
        model.train_on_batch(images, masks)
        print(ANSWER, 1000 * (time.perf_counter() - start), flush=True)


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
