"""Replacements as capture makes orders of them."""

from functools import partial

import pytest

from crossdock_contracts.capture import OrderCapturedV1
from crossdock_contracts.cases import ReplacementOrderedV1
from crossdock_contracts.values import Address
from services.capture.channels.native import Native
from services.capture.decide.replace import replace
from services.capture.rules import Channels, UnknownChannelError
from services.capture.state import Item, OrderRecord
from services.hub.decision import Decision
from services.hub.settings import ROOT
from tests.builders import BERLIN, NOW, pieces
from tests.decide.ledger import Ledger

CHANNELS = Channels.load(ROOT / "deploy" / "rules", {"native": Native})


def replacement(**fields: object) -> ReplacementOrderedV1:
    about = {"owner": "main", "replacement_id": "web:1~1", "order_id": "web:1", "case_id": "1", "channel": "web"}
    more = {"currency": "EUR", "lines": (pieces(2),), "ship_to": BERLIN, "service_level": "express", "ordered_at": NOW}
    return ReplacementOrderedV1(**{**about, **more, **fields})


def test_a_replacement_is_an_urgent_order_with_nothing_to_pay_that_names_what_it_replaces() -> None:
    shop = Ledger(Item(sku="A", title="Mug", weight_g=300, hazmat_class="9"))
    shop.take(partial(replace, CHANNELS), replacement(), NOW)
    (event,) = shop.said(OrderCapturedV1)
    order = event.order
    assert (order.order_id, order.replaces, order.priority, order.ship_to) == ("web:1~1", "web:1", 1, BERLIN)
    assert (order.totals.total_minor, order.lines[0].paid_minor, order.shipping.service_level) == (0, 0, "express")
    assert (order.lines[0].sku, order.lines[0].quantity, order.lines[0].weight_g) == ("A", 2, 300)
    assert order.lines[0].hazmat_class == "9"
    assert (shop.get(OrderRecord, "main", "web:1~1").status, event.holds) == ("open", ())


def test_a_replacement_that_is_ordered_twice_is_one_order() -> None:
    shop = Ledger()
    shop.take(partial(replace, CHANNELS), replacement(), NOW)
    assert shop.take(partial(replace, CHANNELS), replacement(), NOW) == Decision()


def test_a_corrected_address_that_lacks_something_holds_the_replacement() -> None:
    shop = Ledger()
    shop.take(partial(replace, CHANNELS), replacement(ship_to=Address(country="DE")), NOW)
    (event,) = shop.said(OrderCapturedV1)
    assert [hold.reason for hold in event.holds] == ["address-incomplete"]


def test_a_replacement_for_a_channel_that_is_gone_becomes_a_dead_letter_that_says_so() -> None:
    with pytest.raises(UnknownChannelError, match="no channel 'old'"):
        replace(CHANNELS, Ledger().states, replacement(channel="old"), NOW)
