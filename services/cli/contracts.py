"""`crossdock contracts`."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from crossdock_contracts import registry
from crossdock_contracts.base import Contract
from crossdock_contracts.generate import compare, schema_of
from services.cli.output import FAILED, NOT_FOUND, USAGE, JsonFlag, as_json, as_table, console, fail

app = typer.Typer(no_args_is_help=True)

Type = Annotated[str, typer.Argument(help="Such as capture.evt.order-captured.v1.")]


def _find(name: str) -> type[Contract]:
    type_, _, version = name.rpartition(".v")
    if not version.isdigit():
        fail(f"{name}: write the version behind the type, such as capture.evt.order-captured.v1", NOT_FOUND)
    try:
        return registry.find(type_, int(version))
    except registry.UnknownContractError as error:
        fail(str(error), NOT_FOUND)


@app.command("list")
def list_contracts(json: JsonFlag = False) -> None:
    """List every message type with its versions."""
    rows = [
        {"type": f"{c.TYPE}.v{c.VERSION}", "class": c.__name__, "meaning": (c.__doc__ or "").splitlines()[0]}
        for c in registry.everything()
    ]
    if json:
        as_json(rows)
    else:
        as_table("Contracts", ("type", "meaning"), ([row["type"], row["meaning"]] for row in rows))


@app.command()
def schema(type_: Type) -> None:
    """Print the JSON Schema of a message type."""
    as_json(schema_of(_find(type_)))


@app.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(exists=True, help="A message to check; else the published schemas.")
    ] = None,
    type_: Annotated[str, typer.Option("--type", help="With a file: what it should be.")] = "",
    folder: Annotated[Path, typer.Option(help="Folder of the published schemas.")] = Path("contracts/schemas"),
    json: JsonFlag = False,
) -> None:
    """Check a message against its contract, or the contracts against what has been published."""
    problems = _check_message(file, type_) if file else _check_published(folder)
    if json:
        as_json({"ok": not problems, "problems": problems})
    else:
        for problem in problems:
            console.print(problem, style="red", highlight=False)
        if not problems:
            console.print("holds", style="green")
    raise typer.Exit(FAILED if problems else 0)


def _check_message(file: Path, type_: str) -> list[str]:
    if not type_:
        fail("say with --type what the message should be", USAGE)
    try:
        _find(type_).decode(file.read_bytes())
    except ValidationError as error:
        return [f"$.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return []


def _check_published(folder: Path) -> list[str]:
    if not folder.is_dir():
        fail(f"{folder} is no folder; name the folder of the published schemas with --folder", NOT_FOUND)
    return [str(difference) for difference in compare(folder)]
