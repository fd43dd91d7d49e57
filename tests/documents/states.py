"""``docs/states.md``: a diagram of every table of legal moves."""

import ast
import importlib
import importlib.util
import inspect
from enum import StrEnum
from itertools import pairwise
from types import ModuleType

from services.cli.supervisor import ALL
from tests.documents.sources import GENERATED, table

Moves = dict[StrEnum, frozenset[StrEnum]]


def text() -> str:
    """The document."""
    parts = [
        GENERATED,
        "# States and legal moves\n",
        "Each service keeps one document for each thing that it is about, and the document has a status. These are the",
        "moves that a status may make. The tables stand in `services/<service>/state.py`, or beside it; a status from",
        "which no arrow leads to another is an end.\n",
    ]
    for service in ALL:
        for name in ("state", "audits", "cases", "state_back", "state_dock"):
            if importlib.util.find_spec(f"services.{service}.{name}") is None:
                continue
            module = importlib.import_module(f"services.{service}.{name}")
            moves: Moves | None = getattr(module, "MOVES", None)
            if moves:
                parts.append(_section(service, module, moves))
    return "\n".join(parts)


def _section(service: str, module: ModuleType, moves: Moves) -> str:
    kind = type(next(iter(moves)))
    documented = docs_of_members(module, kind.__name__)
    arrows = [f"    {one} --> {other}" for one in kind for other in kind if other in moves[one]]
    arrows += [f"    {one} --> [*]" for one in kind if not moves[one]]
    legal = docs_of_constants(module)["MOVES"].partition(".")[0]
    title = f"## {service.capitalize()}: {legal[0].lower()}{legal[1:]}\n"
    diagram = "\n".join(["```mermaid", "stateDiagram-v2", *arrows, "```\n"])
    meanings = table(
        ("status", "meaning"), [(f"`{one}`", documented[one.name]) for one in kind if one.name in documented]
    )
    return "\n".join([title, f"{inspect.getdoc(kind)}\n", diagram, *([meanings] if documented else [])])


def docs_of_members(module: ModuleType, name: str) -> dict[str, str]:
    """What stands under the members of a class, by name."""
    tree = ast.parse(inspect.getsource(module))
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    return _docs(found.body)


def docs_of_constants(module: ModuleType) -> dict[str, str]:
    """What stands under the constants of a module, by name."""
    return _docs(ast.parse(inspect.getsource(module)).body)


def _docs(body: list[ast.stmt]) -> dict[str, str]:
    found = {}
    for one, following in pairwise(body):
        target = (
            one.targets[0] if isinstance(one, ast.Assign) else one.target if isinstance(one, ast.AnnAssign) else None
        )
        if (
            isinstance(target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            found[target.id] = " ".join(str(following.value.value).split())
    return found
