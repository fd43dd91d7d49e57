"""What the tests of the clients of web APIs have in common."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossdock_contracts.values import LineQuantity, Money
from services.capture.channels.api import (
    Api,
    Level,
    Levelled,
    SetStock,
    TellCancelled,
    TellRefund,
    TellShipped,
    Tracking,
)
from services.capture.formats import APIS
from services.capture.rules import ApiConfig
from services.hub.effects import Effects, Limits
from services.hub.secrets import Secrets

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
SECRETS = {name: f"the-{name}" for name in ("client-id", "client-secret", "refresh-token", "token", "api-key")}


def config(url: str, **fields: Any) -> ApiConfig:
    """A channel that is reached at this address; ``fields`` without a place of their own are of its account."""
    known = {name: fields.pop(name) for name in list(fields) if name in ApiConfig.model_fields}
    return ApiConfig(url=url, account=fields, **{"timeout_s": 5, **known})


@asynccontextmanager
async def speaking(format_: str, folder: Path, url: str, **fields: Any) -> AsyncIterator[Any]:
    """The client of a channel called ``shop``, whose secrets are all set."""
    for name, value in SECRETS.items():
        (folder / f"channel.shop.{name}").write_text(value)
    made = APIS[format_]("shop", config(url, **fields), Secrets(folder))
    try:
        yield made
    finally:
        await made.close()


def effects(api: Api) -> Effects:
    """As the hub calls it; the client is closed by whoever made it."""
    made = Effects("capture")
    made.add(api, Limits(timeout_s=3, attempts=4))
    return made


def shipped(order_id: str = "o1", *numbers: str, lines: dict[str, int] | None = None, **fields: Any) -> TellShipped:
    """A fulfilment with a parcel for each tracking number."""
    return TellShipped(
        channel_order_id=order_id,
        fulfilment_id=fields.pop("fulfilment_id", "f1"),
        lines=pieces(lines or {"1": 1}),
        parcels=tuple(Tracking(carrier=fields.get("carrier", "ups"), number=one) for one in numbers or ("1Z1",)),
        shipped_at=fields.get("shipped_at", NOW),
        location_id=fields.get("location_id", ""),
    )


def cancelled(order_id: str = "o1", lines: dict[str, int] | None = None, **fields: Any) -> TellCancelled:
    """A cancel of the whole order, unless said otherwise."""
    asked = {"complete": True, "reason": "out-of-stock", "refund": True, "cancel_id": "c1", **fields}
    return TellCancelled(channel_order_id=order_id, lines=pieces(lines or {"1": 1}), **asked)


def refund(order_id: str = "o1", minor: int = 500, currency: str = "EUR") -> TellRefund:
    """Some money."""
    amount = Money(amount_minor=minor, currency=currency)
    return TellRefund(channel_order_id=order_id, refund_id="r1", amount=amount, reason="return")


def pieces(lines: dict[str, int]) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(line_id=name, quantity=quantity) for name, quantity in lines.items())


def levels(**available: int) -> SetStock:
    """Levels by SKU."""
    return SetStock(levels=tuple(Level(sku=sku, available=number) for sku, number in available.items()))


def problems(told: tuple[Levelled, ...]) -> dict[str, str]:
    """What was wrong, by SKU."""
    return {one.sku: one.problem for one in told}
