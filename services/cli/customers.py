"""`crossdock customers`: who ordered, by what they are known, and what they may have open on terms."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

import typer

from crossdock_contracts.base import Command
from crossdock_contracts.payments import ReceivePaymentV1, SetCreditLimitV1
from crossdock_contracts.values import Money
from services.capture.decide.evidence import customer_id_of, normal_email, normal_phone
from services.cli.client import Client, connected
from services.cli.errands import carry_out, plainly
from services.cli.output import NOT_FOUND, USAGE, JsonFlag, OwnerOption, as_json, as_table, console, counted, fail
from services.hub.money import figure, major
from services.hub.settings import settings

app = typer.Typer(no_args_is_help=True)

Customer = Annotated[
    str, typer.Argument(help="Customer id, e-mail address, phone with + and country code, or CHANNEL:ID of a channel.")
]
Currency = Annotated[str, typer.Option(help="ISO 4217 code.")]
_MOST_STEPS = 8


def customer_id(name: str) -> str:
    """The id that something which a buyer is known by leads to."""
    if name.startswith("C-"):
        return name
    kind, value = "email", normal_email(name)
    if ":" in name:
        kind, value = "channel", name
    elif name.startswith("+"):
        kind, value = "phone", normal_phone(name, "")
    if not value:
        fail(f"{name!r} is no customer id, e-mail address, phone with + and country code, or CHANNEL:ID", USAGE)
    return customer_id_of(kind, value)


async def _find(client: Client, owner: str, name: str) -> dict[str, Any] | None:
    """The customer that a name stands for today; none where it stands for nobody."""
    wanted = customer_id(name)
    for _ in range(_MOST_STEPS):
        answer = await client.ask("capture", "timeline", kind="customer", owner=owner, key=[wanted])
        found: dict[str, Any] | None = answer["document"]
        if found is None or not found.get("same_as"):
            return found
        wanted = found["same_as"]
    return None


async def _known(client: Client, owner: str, name: str) -> dict[str, Any]:
    """The customer that a name stands for today; ends where it stands for nobody."""
    found = await _find(client, owner, name)
    return found or fail(f"{owner} knows no customer {name}", NOT_FOUND)


async def _account(client: Client, owner: str, wanted: str) -> dict[str, Any]:
    answer = await client.ask("payments", "timeline", kind="account", owner=owner, key=[wanted])
    return dict((answer["document"] or {}).get("books", {}))


@app.command("list")
def list_customers(
    owner: OwnerOption = "main",
    limit: Annotated[int, typer.Option(min=1, help="Most customers to list.")] = 100,
    json: JsonFlag = False,
) -> None:
    """List customers in the order in which they last ordered."""

    async def ask() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        async with connected(settings()) as client:
            async for document in client.pages("capture", "documents", "documents", owner=owner, kind="customer"):
                if not document.get("same_as"):
                    rows.append(document)
                if len(rows) == limit:
                    break
        return rows

    rows = asyncio.run(ask())
    if json:
        as_json(rows)
        return
    as_table(
        f"Customers of {owner}",
        ("customer", "orders", "first", "known by"),
        ([r["customer_id"], r["orders"], r["since"][:10], _known_by(r)] for r in rows),
    )


def _known_by(document: dict[str, Any]) -> str:
    return ", ".join(evidence["value"] for evidence in document.get("evidence", []))


@app.command()
def show(customer: Customer, owner: OwnerOption = "main", json: JsonFlag = False) -> None:
    """Show a customer: by what they are known, their latest orders, and what they have open on terms."""

    async def ask() -> dict[str, Any]:
        async with connected(settings()) as client:
            found = await _known(client, owner, customer)
            return found | {"account": await _account(client, owner, found["customer_id"])}

    found = asyncio.run(ask())
    if json:
        as_json(found)
        return
    since = f"{counted(found['orders'], 'order')} since {found['since'][:10]}"
    console.print(f"{found['customer_id']} of {owner}: {since}", style="bold")
    as_table(
        "Known by",
        ("what", "", "first seen in", "at"),
        ([e["kind"], e["value"], e["order_id"], e["seen_at"][:16]] for e in found.get("evidence", [])),
    )
    as_table(
        "Latest orders",
        ("order", "placed", "total"),
        ([r["order_id"], r["placed_at"][:16], major(r["total_minor"], r["currency"])] for r in found.get("recent", [])),
    )
    for currency, book in found["account"].items():
        console.print(f"on terms: {_book(currency, book)}", highlight=False)


def _book(currency: str, book: dict[str, Any]) -> str:
    limit = book.get("limit_minor")
    ordered, owed = book.get("ordered_minor", 0), book.get("owed_minor", 0)
    most = "no limit" if limit is None else f"limit {figure(limit, currency)}"
    return f"{most}, {figure(ordered, currency)} ordered, {figure(owed, currency)} owed ({currency})"


def _carry_out(owner: str, customer: str, make: Callable[[str], Command], *, json: bool) -> None:
    """Order something about a customer; one who has not ordered yet has the id that their first order will lead to."""

    async def command(client: Client) -> Command:
        found = await _find(client, owner, customer)
        return make(found["customer_id"] if found else customer_id(customer))

    carry_out(command, json=json, tell=plainly)


@app.command()
def credit(
    customer: Customer,
    limit_minor: Annotated[int | None, typer.Option(min=0, help="Most to be open on terms, in minor units.")] = None,
    currency: Currency = "EUR",
    no_limit: Annotated[bool, typer.Option("--no-limit", help="Take the limit away.")] = False,
    by: Annotated[str, typer.Option(help="Who sets it.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Set how much a customer may have open on terms: ordered or owed, and not paid."""
    if (limit_minor is None) is not no_limit:
        fail("say either --limit-minor AMOUNT or --no-limit", USAGE)

    def command(found: str) -> Command:
        return SetCreditLimitV1(owner=owner, customer_id=found, currency=currency, limit_minor=limit_minor, set_by=by)

    _carry_out(owner, customer, command, json=json)


@app.command()
def paid(
    customer: Customer,
    amount_minor: Annotated[int, typer.Argument(help="How much, in minor units.")],
    currency: Currency = "EUR",
    reference: Annotated[str, typer.Option(help="Of the bank: the same one is booked once.")] = "",
    by: Annotated[str, typer.Option(help="Who enters it.")] = "",
    owner: OwnerOption = "main",
    json: JsonFlag = False,
) -> None:
    """Enter a payment of a customer on terms: so much of the limit is free again."""

    def command(found: str) -> Command:
        amount = Money(amount_minor=amount_minor, currency=currency)
        return ReceivePaymentV1(owner=owner, customer_id=found, amount=amount, reference=reference, received_by=by)

    _carry_out(owner, customer, command, json=json)
