"""Whether a carrier delivers to an address: asked of some orders, once; its answer is advice."""

from functools import partial
from typing import Any

import pytest

from crossdock_contracts.addresses import AddressCheckedV1, AddressCheckWantedV1
from crossdock_contracts.amendments import AmendmentDecidedV1, AmendmentRequestedV1, AmendOrderV1
from crossdock_contracts.capture import OrderCapturedV1, OrderHeldV1, OrderReleasedV1
from crossdock_contracts.routing import OrderRoutedV1
from crossdock_contracts.values import Address
from services.capture.decide import correct, delivery, holds
from services.capture.decide import ingest as take_in
from services.capture.state import HoldExpiry, OrderRecord
from services.hub.decision import Decision, Done, Failed, Outcome, Refused, Unsettled
from services.routing.decide import amend, route
from services.shipping.carriers import AddressChecked, ValidateAddress
from services.shipping.decide import addresses
from services.shipping.rules.carriers import Account
from tests.builders import BERLIN, NOW, authorised, ingest, later, order_input, promised, reserved
from tests.decide.depot import Routing, depots
from tests.decide.dock import RULES
from tests.decide.ledger import Ledger
from tests.decide.shop import Shop, checks

ASKED = checks(addresses={"check": [{"when": {"countries": ["DE"]}, "minutes": 10}]})
BETTER = Address(line1="Unter den Linden 1", postcode="10117", city="Berlin", country="DE")


class Gate(Shop):
    """Capture, which has a carrier asked about orders to Germany."""

    def __init__(self) -> None:
        super().__init__(rules=ASKED)
        self.takes("1", ship_to=BERLIN)

    def hears(self, result: Any, **fields: Any) -> Decision:
        message = AddressCheckedV1(
            **{"owner": "main", "order_id": "web:1", "ship_to": BERLIN, "account": "post", **fields},
            result=result,
            checked_at=NOW,
        )
        return self.take(delivery.know_checked, message, NOW)

    @property
    def reasons(self) -> list[str]:
        record: OrderRecord = self.get(OrderRecord, "main", "web:1")
        return [hold.reason for hold in record.holds]


@pytest.mark.parametrize("result", ["deliverable", "unchecked"])
def test_an_order_waits_for_the_carrier_and_goes_on_whether_it_could_say_or_not(result: str) -> None:
    gate = Gate()
    assert (gate.reasons, gate.said(AddressCheckWantedV1)[0].ship_to) == (["address-check"], BERLIN)
    gate.hears(result)
    gate.hears(result)
    (released,) = gate.said(OrderReleasedV1)
    assert (gate.reasons, released.released_by) == ([], f"post: {result}")


def test_an_address_that_cannot_be_delivered_to_holds_its_order_with_what_the_carrier_suggests() -> None:
    gate = Gate()
    gate.hears("undeliverable", detail="House number is missing", suggestion=BETTER)
    record: OrderRecord = gate.get(OrderRecord, "main", "web:1")
    (hold,) = record.holds
    assert (hold.reason, gate.said(OrderReleasedV1)) == ("address-undeliverable", [])
    assert hold.detail.startswith("post: House number is missing; it suggests Unter den Linden 1, 10117 Berlin")
    assert hold.suggestion is not None
    assert (hold.suggestion.name, hold.suggestion.line1) == (BERLIN.name, "Unter den Linden 1")
    gate.hears("deliverable")
    assert gate.reasons == ["address-undeliverable"], "an answer that comes late or again changes nothing"


def test_what_is_said_of_an_address_that_was_amended_meanwhile_holds_nothing_up() -> None:
    gate = Gate()
    gate.hears("undeliverable", ship_to=BETTER)
    assert (gate.reasons, len(gate.said(OrderReleasedV1))) == ([], 1)


def amended(gate: Gate, place: Address, **fields: Any) -> Decision:
    message = AmendOrderV1(owner="main", order_id="web:1", ship_to=place, **fields)
    return gate.take(delivery.asked_again(gate.channels, partial(correct.amend_order, gate.channels)), message, NOW)


def test_an_order_that_is_amended_to_another_place_waits_for_what_the_carrier_says_of_that_before_it_is_routed() -> (
    None
):
    gate = Gate()
    gate.hears("deliverable")
    wanted = BERLIN.model_copy(update={"line1": "Nowhere 9"})
    held, asked, requested = amended(gate, wanted).events
    assert isinstance(held, OrderHeldV1)
    assert isinstance(asked, AddressCheckWantedV1)
    assert isinstance(requested, AmendmentRequestedV1), "routing has heard of the hold before"
    assert (asked.ship_to.line1, asked.attempt, held.hold.hold_id) == ("Nowhere 9", 2, "address-check-2")
    gate.hears("deliverable")
    assert gate.reasons == ["address-check"], "that was said of the place before"
    gate.hears("undeliverable", ship_to=wanted, attempt=2, suggestion=BETTER)
    assert (gate.reasons, len(gate.said(OrderReleasedV1))) == (["address-undeliverable"], 1)


def test_nothing_is_routed_anew_before_the_answer_though_routing_hears_of_the_amendment_before_the_hold() -> None:
    gate, routing = Gate(), Routing(depots())
    gate.hears("deliverable")
    held, _, requested = amended(gate, BERLIN.model_copy(update={"line1": "Nowhere 9"})).events
    captured, (released,) = gate.said(OrderCapturedV1)[0], gate.said(OrderReleasedV1)
    routing.take(partial(route.know_order, routing.rules), captured, NOW)
    routing.take(partial(route.go_on_released, routing.rules), released, NOW)
    routing.take(partial(route.know_payment, routing.rules), authorised("web:1"), NOW)
    routing.take(partial(amend.amendment_requested, routing.rules), requested, NOW)
    routing.take(partial(route.know_promise, routing.rules), reserved(promised(BER=5), order_id="web:1"), NOW)
    assert (len(routing.said(AmendmentDecidedV1)), routing.said(OrderRoutedV1)) == (1, [])
    assert routing.take(route.stop_held, held, NOW) == Decision()
    again = released.model_copy(update={"releases": released.releases + 1, "order": requested.order})
    routing.take(partial(route.go_on_released, routing.rules), again, NOW)
    (routed,) = routing.said(OrderRoutedV1)
    assert routed.fulfilments[0].ship_to.line1 == "Nowhere 9"


def test_an_order_that_is_corrected_while_it_waits_for_the_carrier_waits_for_what_it_says_of_the_correction() -> None:
    gate = Gate()
    wanted = BERLIN.model_copy(update={"line1": "Street 12"})
    amended(gate, wanted)
    gate.hears("undeliverable")
    assert (gate.reasons, gate.said(OrderReleasedV1)) == (["address-check"], [])
    gate.hears("deliverable", ship_to=wanted, attempt=2)
    assert (gate.reasons, len(gate.said(OrderReleasedV1))) == ([], 1)


@pytest.mark.parametrize("result", ["deliverable", "unchecked"])
def test_an_order_that_is_corrected_to_where_the_carrier_delivers_goes_on_and_else_waits_for_somebody(
    result: str,
) -> None:
    gate = Gate()
    gate.hears("undeliverable", suggestion=BETTER)
    wanted = BERLIN.model_copy(update={"line1": "Street 12"})
    amended(gate, wanted)
    gate.hears(result, ship_to=wanted, attempt=2)
    left = [] if result == "deliverable" else ["address-undeliverable"]
    assert (gate.reasons, len(gate.said(OrderReleasedV1))) == (left, int(not left))


def test_an_order_that_is_corrected_while_its_carrier_is_slow_waits_for_one_answer_only() -> None:
    gate, desk = Gate(), asked()
    wanted = BERLIN.model_copy(update={"line1": "Street 12"})
    amended(gate, wanted)
    _, second = gate.said(AddressCheckWantedV1)
    desk.take(partial(addresses.check, ACCOUNTS), second, NOW)
    for message in (WANTED, second):
        desk.take(addresses.settle_check, message, NOW, Done(AddressChecked(deliverable=True)))
    (answer,) = desk.said(AddressCheckedV1)
    gate.take(delivery.know_checked, answer, NOW)
    assert (gate.reasons, len(gate.said(OrderReleasedV1))) == ([], 1)


def test_an_address_that_a_newer_copy_mends_is_asked_about_before_its_order_goes_on() -> None:
    gate = Gate()
    gate.takes("2", ship_to=BERLIN.model_copy(update={"postcode": "1"}))
    newer = ingest(order_input("2", ship_to=BERLIN, source_version="2"), "web")
    decide = delivery.asked_again(gate.channels, partial(take_in.ingest, gate.channels))
    gate.apply(decide(gate.states, newer, NOW, newer.body))
    assert [one.reason for one in gate.record("web:2").holds] == ["address-check"]
    asked = [one for one in gate.said(AddressCheckWantedV1) if one.order_id == "web:2"]
    assert [(one.ship_to, one.attempt) for one in asked] == [(BERLIN, 1)]
    gate.hears("deliverable", order_id="web:2")
    released = gate.said(OrderReleasedV1)[-1]
    assert (released.order_id, gate.record("web:2").holds) == ("web:2", ())


def test_what_the_carrier_suggested_or_is_the_same_place_is_not_asked_about_again() -> None:
    gate = Gate()
    gate.hears("undeliverable", suggestion=BETTER)
    amended(gate, BERLIN.model_copy(update={"phone": "030 1"}))
    amended(gate, BETTER)
    amended(gate, BERLIN.model_copy(update={"country": "AT", "postcode": "1010"}))
    assert len(gate.said(AddressCheckWantedV1)) == 1
    amended(gate, BERLIN.model_copy(update={"line1": "Street 12"}))
    gate.hears("undeliverable", attempt=2, ship_to=BERLIN.model_copy(update={"line1": "Street 12"}))
    assert [one.hold_id for one in gate.record().holds] == ["address-undeliverable-2"], "of one place, the newest"


def test_an_order_does_not_wait_for_ever_for_an_answer() -> None:
    gate = Gate()
    timer: HoldExpiry = gate.get(HoldExpiry, "main", "web:1", "address-check")
    assert timer.due_at == later(minutes=10)
    gate.take(holds.expire_hold, timer, later(minutes=10))
    assert (gate.reasons, len(gate.said(OrderReleasedV1))) == ([], 1)
    assert gate.hears("undeliverable").writes == []


def test_nobody_is_asked_where_the_rules_do_not_say_so_or_the_address_is_wrong_by_itself() -> None:
    gate = Shop(rules=ASKED)
    gate.takes("1", ship_to=BERLIN.model_copy(update={"country": "AT", "postcode": "1010"}))
    gate.takes("2", ship_to=BERLIN.model_copy(update={"postcode": "1"}))
    gate.takes("3", ship_to=None)
    calm = Shop()
    calm.takes("4", ship_to=BERLIN)
    assert (gate.said(AddressCheckWantedV1), calm.said(AddressCheckWantedV1)) == ([], [])


ACCOUNTS = RULES.model_copy(
    update={
        "accounts": {
            "post": Account(kind="easypost", validates=("*",)),
            "parcels": Account(kind="dhl-express", validates=("DE",)),
            "other": Account(kind="ups"),
        }
    }
)
WANTED = AddressCheckWantedV1(owner="main", order_id="web:1", ship_to=BERLIN)


def asked(wanted: AddressCheckWantedV1 = WANTED, rules: Any = ACCOUNTS) -> Ledger:
    made = Ledger()
    made.take(partial(addresses.check, rules), wanted, NOW)
    return made


def test_the_account_that_names_the_country_is_asked_before_one_that_checks_all() -> None:
    french = WANTED.model_copy(update={"ship_to": BERLIN.model_copy(update={"country": "FR"})})
    found = [asked(wanted).intent for wanted in (WANTED, french)]
    assert [one.adapter for one in found if one is not None] == ["parcels", "post"]
    assert found[0] is not None
    assert found[0].request == ValidateAddress(address=BERLIN)
    assert asked(rules=RULES).said(AddressCheckedV1)[0].result == "unchecked"


def test_a_carrier_is_asked_once() -> None:
    desk = asked()
    again = desk.take(partial(addresses.check, ACCOUNTS), WANTED, NOW).intent
    assert again is not None
    assert again.resumed
    answer = AddressChecked(deliverable=False, problems=("no such street",), address=BETTER)
    for _ in range(2):
        desk.take(addresses.settle_check, WANTED, NOW, Done(answer))
    (said,) = desk.said(AddressCheckedV1)
    assert (said.result, said.detail, said.suggestion) == ("undeliverable", "no such street", BETTER)
    assert desk.take(partial(addresses.check, ACCOUNTS), WANTED, NOW).intent is None


def test_a_carrier_is_asked_anew_about_an_address_that_came_later_and_not_about_one_before_it() -> None:
    desk = asked()
    later_one = WANTED.model_copy(update={"ship_to": BETTER, "attempt": 2})
    intent = desk.take(partial(addresses.check, ACCOUNTS), later_one, NOW).intent
    assert intent is not None
    assert (intent.key, intent.resumed) == ("address:main/web:1:2", False)
    assert desk.take(partial(addresses.check, ACCOUNTS), WANTED, NOW) == Decision()
    desk.take(addresses.settle_check, later_one, NOW, Done(AddressChecked(deliverable=True)))
    (said,) = desk.said(AddressCheckedV1)
    assert (said.ship_to, said.attempt) == (BETTER, 2)


@pytest.mark.parametrize("outcome", [Failed("out of order"), Refused("not-supported", "no"), Unsettled("lost")])
def test_a_carrier_that_cannot_say_holds_nothing_up(outcome: Outcome) -> None:
    desk = asked()
    desk.take(addresses.settle_check, WANTED, NOW, outcome)
    (said,) = desk.said(AddressCheckedV1)
    assert (said.result, said.account, outcome.detail in said.detail) == ("unchecked", "parcels", True)
