"""An order that loses its stock, and whose channel does not let it wait."""

from datetime import timedelta
from functools import partial

from crossdock_contracts.capture import OrderHeldV1, OrderReleasedV1
from crossdock_contracts.stock import PromiseRestoredV1, PromiseTakenBackV1
from services.capture.decide import holds, ingest
from services.capture.state import HoldExpiry, Item, OrderRecord, OrderStatus
from services.hub.decision import Decision
from tests.builders import NOW, later, order_input, pieces
from tests.builders import ingest as handed_in
from tests.decide.ledger import Ledger
from tests.decide.test_capture_holds import CHANNELS


def captured(channel: str) -> Ledger:
    ledger = Ledger(Item(sku="A", title="Mug"))
    message = handed_in(order_input("1"), channel)
    ledger.apply(partial(ingest.ingest, CHANNELS)(ledger.states, message, NOW, message.body))
    return ledger


def loses(ledger: Ledger, channel: str = "marketplace", hours: int = 0) -> Decision:
    message = PromiseTakenBackV1(
        owner="main", order_id=f"{channel}:1", lines=(pieces(2),), reason="counted", taken_at=later(hours=hours)
    )
    return ledger.take(partial(holds.hold_short, CHANNELS), message, later(hours=hours))


def record(ledger: Ledger, channel: str = "marketplace") -> OrderRecord:
    found: OrderRecord = ledger.get(OrderRecord, "main", f"{channel}:1")
    return found


def test_a_marketplace_order_that_loses_its_stock_is_held_for_its_desk_and_not_for_long() -> None:
    ledger = captured("marketplace")
    loses(ledger)
    (held,) = ledger.said(OrderHeldV1)
    assert (held.hold.reason, held.hold.assigned_to, held.hold.detail) == (
        "stock-lost", "marketplace-desk", "counted: 2 of A",
    )  # fmt: skip
    assert (held.hold.expires_at - NOW, held.hold.on_expiry) == (timedelta(hours=4), "release")
    assert record(ledger).status is OrderStatus.PAUSED


def test_an_order_of_another_channel_waits_without_a_hold() -> None:
    ledger = captured("web")
    assert not loses(ledger, "web").writes
    assert record(ledger, "web").status is OrderStatus.OPEN


def test_what_is_heard_twice_or_lost_again_holds_once() -> None:
    ledger = captured("marketplace")
    loses(ledger)
    assert not loses(ledger).writes
    assert not loses(ledger, hours=1).writes
    assert len(ledger.said(OrderHeldV1)) == 1


def test_once_the_order_has_its_stock_again_nobody_has_to_act() -> None:
    ledger = captured("marketplace")
    loses(ledger)
    again = PromiseRestoredV1(owner="main", order_id="marketplace:1", restored_at=NOW)
    ledger.take(holds.close_short, again, NOW)
    assert len(ledger.said(OrderReleasedV1)) == 1
    assert record(ledger).status is OrderStatus.OPEN
    assert not [d for d in ledger.documents.values() if isinstance(d, HoldExpiry)]
    assert not ledger.take(holds.close_short, again, NOW).writes
    assert not loses(ledger).writes  # the same loss, heard late


def test_nobody_acted_in_time_and_the_order_goes_on_waiting() -> None:
    ledger = captured("marketplace")
    loses(ledger)
    (timer,) = [d for d in ledger.documents.values() if isinstance(d, HoldExpiry)]
    ledger.take(holds.expire_hold, timer, later(hours=4))
    assert record(ledger).status is OrderStatus.OPEN


def test_an_order_that_loses_its_stock_again_after_it_had_it_is_held_again() -> None:
    ledger = captured("marketplace")
    loses(ledger)
    ledger.take(holds.close_short, PromiseRestoredV1(owner="main", order_id="marketplace:1", restored_at=NOW), NOW)
    loses(ledger, hours=2)
    assert len(ledger.said(OrderHeldV1)) == 2


def test_an_order_that_has_ended_or_is_not_known_is_not_held() -> None:
    assert not loses(Ledger()).writes
    ledger = captured("marketplace")
    ended = record(ledger).model_copy(update={"status": OrderStatus.CANCELLED})
    assert not loses(Ledger(ended)).writes
