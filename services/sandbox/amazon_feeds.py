"""Feeds of the Selling Partner API, 2021-06-30: documents are uploaded, feeds read later, and reported upon."""

import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.amazon_parts import error, moment
from services.sandbox.api import Refusal, body_of, route, said, stamp

Allow = Callable[[Request, str], dict[str, str]]
"""The headers of an answer, if the call is allowed."""

_ROOT = "/feeds/2021-06-30"


class Feeds:
    """The feeds of one seller."""

    def __init__(
        self,
        name: str,
        allow: Callable[[Request, str], dict[str, str]],
        carry_out: Mapping[str, Callable[[bytes], bytes]],
    ) -> None:
        """``carry_out`` does what a feed of that type says, and reports."""
        self.take_s = 0.0
        """How long it is until a feed has been carried out."""
        self.known: dict[str, dict[str, Any]] = {}
        self._name = name
        self._allow = allow
        self._carry_out = carry_out
        self._documents: dict[str, bytes] = {}
        self._waiting: dict[str, tuple[float, bytes]] = {}
        """Since when they wait, and what they say."""
        self._numbers = count(1)

    def routes(self) -> list[Route]:
        """Their paths."""
        return [
            route(f"{_ROOT}/documents", self._document, "POST"),
            route(f"{_ROOT}/documents/{{id}}", self._read_document),
            route(f"{_ROOT}/feeds", self._create, "POST"),
            route(f"{_ROOT}/feeds", self._list),
            route(f"{_ROOT}/feeds/{{id}}", self._get),
            route("/upload/{id}", self._upload, "PUT"),
            route("/upload/{id}", self._download),
        ]

    def catch_up(self) -> None:
        """Carry out what is due."""
        now = time.monotonic()
        for id_, (since, content) in list(self._waiting.items()):
            if since + self.take_s <= now:
                del self._waiting[id_]
                feed = self.known[id_]
                self._documents[f"report-{id_}"] = self._carry_out[feed["feedType"]](content)
                feed |= {"processingStatus": "DONE", "processingStartTime": stamp(), "processingEndTime": stamp(),
                         "resultFeedDocumentId": f"report-{id_}"}  # fmt: skip

    async def _document(self, request: Request) -> Response:
        headers = self._allow(request, "createFeedDocument")
        id_ = f"amzn1.tortuga.4.eu.{next(self._numbers)}"
        self._documents[id_] = b""
        return said({"feedDocumentId": id_, "url": self._url(request, id_)}, 201, headers)

    def _url(self, request: Request, id_: str) -> str:
        return f"{request.url.scheme}://{request.url.netloc}/{self._name}/upload/{id_}"

    async def _read_document(self, request: Request) -> Response:
        headers = self._allow(request, "getFeedDocument")
        id_ = request.path_params["id"]
        return said({"feedDocumentId": id_, "url": self._url(request, id_)}, headers=headers)

    async def _upload(self, request: Request) -> Response:
        self._documents[request.path_params["id"]] = await request.body()
        return Response(status_code=200)

    async def _download(self, request: Request) -> Response:
        return Response(self._documents.get(request.path_params["id"], b""))

    async def _create(self, request: Request) -> Response:
        headers = self._allow(request, "createFeed")
        wanted = await body_of(request, error("InvalidInput", "The body is no JSON."))
        document = self._documents.get(wanted.get("inputFeedDocumentId", ""))
        if document is None or wanted.get("feedType") not in self._carry_out:
            raise Refusal(400, error("InvalidInput", "feedType or inputFeedDocumentId is invalid."), headers)
        id_ = str(next(self._numbers))
        self.known[id_] = {"feedId": id_, "feedType": wanted["feedType"], "createdTime": stamp(),
                           "marketplaceIds": wanted.get("marketplaceIds", []),
                           "processingStatus": "IN_QUEUE"}  # fmt: skip
        self._waiting[id_] = (time.monotonic(), document)
        return said({"feedId": id_}, 202, headers)

    async def _list(self, request: Request) -> Response:
        headers = self._allow(request, "getFeeds")
        self.catch_up()
        asked = request.query_params
        if not (asked.get("feedTypes") or asked.get("nextToken")):
            raise Refusal(400, error("InvalidInput", "feedTypes or nextToken is required."), headers)
        kinds, _, after = asked.get("nextToken", f"{asked.get('feedTypes')}|").partition("|")
        since = moment(asked["createdSince"]) if "createdSince" in asked else None
        found = [
            one for one in reversed(self.known.values())
            if one["feedType"] in kinds.split(",") and (since is None or moment(one["createdTime"]) >= since)
        ]  # fmt: skip
        begin, size = int(after or 0), int(asked.get("pageSize", 10))
        more = {"nextToken": f"{kinds}|{begin + size}"} if begin + size < len(found) else {}
        return said({"feeds": found[begin : begin + size], **more}, headers=headers)

    async def _get(self, request: Request) -> Response:
        headers = self._allow(request, "getFeed")
        self.catch_up()
        found = self.known.get(request.path_params["id"])
        if found is None:
            raise Refusal(404, error("NotFound", "The feed is not found."), headers)
        return said(found, headers=headers)
