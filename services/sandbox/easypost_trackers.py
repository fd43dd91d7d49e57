"""EasyPost's trackers: parcels that are followed, and whoever is told of them.

https://docs.easypost.com/docs/trackers, …/webhooks; signed as
https://support.easypost.com/hc/en-us/articles/39826034964237-Webhook-HMAC-Validation has it.
"""

import hashlib
import hmac
import unicodedata
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.api import Emit, Refusal, body_of, now, route, said, stamp
from services.sandbox.easypost_parts import BAD_JSON, STATUSES, NewId, check_key, error, found, move, tracker


class Trackers:
    """The trackers of an account, by id."""

    def __init__(self, emit: Emit, new_id: NewId) -> None:
        self.all: dict[str, dict[str, Any]] = {}
        self.hooks: list[dict[str, str]] = []
        self._emit = emit
        self._id = new_id

    def routes(self) -> list[Route]:
        """Their paths."""
        return [
            route("/v2/trackers", self._make, "POST"),
            route("/v2/trackers", self._list),
            route("/v2/trackers/batch", self._batch, "POST"),
            route("/v2/trackers/{id}", self._get),
            route("/v2/webhooks", self._webhook, "POST"),
        ]

    def follow(self, code: str, carrier: str, shipment_id: str | None) -> dict[str, Any]:
        """A parcel is followed from now on."""
        known = tracker(code, carrier, shipment_id, self._id)
        self.all[known["id"]] = known
        return known

    def set_up(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """``webhook`` {url, webhook_secret}: who is told; ``track`` {code, status}: news of a parcel.

        ``move`` {numbers, steps}: these parcels, or all that have a label, go through that.
        """
        if "webhook" in wanted:
            self.hooks = [{"url": wanted["webhook"]["url"], "secret": wanted["webhook"].get("webhook_secret", "")}]
        if "track" in wanted:
            one = wanted["track"]
            self._move(self._known(one["code"]), _status(one["status"]), one.get("message", one["status"]))
        if "move" in wanted:
            codes = wanted["move"].get("numbers") or [one["tracking_code"] for one in self.all.values()]
            statuses = [_status(step) for step in wanted["move"]["steps"]]
            for known in list(map(self._known, codes)):
                for status in statuses:
                    self._move(known, status, status)
        return {"webhooks": self.hooks, "trackers": len(self.all)}

    def _known(self, code: str) -> dict[str, Any]:
        known = next((one for one in self.all.values() if one["tracking_code"] == code), None)
        if known is None:
            msg = f"no parcel {code}"
            raise ValueError(msg)
        return known

    def _move(self, known: dict[str, Any], status: str, message: str) -> None:
        before = known["status"]
        move(known, status, message)
        self._tell("tracker.updated", known, {"status": before})

    def _tell(self, description: str, result: dict[str, Any], previous: dict[str, Any]) -> None:
        """Send an event to whoever wanted it, signed with their secret."""
        event = {
            "id": self._id("evt"), "object": "Event", "mode": "test", "description": description,
            "previous_attributes": previous, "result": result, "status": "pending", "pending_urls": [],
            "completed_urls": [], "created_at": stamp(), "updated_at": stamp(),
        }  # fmt: skip
        body = orjson.dumps(event)
        for hook in self.hooks:
            headers = signed(hook["secret"], urlsplit(hook["url"]).path, body) if hook["secret"] else {}
            self._emit(hook["url"], body, {"Content-Type": "application/json", **headers})

    async def _make(self, request: Request) -> Response:
        check_key(request)
        wanted = (await body_of(request, BAD_JSON)).get("tracker") or {}
        code = wanted.get("tracking_code")
        if not code:
            raise Refusal(422, error("TRACKER.CREATE.ERROR", "Unable to create tracker: tracking_code is missing."))
        known = next((one for one in self.all.values() if one["tracking_code"] == code), None)
        return said(known or self.follow(code, wanted.get("carrier") or "USPS", None), 201)

    async def _list(self, request: Request) -> Response:
        check_key(request)
        return self._page([request.query_params.get("tracking_code", "")])

    async def _batch(self, request: Request) -> Response:
        check_key(request)
        codes = (await body_of(request, BAD_JSON)).get("tracking_codes")
        if not isinstance(codes, list):
            raise Refusal(422, error("PARAMETER.REQUIRED", "Missing required parameter: tracking_codes."))
        return self._page(codes)

    def _page(self, codes: list[str]) -> Response:
        listed = [one for one in reversed(self.all.values()) if one["tracking_code"] in codes or codes == [""]]
        return said({"trackers": listed[:100], "has_more": len(listed) > 100})  # noqa: PLR2004  # a page

    async def _get(self, request: Request) -> Response:
        check_key(request)
        return said(found(self.all, request))

    async def _webhook(self, request: Request) -> Response:
        check_key(request)
        content = await body_of(request, BAD_JSON)
        wanted = content.get("webhook", content)
        self.hooks.append({"url": wanted["url"], "secret": wanted.get("webhook_secret", "")})
        return said({"id": self._id("hook"), "object": "Webhook", "mode": "test", "url": wanted["url"],
                     "created_at": stamp(), "disabled_at": None}, 201)  # fmt: skip


def _status(wanted: str) -> str:
    if wanted not in STATUSES:
        msg = f"no status {wanted}; there are: {', '.join(STATUSES)}"
        raise ValueError(msg)
    return wanted


def signed(secret: str, path: str, body: bytes) -> dict[str, str]:
    """Both signatures, as they are sent: of the body, and of time, method, path and body."""
    key, at = unicodedata.normalize("NFKD", secret).encode(), format_datetime(now())

    def made(signed: bytes) -> str:
        return f"hmac-sha256-hex={hmac.new(key, signed, hashlib.sha256).hexdigest()}"

    return {
        "X-Hmac-Signature": made(body),
        "X-Hmac-Signature-V2": made(f"{at}POST{path}".encode() + body),
        "X-Timestamp": at,
        "X-Path": path,
    }
