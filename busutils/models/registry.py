"""The networks by name, each known by the signature of its `build` without importing Keras.

A network is a file with ``@register("name", ...) def build(size, channels, **options)``; a cell of
a notebook can register one too. An option has a default, which sets its type, and its choices if
it is annotated ``Literal[...]``.
"""

import ast
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from busutils import own_code
from busutils.errors import UserError

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Network:
    """A network: its `build` (of a file of the package without its body), and what `register` said.

    Attributes
    ----------
    build : takes size, channels and the options
    multiple : sizes must be a multiple of this, or of what it gives for the options
    encoder : the backbone that it always has in front; empty where there is none, or it is chosen
    """

    build: Callable
    multiple: int | Callable[..., int]
    encoder: str

    @property
    def options(self) -> Mapping[str, inspect.Parameter]:
        """Its options by name, with `default` and `annotation`."""
        _, _, *options = inspect.signature(self.build).parameters.values()
        return {option.name: option for option in options}

    def choices(self, option: str) -> tuple:
        """Choices of an option; none where it takes any value of its type."""
        return get_args(self.options[option].annotation)


_OWN: dict[str, Network] = {}


def register(
    name: str, multiple: int | Callable[..., int] = 1, encoder: str = ""
) -> Callable[[Callable], Callable]:
    """Make a function known as the network `name`: a decorator, see :class:`Network`.

    The jobs of a network that stands outside the package are known by the hash of its source.

    Raises
    ------
    UserError
        If the package has a network of that name, or an option has no default.

    Examples
    --------
    >>> @register("mine", multiple=4)  # doctest: +SKIP
    ... def build(size, channels, filters=16):
    ...     return keras.Model(...)
    """

    def known(build: Callable) -> Callable:
        network = Network(build, multiple, encoder)
        for option in network.options.values():
            if option.default is option.empty:
                raise UserError(f"option {option.name} of {name} has no default: give it one")
        if not own_code.is_own(build):
            build.network = network
            return build
        if name in _of_the_package():
            raise UserError(f"{name} is a network of busutils: give yours another name")
        own_code.note("network", name, build)
        _OWN[name] = network
        return build

    return known


def networks() -> dict[str, Network]:
    """Return every network that is known, by name."""
    return _of_the_package() | _OWN


@cache
def _of_the_package() -> dict[str, Network]:
    """Networks of this folder, each by the name of its file."""
    texts = {f.stem: f.read_text(encoding="utf-8") for f in sorted(FOLDER.glob("[!_]*.py"))}
    return {name: _read(name, text) for name, text in texts.items() if "\n@register(" in text}


def _read(name: str, text: str) -> Network:
    """Execute the head of a network's `build`, and of its module only what that asks for."""
    tree = ast.parse(text)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    known = [(node.name, told) for node in functions for told in _registered(node)]
    if known != [("build", repr(name))]:
        as_told = ", ".join(f"{function}() as {told}" for function, told in known) or "none"
        raise UserError(
            f"busutils/models/{name}.py has to register one function, build(size, channels, ...), "
            f"as {name!r}, which is its file's name: it registers {as_told}"
        )
    (build,) = (node for node in functions if node.name == "build")
    build.returns, build.body = None, [ast.Expr(ast.Constant(ast.get_docstring(build)))]
    asked = {node.id for node in ast.walk(build) if isinstance(node, ast.Name)}
    tree.body = [node for node in tree.body if node is build or asked & _bound(node)]
    variables = {"__name__": f"{__package__}.{name}"}
    exec(compile(ast.fix_missing_locations(tree), f"{name}.py", "exec"), variables)
    return variables["build"].network


def _registered(function: ast.FunctionDef) -> list[str]:
    """Names under which a function's decorators register it, as they stand in the code."""
    calls = [d for d in function.decorator_list if isinstance(d, ast.Call)]
    given = [c.args for c in calls if ast.unparse(c.func) == "register"]
    return [ast.unparse(words[0]) if words else "nothing" for words in given]


def _bound(node: ast.stmt) -> set[str]:
    """Names that an import, a function or an assignment gives a value to."""
    if isinstance(node, ast.ImportFrom):
        return {alias.asname or alias.name for alias in node.names}
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}
