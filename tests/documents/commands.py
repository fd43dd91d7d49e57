"""``docs/commands.md``: the command line, as its own help tells it."""

from collections.abc import Iterator
from typing import Any

import typer

from services.cli.main import commands
from tests.documents.sources import GENERATED

_INTRODUCTION = """\
# The command line

`crossdock COMMAND --help` says the same. Every command that shows or changes something takes `--json` and then prints
one JSON document; errors go to standard error.

| exit code | meaning |
| --- | --- |
| 0 | it worked |
| 1 | it was refused, or a check failed |
| 2 | wrong usage |
| 3 | no such thing |
| 4 | the hub is not reachable |
"""


def text() -> str:
    """The document."""
    sections = [_section(path, command) for path, command in _walk("crossdock", typer.main.get_command(commands()))]
    return "\n".join([GENERATED, _INTRODUCTION, *sections])


def _walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with the words that call it."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from _walk(f"{path} {name}", inner)
    if not hasattr(command, "commands"):
        yield path, command


def _section(path: str, command: Any) -> str:
    command.rich_markup_mode = None  # plain lines, without boxes
    context = typer.Context(command, info_name=path, terminal_width=100, max_content_width=100)
    return f"## {path}\n\n```text\n{command.get_help(context)}\n```\n"
