"""A YAML file as plain values, each with its line: texts, lists, mappings, and None for nothing.

Scalars stay as they are spelled, so that a row called ``No``, ``1.10`` or ``2024-01-01`` keeps its
name; what a place needs, a number or yes and no, is made of the text by :mod:`scorecheck.kinds`.
"""

from functools import partial
from pathlib import Path
from typing import Any

import yaml

from scorecheck import text
from scorecheck.errors import InputError
from scorecheck.kinds import Place

PLAIN = "tag:yaml.org,2002:"
TAGS = ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")


def read(file: Path) -> tuple[Any, Place, list[str]]:
    """Return what a file says, the place of its top, and what a reader should know of it."""
    whole, notes = text.read(file, "the YAML file that says what the columns mean")
    try:
        loader = _Loader(whole)
        top = loader.get_single_node()
        value = loader.construct_document(top) if top else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        remedy = "check the indentation (spaces, no tabs), brackets and quotes here and just above"
        told = getattr(error, "note", None) or f"this is not YAML: {problem}: {remedy}"
        raise InputError(f"{file}{f', line {mark.line + 1}' if mark else ''}: {told}") from error
    except RecursionError as error:
        raise InputError(f"{file}: lists within lists without end: mend the brackets") from error
    return value, Place(str(file), line=partial(_line, top)), notes


class _Loader(yaml.SafeLoader):
    """Reads each scalar as it is spelled; refuses keys that stand twice, and tags of programs."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node:
        node = super().compose_node(parent, index)
        kind = node.tag.removeprefix(PLAIN)
        if kind not in TAGS:
            raise _refused(node, f"the tag {node.tag} is not read: leave it out")
        if isinstance(node, yaml.ScalarNode):
            node.value = text.name(node.value)
            node.tag = node.tag if kind in ("null", "merge") else PLAIN + "str"
        return node

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        names = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refused(key, "a key is a list or a mapping: write a name, and a colon")
            if key.tag == PLAIN + "merge":
                parts = value.value if isinstance(value, yaml.SequenceNode) else [value]
                if not all(isinstance(part, yaml.MappingNode) for part in parts):
                    told = "<< needs a mapping that was named above: write <<: *name"
                    raise _refused(value, told)
                continue
            if key.value in names:
                raise _refused(key, f"the key {key.value!r} is there twice: leave one out")
            names.add(key.value)
            key.tag = PLAIN + "str"
        return node


def _refused(node: yaml.Node, why: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem_mark=node.start_mark, note=why)


def _line(node: yaml.Node | None, path: tuple[str, ...]) -> int | None:
    """The line of the value below a node that a path of keys and indices leads to."""
    line = node and node.start_mark.line + 1
    for step in path:
        if isinstance(node, yaml.SequenceNode):
            node = node.value[int(step)]
            line = node.start_mark.line + 1
        else:
            below = {key.value: (key, value) for key, value in getattr(node, "value", ())}
            if step not in below:
                return None
            key, node = below[step]
            line = key.start_mark.line + 1
    return line
