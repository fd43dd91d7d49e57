"""`crossdock channels`: who does what for each, what their payloads become, and what they did themselves."""

import asyncio
from typing import Annotated, Any

import typer

from crossdock_contracts.base import Command
from crossdock_contracts.capture import ReportFulfilledV1
from crossdock_contracts.payments import ImportRefundV1
from crossdock_contracts.returns import ImportReturnV1, InspectedLine
from crossdock_contracts.values import Money
from services.capture.formats import APIS, FORMATS
from services.capture.rules import ChannelConfig, Channels
from services.cli import mapping, remap
from services.cli.client import connected
from services.cli.output import USAGE, JsonFlag, OwnerOption, as_json, as_table, console, fail
from services.cli.timeline import describe
from services.hub.settings import settings

app = typer.Typer(no_args_is_help=True)
app.command("map")(mapping.map_file)
app.command("remap")(remap.remap)

Order = Annotated[str, typer.Argument(help="Order id, such as marketplace:1001.")]
_ROLES = ("payment_by", "refund_by", "invoice_by", "tax_by", "notify_by", "fulfil_by")


@app.command("list")
def list_channels(json: JsonFlag = False) -> None:
    """List channels, what goes over their web APIs, and who takes payments, refunds, invoices, remits tax and so on."""
    channels = Channels.load(settings().rules_dir, FORMATS)
    configs = {name: channels[name].config for name in channels.names}
    if json:
        as_json({name: config.model_dump(mode="json") for name, config in configs.items()})
        return
    as_table(
        "Channels",
        ("channel", "owner", "format", "web API", *(role.removesuffix("_by") for role in _ROLES)),
        (
            [name, c.owner, c.format, _over_api(c), *(getattr(c.policy, role) for role in _ROLES)]
            for name, c in configs.items()
        ),
    )


def _over_api(config: ChannelConfig) -> str:
    """What a channel is asked and told."""
    api = config.api
    if api is None:
        return "" if config.format not in APIS else "not set up"
    asked = (("orders", api.poll_minutes), ("stock", api.stock_seconds))
    return ", ".join([*(name for name, often in asked if often), *api.tell])


def _carry_out(command: Command, *, json: bool) -> None:
    async def order() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            return await client.order(command)

    events = asyncio.run(order())
    if json:
        as_json(events)
        return
    for event in events:
        console.print(f"{event['type'].rpartition('.')[2]}: {describe(event['type'] + '.v1', event['body'])}")
    if not events:
        console.print("nothing to change")


@app.command()
def fulfilled(
    order: Order,
    by: Annotated[str, typer.Option(help="Who reports it.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Report that the channel has shipped an order that it fulfils itself."""
    _carry_out(ReportFulfilledV1(owner=owner, order_id=order, reported_by=by), json=json)


@app.command()
def refund(
    order: Order,
    refund_id: Annotated[str, typer.Argument(help="The channel's own id: the same refund is entered once.")],
    amount_minor: Annotated[int, typer.Argument(help="How much, in minor units.")],
    currency: Annotated[str, typer.Option(help="ISO 4217 code.")] = "EUR",
    return_id: Annotated[str, typer.Option(help="The return that it pays for, if the hub asked for it.")] = "",
    reason: Annotated[str, typer.Option(help="Why, in lower-case words joined by hyphens.")] = "channel-refund",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Enter what the channel has paid a buyer back; nothing is paid again."""
    amount = Money(amount_minor=amount_minor, currency=currency)
    command = ImportRefundV1(
        owner=owner, order_id=order, refund_id=refund_id, amount=amount, return_id=return_id, reason=reason
    )
    _carry_out(command, json=json)


@app.command("return")
def import_return(
    order: Order,
    return_id: Annotated[str, typer.Argument(help="The channel's own id: the same return is entered once.")],
    restock: Annotated[list[str] | None, typer.Option(help="LINE=PIECES that can be sold again.")] = None,
    write_off: Annotated[list[str] | None, typer.Option(help="LINE=PIECES that cannot.")] = None,
    location: Annotated[str, typer.Option(help="Where the goods are; none: with the channel.")] = "",
    reason: Annotated[str, typer.Option(help="Why, in lower-case words joined by hyphens.")] = "channel-return",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Enter what the channel has taken back; the channel pays for it."""
    lines = []
    for disposition, named in (("restock", restock), ("write-off", write_off)):
        for one in named or []:
            name, _, quantity = one.partition("=")
            if not quantity.isdigit() or int(quantity) < 1:
                fail(f"--{disposition} {one}: write LINE=PIECES, such as 1=2", USAGE)
            lines.append(
                InspectedLine.model_validate({"line_id": name, "quantity": int(quantity), "disposition": disposition})
            )
    command = ImportReturnV1(
        owner=owner, order_id=order, return_id=return_id, location_id=location, lines=tuple(lines), reason=reason
    )
    _carry_out(command, json=json)
