"""A shop in the sandbox, and the client of its web API, as the tests of all channels have them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from crossdock_contracts.values import LineQuantity, Money
from services.capture.channels.api import Api, SetStock, TellCancelled, TellRefund, TellShipped, Told, Tracking
from services.capture.formats import APIS
from services.capture.rules import ApiConfig
from services.hub.circuit import Limits
from services.hub.decision import Intent, Outcome
from services.hub.effects import Effects, Later
from services.hub.secrets import Secrets
from services.sandbox.profile import Profile
from services.sandbox.server import serve

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


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
async def shop_of(name: str, folder: Path, profile: Profile | None = None, **config: Any) -> AsyncIterator[Shop]:
    """A shop of this kind, in a sandbox of its own."""
    for part in ("key", "secret", "token"):
        (folder / f"channel.shop.{part}").write_text(f"{part}-of-the-shop\n")
    async with serve(profile=profile or Profile(hang_s=0.3, latency_s=0.05, retry_after_s=0.1)) as running:
        api = APIS[name]("shop", ApiConfig(url=f"{running.url}/{name}", timeout_s=1.0, **config), Secrets(folder))
        async with httpx.AsyncClient(base_url=running.url, timeout=10) as admin:
            yield Shop(name, api, admin)
        await api.close()


def shipped(order_id: str, *lines: tuple[str, int], number: str = "1Z999", fulfilment_id: str = "f-1") -> TellShipped:
    return TellShipped(
        channel_order_id=order_id,
        fulfilment_id=fulfilment_id,
        lines=quantities(*lines),
        parcels=(Tracking(carrier="ups", number=number, url=f"https://track.example/{number}"),) if number else (),
        shipped_at=NOW,
    )


def cancelled(
    order_id: str, *lines: tuple[str, int], amount: int | None = None, complete: bool = False, **more: Any
) -> TellCancelled:
    fields = {"cancel_id": "c-1", "reason": "out-of-stock", "refund": True, **more}
    return TellCancelled(
        channel_order_id=order_id,
        lines=quantities(*lines),
        complete=complete,
        amount=None if amount is None else Money(amount_minor=amount, currency="EUR"),
        **fields,
    )


def refund(order_id: str, amount: int, refund_id: str = "return:r-1") -> TellRefund:
    money = Money(amount_minor=amount, currency="EUR")
    return TellRefund(channel_order_id=order_id, refund_id=refund_id, amount=money, reason="returned")


def quantities(*lines: tuple[str, int]) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(line_id=name, quantity=quantity) for name, quantity in lines)


def told(outcome: Any) -> Told:
    """The answer to what was told."""
    found = outcome.response
    assert isinstance(found, Told), outcome
    return found
