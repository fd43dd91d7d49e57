"""Commands about stock: carried out, and what followed said."""

import asyncio
from typing import Any

from rich.text import Text

from crossdock_contracts.base import Command
from services.cli.client import connected
from services.cli.output import as_json, console
from services.cli.timeline import describe
from services.hub.settings import settings

_INNER = {"stock-freed", "shortage-sought", "snapshot-swept", "backorder-dates-due"}
"""What inventory tells itself."""


async def _order(command: Command) -> list[dict[str, Any]]:
    async with connected(settings()) as client:
        return await client.order(command)


def carry_out(command: Command, *, json: bool, nothing: str = "nothing to change") -> None:
    """Have a command carried out, and print what followed; ``nothing``: what is so where no event says it."""
    events = asyncio.run(_order(command))
    if json:
        as_json(events)
        return
    for event in events:
        tell(event["type"].rpartition(".")[2], event["body"])
    if all(event["type"].rpartition(".")[2] in _INNER for event in events):
        console.print(nothing)


def tell(name: str, body: dict[str, Any]) -> None:
    """Print one event in words; those that only the services go on by are left out."""
    match name:
        case "stock-already-open":
            stands = f"opened with {body['opened_with']} before, now {body['on_hand']}"
            console.print(f"{body['sku']} at {body['location_id']}: {stands}; nothing changed")
        case "shortage-recorded":
            console.print(
                Text("short:", "yellow"), f"{body['missing']} of {body['sku']} are promised beyond what is there"
            )
        case "stock-low":
            console.print(
                Text("low:", "yellow"), f"{body['available']} of {body['sku']} are left; reorder {body['suggested']}"
            )
        case "snapshot-applied":
            console.print(
                f"{body['location_id']}: part {body['part']} of {body['part_count']}, {body['applied']} SKUs believed, "
                f"{body['changed']} of them differed"
            )
            _skipped(body)
        case _:
            _tell_count(name, body)


def _tell_count(name: str, body: dict[str, Any]) -> None:
    match name:
        case "count-opened":
            console.print(f"count {body['count_id']} is open at {body['location_id']}: {', '.join(body['skus'])}")
            _skipped(body)
        case "count-applied":
            _skipped(body)
        case "count-variance-found":
            for line in body["lines"]:
                said = f"{line['sku']}: counted {line['counted']}, expected {line['expected']}"
                console.print(Text("to be approved:", "yellow"), f"{said}, by {body['assigned_to']}")
        case "count-rejected":
            console.print(f"count {body['count_id']} is rejected")
        case _ if name not in _INNER:
            console.print(describe(f"inventory.evt.{name}.v1", body))


def _skipped(body: dict[str, Any]) -> None:
    for line in body["skipped"]:
        console.print(Text("left out:", "yellow"), f"{line['sku']}: {line['reason']}")
