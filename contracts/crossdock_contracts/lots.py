"""Conditions of pieces, lots, recalls, and transfers that are on their way: inventory's, and what shipping tells it."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from crossdock_contracts.base import Command, Event, Id, Utc, Value
from crossdock_contracts.values import Code, Day, LotQuantity

Kept = Literal["sellable", "quarantine", "damaged"]
"""Conditions that pieces at a location may be in; only sellable ones are promised."""


class ChangeConditionV1(Command, service="inventory", name="change-condition", version=1, entity="sku"):
    """Quality control has looked at pieces: they are of another condition, or leave the building unsold."""

    sku: Id
    location_id: Id
    quantity: PositiveInt
    from_condition: Kept
    to_condition: Literal["sellable", "quarantine", "damaged", "disposed"]
    lot: str = ""
    """Which lot they are of; may be left out where only one lot has pieces of that condition."""
    reason: Code
    note: str = ""


class CorrectLotV1(Command, service="inventory", name="correct-lot", version=1, entity="sku"):
    """Pieces that are counted under one lot are of another."""

    sku: Id
    location_id: Id
    quantity: PositiveInt
    from_lot: Id
    to_lot: Id
    expires_on: Day = ""
    """Last day of the lot that they are of, where it is not known at the location."""
    note: str = ""


class RecallLotV1(Command, service="inventory", name="recall-lot", version=1, entity="sku"):
    """Nothing of this lot may be sold any more."""

    sku: Id
    lot: Id
    reason: Code = "recalled"
    note: str = ""


class LiftRecallV1(Command, service="inventory", name="lift-recall", version=1, entity="sku"):
    """The recall of this lot was a mistake, or is over; its pieces stay in quarantine until somebody moves them."""

    sku: Id
    lot: Id
    note: str = ""


class DispatchTransferV1(Command, service="inventory", name="dispatch-transfer", version=1, entity="sku"):
    """Free pieces have left one location for another; they are nobody's to sell until they arrive."""

    sku: Id
    transfer_id: Id
    """Of the sender's own choosing; several SKUs may travel under one."""
    from_location_id: Id
    to_location_id: Id
    quantity: PositiveInt
    lot: str = ""
    """Empty: the pieces that expire first."""


class ReceiveTransferV1(Command, service="inventory", name="receive-transfer", version=1, entity="sku"):
    """Pieces of a transfer have arrived."""

    sku: Id
    transfer_id: Id
    quantity: NonNegativeInt
    """0: nothing came at all."""
    more_to_come: bool = False
    """False: what has not arrived now is short."""


class LotExpiredV1(Event, service="inventory", name="lot-expired", version=1, entity="sku"):
    """Pieces of a lot are too old to be sold: they are in quarantine now."""

    sku: Id
    location_id: Id
    lot: Id
    quantity: PositiveInt
    expires_on: Day
    """The last day of the lot."""
    reason: Code
    """``expired``, or ``shelf-life``: not expired yet, but what is left is less than buyers of such goods are owed."""
    expired_at: Utc


class LotCorrectedV1(Event, service="inventory", name="lot-corrected", version=1, entity="sku"):
    """Pieces that were counted under one lot turned out to be of another."""

    sku: Id
    location_id: Id
    from_lot: Id
    to_lot: Id
    quantity: PositiveInt
    reason: Code
    """Who found out: ``picked``, ``shipped`` or ``corrected``."""
    reference: str = ""
    """The order or note behind it."""
    corrected_at: Utc


class LotRecalledV1(Event, service="inventory", name="lot-recalled", version=1, entity="sku"):
    """Nothing of this lot is sold any more: what is left goes to quarantine, what was picked of it may not ship."""

    sku: Id
    lot: Id
    reason: Code
    note: str = ""
    recalled_at: Utc


class RecallLiftedV1(Event, service="inventory", name="recall-lifted", version=1, entity="sku"):
    """A lot may be sold again."""

    sku: Id
    lot: Id
    note: str = ""
    lifted_at: Utc


class PlacePieces(Value):
    """So many pieces at a location."""

    location_id: Id
    quantity: PositiveInt


class LotQuarantinedV1(Event, service="inventory", name="lot-quarantined", version=1, entity="sku"):
    """What some locations had left of a recalled lot is in quarantine; inventory goes on with the next on this."""

    sku: Id
    lot: Id
    places: tuple[PlacePieces, ...]
    behind: str = ""
    """The last location that was looked at; empty: all were."""
    quarantined_at: Utc


class TransferDispatchedV1(Event, service="inventory", name="transfer-dispatched", version=1, entity="sku"):
    """Pieces are on their way from one location to another."""

    sku: Id
    transfer_id: Id
    from_location_id: Id
    to_location_id: Id
    quantity: PositiveInt
    lots: tuple[LotQuantity, ...] = ()
    dispatched_at: Utc


class TransferReceivedV1(Event, service="inventory", name="transfer-received", version=1, entity="sku"):
    """Pieces of a transfer have arrived; what is short is gone from stock, what is over was taken in."""

    sku: Id
    transfer_id: Id
    from_location_id: Id
    to_location_id: Id
    quantity: NonNegativeInt
    """Pieces that arrived now, those that are over included."""
    left: NonNegativeInt = 0
    """Pieces that are still on their way."""
    short: NonNegativeInt = 0
    over: NonNegativeInt = 0
    received_at: Utc


class PickedLots(Value):
    """The lots that the pieces of a line are of."""

    line_id: Id
    sku: Id
    lots: tuple[LotQuantity, ...]


class LotsPickedV1(Event, service="shipping", name="lots-picked", version=1, entity="order_id"):
    """The picker took other lots than those that were bound; inventory binds these instead."""

    order_id: Id
    fulfilment_id: Id
    location_id: Id
    lines: Annotated[tuple[PickedLots, ...], Field(min_length=1)]
    """Lines whose lots are others."""
    picked_at: Utc
