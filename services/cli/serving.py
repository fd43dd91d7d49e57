"""`crossdock run`: some services in this process. It loads nothing else, for processes are started anew in a hurry."""

import importlib
import socket
from typing import Annotated

import typer

from services.cli.mounts import mounts
from services.cli.output import FAILED, USAGE, fail
from services.cli.supervisor import ALL, listening
from services.hub import log, process
from services.hub.server import ServerError
from services.hub.settings import settings


def run(
    services: Annotated[list[str], typer.Argument(help=f"Which: {', '.join(ALL)}; or all.")],
    *,
    follow_parent: Annotated[bool, typer.Option(hidden=True, help="End when standard input closes.")] = False,
    listener: Annotated[int | None, typer.Option(hidden=True, help="Descriptor of a socket that listens.")] = None,
) -> None:
    """Run chosen services against the server at CROSSDOCK_NATS_URL."""
    names = list(ALL) if services == ["all"] else services
    unknown = [name for name in names if name not in ALL]
    if unknown:
        fail(f"no service {', '.join(unknown)}; there are: {', '.join(ALL)}", USAGE)
    config = settings()
    log.configure(config)
    apps = [importlib.import_module(f"services.{name}.app").app for name in names]
    try:
        listens = listening(config.http_host, config.http_port) if listener is None else socket.socket(fileno=listener)
    except ServerError as error:
        fail(str(error), FAILED)
    serving = process.serve(apps, listens, follow_parent=follow_parent, mounts=mounts(apps, config))
    raise typer.Exit(process.run(serving))
