"""`crossdock suppliers`: purchase orders of those who ship to the buyers of others."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from crossdock_contracts.stores import AcknowledgePurchaseOrderV1, InvoicePurchaseOrderV1, RejectPurchaseOrderV1
from crossdock_contracts.values import Money
from services.cli.errands import Fulfilment, about, carry_out
from services.cli.floor import Location
from services.cli.output import JsonFlag, OwnerOption
from services.cli.stores import print_queue, waiting_at

app = typer.Typer(no_args_is_help=True)


@app.command()
def orders(location: Location, owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """List the purchase orders that a supplier has to acknowledge or to ship, in turn."""
    print_queue(location, asyncio.run(waiting_at(owner, location)), json=json)


@app.command()
def acknowledge(
    fulfilment: Fulfilment,
    reference: Annotated[str, typer.Option(help="The supplier's own number of the order.")] = "",
    expected: Annotated[datetime | None, typer.Option(help="When it means to ship.")] = None,
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Take on a purchase order."""
    command = partial(
        AcknowledgePurchaseOrderV1, reference=reference, expected_at=expected.astimezone(UTC) if expected else None
    )
    carry_out(about(owner, fulfilment, command), json=json)


@app.command()
def reject(
    fulfilment: Fulfilment,
    reason: Annotated[str, typer.Option(help="Why, in lower-case words joined by hyphens.")] = "not-possible",
    detail: Annotated[str, typer.Option(help="What is to be known of it.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Do not take on a purchase order: the goods ship from elsewhere."""
    carry_out(about(owner, fulfilment, partial(RejectPurchaseOrderV1, reason=reason, detail=detail)), json=json)


@app.command()
def invoice(
    fulfilment: Fulfilment,
    amount_minor: Annotated[int, typer.Argument(help="What the supplier asks for, in minor units.")],
    currency: Annotated[str, typer.Argument(help="Currency, such as EUR.")],
    reference: Annotated[str, typer.Argument(help="Number of the invoice.")],
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Enter the invoice for a purchase order; there is one for each."""
    command = partial(
        InvoicePurchaseOrderV1, amount=Money(amount_minor=amount_minor, currency=currency), reference=reference
    )
    carry_out(about(owner, fulfilment, command), json=json)
