"""`crossdock`: the command line.

Exit codes: 0 it worked, 1 it was refused or a check failed, 2 wrong usage, 3 no such thing, 4 the hub is not reachable.
"""

import asyncio
import importlib
import signal
import sys
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.text import Text

from services.cli import (
    amend,
    bench,
    carriers,
    cases,
    channels,
    contracts,
    customers,
    dead,
    demo,
    doctor,
    holds,
    imports,
    inbound,
    locations,
    lots,
    orders,
    products,
    routing,
    sandbox,
    stock,
    stores,
    suppliers,
    verify,
    waiting,
    waves,
)
from services.cli.client import (
    NoServiceError,
    QuestionError,
    RefusedError,
    UnknownError,
    UnreachableError,
    WaitingError,
)
from services.cli.cutover.load import load
from services.cli.output import FAILED, NOT_FOUND, UNREACHABLE, USAGE, console, errors, fail
from services.cli.quiet import BusyError
from services.cli.supervisor import ALL, Hub
from services.hub import log, process
from services.hub.server import ServerError
from services.hub.settings import Settings, settings
from services.hub.streams import ProvisionError
from services.hub.toml import RulesError
from services.hub.wire import DisconnectedError

app = typer.Typer(
    name="crossdock",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="An order management system as an asynchronous hub.\n\nExit codes: 0 it worked, 1 refused or a check failed, "
    "2 wrong usage, 3 no such thing, 4 the hub is not reachable.",
)
stock.app.add_typer(lots.app)
for commands, name, text in (
    (orders.app, "orders", "Orders: list them, show one's timeline, create by hand, correct, cancel."),
    (customers.app, "customers", "Customers: list, show what they are known by, set limits on terms, enter payments."),
    (
        channels.app,
        "channels",
        "Channels: who does what, what payloads become, and what they fulfilled, refunded and took back themselves.",
    ),
    (stock.app, "stock", "Stock: what there is, comes and goes, who may have it, counts; conditions, lots, recalls."),
    (inbound.app, "inbound", "What suppliers are going to deliver: expect, list, receive, slip, close."),
    (locations.app, "locations", "Locations: list them, close, open, say what they can take."),
    (products.app, "products", "Products and listings: load from CSV, list, map."),
    (holds.app, "holds", "Holds: list, place, release, reject."),
    (dead.app, "dead", "Dead letters: list, show, edit, replay, discard."),
    (routing.app, "routing", "Routing: check rules, explain an order's way, decide the past again by other rules."),
    (
        waves.app,
        "warehouse",
        "The warehouse: queues, waves, pick lists, bins, steps; what it confirms: picked, packed, shipped, returned.",
    ),
    (cases.app, "cases", "Parcel trouble: list, show, open, decide, received, claim, answer, close."),
    (carriers.app, "carriers", "Carriers: what their tracking codes mean."),
    (stores.app, "stores", "Stores: what waits there, accept, decline, make ready, hand over."),
    (suppliers.app, "suppliers", "Suppliers: their purchase orders, acknowledge, reject, invoice."),
    (sandbox.app, "sandbox", "The outside on this machine: shops and carriers that speak real formats, and fail."),
    (contracts.app, "contracts", "Contracts: list, print the schema, check a message."),
):
    app.add_typer(commands, name=name, help=text)
orders.app.command("amend")(amend.amend)
orders.app.command("address")(amend.address)
app.command("demo")(demo.demo)
app.command("import")(imports.import_file)
app.command("load")(load)
app.command("verify")(verify.verify)
app.command("waiting")(waiting.waiting)
app.command("bench")(bench.bench)
app.command("doctor")(doctor.doctor)


@app.command()
def up(
    processes: Annotated[int, typer.Option(min=1, max=7, help="Processes that the services are shared out to.")] = 2,
) -> None:
    """Run everything on this machine: the message server and all services."""
    config = settings()
    wrong = dict.fromkeys(detail for _, ok, detail in doctor.rules(config) if not ok)
    if wrong:  # services that cannot read their rules would be started anew for ever
        fail("; ".join(wrong), FAILED)
    log.configure(config)
    raise typer.Exit(process.run(_up(Hub(config, processes))))


async def _up(hub: Hub) -> int:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        waiting = asyncio.create_task(stop.wait())
        ready = asyncio.create_task(_start(hub))
        await asyncio.wait({waiting, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            ready.result()
            addresses = f"Orders: POST {hub.http_url}/v1/orders   NATS: {hub.nats_url}"
            console.print(Text("Crossdock is up.", "green"), addresses, soft_wrap=True)
            console.print(f"Health {hub.http_url}/health/ready   API {hub.http_url}/docs", soft_wrap=True)
            host = hub.settings.http_host
            metrics = "   ".join(f"http://{host}:{worker.port}/metrics" for worker in hub.workers)
            console.print("Metrics", metrics, soft_wrap=True)
        ready.cancel()
        await waiting
    finally:
        await hub.stop()
    return 0


async def _start(hub: Hub) -> None:
    await hub.start()
    await hub.ready(300)


@app.command()
def run(
    services: Annotated[list[str], typer.Argument(help=f"Which: {', '.join(ALL)}; or all.")],
    *,
    follow_parent: Annotated[bool, typer.Option(hidden=True, help="End when standard input closes.")] = False,
) -> None:
    """Run chosen services against the server at CROSSDOCK_NATS_URL."""
    names = list(ALL) if services == ["all"] else services
    unknown = [name for name in names if name not in ALL]
    if unknown:
        fail(f"no service {', '.join(unknown)}; there are: {', '.join(ALL)}", USAGE)
    config = settings()
    log.configure(config)
    apps = [importlib.import_module(f"services.{name}.app").app for name in names]
    raise typer.Exit(process.run(process.serve(apps, config, follow_parent=follow_parent)))


def main() -> None:
    """Entry point: what goes wrong in a known way is said in one line."""
    try:
        app()
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
