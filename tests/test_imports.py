"""No import circle in the package, and no room that imports a later one (read, not run)."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "busutils"
KNOWS_NOTHING_OF = {
    "phantoms": ("models", "training", "jobs", "study"),
    "data": ("models", "training", "jobs", "study"),
    "models": ("data", "training", "jobs", "study"),
    "losses": ("data", "models", "jobs", "training", "study"),
    "augment": ("data", "models", "jobs", "training", "study"),
    "perturb": ("data", "models", "jobs", "training", "study"),
    "explain": ("data", "jobs", "training", "study"),
    "jobs": ("training", "compare", "figures", "runs", "execution", "pages", "study"),
    "training": ("compare", "figures", "runs", "execution", "pages", "study"),
    "metrics": ("models", "losses", "jobs", "training"),
    "thresholds": ("models", "losses", "jobs", "training"),
    "statistics": ("data", "models", "jobs", "training"),
    "compare": ("training", "study"),
    "figures": ("training", "study"),
    "runs": ("models", "study"),
    "pages": ("models", "study"),
}
"""The rooms of the package and what they must not know (`training` stands for what it is made of,
`study` for the pages)."""
TRAINING = {"training", "fitting", "evaluation", "batches", "checkpoint", "bundle"}


def modules():
    """Every module by its name below the package, with its syntax tree."""
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        yield name, ast.parse(file.read_text(encoding="utf-8"))


MODULES = dict(modules())


def imported(name):
    """Modules of the package that one imports anywhere in its code, but for its type hints."""
    tree = MODULES[name]
    hints = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in hints:
            assert not node.level, f"{name} has a relative import, which is not followed here"
            full = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import) and id(node) not in hints:
            full = [alias.name for alias in node.names]
        else:
            continue
        for target in full:
            if target.startswith("busutils"):
                below = target.removeprefix("busutils").lstrip(".")
                while below not in MODULES:
                    below = below.rpartition(".")[0]
                yield below


IMPORTS = {name: set(imported(name)) - {name} for name in MODULES}


def circle(start):
    """A way along imports from a module back to itself, if there is one."""
    ways = [[start]]
    seen = set()
    while ways:
        way = ways.pop(0)
        for following in sorted(IMPORTS[way[-1]]):
            if following == start:
                return [*way, start]
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return None


def test_no_module_imports_itself_by_a_detour():
    assert [found for name in MODULES if (found := circle(name))] == []


@pytest.mark.parametrize("room", KNOWS_NOTHING_OF)
def test_a_room_does_not_know_a_later_one(room):
    unknown = set(KNOWS_NOTHING_OF[room])
    unknown |= TRAINING if "training" in unknown else set()
    inside = [name for name in MODULES if name.split(".")[0] == room]
    known = {(name, other) for name in inside for other in IMPORTS[name]}
    assert sorted((n, o) for n, o in known if o.split(".")[0] in unknown) == []
