"""`crossdock warehouse document`: labels, manifests and what else carriers draw up, as files."""

import asyncio
import re
from pathlib import Path
from typing import Annotated

import typer

from services.cli.client import connected
from services.cli.dock import app
from services.cli.output import FAILED, NOT_FOUND, console, fail
from services.hub.objects import CorruptObjectError, ObjectStore
from services.hub.settings import settings
from services.shipping.carriers.desk import BUCKET

__all__ = ["app"]


async def _fetched(name: str) -> bytes | None:
    async with connected(settings()) as client:
        return await ObjectStore(client.connection, client.calls, BUCKET).get(name)


@app.command()
def document(
    name: Annotated[
        str, typer.Argument(help="Where it is, as `manifests`, `return-label` and `orders show` say: labels/….pdf")
    ],
    to: Annotated[Path | None, typer.Option(help="File or folder; left out: here, under a name of its own.")] = None,
) -> None:
    """Fetch what a carrier has drawn up: a manifest for its driver, a label, an invoice for customs."""
    inside = name.removeprefix(f"{BUCKET}/")
    try:
        content = asyncio.run(_fetched(inside))
    except CorruptObjectError as error:
        fail(str(error), FAILED)
    if content is None:
        fail(f"there is no document {BUCKET}/{inside}", NOT_FOUND)
    file = to or Path()
    if file.is_dir():
        file /= re.sub(r"[^\w.+-]+", "-", inside)
    try:
        file.write_bytes(content)
    except OSError as error:
        fail(str(error), FAILED)
    console.print(f"{file}: {len(content):,} bytes", highlight=False, soft_wrap=True)
