"""`crossdock stock availability`, `limit` and `reorder`: who may have what, and when there is too little of it."""

import asyncio
from typing import Annotated, Any

import typer

from crossdock_contracts.stock import SetChannelLimitV1, SetReorderPointV1
from services.cli import known
from services.cli.carry import carry_out
from services.cli.client import connected
from services.cli.output import NOT_FOUND, JsonFlag, OwnerOption, as_json, as_table, console, fail
from services.hub.settings import settings

Sku = Annotated[str, typer.Argument(help="SKU.")]


def availability(
    skus: Annotated[list[str], typer.Argument(help="SKUs.")],
    channel: Annotated[str, typer.Option(help="What this channel may be promised.")] = "",
    country: Annotated[str, typer.Option(help="Nearest locations first: the buyer's country, such as DE.")] = "",
    postcode: Annotated[str, typer.Option(help="The buyer's postcode.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Tell what is available of SKUs, for a channel, near a buyer."""
    question = {"skus": skus, "channel": channel, "country": country, "postcode": postcode}

    async def ask() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            return list((await client.ask("inventory", "availability", owner=owner, **question))["answer"])

    found = asyncio.run(ask())
    if json:
        as_json(found)
        return
    if not found:
        fail(f"{owner} has no stock of {', '.join(skus)}", NOT_FOUND)
    for stock in found:
        as_table(
            f"Availability of {stock['sku']}",
            ("location", "available", "on hand", "km"),
            ([p["location_id"], p["available"], p["on_hand"], _km(p["distance_km"])] for p in stock["locations"]),
        )
        console.print(_summary(stock, channel))


def _summary(stock: dict[str, Any], channel: str) -> str:
    mine = f", {stock['for_channel']:,} of them for {channel}" if channel else ""
    near = f"; distances from the buyer's {_NEAR[stock['near']]}" if stock["near"] else ""
    return f"available to promise: {stock['promisable']:,}{mine}{near}"


_NEAR = {"coordinates": "coordinates", "postcode": "postcode", "country": "country's centre"}


def _km(distance: float | None) -> str:
    return "-" if distance is None else f"{distance:,.0f}"


def limit(
    sku: Sku,
    channel: Annotated[str, typer.Argument(help="Channel, as in channels.toml.", callback=known.channel)],
    buffer: Annotated[int, typer.Option(help="Pieces that are kept from it.")] = 0,
    share: Annotated[int | None, typer.Option(help="Most that it may hold, in percent of the sellable stock.")] = None,
    as_configured: Annotated[bool, typer.Option("--as-configured", help="Go by stock.toml again.")] = False,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Limit what a channel may be promised of a SKU."""
    command = SetChannelLimitV1(
        owner=owner, sku=sku, channel=channel, buffer=buffer, share_percent=share, as_configured=as_configured
    )
    limits = [f"{buffer} are kept from it"] if buffer else []
    limits += [f"it holds {share} % at most"] if share is not None else []
    stands = "goes by stock.toml" if as_configured else ", ".join(limits) or "may have all of it"
    carry_out(command, json=json, nothing=f"{sku} for {channel}: {stands}")


def reorder(
    sku: Sku,
    at: Annotated[int | None, typer.Option(help="Low with so many available; left out: as in stock.toml.")] = None,
    up_to: Annotated[int, typer.Option(help="Pieces to have after reordering.")] = 0,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Set when a SKU is low, and how far it is filled up."""
    stands = "as in stock.toml" if at is None else f"low at {at}, filled up to {up_to}"
    command = SetReorderPointV1(owner=owner, sku=sku, reorder_at=at, reorder_up_to=up_to)
    carry_out(command, json=json, nothing=f"{sku}: {stands}")
