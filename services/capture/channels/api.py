"""What channels are asked and told over their web APIs: the same for all, whatever the API calls it.

What changes something is an intent of the hub: it goes through `Api.call` once for each key, and where the answer was
lost `Api.look_up` finds out whether it was done, by what the channel then shows (a fulfilment with that tracking
number, a cancelled order, a refund with our note). Stock levels are absolute, so they may be sent any number of times.
"""

from typing import Any, Protocol, runtime_checkable

from pydantic import NonNegativeInt

from crossdock_contracts.base import Id, Utc, Value
from crossdock_contracts.values import Code, LineQuantity, Money


class AskOrder(Value):
    """What does this order look like now?"""

    channel_order_id: Id


class Order(Value):
    """An order as the channel has it."""

    body: bytes
    """As `Format.read` takes it."""
    original: str = ""
    """Object name of a payload too large for a message; empty: it has not been put anywhere."""


class Tracking(Value):
    """A parcel of a fulfilment."""

    carrier: str
    number: str
    url: str = ""


class TellAcknowledged(Value):
    """The order is in, and is worked on."""

    channel_order_id: Id


class TellShipped(Value):
    """These pieces are on their way."""

    channel_order_id: Id
    fulfilment_id: Id
    """Ours."""
    lines: tuple[LineQuantity, ...]
    """By the channel's line ids, as the channel counts."""
    parcels: tuple[Tracking, ...] = ()
    shipped_at: Utc
    location_id: str = ""
    """Where they were shipped from, by our name."""


class TellCancelled(Value):
    """These pieces will not come, and what they cost is to be paid back by whoever has the money."""

    channel_order_id: Id
    cancel_id: Id
    """Ours."""
    lines: tuple[LineQuantity, ...]
    complete: bool
    """Nothing of the order is left."""
    reason: Code
    amount: Money | None = None
    """What the buyer gets back for them; none: all that they have paid."""
    refund: bool
    """The channel has the money, and pays it back."""


class TellRefund(Value):
    """The channel, which has the money, is to pay some of it back."""

    channel_order_id: Id
    refund_id: Id
    """Ours."""
    amount: Money
    lines: tuple[LineQuantity, ...] = ()
    reason: Code
    asked_at: Utc | None = None
    """When it was decided; nothing that the channel did before was for this."""


class Told(Value):
    """The channel has taken note."""

    reference: str = ""
    """The channel's own id of what was done."""


class Level(Value):
    """How much of something can be sold on a channel from now on."""

    sku: Id
    listing_id: str = ""
    """The channel's own id of it; empty: the channel knows the SKU."""
    available: NonNegativeInt


class Levelled(Value):
    """What became of one level."""

    sku: Id
    listing_id: str = ""
    problem: str = ""
    """Why the channel would not have it; empty: it has it."""
    note: str = ""
    """What the client wants to know when it tells of this listing next, also after a restart."""


class AskOrders(Value):
    """Which orders are new or changed since a moment? One that changes while they are listed passes no other over."""

    since: Utc
    page: str = ""
    """`Page.next`; empty: the first one."""


class Page(Value):
    """Orders as the channel lists them."""

    orders: tuple[bytes, ...] = ()
    """Each as `Format.read` takes it."""
    next: str = ""
    """Where the list goes on; empty: it does not."""


class SetStock(Value):
    """So much can be sold of these from now on; at most `Api.batch` of them."""

    levels: tuple[Level, ...]
    notes: tuple[str, ...] = ()
    """What it noted before with anything of this channel (`Levelled.note`); what it noted later of one stands."""


class StockSet(Value):
    """What became of each level; those that could not be told, while others were, are left out, and told later."""

    levels: tuple[Levelled, ...]


@runtime_checkable
class Acknowledging(Protocol):
    """An API of a channel that wants to be told that an order has come."""

    async def acknowledge(self, told: TellAcknowledged) -> Told:
        """The order has come; to say so again does no harm.

        Raises:
            TransientError, PermanentError, UnknownError: see `services.hub.effects`.
        """


class Api(Protocol):
    """A channel that can be asked and told: an adapter of the hub, one for each channel of ``channels.toml``.

    Operations are ``order`` (`AskOrder` → `Order`), ``orders`` (`AskOrders` → `Page`), ``stock`` (`SetStock` →
    `StockSet`), ``acknowledge`` (`TellAcknowledged` → `Told`) of `Acknowledging`, ``ship`` (`TellShipped` → `Told`),
    ``cancel`` (`TellCancelled` → `Told`) and ``refund`` (`TellRefund` → `Told`). What an API has no way to be told is
    `Told` without a reference.
    """

    name: str
    """Of the channel."""
    batch: int
    """Most levels that go in one call."""

    async def call(self, operation: str, key: str, request: Any) -> Any:
        """Ask or tell, once for each key.

        Raises:
            TransientError, PermanentError, UnknownError: see `services.hub.effects`.
        """

    async def look_up(self, operation: str, key: str, request: Any) -> Any | None:
        """What was answered under this key; none if it was not done.

        Raises:
            TransientError: it cannot be looked up just now.
        """

    async def close(self) -> None:
        """Close its connections."""
