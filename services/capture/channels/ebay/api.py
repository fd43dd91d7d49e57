"""eBay's Sell APIs and its Post-Order API, asked and told. https://developer.ebay.com/develop/api/sell."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from crossdock_contracts.values import Money
from services.capture.channels.access import Keys, exchanged
from services.capture.channels.accounts import EbayAccount
from services.capture.channels.api import (
    AskOrder,
    AskOrders,
    Order,
    Page,
    SetStock,
    StockSet,
    TellCancelled,
    TellRefund,
    TellShipped,
    Told,
)
from services.capture.channels.doubts import Doubts
from services.capture.channels.ebay import telling
from services.capture.channels.ebay.listings import Listings
from services.capture.channels.ebay.signing import Signer
from services.capture.channels.ebay.stock import Stock
from services.capture.channels.marks import mark
from services.capture.channels.marks import written as note_of
from services.capture.channels.paging import Memory, Until
from services.capture.channels.speaking import WebApi, by_hand, connect
from services.capture.rules import ApiConfig
from services.hub.effects import PermanentError, TransientError
from services.hub.http import Http, StatusError
from services.hub.money import major
from services.hub.secrets import Secrets
from services.hub.tokens import Token, TokenAuth

_ORDERS = "/sell/fulfillment/v1/order"
_CANCELS = "/post-order/v2/cancellation"
_PAGE = 200
_BEHIND = timedelta(seconds=30)
"""eBay takes no moment that is still to come by its clock."""
_NOT_YET = frozenset({"34922", "34929"})
"""Another refund is under way, or the payment is not processed yet."""
_LATER_S = 300.0
_ASKED_ALREADY = "CANCELLATION_EXIST"


class EbayApi(WebApi):
    """One seller; ``docs/channels/ebay.md`` says what is configured.

    eBay cancels orders whole: of parts the buyer only gets the money. It shows no note of ours with a refund: which is
    ours is known by which there were before, and after a restart by nothing, which is left to a person.
    """

    batch = 25

    def __init__(self, name: str, config: ApiConfig, secrets: Secrets) -> None:
        self._keys = Keys(name, secrets)
        self._tokens = connect(name, config)
        json_ = {"Accept": "application/json"}
        marketplace = EbayAccount.of(name, config).marketplace
        site = {"X-EBAY-C-MARKETPLACE-ID": marketplace}
        auth = TokenAuth(self._token, scheme="IAF ")
        self._post_order = connect(name, config, auth=auth, headers=json_ | site)
        auth = TokenAuth(self._token, header="X-EBAY-API-IAF-TOKEN", scheme="")
        trading = connect(name, config, auth=auth)
        rest = connect(name, config, auth=TokenAuth(self._token), headers=json_)
        super().__init__(name, rest, self._tokens, self._post_order, trading)
        self._signer = Signer(self._keys, config.url)
        self._listings = Listings(trading, marketplace)
        self._stock = Stock(self.http, self._listings)
        self._memory = Memory()
        self._refunds: Doubts[frozenset[str]] = Doubts()
        """Refunds of the same amount that there were before ours."""

    async def _token(self) -> Token:
        """https://developer.ebay.com/api-docs/static/oauth-refresh-token-request.html."""
        basic = httpx.BasicAuth(self._keys["client-id"], self._keys["client-secret"])
        form = {"grant_type": "refresh_token", "refresh_token": self._keys["refresh-token"]}
        return await exchanged(self._tokens, "/identity/v1/oauth2/token", data=form, auth=basic)

    async def _get(self, order_id: str) -> dict[str, Any]:
        return await self.http.send("order", "GET", _path(order_id), read=_order)

    async def order(self, asked: AskOrder) -> Order:
        """One order, as it is now."""
        return Order(body=orjson.dumps(await self._get(asked.channel_order_id)))

    async def orders(self, asked: AskOrders) -> Page:
        """Orders that have changed, up to a moment that stays while the list is gone through.

        One that changes meanwhile leaves the list, and all behind it move up: as many as have left were passed over,
        and are asked for again.
        """
        place = Until.of(asked.page, telling.written(datetime.now(UTC) - _BEHIND))
        params = {
            "filter": f"lastmodifieddate:[{telling.written(asked.since)}..{place.until}]",
            "limit": str(_PAGE),
            "offset": str(place.offset),
        }
        total, listed = await self.http.send("orders", "GET", _ORDERS, params=params, read=_listed)
        bodies = [await self._whole(one) for one in listed]
        return Page(orders=tuple(bodies), next=place.after(len(listed), total))

    async def _whole(self, listed: dict[str, Any]) -> bytes:
        """An order as getOrder answers: a list leaves requests for a cancellation out."""
        if (listed.get("cancelStatus") or {}).get("cancelState", "NONE_REQUESTED") == "NONE_REQUESTED":
            return orjson.dumps(listed)
        return await self._memory.get(str(listed["orderId"]), listed, self._asked)

    async def _asked(self, listed: Mapping[str, Any]) -> bytes:
        return orjson.dumps(await self._get(str(listed["orderId"])))

    async def stock(self, wanted: SetStock) -> StockSet:
        """Publish levels."""
        return await self._stock.set(wanted)

    # -- shipped

    async def _shown(self, order_id: str) -> list[dict[str, Any]]:
        return await self.http.send("fulfilments", "GET", f"{_path(order_id)}/shipping_fulfillment", read=_fulfilments)

    async def ship(self, _key: str, told: TellShipped) -> Told:
        """Make a fulfilment for each parcel, but for those that are there."""
        shown, reference = await self._shown(told.channel_order_id), ""
        for wanted in telling.fulfilments(told):
            made = str(wanted.get("trackingNumber") or "")
            if not telling.is_shown(wanted, shown):
                path = f"{_path(told.channel_order_id)}/shipping_fulfillment"
                made = await self.http.send("ship", "POST", path, json=wanted, read=_made) or made
            reference = reference or made
        return Told(reference=reference)

    async def shipped(self, _key: str, told: TellShipped) -> Told | None:
        """The order shows all of our fulfilments."""
        shown = await self._shown(told.channel_order_id)
        wanted = list(telling.fulfilments(told))
        if not all(telling.is_shown(one, shown) for one in wanted):
            return None
        return Told(reference=str(wanted[0].get("trackingNumber") or "") if wanted else "")

    # -- cancelled and paid back

    async def cancel(self, key: str, told: TellCancelled) -> Told:
        """Cancel an order whole, or grant the buyer's request; of a part the money is paid back.

        Raises:
            PermanentError: eBay does not cancel it, or the hub is to pay for a part, which eBay has no call for.
        """
        order = await self._get(told.channel_order_id)
        if not telling.is_whole(order, told):
            amount = _amount(told)
            if amount is None:
                pieces = ", ".join(f"{line.quantity} of {line.line_id}" for line in told.lines)
                msg = f"eBay cancels orders whole that have not shipped; see to it there: {pieces}"
                raise by_hand(msg)
            return await self._pay_back(key, order, amount, told.reason, mark("cancel", told.cancel_id), None)
        under_way = telling.cancellation_of(order)
        if under_way is None:
            return await self._cancel(order, told)
        if under_way.by_buyer:
            path = f"{_CANCELS}/{quote(under_way.request_id, safe='')}/approve"
            await self._signed(self._post_order, "approve", path)
        return Told(reference=under_way.request_id)

    async def _cancel(self, order: Mapping[str, Any], told: TellCancelled) -> Told:
        answer: Any = await self._signed(self._post_order, "cancel", _CANCELS, telling.cancellation(order, told))
        if answer.get("cancelId"):
            return Told(reference=str(answer["cancelId"]))
        why = telling.refused(answer)
        if _ASKED_ALREADY in why:
            msg = f"{self.name}: the cancellation of {told.channel_order_id} is under way, and not shown yet"
            raise TransientError(msg, _LATER_S)
        code = "not-cancelled"
        raise PermanentError(code, f"eBay does not cancel it: {', '.join(why) or 'it says no reason'}")

    async def cancelled(self, key: str, told: TellCancelled) -> Told | None:
        """The order is cancelled, or about to be; or a part of it paid back."""
        order = await self._get(told.channel_order_id)
        if not telling.is_whole(order, told):
            amount = _amount(told)
            return self._paid_back(key, order, amount, None) if amount else None
        under_way = telling.cancellation_of(order)
        if under_way is None or under_way.by_buyer:
            return None
        return Told(reference=under_way.request_id)

    async def refund(self, key: str, told: TellRefund) -> Told:
        """Pay an amount back.

        Raises:
            PermanentError: there is such a refund, and nothing tells whether it is this.
        """
        order = await self._get(told.channel_order_id)
        ours = mark("refund", told.refund_id)
        return await self._pay_back(key, order, told.amount, told.reason, ours, told.asked_at)

    async def refunded(self, key: str, told: TellRefund) -> Told | None:
        """There is a refund of that amount that was not there before. After a restart nothing may tell."""
        return self._paid_back(key, await self._get(told.channel_order_id), told.amount, told.asked_at)

    async def _pay_back(  # what is paid back, and what tells it from another
        self, key: str, order: Mapping[str, Any], amount: Money, reason: str, ours: str, asked_at: datetime | None
    ) -> Told:
        self._refunds.check(key)
        if not amount.amount_minor:
            return Told()
        found, before = telling.refunds_of(order, amount, asked_at), self._refunds.before(key)
        if before is not None and (new := [one for one in found if one not in before]):
            return Told(reference=new[0])
        self._refunds.note(key, frozenset(found))
        body = telling.payback(order, amount, reason, note_of(reason, ours))
        path = f"{_path(str(order['orderId']))}/issue_refund"
        try:
            made: Any = await self._signed(self.http, "refund", path, body)
        except StatusError as error:
            if error.code in _NOT_YET:
                raise TransientError(str(error), _LATER_S) from error
            raise
        if made.get("refundStatus") == "FAILED":
            code = "refund-failed"
            raise PermanentError(code, f"eBay could not pay {major(amount.amount_minor, amount.currency)} back")
        return Told(reference=str(made.get("refundId") or ""))

    def _paid_back(self, key: str, order: Mapping[str, Any], amount: Money, asked_at: datetime | None) -> Told | None:
        if not amount.amount_minor:
            return Told()
        before = self._refunds.before(key)
        new = [one for one in telling.refunds_of(order, amount, asked_at) if one not in (before or ())]
        if not new:
            self._refunds.wait(key)
            return None
        if before is not None:
            return Told(reference=new[0])
        said = major(amount.amount_minor, amount.currency)
        self._refunds.leave(key, f"whether {new[0]} is this refund of {said} is not known; look at eBay")
        return None

    async def _signed(self, http: Http, operation: str, path: str, body: Any = None) -> Any:
        """Call what eBay wants signed of some sellers; an empty answer is an empty object."""
        content = b"" if body is None else orjson.dumps(body)
        headers = {"Content-Type": "application/json", **self._signer.headers("POST", path, content)}
        return await http.send(operation, "POST", path, content=content, headers=headers) or {}


def _path(order_id: str) -> str:
    return f"{_ORDERS}/{quote(order_id, safe='')}"


def _amount(told: TellCancelled) -> Money | None:
    """What eBay is to pay back for a part; none where that is not said, or the hub is to pay it."""
    return told.amount if told.refund else None


def _order(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.content)
    return {**found, "orderId": found["orderId"]}


def _listed(answer: Any) -> tuple[int, list[dict[str, Any]]]:
    found = orjson.loads(answer.content)
    return int(found["total"]), list(found.get("orders") or ())


def _fulfilments(answer: Any) -> list[dict[str, Any]]:
    return list(orjson.loads(answer.content)["fulfillments"] or ())


def _made(answer: Any) -> str:
    """The id of what was made, which is at the end of its address."""
    return str(answer.headers.get("location", "").rstrip("/").rpartition("/")[2])
