"""A house to try the whole in: all seven services in this process, and capture's web interface on a port."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import uvicorn

from crossdock_contracts import registry
from crossdock_contracts.base import Command
from crossdock_contracts.capture import CancelOrderV1
from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.products import Product, UpsertProductV1
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmPickedV1, ConfirmShippedV1
from crossdock_contracts.values import LineQuantity
from services.capture import app as capture
from services.cli import quiet
from services.cli.client import Client, connected
from services.hub.app import HubApp
from services.hub.process import Web
from services.hub.server import free_port
from services.hub.settings import ROOT, Settings
from services.inventory import app as inventory
from services.payments import app as payments
from services.products import app as products
from services.returns import app as returns
from services.routing import app as routing
from services.shipping import app as shipping
from tests.builders import BERLIN, order_input, unique
from tests.conftest import Running, published, until

BUILD: dict[str, Callable[[Settings], HubApp]] = {
    "capture": capture.build,
    "payments": lambda config: HubApp(payments.service(), config),
    "inventory": lambda config: HubApp(inventory.service(config), config),
    "products": lambda config: HubApp(products.service(), config),
    "routing": lambda config: HubApp(routing.service(config), config),
    "shipping": shipping.build,
    "returns": lambda config: HubApp(returns.service(config), config),
}

SAID_BY = {c.TYPE.rpartition(".")[2]: c.SERVICE for c in registry.everything() if c.KIND == "evt"}
"""The service that says an event, by the event's name."""

CHANNELS = """
[brief]
format = "native"
hold_hours = 0.0002

[lenient]
format = "native"
hold_hours = 0.0002
on_expiry = "release"

[post]
format = "csv"

[shopfront]
format = "shopify"
policy = { payment_by = "channel", refund_by = "channel" }
"""
"""Channels whose holds end within a second, one that hands in rows of a file, and one that signs its webhooks."""


LOCATION = """
[location.WMS]
address = { name = "Warehouse 9", line1 = "Street 9", postcode = "20095", city = "Hamburg", country = "DE" }
stock_master = "wms"
"""
"""A location that keeps its own stock."""


def rules_in(folder: Path) -> Path:
    """The project's rules in a folder of the test's own, with some channels more."""
    rules = shutil.copytree(ROOT / "deploy" / "rules", folder / "rules")
    (rules / "channels.toml").write_text((rules / "channels.toml").read_text() + CHANNELS)
    (rules / "locations.toml").write_text((rules / "locations.toml").read_text() + LOCATION)
    return rules


class _Web(uvicorn.Server):
    """uvicorn, but it leaves signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class House:
    """All services, and what a shop, a warehouse and an operator do with them."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self.settings = settings.model_copy(update={"http_port": free_port()})
        self.client = client
        self.running: dict[str, Running] = {}
        self.web = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.settings.http_port}", timeout=20)

    # -- the services

    async def start(self, *names: str) -> None:
        """Start these services, or all."""
        for name in names or BUILD:
            self.running[name] = Running(BUILD[name](self.settings))
        for name in names or BUILD:
            await self.running[name].ready()

    async def stop(self, *names: str) -> None:
        """Stop these services gracefully, or all."""
        for name in names or tuple(self.running):
            await self.running.pop(name).stop()

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        await Web([self.running[name].app for name in ("capture", "shipping") if name in self.running])(
            scope, receive, send
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator["House"]:
        """Everything is up."""
        config = uvicorn.Config(
            self._answer, port=self.settings.http_port, log_level="error", lifespan="off", ws="none", interface="asgi3"
        )
        await self.start()
        try:
            async with serving(_Web(config)), self.web:
                yield self
        finally:
            await self.stop()

    async def rest(self) -> None:
        """Wait until nothing is left to do."""
        await quiet.wait(self.client, timeout_s=60)

    async def rest_of(self, service: str) -> None:
        """Wait until one service has nothing left to do."""

        async def rests() -> bool:
            return not any(name.startswith(f"{service}-") for name in await quiet.left(self.client))

        await until(rests)

    # -- a shop

    async def sells(self, *, sku: str = "", weight_g: int = 300, hazmat_class: str = "", **pieces: int) -> str:
        """A new SKU, so many pieces of it by location; its name."""
        sku = sku or unique("SKU-")
        product = Product(sku=sku, title=f"Article {sku}", weight_g=weight_g, hazmat_class=hazmat_class)
        await self.client.order(UpsertProductV1(owner="main", sku=sku, product=product))
        for location, quantity in pieces.items():
            await self.receives(sku, location, quantity)
        await until(lambda: self.document("capture", "item", sku))
        return sku

    async def receives(self, sku: str, location: str, quantity: int) -> None:
        """Goods arrive."""
        await self.client.order(ReceiveStockV1(owner="main", sku=sku, location_id=location, quantity=quantity))

    async def hands_in(self, order: OrderInput, channel: str = "web") -> httpx.Response:
        """Post an order as the channel's webhook does."""
        return await self.web.post(f"/webhooks/{channel}", content=order.model_dump_json())

    async def sold(self, *lines: tuple[str, int], channel: str = "web", **fields: Any) -> str:
        """An order for so many pieces of these SKUs at 10.00 each is acknowledged; its id."""
        made = order_of(*lines, **fields)
        answer = await self.hands_in(made, channel)
        assert answer.status_code == 202, answer.text
        return f"{channel}:{made.order_id}"

    async def cancels(self, order_id: str, **fields: Any) -> list[dict[str, Any]]:
        """Ask for an order to be cancelled; what capture said at once."""
        return await self.client.order(CancelOrderV1(owner="main", order_id=order_id, **fields))

    # -- a warehouse

    async def picks(self, fulfilment: dict[str, Any], *found: int) -> None:
        """Confirm the pick of a fulfilment, so many pieces of its lines; all of it where nothing is said."""
        counts = found or tuple(line["quantity"] for line in fulfilment["lines"])
        lines = tuple(
            LineQuantity(line_id=line["line_id"], sku=line["sku"], quantity=quantity)
            for line, quantity in zip(fulfilment["lines"], counts, strict=True)
            if quantity
        )
        await self.client.order(ConfirmPickedV1(**about(fulfilment), lines=lines))

    async def packs(self, fulfilment: dict[str, Any]) -> None:
        """Confirm that a parcel is closed."""
        await self.client.order(ConfirmPackedV1(**about(fulfilment), weight_g=800))

    async def ships(self, fulfilment: dict[str, Any]) -> None:
        """Pick, pack and hand over."""
        await self.picks(fulfilment)
        await self.packs(fulfilment)
        await self.client.order(ConfirmShippedV1(**about(fulfilment)))

    async def tells(self, command: Command) -> list[dict[str, Any]]:
        """Have a command carried out; the events that it caused."""
        return await self.client.order(command)

    # -- what is so

    async def said(self, event: str, order_id: str = "") -> list[dict[str, Any]]:
        """The bodies of all events of this name, of one order or of all."""
        service = SAID_BY[event]
        version = "v2" if event == "shipment-shipped" else "v1"
        found = await published(self.client, service.upper(), f"{service}.evt.{event}.{version}.>")
        bodies = [orjson.loads(message.data) for message in found]
        return [body for body in bodies if order_id in ("", body.get("order_id"))]

    async def hears(self, event: str, order_id: str, number: int = 1) -> dict[str, Any]:
        """Wait for so many events of this name about an order; the body of the last."""

        async def there() -> list[dict[str, Any]]:
            found = await self.said(event, order_id)
            return found if len(found) >= number else []

        found: list[dict[str, Any]] = await until(there)
        return found[-1]

    async def document(self, service: str, kind: str, *key: str) -> dict[str, Any] | None:
        """A document as it stands."""
        answer = await self.client.ask(service, "timeline", kind=kind, key=list(key))
        return answer["document"]  # type: ignore[no-any-return]  # an object or null

    async def status(self, order_id: str) -> str:
        """Where an order stands for capture; empty where it is not known."""
        found = await self.document("capture", "order", order_id)
        return str(found["status"]) if found else ""

    async def payment(self, order_id: str) -> str:
        """Where an order's money stands."""
        found = await self.document("payments", "payment", order_id)
        assert found is not None
        return str(found["status"])

    async def holds(self, order_id: str) -> list[str]:
        """The reasons of an order's open holds."""
        found = await self.document("capture", "order", order_id)
        return [hold["reason"] for hold in (found or {}).get("holds", [])]

    async def stock(self, sku: str) -> tuple[int, int, int, int]:
        """Of one SKU: pieces on hand, bound, promised and waited for."""
        answer = await self.client.ask("inventory", "availability", skus=[sku])
        found = answer["answer"][0]
        return found["on_hand"], found["allocated"], found["reserved"], found["waiting"]

    async def has(self, sku: str, *stock: int) -> None:
        """Wait until that is the stock of a SKU: an event stands in the stream a moment before inventory answers so."""

        async def stands() -> bool:
            return await self.stock(sku) == stock

        await until(stands)

    async def labelled(self, order_id: str) -> dict[str, Any]:
        """Wait until an order's first label is bought; its fulfilment."""
        bought = await self.hears("label-bought", order_id)
        allocated = await self.said("stock-allocated", order_id)
        return next(
            e["fulfilment"] for e in allocated if e["fulfilment"]["fulfilment_id"] == bought["fulfilment_id"]
        ) | {"owner": "main"}


def order_of(*lines: tuple[str, int], order_id: str = "", **fields: Any) -> OrderInput:
    """An order for so many pieces of these SKUs at 10.00 each."""
    made = (
        LineInput(line_id=str(n), sku=sku, quantity=quantity, unit_price_minor=1000)
        for n, (sku, quantity) in enumerate(lines, start=1)
    )
    return order_input(order_id or unique("o"), *made, **{"placed_at": datetime.now(UTC), "ship_to": BERLIN, **fields})


def about(fulfilment: dict[str, Any]) -> dict[str, str]:
    """What a command of a warehouse names."""
    return {"owner": "main", "order_id": fulfilment["order_id"], "fulfilment_id": fulfilment["fulfilment_id"]}


@asynccontextmanager
async def serving(server: uvicorn.Server) -> AsyncIterator[None]:
    """The web server runs."""
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def house_at(settings: Settings) -> AsyncIterator[House]:
    """A house over the server that the settings name."""
    async with connected(settings) as client, House(settings, client).open() as house:
        yield house
