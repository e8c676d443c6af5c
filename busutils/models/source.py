"""What a network's code is, as a hash: a changed network must not pass for the one of old results.

The hash is of the syntax tree without docstrings, so comments and layout do not count. Nothing is
imported but what parses Python.
"""

import ast
import hashlib
import json
from functools import cache
from pathlib import Path

from busutils.models import NETWORKS

PUBLISHED = {
    "unet": {"aad5136e3317"},
    "plain_unet": {"f57b4e4c1607"},
    "attention_unet": {"d8dfaf62140f"},
    "multitask_unet": {"5cb91cd6c2c6"},
    "fgfeu_net": {"ce0cf77170f3"},
    "segnet": {"5961056d7a16"},
    "fcn": {"1dcad7e4ec6e"},
    "mu_net": {"fa7f0d29687e"},
    "classifier": {"d6797bf41f98"},
    "cnn": {"920997728431"},
    "lstm": {"f0f0888af2d1"},
}
"""Hashes of the networks by which published results were trained. Add one here only after a change
that leaves every output of the network as it was."""

_FOLDER = Path(__file__).parent
_OMITTED = ("kind", "type_comment", "type_params")  # empty, or absent in some version of Python


def changed(network: str) -> str:
    """Return the hash of a network's code, or nothing if it is as published."""
    found = source(network)
    return "" if found in PUBLISHED.get(network, ()) else found


@cache
def source(network: str) -> str:
    """Return 12 hexadecimal digits: of a network's module, what it imports here, its defaults."""
    if network not in NETWORKS:
        return "unknown"
    told = NETWORKS[network]
    defaults = {name: option.default for name, option in told.options.items()}
    code = {name: _tree(name) for name in sorted(_reached(told.module.rpartition(".")[2]))}
    text = json.dumps([told.module, defaults, code], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _reached(*todo: str) -> set[str]:
    """Modules of this package that some import, inside functions too, and these themselves."""
    found: set[str] = set()
    while new := set(todo) - found:
        found |= new
        todo = tuple(name for module in new for name in _imported(module))
    return found


def _imported(module: str) -> list[str]:
    names = []
    for node in ast.walk(_parsed(module)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    parts = [name.removeprefix(f"{__package__}.").split(".")[0] for name in names]
    return [part for part in parts if (_FOLDER / f"{part}.py").exists()]


def _parsed(module: str) -> ast.Module:
    return ast.parse((_FOLDER / f"{module}.py").read_text(encoding="utf-8"))


def _tree(module: str) -> list:
    parsed = _parsed(module)
    for node in ast.walk(parsed):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        if documented and ast.get_docstring(node) is not None:
            del node.body[0]
    return _plain(parsed)


def _plain(node: object) -> object:
    if isinstance(node, list):
        return [_plain(part) for part in node]
    if isinstance(node, ast.AST):
        parts = {k: _plain(v) for k, v in ast.iter_fields(node) if k not in _OMITTED}
        return [type(node).__name__, {k: v for k, v in parts.items() if v not in (None, [])}]
    return node if node is None else repr(node)
