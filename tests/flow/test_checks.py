"""What an order is looked at for, and what others fulfil, through all services."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crossdock_contracts.capture import ReleaseHoldV1, ReportFulfilledV1
from crossdock_contracts.payments import ImportRefundV1, ReceivePaymentV1, SetCreditLimitV1
from crossdock_contracts.returns import ImportReturnV1, InspectedLine
from crossdock_contracts.values import Money
from tests.builders import unique
from tests.conftest import until
from tests.flow.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")


def somebody() -> dict[str, Any]:
    return {"email": f"{unique('c')}@example.com"}


async def release(house: House, order_id: str, by: str = "desk") -> None:
    await house.tells(ReleaseHoldV1(owner="main", order_id=order_id, released_by=by))


async def test_a_suspicious_order_keeps_its_stock_until_risk_lets_it_go(house: House) -> None:
    sku = await house.sells(BER=300)
    buyer = {"email": f"{unique('x')}@mailinator.com"}

    order_id = await house.sold((sku, 250), customer=buyer, payment={"method": "token", "token": "tok_1"})

    captured = await house.hears("order-captured", order_id)
    assert captured["risk_score"] == 80
    assert [part["rule"] for part in captured["risk_parts"]] == ["large first order", "throw-away e-mail address"]
    assert (captured["holds"][0]["reason"], captured["holds"][0]["assigned_to"]) == ("fraud-review", "risk")
    await house.hears("stock-reserved", order_id)
    await house.rest()
    assert (await house.stock(sku), await house.payment(order_id)) == ((300, 0, 250, 0), "waiting")
    await release(house, order_id)
    await house.labelled(order_id)


async def test_a_large_order_waits_for_an_approval_by_name(house: House) -> None:
    sku = await house.sells(BER=1200)
    order_id = await house.sold((sku, 1000))
    await until(lambda: house.holds(order_id))

    with pytest.raises(RuntimeError, match="no-name: an approval names who gives it"):
        await release(house, order_id, by="")
    await release(house, order_id, by="head of sales")

    released = await house.hears("order-released", order_id)
    assert (released["closed"][0]["reason"], released["released_by"]) == ("large-order", "head of sales")


async def test_a_doubled_order_is_held_as_a_repeat(house: House) -> None:
    sku = await house.sells(BER=5)
    buyer = somebody()
    first = await house.sold((sku, 1), customer=buyer)
    await house.hears("order-captured", first)

    second = await house.sold((sku, 1), customer=buyer)

    await until(lambda: house.holds(second))
    assert (await house.holds(second), await house.holds(first)) == (["repeated-order"], [])


async def test_one_buyer_of_two_channels_is_one_customer_and_has_one_account(house: House) -> None:
    sku = await house.sells(BER=50)
    email, phone = somebody()["email"], f"+4930{unique('7')}123456"
    terms = {"payment": {"method": "terms"}, "customer_po": "PO-1"}
    first = await house.sold((sku, 1), customer={"email": email}, **terms)
    second = await house.sold((sku, 2), channel="social", customer={"phone": phone}, **terms)
    a = (await house.hears("order-captured", first))["order"]["customer"]["customer_id"]
    b = (await house.hears("order-captured", second))["order"]["customer"]["customer_id"]
    await house.hears("payment-authorised", second)
    assert a != b

    third = await house.sold((sku, 4), channel="social", customer={"email": email, "phone": phone}, **terms)

    assert (await house.hears("order-captured", third))["order"]["customer"]["customer_id"] == a
    await house.rest()
    account = await house.document("payments", "account", a)
    assert account is not None
    assert account["books"]["EUR"]["ordered_minor"] == 7000
    gone = await house.document("payments", "account", b)
    assert gone is not None
    assert gone["same_as"] == a


async def test_an_order_beyond_its_customers_limit_waits_and_what_is_paid_frees_it(house: House) -> None:
    sku, other = await house.sells(BER=50), await house.sells(BER=5)
    about = {"customer": somebody(), "payment": {"method": "terms"}, "customer_po": "PO-1", "channel": "business"}
    first = await house.sold((sku, 1), **about)
    customer = (await house.hears("order-captured", first))["order"]["customer"]["customer_id"]
    await house.tells(SetCreditLimitV1(owner="main", customer_id=customer, currency="EUR", limit_minor=1500))
    await house.ships(await house.labelled(first))
    await house.rest()
    second = await house.sold((sku, 2), **about)
    await until(lambda: house.holds(second))
    assert await house.holds(second) == ["credit-limit"]
    assert (await house.stock(sku))[2] == 2

    amount = Money(amount_minor=1000, currency="EUR")
    await house.tells(ReceivePaymentV1(owner="main", customer_id=customer, amount=amount, reference="BANK-1"))
    third = await house.sold((other, 1), **about)
    await house.labelled(third)
    await release(house, second)

    await house.labelled(second)
    account = await house.document("payments", "account", customer)
    assert account is not None
    assert (account["books"]["EUR"]["ordered_minor"], account["books"]["EUR"].get("owed_minor", 0)) == (3000, 0)


async def test_a_sale_over_the_counter_deducts_at_once_even_what_was_promised(house: House) -> None:
    sku = await house.sells(LON=2)
    online = await house.sold((sku, 2), total_minor=1)
    await house.hears("stock-reserved", online)

    order_id = await house.sold((sku, 2), channel="till")

    assert (await house.hears("goods-handed-over", order_id))["location_id"] == "LON"
    await house.rest()
    shortages = [one["missing"] for one in await house.said("shortage-recorded") if one["sku"] == sku]
    assert (await house.stock(sku), shortages) == ((0, 0, 0, 2), [2])  # the promise is taken back
    assert await house.status(order_id) == "completed"
    for event in ("order-routed", "stock-reserved", "label-bought"):
        assert await house.said(event, order_id) == []


async def test_what_the_channel_fulfils_is_recorded_and_closed_and_its_refund_and_return_are_entered(
    house: House,
) -> None:
    sku = await house.sells(BER=5)
    token = {"method": "token", "token": "tok_decline"}
    order_id = await house.sold((sku, 2), channel="marketplace", fulfil_by="channel", payment=token)
    await house.hears("payment-authorised", order_id)
    await house.rest()
    assert (await house.status(order_id), await house.stock(sku)) == ("open", (5, 0, 0, 0))

    await house.tells(ReportFulfilledV1(owner="main", order_id=order_id))
    await house.rest()
    amount = Money(amount_minor=1000, currency="EUR")
    for _ in range(2):
        await house.tells(ImportRefundV1(owner="main", order_id=order_id, refund_id="F-1", amount=amount))
        lines = (InspectedLine(line_id="1", quantity=1, disposition="restock"),)
        await house.tells(
            ImportReturnV1(owner="main", order_id=order_id, return_id="M-1", location_id="BER", lines=lines)
        )

    await house.rest()
    assert (await house.status(order_id), await house.stock(sku)) == ("completed", (6, 0, 0, 0))
    assert [one["gateway"] for one in await house.said("payment-refunded", order_id)] == ["channel"]
    assert await house.said("order-routed", order_id) == []


async def test_the_money_of_a_pre_order_is_made_sure_of_a_day_before_it_is_released(house: House) -> None:
    sku = await house.sells(BER=5)
    day = datetime.now(UTC) + timedelta(days=1, seconds=1)

    order_id = await house.sold((sku, 1), release_at=day, payment={"method": "token", "token": "tok_1"})

    await house.hears("stock-reserved", order_id)
    await house.rest_of("payments")
    assert await house.payment(order_id) == "waiting"
    await house.hears("payment-authorised", order_id)
    await house.rest()
    assert await house.said("order-routed", order_id) == []
