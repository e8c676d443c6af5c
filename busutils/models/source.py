"""What a network's code is, as a hash: another network must not pass for the one of old results."""

import ast
from functools import cache
from pathlib import Path

from busutils import own_code
from busutils.models.registry import networks

PUBLISHED = {
    "unet": "51eac60d8cc5",
    "plain_unet": "411528c684a0",
    "attention_unet": "620ad3c49c0e",
    "multitask_unet": "72b49476b7e7",
    "fgfeu_net": "c969ac83b5d8",
    "segnet": "bbee253fa39c",
    "fcn": "ff4c04b5a6c9",
    "mu_net": "3c1efc3686ff",
    "classifier": "e0696cab8643",
    "cnn": "5a92d3f0f9ee",
    "lstm": "d6910431702a",
}
"""Hashes of the networks by which published results were trained. Change one here only after a
change that leaves every output of the network as it was."""

_FOLDER = Path(__file__).parent


def changed(network: str) -> str:
    """Return the hash of a network's code, or nothing if it is as published."""
    code = source(network)
    return "" if code == PUBLISHED.get(network) else code


def source(network: str) -> str:
    """Return 12 hexadecimal digits: of a network's module and what it imports here.

    Of one that stands outside the package they are of its function alone.
    """
    if network not in networks():
        return "unknown"
    return own_code.code("network", network) or _of_module(network)


@cache
def _of_module(name: str) -> str:
    return own_code.digest({part: own_code.plain(_parsed(part)) for part in _reached(name)})


def _reached(*todo: str) -> set[str]:
    """Modules of this package that some import, inside functions too, and these themselves."""
    modules: set[str] = set()
    while new := set(todo) - modules:
        modules |= new
        todo = tuple(name for module in new for name in _imported(module))
    return modules


def _imported(module: str) -> list[str]:
    names = []
    for node in ast.walk(_parsed(module)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    parts = [name.removeprefix(f"{__package__}.").split(".")[0] for name in names]
    return [p for p in parts if p != "registry" and (_FOLDER / f"{p}.py").exists()]


def _parsed(module: str) -> ast.Module:
    return ast.parse((_FOLDER / f"{module}.py").read_text(encoding="utf-8"))
