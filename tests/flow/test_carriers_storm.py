"""Carriers over a line on which four calls of ten fail, each of them down in its turn and then all of them at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmShippedV1
from services.cli.edges import house as edges
from services.cli.edges.audit import audit, failovers
from services.cli.edges.outside import ACCOUNTS
from services.cli.verify import examine
from services.cli.waiting import waits
from services.hub.circuit import Limits
from services.hub.settings import Settings
from services.sandbox.faults import Faults
from services.sandbox.profile import PROFILES
from services.sandbox.server import serve
from services.shipping.carriers import accounts
from services.shipping.rules.carriers import Account
from tests.conftest import until
from tests.flow.house import House, about, house_at, rules_in

ORDERS = 12
LINE = {"hang_s": 0.6, "latency_s": 0.1, "retry_after_s": 0.2, "outage_every_s": 6.0, "outage_s": 1.5}


USUAL = accounts.limits


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who fails each time is tried again after a moment."""

    def soon(account: Account) -> Limits:
        return replace(USUAL(account), breaker_failures=4, breaker_rest_s=0.3, breaker_longest_s=1.0)

    monkeypatch.setattr(accounts, "limits", soon)


class Street:
    """The house, and three carriers, of which each is the cheapest from one location; there is no last resort."""

    def __init__(self, house: House, admin: httpx.AsyncClient, faults: Faults) -> None:
        self.house = house
        self._admin = admin
        self.faults = faults

    async def state(self, account: str) -> dict[str, Any]:
        return dict((await self._admin.get(f"/sandbox/{account}/state")).json())

    async def sells(self, orders: int) -> list[str]:
        """Orders from each location in turn."""
        skus = [await self.house.sells(**{location: orders}) for location in edges.LOCATIONS]
        return [await self.house.sold((skus[n % 3], 1)) for n in range(orders)]


@asynccontextmanager
async def street(settings: Settings, folder: Path) -> AsyncIterator[Street]:
    async with serve() as sandbox, httpx.AsyncClient(base_url=sandbox.url, timeout=20) as admin:
        rules = rules_in(folder)
        (rules / "carriers.toml").write_text(edges.carriers(sandbox.url, 3.2, table=False))
        for account in ACCOUNTS:
            (folder / f"carrier.{account}.key").write_text("any")
        quick = {"rules_dir": rules, "secrets_dir": folder, "park_first_s": 0.2, "park_longest_s": 2.0}
        async with house_at(settings.model_copy(update=quick)) as house:
            yield Street(house, admin, sandbox.sandbox.faults)


async def carry_through(house: House, number: int, order_id: str) -> None:
    """Cancelled once it has its label, or shipped; some are heavier than was thought, and get another label."""
    if number % 5 == 0:
        await house.labelled(order_id)
        await house.cancels(order_id)
        await house.hears("order-cancelled", order_id)
        return
    fulfilment = await house.labelled(order_id)
    if number % 4 == 0:
        await house.picks(fulfilment)
        await house.client.tell(ConfirmPackedV1(**about(fulfilment), weight_g=3000))
        await house.hears("label-bought", order_id, 2)
        await house.tells(ConfirmShippedV1(**about(fulfilment)))
    else:
        await house.ships(fulfilment)
    await house.hears("shipment-shipped", order_id)


@pytest.mark.parametrize("seed", [1])
async def test_in_a_storm_each_parcel_has_one_label_that_is_paid_for_and_none_is_left_over(
    settings: Settings, tmp_path: Path, seed: int
) -> None:
    async with street(settings, tmp_path) as town:
        town.faults.use(PROFILES["storm"].model_copy(update={"seed": seed, **LINE}))
        orders = await town.sells(ORDERS)
        await asyncio.gather(*(carry_through(town.house, n, one) for n, one in enumerate(orders)))
        await town.house.rest()

        checks, facts = await examine(town.house.client)
        states = {account: await town.state(account) for account in ACCOUNTS}
        checks += audit(facts, {}, states)
        assert [violation for check in checks for violation in check.violations] == []
        assert sum(state["labels_bought"] for state in states.values()) >= ORDERS
        assert failovers(facts) > 0
        assert not facts.letters


async def test_while_all_carriers_are_down_parcels_wait_and_go_by_themselves_when_one_returns(
    settings: Settings, tmp_path: Path
) -> None:
    async with street(settings, tmp_path) as town:
        town.faults.down = set(ACCOUNTS)
        orders = await town.sells(4)
        for order in orders:
            delayed = await town.house.hears("label-delayed", order)
            assert {one["account"] for one in delayed["passed_over"]} == set(ACCOUNTS)
        await _seen_to_wait(town.house, orders)

        town.faults.down.remove(ACCOUNTS[0])

        for order in orders:
            bought = await town.house.hears("label-bought", order)
            assert bought["parcel"]["carrier"] == "ups"
        await town.house.rest()
        assert await waits(town.house.client) == []
        checks, facts = await examine(town.house.client)
        assert [violation for check in checks for violation in check.violations] == []
        over = [one for _, _, body in facts.events["label-bought"] for one in body.get("passed_over", ())]
        assert {one["cause"] for one in over} <= {"circuit-open", "out-of-reach"}
        assert over


async def _seen_to_wait(house: House, orders: list[str]) -> None:
    """Whoever looks sees each of them wait for a carrier; now and then one of them tries whether that is back."""
    left = {f"main/{order}" for order in orders}

    async def all_seen() -> bool:
        left.difference_update(one["about"] for one in await waits(house.client, ACCOUNTS[0]))
        return not left

    await until(all_seen)
