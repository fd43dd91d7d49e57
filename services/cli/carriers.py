"""`crossdock carriers`."""

from typing import Annotated, Any

import typer

from services.cli.output import NOT_FOUND, JsonFlag, as_json, as_table, console, fail
from services.shipping.carriers.codes import Status, carrier_named, carriers, status_of

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _carriers() -> None:
    """Keep `status` a command of its own."""


@app.command()
def status(
    carrier: Annotated[str, typer.Argument(help="Carrier, such as ups, dhl-express, easypost.")],
    code: Annotated[str, typer.Argument(help="Its code; empty: all codes that its table knows.")] = "",
    json: JsonFlag = False,
) -> None:
    """Tell what a carrier's tracking code means here, and what a tracking update says of it."""
    name = carrier_named(carrier)
    if name is None:
        fail(f"there is no table of codes for {carrier}; there is one for {', '.join(sorted(carriers()))}", NOT_FOUND)
    wanted = {code: status_of(name, code)} if code else dict(carriers()[name])
    told = [{"carrier": name, "code": one, "status": means.value, **_told(means)} for one, means in wanted.items()]
    if json:
        as_json(told[0] if code else told)
    elif code:
        said = told[0]
        news = " ".join(filter(None, (said["update"], said["exception"]))) or "no news"
        console.print(f"{name} {code}: {said['status']} (tracking update: {news})", highlight=False)
    else:
        as_table(f"Codes of {name}", ("code", "status"), ([one["code"], one["status"]] for one in told))


def _told(means: Status) -> dict[str, Any]:
    update, exception = means.told_as or ("", "")
    return {"update": update, "exception": exception, "known": means is not Status.UNKNOWN}
