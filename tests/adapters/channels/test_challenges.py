"""What a channel asks by GET before it pushes anything: whether the address is ours."""

from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from services.capture.channels.ebay import Ebay
from services.capture.channels.magento import Magento
from services.capture.channels.native import Native
from services.capture.edge import Edge
from services.capture.inbox import HandedIn
from services.capture.rules import Channel, ChannelConfig, Channels
from services.hub.runtime import Runtime
from services.hub.settings import Settings

TOKEN = "a" * 40


@pytest.fixture
def web(tmp_path: Path) -> httpx.AsyncClient:
    """The edge with one channel of each kind, asked without a socket."""
    formats: dict[str, Any] = {"ebay": Ebay(), "adobe": Magento(), "web": Native()}
    none = cast("Any", None)
    channels = Channels({name: Channel(name, ChannelConfig(format=name), one, none) for name, one in formats.items()})
    settings = Settings(secrets_dir=tmp_path, public_url="https://hub.example.com/")
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(Edge(channels, cast("Runtime", None), settings, HandedIn())),
        base_url="http://edge",
    )


async def test_ebays_challenge_is_answered_with_the_token_and_the_address_that_ebay_knows(
    web: httpx.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "channel.ebay.verification").write_text(TOKEN)
    answer = await web.get("/webhooks/ebay", params={"challenge_code": "c0de"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    hashed = sha256(f"c0de{TOKEN}https://hub.example.com/webhooks/ebay".encode()).hexdigest()
    assert answer.json() == {"challengeResponse": hashed}


async def test_ebays_challenge_is_not_answered_without_a_verification_token(web: httpx.AsyncClient) -> None:
    answer = await web.get("/webhooks/ebay", params={"challenge_code": "c0de"})
    assert answer.status_code == 401
    assert "no verification token" in answer.json()["detail"]


async def test_adobes_challenge_is_said_again(web: httpx.AsyncClient) -> None:
    answer = await web.get("/webhooks/adobe", params={"challenge": "<b>7</b>"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"challenge": "<b>7</b>"}


@pytest.mark.parametrize("path", ["ebay", "adobe", "web"])
async def test_without_a_challenge_a_webhook_is_not_got(web: httpx.AsyncClient, path: str) -> None:
    assert (await web.get(f"/webhooks/{path}")).status_code == 405


async def test_a_channel_that_nobody_knows_is_not_there(web: httpx.AsyncClient) -> None:
    assert (await web.get("/webhooks/nobody")).status_code == 404
