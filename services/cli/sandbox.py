"""`crossdock sandbox`."""

import asyncio
import signal
from typing import Annotated, Any

import httpx
import orjson
import typer

from services.cli.output import UNREACHABLE, USAGE, JsonFlag, as_json, as_table, console, fail
from services.hub import process
from services.sandbox.app import APIS, SHOPS
from services.sandbox.profile import PROFILES
from services.sandbox.server import serve

app = typer.Typer(no_args_is_help=True)

_NAMES = ", ".join(api.name for api in APIS)
_SHOPS = ", ".join(shop.name for shop in SHOPS)
Url = Annotated[str, typer.Option(help="Where the sandbox listens.")]
ProfileName = Annotated[str, typer.Option("--faults", help=f"How it fails: {', '.join(PROFILES)}.")]
_URL = "http://127.0.0.1:8090"


def _profile(name: str, seed: int) -> Any:
    if name not in PROFILES:
        fail(f"no profile {name}; there are: {', '.join(PROFILES)}", USAGE)
    return PROFILES[name].model_copy(update={"seed": seed})


@app.command()
def up(
    port: Annotated[int, typer.Option(help="Port on loopback; 0: any free one.")] = 8090,
    faults: ProfileName = "none",
    seed: Annotated[int, typer.Option(help="The same seed fails alike.")] = 1,
    orders: Annotated[int, typer.Option(min=0, help="Orders that each shop has to begin with.")] = 0,
    *,
    follow_parent: Annotated[bool, typer.Option(hidden=True, help="End when standard input closes.")] = False,
) -> None:
    """Run shops and carriers on this machine until interrupted."""
    profile = _profile(faults, seed)

    async def run() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        async with serve(port, profile) as running:
            process.tune_memory()
            for shop in SHOPS:
                running.sandbox.apis[shop.name].set_up({"orders": orders, "seed": seed})
            for api_name in running.sandbox.apis:
                console.print(f"{api_name:12} {running.url}/{api_name}", highlight=False)
            console.print(f"{'faults':12} {running.url}/sandbox/faults   profile {profile.name}", highlight=False)
            following = asyncio.create_task(process.until_parent_ends(stop.set)) if follow_parent else None
            await stop.wait()
            if following is not None:
                following.cancel()

    try:
        process.run(run())
    except OSError as error:
        fail(str(error))


@app.command()
def faults(
    profile: Annotated[str, typer.Argument(help=f"Fail like this from now on: {', '.join(PROFILES)}.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed fails alike.")] = 1,
    down: Annotated[list[str] | None, typer.Option(help=f"An API that is down until said anew: {_NAMES}.")] = None,
    hanging: Annotated[list[str] | None, typer.Option(help="An API that answers nothing until said anew.")] = None,
    url: Url = _URL,
    json: JsonFlag = False,
) -> None:
    """Say how a running sandbox fails, or have it fail otherwise; `faults none` ends everything."""
    wanted: dict[str, Any] = {"profile": profile, "seed": seed} if profile else {}
    if profile or down or hanging:
        wanted |= {"down": down or [], "hanging": hanging or []}
    found = _ask("PUT" if wanted else "GET", f"{url}/sandbox/faults", wanted)
    if json:
        as_json(found)
        return
    down_now = ", ".join(found["down"]) or "none"
    console.print(f"profile {found['profile']['name']}, seed {found['profile']['seed']}; down: {down_now}")
    rows = ((api, kind, count) for api, kinds in found["faults"].items() for kind, count in kinds.items())
    as_table("Faults so far", ("api", "fault", "count"), rows)


@app.command()
def state(api: Annotated[str, typer.Argument(help=f"One of: {_NAMES}.")], url: Url = _URL) -> None:
    """Print what an API believes: orders, stock, labels."""
    as_json(_ask("GET", f"{url}/sandbox/{api}/state"))


@app.command()
def seed(
    api: Annotated[str, typer.Argument(help=f"A shop: {_SHOPS}.")],
    orders: Annotated[int, typer.Argument(min=0, help="How many.")] = 10,
    by: Annotated[int, typer.Option("--seed", help="The same seed makes the same orders.")] = 1,
    skus: Annotated[list[str] | None, typer.Option("--sku", help="What is sold; any number.")] = None,
    stock: Annotated[int, typer.Option(min=0, help="Pieces of each SKU that is named.")] = 100,
    url: Url = _URL,
) -> None:
    """Have buyers place orders in a running sandbox."""
    named = {"skus": skus, "stock": stock} if skus else {}
    as_json(_ask("POST", f"{url}/sandbox/{api}", {"orders": orders, "seed": by} | named))


@app.command()
def move(
    api: Annotated[str, typer.Argument(help="A carrier, or an account of EasyPost.")],
    steps: Annotated[list[str], typer.Argument(help="What happens, one after the other: in_transit delivered …")],
    numbers: Annotated[
        list[str] | None, typer.Option("--number", help="A parcel's tracking number; any number; none: all parcels.")
    ] = None,
    url: Url = _URL,
) -> None:
    """Have parcels of a running sandbox scanned; EasyPost tells of it, as far as the faults let webhooks through."""
    as_json(_ask("POST", f"{url}/sandbox/{api}", {"move": {"numbers": numbers or [], "steps": steps}}))


def _ask(method: str, url: str, content: dict[str, Any] | None = None) -> Any:
    try:
        answer = httpx.request(method, url, content=orjson.dumps(content) if content else None, timeout=30)
    except httpx.TransportError as error:
        fail(f"no sandbox at {url}: {error}; start one with `crossdock sandbox up`", UNREACHABLE)
    if answer.is_error:
        fail(str(answer.json().get("error", answer.text)))
    return answer.json()
