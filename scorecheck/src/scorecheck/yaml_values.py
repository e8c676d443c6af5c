"""A YAML file as plain values, each with its line: texts, lists, mappings, and None for nothing.

Scalars stay as they are spelled, so that a row called ``No``, ``1.10`` or ``2024-01-01`` keeps its
name; what a place needs, a number or yes and no, is made of the text by :mod:`scorecheck.kinds`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from scorecheck import text
from scorecheck.errors import InputError
from scorecheck.kinds import Place

WHAT = "the YAML file that says what the columns mean"
PLAIN = "tag:yaml.org,2002:"
TAGS = ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")
MOST = 100_000
"""Values in a file; aliases of aliases unfold to more in a few lines."""


def read(file: Path) -> tuple[Any, Place, list[str]]:
    """Return what a file says, the place of its top, and what a reader should know of it."""
    whole, notes = text.read(file, WHAT)
    try:
        top = yaml.compose(whole, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        remedy = "check the indentation (spaces, no tabs), brackets and quotes here and just above"
        raise InputError(f"{file}{line}: this is not YAML: {problem}: {remedy}") from error
    except RecursionError as error:
        raise InputError(f"{file}: lists within lists without end: mend the brackets") from error
    reading = _Reading(file)
    value = reading.value(top, ()) if top else None
    return value, Place(str(file), lines=reading.lines), notes


@dataclass
class _Reading:
    file: Path
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)
    within: list[yaml.Node] = field(default_factory=list)

    def value(self, node: yaml.Node, path: tuple[str, ...]) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if len(self.lines) > MOST:
            raise self.error(node, f"more than {MOST} values: leave out aliases of aliases")
        if node in self.within:
            raise self.error(node, "an alias within what it stands for: write the values out")
        if node.tag.removeprefix(PLAIN) not in TAGS:
            raise self.error(node, f"the tag {node.tag} is not read: leave it out")
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == PLAIN + "null" else text.name(node.value)
        self.within.append(node)
        if isinstance(node, yaml.SequenceNode):
            found: Any = [self.value(n, (*path, str(i))) for i, n in enumerate(node.value)]
        else:
            found = self._mapping(node, path)
        self.within.pop()
        return found

    def _mapping(self, node: yaml.MappingNode, path: tuple[str, ...]) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.error(key, "a key is a list or a mapping: write a name, and a colon")
            if key.tag == PLAIN + "merge":
                merged |= self._merged(value, path)
                continue
            named = text.name(key.value)
            if named in own:
                raise self.error(key, f"the key {named!r} is there twice: leave one out")
            self.lines[(*path, named)] = key.start_mark.line + 1
            own[named] = self.value(value, (*path, named))
        return merged | own

    def _merged(self, node: yaml.Node, path: tuple[str, ...]) -> Mapping[str, Any]:
        """What ``<<: *name`` brings; of several the first counts."""
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not all(isinstance(part, yaml.MappingNode) for part in parts):
            raise self.error(node, "<< needs a mapping that was named above: write <<: *name")
        found: dict[str, Any] = {}
        for part in parts:
            found = self.value(part, path) | found
        return found

    def error(self, node: yaml.Node, what: str) -> InputError:
        return InputError(f"{self.file}, line {node.start_mark.line + 1}: {what}")
