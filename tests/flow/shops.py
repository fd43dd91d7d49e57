"""Shops in the sandbox, and a house that sells through them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from services.sandbox.profile import Profile
from services.sandbox.server import serve
from tests.conftest import settings_for, until
from tests.flow.house import House, house_at, rules_in
from tests.nats import NatsServer, short_folder

CHANNEL = """
[{name}]
format = "{format}"
check_repeats = false
policy = {{ payment_by = "channel", refund_by = "channel" }}

[{name}.api]
url = "{url}/{format}"
account = {{ {account} }}
stock_by = "sku"
stock_seconds = 0.1
poll_minutes = {poll_minutes}
timeout_s = 5
"""
SECRET = "a-secret-of-webhooks"  # of a shop in the sandbox


class Shops:
    """The shops, by the names of their channels, and the house."""

    def __init__(self, house: House, admin: httpx.AsyncClient, formats: dict[str, str]) -> None:
        self.house = house
        self._admin = admin
        self.formats = formats
        self.skus: list[str] = []

    async def set_up(self, channel: str, **wanted: Any) -> list[str]:
        """Make orders or goods; the ids of the orders in the hub."""
        found = await self._admin.post(f"/sandbox/{self.formats[channel]}", json=wanted)
        return [f"{channel}:{number}" for number in found.raise_for_status().json()["orders"]]

    async def hook(self, channel: str) -> None:
        """Have webhooks sent to the house."""
        hook = {"url": f"{self.house.web.base_url}/webhooks/{channel}", "secret": SECRET}
        await self.set_up(channel, webhook=hook)

    async def state(self, channel: str) -> dict[str, Any]:
        """What a shop believes."""
        return dict((await self._admin.get(f"/sandbox/{self.formats[channel]}/state")).json())

    async def faults(self, **wanted: Any) -> None:
        """Have calls fail from now on."""
        (await self._admin.put("/sandbox/faults", json=wanted)).raise_for_status()

    async def call(self, method: str, path: str, **more: Any) -> Any:
        """What somebody does in a shop, over its own API."""
        headers = {"X-Shopify-Access-Token": "somebody"}
        answer = await self._admin.request(method, path, headers=headers, auth=("somebody", "else"), **more)
        return answer.raise_for_status().json()

    async def stocked(self, timeout_s: float = 40.0) -> None:
        """Wait until each shop has what the hub has to sell, and has had for a while."""
        calm = 0

        async def same() -> bool:
            nonlocal calm
            calm = 0 if await self.mismatches() else calm + 1
            return calm > 2

        await until(same, timeout_s=timeout_s)

    async def mismatches(self) -> dict[str, tuple[int, int]]:
        """By channel and SKU: pieces for sale in the hub, and in the shop, where they differ."""
        found = {}
        for channel in self.formats:
            shop = (await self.state(channel))["stock"]
            answer = await self.house.client.ask("inventory", "availability", skus=self.skus, channel=channel)
            for one in answer["answer"]:
                if shop[one["sku"]] != max(0, one["for_channel"]):
                    found[f"{channel}/{one['sku']}"] = (one["for_channel"], shop[one["sku"]])
        return found

    async def goods(self, count: int, pieces: int) -> None:
        """So many articles in the house, and in each shop, where there is none of them until it is told."""
        self.skus = [await self.house.sells(BER=pieces) for _ in range(count)]
        for channel in self.formats:
            await self.set_up(channel, skus=self.skus, stock=0)
        await self.stocked()


@asynccontextmanager
async def shops_in(
    folder: Path, formats: dict[str, str], profile: Profile | None = None, **poll_minutes: float
) -> AsyncIterator[Shops]:
    """A house that sells through a shop of each of these formats."""
    secrets = folder / "secrets"
    secrets.mkdir()
    for channel in formats:
        for part in ("token", "key", "secret"):
            (secrets / f"channel.{channel}.{part}").write_text(f"{part}-of-{channel}\n")
        (secrets / f"channel.{channel}.webhook").write_text(f"{SECRET}\n")
    rules = rules_in(folder)
    async with serve(profile=profile or Profile()) as sandbox:
        channels = rules / "channels.toml"
        text = channels.read_text()
        for name, format_ in formats.items():
            account = 'location = "1"' if format_ == "shopify" else ""
            minutes = poll_minutes.get(name, 0.005)
            text += CHANNEL.format(name=name, format=format_, url=sandbox.url, account=account, poll_minutes=minutes)
        channels.write_text(text)
        with short_folder() as store:
            async with NatsServer(Path(store)) as server:
                settings = settings_for(server, folder, rules_dir=rules, secrets_dir=secrets, park_first_s=0.2)
                async with house_at(settings) as house, httpx.AsyncClient(base_url=sandbox.url, timeout=10) as admin:
                    yield Shops(house, admin, formats)
