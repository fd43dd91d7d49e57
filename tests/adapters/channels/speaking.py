"""What the tests of the clients of web APIs have in common."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from crossdock_contracts.values import LineQuantity, Money
from services.capture.channels.api import (
    Api,
    AskOrder,
    AskOrders,
    Level,
    Levelled,
    Page,
    SetStock,
    TellCancelled,
    TellRefund,
    TellShipped,
    Told,
    Tracking,
)
from services.capture.formats import APIS
from services.capture.rules import ApiConfig
from services.hub.decision import Intent, Later, Outcome
from services.hub.effects import Effects, Limits
from services.hub.secrets import Secrets
from services.sandbox.profile import Profile
from services.sandbox.server import serve

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
SECRETS = {
    name: f"the-{name}" for name in ("client-id", "client-secret", "refresh-token", "token", "api-key", "key", "secret")
}

NEEDED: dict[str, dict[str, str]] = {
    "ebay": {"marketplace": "EBAY_US"},
    "flipkart": {"stock_by": "sku"},
    "walmart": {"market": "us"},
}
"""What the table of a channel of this format has in any case."""


def config(url: str, **fields: Any) -> ApiConfig:
    """A channel that is reached at this address; ``fields`` without a place of their own are of its account."""
    known = {name: fields.pop(name) for name in list(fields) if name in ApiConfig.model_fields}
    return ApiConfig(url=url, account=fields, **{"timeout_s": 5, **known})


@asynccontextmanager
async def speaking(format_: str, folder: Path, url: str, **fields: Any) -> AsyncIterator[Any]:
    """The client of a channel called ``shop``, whose secrets are all set."""
    for name, value in SECRETS.items():
        (folder / f"channel.shop.{name}").write_text(value)
    made = APIS[format_]("shop", config(url, **NEEDED.get(format_, {}) | fields), Secrets(folder))
    try:
        yield made
    finally:
        await made.close()


def effects(api: Api) -> Effects:
    """As the hub calls it; the client is closed by whoever made it."""
    made = Effects("capture")
    made.add(api, Limits(timeout_s=3, attempts=4))
    return made


class Shop:
    """A shop, and whoever speaks with it."""

    def __init__(self, name: str, api: Api, admin: httpx.AsyncClient) -> None:
        self.name = name
        self.api = api
        self._admin = admin
        self.effects = Effects("capture")
        self.effects.add(api, Limits(timeout_s=5, attempts=8, breaker_failures=10_000))

    async def set_up(self, **wanted: Any) -> Any:
        """Make orders and stock."""
        return (await self._admin.post(f"/sandbox/{self.name}", json=wanted)).raise_for_status().json()

    async def state(self) -> Any:
        """What the shop believes."""
        return (await self._admin.get(f"/sandbox/{self.name}/state")).raise_for_status().json()

    async def faults(self, **wanted: Any) -> Any:
        """Have calls fail from now on."""
        return (await self._admin.put("/sandbox/faults", json=wanted)).raise_for_status().json()

    async def next(self, *faults: str | None) -> None:
        """What goes wrong with the very next requests."""
        await self.faults(next={self.name: list(faults)})

    async def requests(self) -> int:
        """How many there were so far."""
        found = (await self._admin.get("/sandbox/faults")).json()
        return int(found["requests"].get(self.name, 0))

    async def order(self, order_id: str = "1001") -> dict[str, Any]:
        """An order, as the client is told of it."""
        found = await self.api.call("order", "k", AskOrder(channel_order_id=order_id))
        return dict(orjson.loads(found.body))

    async def lines(self, order_id: str = "1001") -> dict[str, int]:
        """Pieces of an order by line."""
        return {str(line["id"]): line["quantity"] for line in (await self.order(order_id))["line_items"]}

    async def with_pieces(self, pieces: int) -> tuple[str, str, dict[str, int]]:
        """An order of which a line has so many pieces; that line; all lines."""
        for order_id in (await self.state())["orders"]:
            lines = await self.lines(order_id)
            most = max(lines, key=lambda name: lines[name])
            if lines[most] >= pieces:
                return order_id, most, lines
        pytest.fail("there is no such order")

    async def pages(self, since: datetime) -> list[Page]:
        """All pages of orders that have changed since."""
        pages = [await self.api.call("orders", "k", AskOrders(since=since))]
        while pages[-1].next:
            pages.append(await self.api.call("orders", "k", AskOrders(since=since, page=pages[-1].next)))
        return pages

    async def tells(self, request: Any, *, resumed: bool = False) -> Outcome | Any:
        """Tell the shop as the hub does: what becomes uncertain is looked up."""
        kinds = {TellShipped: "ship", TellCancelled: "cancel", TellRefund: "refund", SetStock: "stock"}
        intent = Intent("shop", kinds[type(request)], f"main/shop:{request.model_dump_json()}", request, resumed)
        outcome = await self.effects.run(intent)
        while isinstance(outcome, Later):
            intent = Intent("shop", intent.operation, intent.key, request, resumed=True)
            outcome = await self.effects.run(intent)
        return outcome


@asynccontextmanager
async def shop_of(name: str, folder: Path, profile: Profile | None = None, **fields: Any) -> AsyncIterator[Shop]:
    """A shop of this kind in a sandbox of its own: five orders of three articles, of which there are fifty each."""
    quick = Profile(hang_s=0.3, latency_s=0.05, retry_after_s=0.1)
    async with (
        serve(profile=profile or quick) as running,
        speaking(name, folder, f"{running.url}/{name}", **{"timeout_s": 1.0, **fields}) as api,
        httpx.AsyncClient(base_url=running.url, timeout=10) as admin,
    ):
        shop = Shop(name, api, admin)
        await shop.set_up(orders=5, skus=["A", "B", "C"], stock=50)
        yield shop


def shipped(order_id: str = "o1", *numbers: str, lines: dict[str, int] | None = None, **fields: Any) -> TellShipped:
    """A fulfilment with a parcel for each tracking number; ``""``: none has one."""
    return TellShipped(
        channel_order_id=order_id,
        fulfilment_id=fields.pop("fulfilment_id", "f1"),
        lines=pieces(lines or {"1": 1}),
        parcels=tuple(
            Tracking(carrier=fields.get("carrier", "ups"), number=one, url=fields.get("url", ""))
            for one in numbers or ("1Z1",)
            if one
        ),
        shipped_at=fields.get("shipped_at", NOW),
        location_id=fields.get("location_id", ""),
    )


def cancelled(
    order_id: str = "o1", lines: dict[str, int] | None = None, minor: int | None = None, **fields: Any
) -> TellCancelled:
    """A cancel of the whole order, unless said otherwise; ``minor``: what the buyer gets back for it, in cents."""
    if minor is not None:
        fields["amount"] = Money(amount_minor=minor, currency="EUR")
    asked = {"complete": True, "reason": "out-of-stock", "refund": True, "cancel_id": "c1", **fields}
    return TellCancelled(channel_order_id=order_id, lines=pieces(lines or {"1": 1}), **asked)


def refund(order_id: str = "o1", minor: int = 500, currency: str = "EUR", refund_id: str = "r1") -> TellRefund:
    """Some money."""
    amount = Money(amount_minor=minor, currency=currency)
    return TellRefund(channel_order_id=order_id, refund_id=refund_id, amount=amount, reason="return")


def told(outcome: Any) -> Told:
    """The answer to what was told."""
    found = outcome.response
    assert isinstance(found, Told), outcome
    return found


def pieces(lines: dict[str, int]) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(line_id=name, quantity=quantity) for name, quantity in lines.items())


def levels(**available: int) -> SetStock:
    """Levels by SKU."""
    return SetStock(levels=tuple(Level(sku=sku, available=number) for sku, number in available.items()))


def listed(*wanted: tuple[str, str, int]) -> SetStock:
    """Levels by SKU and the channel's own id."""
    return SetStock(levels=tuple(Level(sku=sku, listing_id=name, available=n) for sku, name, n in wanted))


def problems(told: tuple[Levelled, ...]) -> dict[str, str]:
    """What was wrong, by SKU."""
    return {one.sku: one.problem for one in told}
