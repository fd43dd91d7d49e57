"""`crossdock`: the command line.

Exit codes: 0 it worked, 1 it was refused or a check failed, 2 wrong usage, 3 no such thing, 4 the hub is not reachable.
"""

import sys
from importlib import import_module

import typer
from pydantic import ValidationError

from services.cli.client import (
    NoServiceError,
    QuestionError,
    RefusedError,
    UnknownError,
    UnreachableError,
    WaitingError,
)
from services.cli.output import FAILED, NOT_FOUND, UNREACHABLE, USAGE, errors, fail
from services.cli.quiet import BusyError
from services.hub.server import ServerError
from services.hub.settings import Settings
from services.hub.streams import ProvisionError
from services.hub.toml import RulesError
from services.hub.wire import DisconnectedError

_COMMANDS = {
    "up": ("running", "up"),
    "run": ("serving", "run"),
    "demo": ("demo", "demo"),
    "import": ("imports", "import_file"),
    "load": ("cutover.load", "load"),
    "verify": ("verify", "verify"),
    "waiting": ("waiting", "waiting"),
    "bench": ("bench", "bench"),
    "doctor": ("doctor", "doctor"),
}
"""Module and function of each command."""
_GROUPS = {
    "orders": ("orders amend", "Orders: list them, show one's timeline, create by hand, correct, cancel."),
    "customers": (
        "customers",
        "Customers: list, show what they are known by, set limits on terms, enter payments.",
    ),
    "channels": (
        "channels",
        "Channels: who does what, what payloads become, and what they fulfilled, refunded and took back themselves.",
    ),
    "stock": (
        "stock lots",
        "Stock: what there is, comes and goes, who may have it, counts; conditions, lots, recalls.",
    ),
    "inbound": ("inbound", "What suppliers are going to deliver: expect, list, receive, slip, close."),
    "locations": ("locations", "Locations: list them, close, open, say what they can take."),
    "products": ("products", "Products and listings: load from CSV, list, map."),
    "holds": ("holds", "Holds: list, place, release, reject."),
    "dead": ("dead", "Dead letters: list, show, edit, replay, discard."),
    "routing": ("routing", "Routing: check rules, explain an order's way, decide the past again by other rules."),
    "warehouse": (
        "waves papers",
        "The warehouse: queues, waves, bins, steps, manifests, pickups; what it confirms: picked, packed, shipped.",
    ),
    "cases": ("cases", "Parcel trouble: list, show, open, decide, received, claim, answer, close."),
    "carriers": ("carriers", "Carriers: what their tracking codes mean."),
    "stores": ("stores", "Stores: what waits there, accept, decline, make ready, hand over."),
    "suppliers": ("suppliers", "Suppliers: their purchase orders, acknowledge, reject, invoice."),
    "sandbox": ("sandbox", "The outside on this machine: shops and carriers that speak real formats, and fail."),
    "contracts": ("contracts", "Contracts: list, print the schema, check a message."),
}
"""Modules of each group, which share one `app`, and what it is for."""


def commands(only: str = "") -> typer.Typer:
    """The command line; of one command only where it is named, for the others' modules need not be loaded."""
    app = typer.Typer(
        name="crossdock",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="An order management system as an asynchronous hub.\n\nExit codes: 0 it worked, 1 refused or a check "
        "failed, 2 wrong usage, 3 no such thing, 4 the hub is not reachable.",
    )
    app.callback()(lambda: None)
    everything = only not in {*_COMMANDS, *_GROUPS}
    for name, (module, function) in _COMMANDS.items():
        if everything or name == only:
            app.command(name)(getattr(import_module(f"services.cli.{module}"), function))
    for name, (modules, text) in _GROUPS.items():
        if everything or name == only:
            group, *_ = [import_module(f"services.cli.{module}").app for module in modules.split()]
            app.add_typer(group, name=name, help=text)
    return app


def main() -> None:
    """Entry point: what goes wrong in a known way is said in one line."""
    try:
        commands(sys.argv[1] if len(sys.argv) > 1 else "")()
    except ValidationError as error:
        _end(_meant(error), USAGE)
    except WaitingError as waits:
        errors.print(str(waits), highlight=False)
    except (UnreachableError, NoServiceError) as error:
        _end(error, UNREACHABLE)
    except DisconnectedError as error:
        _end(f"the server does not answer, or has no streams: {str(error) or 'no answer'}; try again", UNREACHABLE)
    except UnknownError as error:
        _end(error, NOT_FOUND)
    except (RefusedError, QuestionError, RulesError, ServerError, ProvisionError, BusyError) as error:
        _end(error, FAILED)


def _meant(error: ValidationError) -> str:
    """Which of the values that were given cannot be meant, and why; a setting by the name that it is given under."""
    name = (lambda field: f"setting CROSSDOCK_{field.upper()}") if error.title == Settings.__name__ else str
    wrong = (
        f"{name('.'.join(map(str, e['loc'])))} {e['input']!r}: {e['msg']}" for e in error.errors(include_url=False)
    )
    return "; ".join(wrong)


def _end(error: Exception | str, code: int) -> None:
    try:
        fail(str(error), code)
    except typer.Exit:
        sys.exit(code)


if __name__ == "__main__":
    main()
