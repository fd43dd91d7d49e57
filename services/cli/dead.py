"""`crossdock dead`."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.syntax import Syntax
from rich.text import Text

from crossdock_contracts.operations import DiscardDeadLetterV1, ReplayDeadLetterV1
from services.cli.client import Client, NoServiceError, connected
from services.cli.output import NOT_FOUND, JsonFlag, as_json, as_table, console, errors, fail
from services.cli.supervisor import ALL
from services.hub.settings import settings

app = typer.Typer(no_args_is_help=True)

Letter = Annotated[str, typer.Argument(help="Id of the letter, such as CAPTURE_IN-17.")]
By = Annotated[str, typer.Option(help="Who asks for it; it goes into the audit entry.")]


async def letters(client: Client, *, letter_id: str = "", order: str = "") -> list[dict[str, Any]]:
    """Open dead letters of all services, each with the name of its service."""
    found: list[dict[str, Any]] = []
    for service in ALL:
        try:
            pages = client.pages(service, "letters", "letters", every_owner=True, letter_id=letter_id, order=order)
            found += [{"service": service, **letter} async for letter in pages]
        except NoServiceError as error:
            errors.print(f"{error}: its dead letters are not shown", style="yellow")
    return found


def _find(letter_id: str) -> list[dict[str, Any]]:
    async def ask() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            return await letters(client, letter_id=letter_id)

    found = asyncio.run(ask())
    if not found:
        fail(f"there is no open dead letter {letter_id}", NOT_FOUND)
    return found


def _owner(letter: dict[str, Any]) -> str:
    """Whose letter it is; of one that belongs to nobody the hub's own."""
    return str(letter["order"]).partition("/")[0] or "main"


@app.command("list")
def list_letters(
    service: Annotated[str, typer.Option(help="Only those of one service.")] = "", json: JsonFlag = False
) -> None:
    """List open dead letters."""

    async def ask() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            return [one for one in await letters(client) if service in ("", one["service"])]

    rows = asyncio.run(ask())
    if json:
        as_json(rows)
        return
    as_table(
        "Dead letters",
        ("id", "service", "handler", "error", "detail", "order", "died"),
        (
            [r["letter_id"], r["service"], r["handler"], r["error"], r["detail"][:120], r["order"], r["died_at"][:19]]
            for r in rows
        ),
    )


@app.command()
def show(letter: Letter, json: JsonFlag = False) -> None:
    """Show a dead letter: the payload, and why it could not be processed."""
    for found in _find(letter):
        if json:
            as_json(found)
            continue
        console.print(f"{found['letter_id']} {found['service']}/{found['handler']} on {found['subject']}", style="bold")
        console.print(Text(f"{found['error']}:", "red"), found["detail"], highlight=False)
        console.print(f"attempts {found['attempts']}, died {found['died_at']}, order {found['order'] or '-'}")
        console.print(Syntax(found["body"], "json", word_wrap=True))
        console.print(found["traceback"], style="dim", highlight=False)


@app.command()
def replay(
    letter: Annotated[str, typer.Argument(help="Id of the letter; or `all`.")],
    body: Annotated[Path | None, typer.Option(exists=True, help="File with a mended payload.")] = None,
    service: Annotated[str, typer.Option(help="With `all`: only those of one service.")] = "",
    by: By = "",
    note: str = "",
    json: JsonFlag = False,
) -> None:
    """Hand dead letters to their handlers once more."""
    mended = body.read_text(encoding="utf-8") if body else None
    if mended is not None and letter == "all":
        fail("a mended payload is for one letter, not for all", 2)

    async def order() -> list[dict[str, Any]]:
        async with connected(settings()) as client:
            found = await letters(client, letter_id="" if letter == "all" else letter)
            found = [one for one in found if service in ("", one["service"])]
            for one in found:
                command = ReplayDeadLetterV1(
                    owner=_owner(one),
                    letter_id=one["letter_id"],
                    handler=one["handler"],
                    body=mended,
                    requested_by=by,
                    note=note,
                )
                await client.order(command, service=one["service"])
            return found

    done = asyncio.run(order())
    if not done and letter != "all":
        fail(f"there is no open dead letter {letter}", NOT_FOUND)
    if json:
        as_json({"replayed": [one["letter_id"] for one in done]})
        return
    console.print(f"{len(done)} replayed; `crossdock dead list` shows those that died again")


@app.command()
def discard(
    letter: Letter,
    note: Annotated[str, typer.Option(help="Why it may be thrown away; it goes into the audit entry.")],
    by: By = "",
    json: JsonFlag = False,
) -> None:
    """Close a dead letter without handling it."""
    found = _find(letter)

    async def order() -> None:
        async with connected(settings()) as client:
            for one in found:
                command = DiscardDeadLetterV1(
                    owner=_owner(one), letter_id=one["letter_id"], handler=one["handler"], requested_by=by, note=note
                )
                await client.order(command, service=one["service"])

    asyncio.run(order())
    as_json({"discarded": [one["letter_id"] for one in found]}) if json else console.print(f"discarded: {letter}")
