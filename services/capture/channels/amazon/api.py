"""Amazon's Selling Partner API, asked and told."""

from urllib.parse import quote

from services.capture.channels import UnmappableError
from services.capture.channels.access import Keys
from services.capture.channels.accounts import AmazonAccount
from services.capture.channels.amazon import Amazon
from services.capture.channels.amazon.asking import Asking, Orders2026, OrdersV0
from services.capture.channels.amazon.feeds import Feeds
from services.capture.channels.amazon.listings import Listings
from services.capture.channels.amazon.messages import ACKNOWLEDGEMENT, ADJUSTMENT, acknowledgement, adjustment
from services.capture.channels.amazon.reach import access, quota, restricted
from services.capture.channels.amazon.telling import packages
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
from services.capture.channels.speaking import WebApi, by_hand, connect
from services.capture.rules import ApiConfig
from services.hub.http import as_bytes
from services.hub.money import major
from services.hub.secrets import Secrets

_FORMAT = Amazon()
_UNTOUCHED = "UNSHIPPED"


class AmazonApi(WebApi):
    """One seller in one marketplace; ``docs/channels/amazon.md`` says what is configured.

    Shipments are confirmed under package ids of their own, so that to tell again changes nothing. An order is cancelled
    whole, and money paid back, by feeds that Amazon carries out within minutes: until then they are looked for again.
    To cancel twice does no harm; a refund is handed in again only if Amazon lists no feed that may be it, and left to a
    person otherwise. Of a part of an order that is cancelled Amazon has no way to be told.
    """

    batch = 20

    def __init__(self, name: str, config: ApiConfig, secrets: Secrets) -> None:
        account = AmazonAccount.of(name, config)
        self._seller, self._marketplace = account.seller, account.marketplace
        tokens = connect(name, config)
        auth = access(tokens, account.token_url, Keys(name, secrets))
        super().__init__(name, connect(name, config, auth=auth, quota=quota()), tokens)
        if account.orders == "v0":
            shown = restricted(self.http) if account.restricted == "true" else None
            self._asking: Asking = OrdersV0(self.http, self._marketplace, shown)
        else:
            self._asking = Orders2026(self.http, self._marketplace)
        self._listings = Listings(self.http, self._seller, self._marketplace)
        self._feeds = Feeds(self.http, self._marketplace)
        self._refunds: Doubts[None] = Doubts()
        """Those that may have been handed in."""

    async def order(self, asked: AskOrder) -> Order:
        """One order, as it is now."""
        return Order(body=await self._asking.one(asked.channel_order_id))

    async def orders(self, asked: AskOrders) -> Page:
        """Orders that have changed."""
        return await self._asking.page(asked)

    async def stock(self, wanted: SetStock) -> StockSet:
        """Publish levels."""
        return await self._listings.set(wanted)

    async def ship(self, _key: str, told: TellShipped) -> Told:
        """Confirm each parcel. To confirm one again edits it."""
        path = f"/orders/v0/orders/{quote(told.channel_order_id, safe='')}/shipmentConfirmation"
        reference = ""
        for package in packages(told, self._marketplace):
            await self.http.send("confirmShipment", "POST", path, json=package, read=as_bytes, safe=True)
            reference = reference or package["packageDetail"]["packageReferenceId"]
        return Told(reference=reference)

    async def cancel(self, key: str, told: TellCancelled) -> Told:
        """Cancel an order whole, by a feed.

        Raises:
            ThrottledError: Amazon has not read the feed yet.
            PermanentError: Amazon would not, or it has to be done by hand.
        """
        if not self._feeds.of(key):
            if not told.complete:
                pieces = ", ".join(f"{line.quantity} of {line.line_id}" for line in told.lines)
                msg = f"Amazon is told of whole orders only; cancel there: {pieces}"
                raise by_hand(msg)
            status = await self._asking.status(told.channel_order_id)
            if status == "CANCELED":
                return Told()
            if status != _UNTOUCHED:
                msg = f"the order is {status} at Amazon; cancel there what is left of it"
                raise by_hand(msg)
            await self._feeds.submit(key, ACKNOWLEDGEMENT, acknowledgement(told, self._seller))
        return await self._settled(key)

    async def cancelled(self, key: str, told: TellCancelled) -> Told | None:
        """Of a feed that is still known `cancel` tells, else the order. To cancel twice does no harm."""
        if not self._feeds.of(key) and told.complete and await self._asking.status(told.channel_order_id) == "CANCELED":
            return Told()
        return None

    async def refund(self, key: str, told: TellRefund) -> Told:
        """Have an amount paid back, by a feed.

        Raises:
            ThrottledError: Amazon has not read the feed yet.
            PermanentError: Amazon would not, or it has to be done by hand.
        """
        self._refunds.check(key)
        if not self._feeds.of(key):
            try:
                paid = _FORMAT.paid(await self._asking.one(told.channel_order_id))
            except UnmappableError as error:
                msg = f"the order does not tell what was paid for its items: {error}"
                raise by_hand(msg) from error
            await self._feeds.submit(key, ADJUSTMENT, adjustment(told, self._seller, paid))
        return await self._settled(key)

    async def refunded(self, key: str, told: TellRefund) -> Told | None:
        """Of a feed that is still known `refund` tells, and it leaves to a person what is unclear."""
        if await self._feeds.may_be_there(key, ADJUSTMENT, told.asked_at):
            amount = major(told.amount.amount_minor, told.amount.currency)
            what = f"whether {amount} were paid back is not known: look in Seller Central, and pay back there if not"
            self._refunds.leave(key, what)
        return None

    async def _settled(self, key: str) -> Told:
        feed = self._feeds.of(key)
        await self._feeds.settled(feed)
        return Told(reference=feed)
