"""One address for all that comes in: carriers' webhooks are taken where orders are, wherever shipping runs."""

import httpx
from fastapi import FastAPI

from services.capture import app as capture
from services.cli.mounts import mounts
from services.hub.process import Web
from services.hub.settings import ROOT, Settings
from services.shipping import app as shipping


async def test_carriers_webhooks_come_in_where_orders_do() -> None:
    config = Settings(rules_dir=ROOT / "deploy" / "rules", _env_file=None)
    orders, parcels = capture.build(config), shipping.build(config)
    assert mounts([orders, parcels], config) == mounts([parcels], config) == {}, "shipping takes them itself"
    for web in (Web([orders, parcels]), Web([parcels]), Web([orders], mounts([orders], config))):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://hub") as client:
            answer = await client.post("/webhooks/carriers/nobody", content=b"{}")
            assert (answer.status_code, answer.json()["title"]) == (404, "Unknown account")


async def test_the_longest_path_answers() -> None:
    inner, outer = FastAPI(), FastAPI()
    inner.get("/a/b")(lambda: "inner")
    outer.get("/a/{rest}")(lambda rest: f"outer {rest}")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Web([], {"/": outer, "/a/b": inner}))) as client:
        found = [(await client.get(f"http://hub{path}")).json() for path in ("/a/b", "/a/c")]
    assert found == ["inner", "outer c"]
