"""The client of Amazon's Selling Partner API, against answers that a test gives and against the sandbox."""

import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.capture.channels.amazon.api import AmazonApi
from services.sandbox.profile import Profile
from services.sandbox.server import Running, serve
from tests.adapters.channels.speaking import speaking
from tests.adapters.outside import Outside, Request, Say, answer, outside

MARKET = "A1PA6795UKMFR9"
TOKEN = answer(200, {"access_token": "Atza|1", "expires_in": 3600})


@asynccontextmanager
async def amazon(
    folder: Path, *says: Say, always: Any = None, **account: str
) -> AsyncIterator[tuple[AmazonApi, Outside]]:
    """The client and a server that says this, after it has given a token."""
    async with outside(TOKEN, *says, always=always) as server:
        known = {"token_url": f"{server.url}/auth/o2/token", "seller": "S1", "marketplace": MARKET, **account}
        async with speaking("amazon", folder, server.url, **known) as api:
            yield api, server


@asynccontextmanager
async def sandboxed(
    folder: Path, profile: Profile | None = None, speed: float = 100, orders: str = "v0"
) -> AsyncIterator[tuple[AmazonApi, Running]]:
    """The client and the sandbox, with limits so many times as high."""
    async with serve(profile=profile or Profile(hang_s=0.2, latency_s=0.05, retry_after_s=0.05)) as running:
        running.sandbox.apis["amazon"].set_up({"skus": ["A", "B", "C"], "stock": 50, "speed": speed})
        url = f"{running.url}/amazon"
        known = {"token_url": f"{url}/auth/o2/token", "seller": "S1", "marketplace": MARKET, "orders": orders}
        async with speaking("amazon", folder, url, **known) as api:
            yield api, running


class FeedHouse:
    """Amazon as far as feeds go."""

    def __init__(
        self, url: Callable[[], str], status: str = "UNSHIPPED", report: bytes = b"<r/>", **order: Any
    ) -> None:
        self.url = url
        self.order = {"orderId": "o1", "fulfillment": {"fulfillmentStatus": status}, **order}
        self.report = report
        self.listed: list[str] = []
        self.created: list[Say] = []
        """Said to the next feeds in place of an id."""
        self.progress = ["IN_QUEUE", "IN_PROGRESS", "DONE"]
        self.feeds: list[Any] = []
        self.uploads: list[bytes] = []

    def __call__(self, request: Request) -> Say:  # noqa: PLR0911  # one for each path
        match request.method, urlsplit(request.path).path:
            case "POST", "/auth/o2/token":
                return TOKEN
            case "GET", "/orders/2026-01-01/orders/o1":
                return answer(200, {"order": self.order})
            case "POST", "/feeds/2021-06-30/documents":
                return answer(201, {"feedDocumentId": "d1", "url": f"{self.url()}/up"})
            case "PUT", "/up":
                assert "x-amz-access-token" not in request.headers
                self.uploads.append(request.body)
                return answer(200)
            case "POST", "/feeds/2021-06-30/feeds":
                self.feeds.append(request.json)
                return self.created.pop(0) if self.created else answer(202, {"feedId": "77"})
            case "GET", "/feeds/2021-06-30/feeds":
                return answer(200, {"feeds": [{"feedId": one} for one in self.listed]})
            case "GET", "/feeds/2021-06-30/feeds/77":
                said = self.progress.pop(0)
                return answer(200, {"feedId": "77", "processingStatus": said, "resultFeedDocumentId": "r1"})
            case "GET", "/feeds/2021-06-30/documents/r1":
                return answer(200, {"url": f"{self.url()}/report", "compressionAlgorithm": "GZIP"})
            case "GET", "/report":
                return answer(200, gzip.compress(self.report))
        return answer(404, {})


@asynccontextmanager
async def feeding(folder: Path, **house: Any) -> AsyncIterator[tuple[AmazonApi, FeedHouse, Outside]]:
    async with outside() as server:
        made = FeedHouse(lambda: server.url, **house)
        server.always = made
        known = {"token_url": f"{server.url}/auth/o2/token", "seller": "S1", "marketplace": MARKET}
        async with speaking("amazon", folder, server.url, **known) as api:
            yield api, made, server
