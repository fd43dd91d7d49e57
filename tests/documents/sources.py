"""Where the generated documents get their facts: the services as they are declared, with settings at their defaults."""

import importlib
import inspect
from collections.abc import Iterable, Sequence

from crossdock_contracts.base import Contract
from services.cli.supervisor import ALL
from services.hub.app import HubApp
from services.hub.service import Service
from services.hub.settings import Settings

GENERATED = "<!-- Made from the code by `make generate`; edits are lost. -->\n"
DEFAULTS = Settings.model_construct()


def services() -> dict[str, Service]:
    """Every service's declaration."""
    return {name: _declared(name) for name in ALL}


def apps() -> dict[str, HubApp]:
    """Every service as an application; none is started."""
    return {name: HubApp(service, DEFAULTS) for name, service in services().items()}


def _declared(name: str) -> Service:
    declare = importlib.import_module(f"services.{name}.app").service
    service: Service = declare(DEFAULTS) if inspect.signature(declare).parameters else declare()
    return service


def heard_by(everybody: dict[str, Service]) -> dict[str, list[str]]:
    """Names of the services that handle each type, by type; what the hub does for every service is left out."""
    found: dict[str, list[str]] = {}
    for name, service in everybody.items():
        contracts = {h.contract.TYPE for h in service.handlers.values() if issubclass(h.contract, Contract)}
        for type_ in contracts:
            found.setdefault(type_, []).append(name)
    return found


def first_line(text: str | None) -> str:
    """What a docstring says first, in one line."""
    return " ".join((text or "").strip().split("\n\n")[0].split())


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; nothing where there are no rows."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [headings, ["---"] * len(headings), *cells] if cells else []
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
