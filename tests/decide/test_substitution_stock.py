"""What a substitute does to stock and to the money of its order."""

import pytest

from crossdock_contracts.inventory import StockMovedV1, SubstitutionDecidedV1
from crossdock_contracts.payments import PaymentCapturedV1, PaymentRefundedV1
from crossdock_contracts.shipping import ShortPickedV1
from crossdock_contracts.values import Money
from crossdock_contracts.warehouse import SubstitutionWantedV1, WantedSubstitute
from services.hub.decision import Done
from services.inventory.decide import bind
from services.inventory.decide import substitute as exchange
from services.inventory.state import Bound, LocationStock, Reservation, ReservationStatus, ReservedLine, Stock
from services.payments.decide import authorise, take
from services.payments.gateways import Authorised, Moved
from services.payments.state import Payment
from tests.builders import NOW, captured, line, pieces, shipment_shipped
from tests.decide.ledger import Ledger
from tests.decide.test_substitution import A2, CHEAPER, decided, labelled, made


def bound(here: int = 5, beside: int = 5, *, promised: int = 0) -> Ledger:
    """Two pieces of A are bound in Berlin, where so many of A and of A2 lie; so many of A2 are promised elsewhere."""
    line_ = ReservedLine(
        line_id="1", sku="A", quantity=2, bound=(Bound(fulfilment_id="web:1/1", location_id="BER", quantity=2),)
    )
    return Ledger(
        Reservation(order_id="web:1", status=ReservationStatus.ALLOCATED, lines=(line_,)),
        Stock(sku="A", locations={"BER": LocationStock(on_hand=here, allocated=2)}),
        Stock(sku="A2", locations={"BER": LocationStock(on_hand=beside)}, reserved=promised),
    )


def wanted(ledger: Ledger, missing: int = 1) -> SubstitutionDecidedV1:
    message = SubstitutionWantedV1(
        owner="main", order_id="web:1", fulfilment_id="web:1/1", location_id="BER", attempt=1,
        lines=(WantedSubstitute(line_id="1", sku="A", by="A2", missing=missing),),
    )  # fmt: skip
    ledger.take(exchange.substitute, message, NOW)
    answer: SubstitutionDecidedV1 = ledger.said(SubstitutionDecidedV1)[-1]
    return answer


def there(ledger: Ledger, sku: str) -> tuple[int, int]:
    place = ledger.get(Stock, "main", sku).locations["BER"]
    return place.on_hand, place.allocated


def test_the_substitute_is_bound_and_what_was_missing_is_gone_from_stock() -> None:
    ledger = bound()
    assert wanted(ledger).substituted == (A2,)
    assert (there(ledger, "A"), there(ledger, "A2")) == ((4, 0), (5, 2))
    assert [(event.sku, event.delta) for event in ledger.said(StockMovedV1)] == [("A", -1)]


@pytest.mark.parametrize(("beside", "promised"), [(1, 0), (5, 4)])
def test_what_is_not_there_or_promised_to_others_is_no_substitute(beside: int, promised: int) -> None:
    ledger = bound(beside=beside, promised=promised)
    answer = wanted(ledger)
    assert (answer.substituted, answer.refused) == ((), ("1",))
    assert (there(ledger, "A"), there(ledger, "A2")) == ((5, 2), (beside, 0))


def test_the_substitute_leaves_the_shelf_when_it_ships_and_not_what_was_ordered() -> None:
    ledger = bound()
    wanted(ledger)
    ledger.take(bind.deduct, shipment_shipped(), NOW)
    assert (there(ledger, "A"), there(ledger, "A2")) == ((4, 0), (3, 0))


def test_a_substitute_that_is_short_itself_is_placed_again_as_what_was_ordered() -> None:
    ledger = bound()
    wanted(ledger)
    short = ShortPickedV1(
        owner="main", order_id="web:1", fulfilment_id="web:1/1", location_id="BER", missing=(pieces(2, 1, "A2"),),
        picked=(), picked_at=NOW,
    )  # fmt: skip
    ledger.take(bind.short_pick, short, NOW)
    assert (there(ledger, "A"), there(ledger, "A2")) == ((4, 0), (3, 0))
    assert ledger.get(Stock, "main", "A").reserved == 2


def charged(method: str, less: int = 200) -> Ledger:
    """An order of 20.00 ships with something that is worth less."""
    ledger = Ledger()
    order = captured(line(quantity=2, price=1000), method=method)
    if ledger.take(authorise.authorise, order, NOW).intent is not None:
        ledger.take(authorise.settle_authorise, order, NOW, Done(Authorised(authorisation_id="auth_1")))
    message = shipment_shipped()
    (gone,) = message.lines
    gone = gone.model_copy(update={"value_minor": 2000 - less, "reduced_minor": less})
    message = message.model_copy(update={"lines": (gone,), "value": Money(amount_minor=2000 - less, currency="EUR")})
    for _ in range(2):  # it comes again
        if ledger.take(take.capture_shipped, message, NOW).intent is not None:
            ledger.take(take.settle_capture, message, NOW, Done(Moved(reference="moved_1")))
    return ledger


@pytest.mark.parametrize(("method", "taken", "back"), [("token", [1800], []), ("prepaid", [], [200])])
def test_what_a_substitute_is_worth_less_is_not_charged_or_paid_back_once(
    method: str, taken: list[int], back: list[int]
) -> None:
    ledger = charged(method)
    assert [event.amount.amount_minor for event in ledger.said(PaymentCapturedV1)] == taken
    assert [event.amount.amount_minor for event in ledger.said(PaymentRefundedV1)] == back
    assert ledger.get(Payment, "main", "web:1").cancelled_minor == 200


def test_what_is_paid_at_the_door_falls_with_the_price_of_the_substitute() -> None:
    dock = labelled(made(cash_on_delivery_minor=2000), price=CHEAPER)
    dock.picked(pieces(1))
    decided(dock, A2)
    assert dock.shipment.fulfilment.cash_on_delivery_minor == 1800
