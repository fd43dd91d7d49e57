"""`crossdock dead edit`: a dead letter's payload is mended, checked against its contract, and replayed."""

import asyncio
import json as text_json
import re
from pathlib import Path
from typing import Annotated, Any

import click
import typer
from rich.text import Text

from services.cli import closing, letters
from services.cli.client import connected
from services.cli.output import NOT_FOUND, USAGE, JsonFlag, as_json, console, fail
from services.hub.edits import changes, closed, opened, shown, written
from services.hub.letters import Letter
from services.hub.settings import settings

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


def mend(
    letter: Annotated[str, typer.Argument(help="Id of the letter, such as CAPTURE_IN-17.")],
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="PATH=VALUE, such as body.lines[0].sku=A-1; any number.")
    ] = None,
    file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="The mended payload.")] = None,
    handler: Annotated[str, typer.Option(help="Where letters of several handlers have this id: which.")] = "",
    by: Annotated[str, typer.Option(help="Who asks for it; it goes into the audit entry.")] = "",
    note: str = "",
    json: JsonFlag = False,
) -> None:
    """Mend a dead letter's payload and replay it: in $EDITOR, by --set, or from a file.

    It is checked against its contract first. The audit entry says what was changed, and keeps the payload as it was.
    """
    if sets and file:
        fail("say --set or --file, not both", USAGE)
    brief, found, body = asyncio.run(_find(letter, handler))
    try:
        mended = file.read_bytes().decode() if file else _set(body, sets) if sets else _edited(found, body)
    except ValueError as error:
        fail(str(error), USAGE)
    if mended.encode() == body:
        fail("nothing was changed, so nothing is sent; `crossdock dead replay` replays it as it is")
    if wrong := letters.problem(found, mended):
        fail(f"{found.subject} cannot be this: {wrong}")
    differences = changes(body, mended.encode())
    asyncio.run(_send(brief, by, note, mended))
    if json:
        as_json({"replayed": letter, "changes": [one.model_dump() for one in differences]})
        return
    for one in differences:
        console.print(one.path, Text(one.before or "nothing", "red"), "→", Text(one.after or "nothing", "green"))
    console.print(f"{letter} replayed; `crossdock dead list` shows it if it died again")


async def _find(letter_id: str, handler: str) -> tuple[dict[str, Any], Letter, bytes]:
    async with connected(settings()) as client:
        found = [one for one in await letters.named(client, [letter_id]) if handler in ("", one["handler"])]
        if len(found) > 1:
            fail(f"say --handler: {', '.join(one['handler'] for one in found)} each have a letter {letter_id}", USAGE)
        stored = await letters.stored(client, found[0]) if found else None
        if stored is None:
            fail(f"there is no open dead letter {letter_id}", NOT_FOUND)
        return found[0], *stored


async def _send(brief: dict[str, Any], by: str, note: str, body: str) -> None:
    async with connected(settings()) as client:
        command = closing.replay_of([brief], by=by, note=note, body=body)
        await client.order(command, service=brief["service"], shard=brief["partition"])


def _edited(letter: Letter, body: bytes) -> str:
    """The payload as the operator's editor leaves it; asked again as long as it is not of its contract.

    Raises:
        ValueError: the payload is no text.
    """
    text = shown(body.decode())
    while True:
        after = click.edit(text, extension=".json")
        if after is None or after == text:
            return body.decode()
        text = after
        try:
            mended = written(closed(text_json.loads(text), text_json.loads(body)))
        except ValueError as error:
            wrong, mended = str(error), ""
        else:
            wrong = letters.problem(letter, mended)
        if not wrong:
            return mended
        console.print(Text("not yet:", "red"), wrong, highlight=False)
        typer.confirm("Open it again?", default=True, abort=True)


def _set(body: bytes, sets: list[str]) -> str:
    """The payload with these values in their places.

    Raises:
        ValueError: it is no JSON, or a place is not there; the text says which.
    """
    original = text_json.loads(body)
    value = opened(original)
    for one in sets:
        path, equals, text = one.partition("=")
        if not equals:
            msg = f"--set {one}: write PATH=VALUE"
            raise ValueError(msg)
        _put(value, _steps(path), _meant(text), path)
    return written(closed(value, original))


def _steps(path: str) -> list[str | int]:
    bare = path.removeprefix("$").lstrip(".")
    found = [name or int(index) for name, index in _STEP.findall(bare)]
    if not found or "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in found).lstrip(".") != bare:
        msg = f"--set {path}: no path such as body.lines[0].sku"
        raise ValueError(msg)
    return found


def _meant(text: str) -> Any:
    """A value as it was written: as JSON, or else as text."""
    try:
        return text_json.loads(text)
    except ValueError:
        return text


def _put(value: Any, steps: list[str | int], new: Any, path: str) -> None:
    *way, last = steps
    try:
        for step in way:
            value = value[step]
        if isinstance(value, list) and last == len(value):
            value.append(new)
        else:
            value[last] = new
    except (LookupError, TypeError):
        msg = f"--set {path}: there is no such place in the payload"
        raise ValueError(msg) from None
