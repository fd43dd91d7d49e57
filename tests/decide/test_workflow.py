"""Holds, gates and priorities that are configured; several at once."""

from typing import Any

import pytest

from crossdock_contracts.capture import OrderRejectedV1, OrderReleasedV1, ReleaseHoldV1
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.values import Customer, PaymentMethod, PaymentTerms, ShippingChoice
from services.capture.decide import holds
from services.capture.state import HoldExpiry, OrderStatus
from tests.builders import later
from tests.decide.shop import Shop, checks

BIG = LineInput(line_id="1", sku="A", quantity=1, unit_price_minor=600_000)
APPROVAL = {"name": "large-order", "when": {"total_from_minor": 500_000}, "role": "sales", "detail": "ask Sales"}
LOOK = {
    "name": "new-shop", "when": {"channels": ["marketplace"]}, "role": "service", "hours": 5, "on_expiry": "release",
}  # fmt: skip


def shop(**workflow: Any) -> Shop:
    return Shop(rules=checks(workflow=workflow))


def release(found: Shop, order_id: str = "web:1", **fields: Any) -> None:
    found.settle(holds.release_hold, ReleaseHoldV1(owner="main", order_id=order_id, **fields))


def test_a_gate_stops_orders_above_a_value_by_its_name_for_its_role() -> None:
    found = shop(gate=[APPROVAL])
    (hold,) = found.takes("1", BIG).holds
    assert (hold.reason, hold.assigned_to, hold.detail, hold.approval) == ("large-order", "sales", "ask Sales", True)
    assert found.reasons("2") == []


def test_an_approval_names_who_gives_it() -> None:
    found = shop(gate=[APPROVAL])
    found.takes("1", BIG)
    release(found)
    assert found.said(CommandRefusedV1)[0].reason == "no-name"
    release(found, released_by="head of sales")
    assert found.said(OrderReleasedV1)[0].released_by == "head of sales"


def test_silence_is_no_approval() -> None:
    found = shop(gate=[{**APPROVAL, "hours": 2}])
    found.takes("1", BIG)
    timer = found.get(HoldExpiry, "main", "web:1", "large-order")
    found.settle(holds.expire_hold, timer, later(hours=2))
    assert found.said(OrderRejectedV1)[0].reason == "hold-expired"


def test_a_configured_hold_ends_as_it_says() -> None:
    found = shop(hold=[LOOK])
    (hold,) = found.takes("1", channel="marketplace").holds
    assert (hold.reason, hold.assigned_to, hold.expires_at) == ("new-shop", "service", later(hours=5))
    timer = found.get(HoldExpiry, "main", "marketplace:1", "new-shop")
    found.settle(holds.expire_hold, timer, later(hours=5))
    assert found.said(OrderReleasedV1)[0].closed[0].reason == "new-shop"


def test_several_holds_are_open_at_once_and_the_order_goes_on_with_the_last() -> None:
    found = shop(gate=[APPROVAL], hold=[LOOK])
    captured = found.takes("1", BIG, channel="marketplace", total_minor=600_100)
    assert [hold.reason for hold in captured.holds] == ["totals-mismatch", "new-shop", "large-order"]
    order_id = "marketplace:1"
    release(found, order_id, hold_id="large-order", released_by="sales")
    release(found, order_id, hold_id="totals-mismatch")
    assert not found.said(OrderReleasedV1)
    found.settle(holds.expire_hold, found.get(HoldExpiry, "main", order_id, "new-shop"), later(hours=5))
    assert found.record(order_id).status is OrderStatus.OPEN
    assert len(found.said(OrderReleasedV1)) == 1


@pytest.mark.parametrize(
    ("when", "fields", "others"),
    [
        ({"owners": ["main"]}, {}, None),
        ({"channels": ["marketplace"]}, {"channel": "marketplace"}, {}),
        ({"countries": ["DE"]}, {}, {"ship_to": None}),
        ({"service_levels": ["express"]}, {"shipping": ShippingChoice(service_level="express")}, {}),
        ({"payment_methods": ["terms"]}, {"payment": PaymentTerms(method=PaymentMethod.TERMS)}, {}),
        ({"tags": ["vip", "x"]}, {"tags": ("a", "vip")}, {"tags": ("a",)}),
        ({"sku_prefixes": ["A"]}, {}, None),
        ({"sku_prefixes": ["B", "C"]}, None, {}),
        ({"email_domains": ["acme.example"]}, {"customer": Customer(email="a@Acme.example")}, {}),
        ({"currencies": ["GBP"]}, {"currency": "GBP"}, {}),
        ({"total_from_minor": 1000}, {}, None),
        ({"total_from_minor": 1001}, None, {}),
        ({"by_hand": True}, {"created_by": "desk"}, {}),
        ({"by_hand": False}, {}, {"created_by": "desk"}),
        ({"channels": ["web"], "tags": ["vip"]}, {"tags": ("vip",)}, {}),
    ],
)
def test_a_rule_applies_to_orders_that_are_like_it_says(when: Any, fields: Any, others: Any) -> None:
    found = shop(hold=[{"name": "this-one", "when": when}])
    if fields is not None:
        assert "this-one" in found.reasons("1", **fields)
    if others is not None:
        assert "this-one" not in found.reasons("2", **others)


def test_a_rule_may_name_a_customer_by_id() -> None:
    customer = Customer(email="anna@example.com")
    known = Shop().order(customer=customer).customer.customer_id
    found = shop(hold=[{"name": "watched", "when": {"customers": [known]}}])
    assert found.reasons("1", customer=customer) == ["watched"]
    assert found.reasons("2") == []


def test_an_order_is_served_as_early_as_any_rule_says_and_no_later_than_its_channel_wants() -> None:
    rules = [
        {"name": "express", "when": {"service_levels": ["express"]}, "priority": 3},
        {"name": "large", "when": {"total_from_minor": 500_000}, "priority": 2},
    ]
    found = shop(priority=rules)
    express = ShippingChoice(service_level="express")
    assert found.order("1").priority == 5
    assert found.order("2", shipping=express).priority == 3
    assert found.order("3", BIG, shipping=express).priority == 2
    assert found.order("4", shipping=express, priority=1).priority == 1


def test_a_business_order_on_terms_names_the_customers_own_order() -> None:
    found = Shop(customer_po_required=True)
    terms = PaymentTerms(method=PaymentMethod.TERMS)
    assert found.reasons("1", payment=terms) == ["customer-po-missing"]
    assert found.reasons("2", payment=terms, customer_po="PO-7") == []
    assert found.reasons("3") == []


def test_a_stock_promise_that_ends_before_the_order_is_released_is_held() -> None:
    found = Shop()
    assert found.reasons("1", release_at=later(days=9), reserve_until=later(days=8)) == ["dates-contradict"]
    assert found.reasons("2", release_at=later(days=9), reserve_until=later(days=10)) == []
