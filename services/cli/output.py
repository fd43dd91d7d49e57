"""What commands print: tables for people, JSON for programs, and the exit codes."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

OK, FAILED, USAGE, NOT_FOUND, UNREACHABLE = 0, 1, 2, 3, 4
"""Exit codes: it worked; it was refused or a check failed; wrong usage; no such thing; the hub is not reachable."""

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
OwnerOption = Annotated[str, typer.Option("--owner", help="Whose it is.")]

_WIDTH = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120
"""Columns, where nobody says how many there are: in a file or a pipe."""

console = Console(markup=False, emoji=False, width=_WIDTH)
"""What is printed may come from outside: brackets in it are brackets, and ``web:o2:`` is no picture. What has
a colour is a `Text`."""
errors = Console(stderr=True, markup=False, emoji=False)


def as_json(value: Any) -> None:
    """Print a value as one JSON document."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE, default=str))
    sys.stdout.buffer.flush()


def as_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows under headings; numbers to the right."""
    table = Table(title=title, title_justify="left", header_style="bold")
    listed = [list(row) for row in rows]
    for number, column in enumerate(columns):
        numeric = bool(listed) and all(isinstance(row[number], int | float) for row in listed)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*map(_cell, row))
    console.print(table)


def counted(number: int, one: str, many: str = "") -> str:
    """A number of things: ``1 line``, ``2 lines``; ``many`` where the plural is not an s more."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _cell(value: Any) -> str | Text:
    if isinstance(value, Text):
        return value
    return f"{value:,}" if isinstance(value, int) else str(value)


def fail(message: str, code: int = FAILED) -> NoReturn:
    """End with a message on standard error, in one line however long, so that it can be searched for."""
    errors.print(Text("error:", "red"), message, highlight=False, soft_wrap=True)
    raise typer.Exit(code)
