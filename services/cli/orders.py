"""`crossdock orders`."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import orjson
import typer
from pydantic import ValidationError
from rich.text import Text

from crossdock_contracts.base import explain
from crossdock_contracts.capture import CancelOrderV1, IngestV1
from crossdock_contracts.handed_in import OrderInput
from services.capture.formats import FORMATS
from services.capture.rules import Channels, UnknownChannelError
from services.capture.state import OrderStatus
from services.cli.client import Client, NoServiceError, connected
from services.cli.errands import Lines, carry_out, line_quantities, plainly
from services.cli.letters import Filters, letters
from services.cli.output import FAILED, NOT_FOUND, USAGE, JsonFlag, OwnerOption, as_json, as_table, console, fail
from services.cli.timeline import describe
from services.cli.timeline.orders import wanted_off
from services.cli.timeline.words import when
from services.hub.money import major
from services.hub.settings import settings

app = typer.Typer(no_args_is_help=True)

Order = Annotated[str, typer.Argument(help="Order id, such as web:1001.")]

_DOCUMENTS = (
    ("capture", "order"),
    ("payments", "payment"),
    ("inventory", "reservation"),
    ("routing", "route"),
    ("returns", "sold"),
)


@app.command("list")
def list_orders(
    owner: OwnerOption = "main",
    status: Annotated[str, typer.Option(help="Only those that stand so: held, open, paused, completed …")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Most orders to list.")] = 100,
    json: JsonFlag = False,
) -> None:
    """List orders in the order in which they last changed."""

    async def ask() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        async with connected(settings()) as client:
            async for document in client.pages("capture", "documents", "documents", owner=owner, kind="order"):
                if status in ("", document["status"]):
                    rows.append(document)
                if len(rows) == limit:
                    break
        return rows

    rows = asyncio.run(ask())
    if json:
        as_json(rows)
        return
    as_table(f"Orders of {owner}", ("order", "status", "captured", "lines", "total", "holds"), (map(_row, rows)))


def _row(document: dict[str, Any]) -> list[Any]:
    order = document.get("order") or {}
    total = order.get("totals", {}).get("total_minor")
    return [
        document["order_id"],
        document["status"],
        (document.get("captured_at") or "")[:19],
        len(order["lines"]) if order else "",
        major(total, order["currency"]) if total is not None else "",
        ", ".join(hold["reason"] for hold in document.get("holds", [])),
    ]


async def gather(client: Client, owner: str, order_id: str) -> dict[str, Any]:
    """All that the services know of an order: where it stands with each, and every event, in the order of time."""
    standing: dict[str, Any] = {}
    events: list[dict[str, Any]] = []
    asked = [(service, kind, [order_id]) for service, kind in _DOCUMENTS]
    for service, kind, key in asked:
        await _ask(client, service, kind, owner, key, standing, events)
    fulfilments = {
        event["body"]["fulfilment"]["fulfilment_id"]
        for event in events
        if "stock-allocated" in event["headers"]["ce-type"]
    }
    for fulfilment_id in sorted(fulfilments):
        await _ask(client, "shipping", "shipment", owner, [fulfilment_id], standing, events)
    about = [event["body"] for event in events if event["headers"]["ce-type"].startswith("returns.")]
    for return_id in sorted({one["return_id"] for one in about if "return_id" in one and not one.get("case_id")}):
        await _ask(client, "returns", "return", owner, [order_id, return_id], standing, events)
    said = {event["headers"]["ce-type"].partition(".evt.")[2].partition(".")[0] for event in events}
    if "return-label-wanted" in said:
        for return_id in sorted({one["return_id"] for one in about if "ship_from" in one}):
            await _ask(client, "shipping", "return-label", owner, [order_id, return_id], standing, events)
    if "address-check-wanted" in said:
        await _ask(client, "shipping", "address-check", owner, [order_id], standing, events)
    for case_id in sorted({one["case_id"] for one in about if one.get("case_id")}):
        await _ask(client, "returns", "case", owner, [order_id, case_id], standing, events)
    seen: dict[str, dict[str, Any]] = {}
    for event in sorted(events, key=lambda one: (one["headers"]["ce-time"], one["seq"])):
        seen.setdefault(event["headers"]["ce-id"], event)
    return {
        "order_id": order_id,
        "owner": owner,
        "standing": standing,
        "timeline": [_entry(event) for event in seen.values()],
        "dead_letters": await letters(client, Filters(order=f"{owner}/{order_id}"), whole=True),
    }


async def _ask(
    client: Client,
    service: str,
    kind: str,
    owner: str,
    key: list[str],
    standing: dict[str, Any],
    events: list[dict[str, Any]],
) -> None:
    try:
        answer = await client.ask(service, "timeline", kind=kind, owner=owner, key=key)
    except NoServiceError as error:
        standing[f"{service} {kind}"] = {"error": str(error)}
        return
    if answer["document"] is not None:
        name = f"{service} {kind}" + (f" {key[-1]}" if kind in {"shipment", "return", "return-label", "case"} else "")
        standing[name] = answer["document"]
        told = answer["events"]
        if kind == "reservation":  # one receipt of goods serves many orders by one decision
            told = [event for event in told if event["body"].get("order_id", key[0]) == key[0]]
        events += told


def _entry(event: dict[str, Any]) -> dict[str, Any]:
    headers = event["headers"]
    return {
        "at": headers["ce-time"],
        "type": headers["ce-type"],
        "id": headers["ce-id"],
        "cause": headers.get("ce-causationid", ""),
        "decision": describe(headers["ce-type"], event["body"]),
        "body": event["body"],
    }


@app.command()
def show(order: Order, owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """Show an order's timeline: every message about it, what was decided, and why."""

    async def ask() -> dict[str, Any]:
        async with connected(settings()) as client:
            return await gather(client, owner, order)

    found = asyncio.run(ask())
    if not found["standing"]:
        fail(f"{owner} has no order {order}", NOT_FOUND)
    if json:
        as_json(found)
        return
    console.print(f"{order} of {owner}", style="bold")
    for name, document in found["standing"].items():
        console.print(f"  {name}: {document.get('status', document.get('error', ''))}", highlight=False)
    if _is_awaited(found["standing"].get("capture order", {"status": ""})):
        console.print("The order itself has not come in. Noted for when it does:", highlight=False)
        for one in found["standing"]["capture order"]["cancels"]:
            console.print(f"  {wanted_off(one)}", highlight=False)
        return
    now = datetime.now(UTC)
    as_table(
        "Timeline",
        ("at", "message", "decision and reason"),
        ([when(one["at"], now), one["type"].replace(".evt.", " "), one["decision"]] for one in found["timeline"]),
    )
    for letter in found["dead_letters"]:
        console.print(Text("dead letter", "red"), f"{letter['letter_id']} of {letter['service']}: {letter['detail']}")


@app.command()
def create(
    file: Annotated[typer.FileText, typer.Argument(help="The order as JSON, as POST /v1/orders takes it; - reads it.")],
    by: Annotated[str, typer.Option(help="Who enters it; stands on the order.")],
    channel: Annotated[str, typer.Option(help="Channel that it is entered for.")] = "desk",
    json: JsonFlag = False,
) -> None:
    """Enter an order by hand, for a buyer on the phone; without order_id and placed_at it gets some."""
    try:
        known = Channels.load(settings().rules_dir, FORMATS)[channel]
        made = _entered(file.read(), by)
    except UnknownChannelError as error:
        fail(str(error), USAGE)
    except ValueError as error:
        fail(f"{file.name}: {error}", FAILED)
    order_id = known.key(made.order_id)
    command = IngestV1(
        owner=known.config.owner,
        channel=channel,
        order_id=order_id,
        body=made.model_dump_json(exclude_defaults=True),
        received_at=datetime.now(UTC),
        source="hand",
    )

    async def order_it() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            return await client.order(command)

    events = asyncio.run(order_it())
    if json:
        as_json({"order_id": order_id, "events": events})
        return
    for event in events:
        console.print(f"{order_id}: {describe(event['type'] + '.v1', event['body'])}", highlight=False)


def _entered(text: str, by: str) -> OrderInput:
    """The order in a file, with who enters it.

    Raises:
        ValueError: it is none; the text names each field that is wrong.
    """
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        msg = f"$: not JSON: {error}"
        raise ValueError(msg) from None
    if not isinstance(content, dict):
        msg = "$: an order is a JSON object"
        raise ValueError(msg)  # noqa: TRY004  # like whatever else is wrong with the text
    given = {"order_id": uuid4().hex[:12], "placed_at": datetime.now(UTC), **content, "created_by": by}
    try:
        return OrderInput.model_validate(given)
    except ValidationError as error:
        raise ValueError(explain(error)) from None


@app.command()
def cancel(
    order: Order,
    line: Lines = None,
    reason: Annotated[str, typer.Option(help="Why, in lower-case words joined by hyphens.")] = "requested",
    by: Annotated[str, typer.Option(help="Who asks.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Ask for an order, or some pieces of it, to be cancelled as far as they have not shipped."""
    command = CancelOrderV1(owner=owner, order_id=order, lines=line_quantities(line), reason=reason, requested_by=by)
    known = json or asyncio.run(_has_come(owner, order))
    later = "noted; it is passed on once the amendment that is under way is decided"
    carry_out(command, json=json, tell=plainly, nothing=later if known else _early(owner, order))


async def _has_come(owner: str, order: str) -> bool:
    """Capture has the order, and not only a cancel of it."""
    async with connected(settings()) as client:
        found = (await client.ask("capture", "timeline", kind="order", owner=owner, key=[order]))["document"]
    return found is not None and not _is_awaited(found)


def _is_awaited(document: dict[str, Any]) -> bool:
    return bool(document["status"] == OrderStatus.EXPECTED)


def _early(owner: str, order: str) -> str:
    """What becomes of a cancel of an order that nobody knows, and how to see whether its id is right."""
    return (
        f"{owner} knows no order {order}: the cancel is noted, and waits for that order to come in. If it is here "
        f"already, its id is another one: see `crossdock orders list`"
    )
