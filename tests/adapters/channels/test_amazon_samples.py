"""Whatever Amazon may answer is an order or is refused: mutations, and the examples of its models."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.capture.channels import UnmappableError
from services.capture.channels.amazon import Amazon
from tests.adapters.channels.amazon import ORDER, read, refusal, v0, v2026
from tests.adapters.channels.mutations import adds_up, mutated, read_or_refuse
from tests.conftest import REAL_DATA

SAMPLES = REAL_DATA / "payloads" / "channels" / "amazon"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([orjson.loads(v0()), orjson.loads(v2026())]).flatmap(mutated))
def test_whatever_is_handed_in_is_an_order_or_is_refused(body: bytes) -> None:
    read_or_refuse(Amazon(), body)


REAL = {
    "examples/orders2026_getOrder_200_01": "GBP 10397",
    "examples/orders2026_searchOrders_200_01": "USD 15499",
    "sandbox/orders2026_getOrder_200_01": "BRL 29990",
    "sandbox/orders2026_getOrder_200_03": "USD 4999",
    "sandbox/orders2026_searchOrders_200_01": "JPY 19940",
    "sandbox/orders2026_searchOrders_200_03": "BRL 159990",
    "sandbox/orders2026_searchOrders_400_01": "$.errors: Amazon answered with errors",
    "examples/ordersV0_getOrder_200_01": "$.payload: an answer of v0 by itself",
    "examples/ordersV0_getOrders_200_01": "$.Order.OrderStatus: Pending",
    "sandbox/ordersV0_getOrder_200_01": "$.payload: an answer of v0 by itself",
    "sandbox/ordersV0_getOrders_200_01": "$.OrderItems: missing",
    "sandbox/ordersV0_getOrders_200_03": "$.Order.OrderStatus: Pending",
}


def sample(name: str) -> Any:
    if not SAMPLES.exists():
        pytest.skip(f"no real payloads at {SAMPLES}")
    content = orjson.loads((SAMPLES / f"{name}.json").read_bytes())
    return content.get("response", content)


@pytest.mark.parametrize("name", REAL)
def test_real_orders_are_read_or_refused_for_a_reason(name: str) -> None:
    body = orjson.dumps(sample(name))
    if not REAL[name].startswith("$"):
        for order in [read(one) for one in Amazon().split(body)]:
            assert f"{order.currency} {order.total_minor}" == REAL[name]
            assert adds_up(order)
        return
    with pytest.raises(UnmappableError) as caught:
        [read(one) for one in Amazon().split(body)]
    assert str(caught.value).startswith(REAL[name])


def test_a_real_order_is_put_together_of_its_calls() -> None:
    parts = {
        "Order": "sandbox/ordersV0_getOrder_200_01",
        "OrderItems": "sandbox/ordersV0_getOrderItems_200_01",
        "OrderAddress": "sandbox/ordersV0_getOrderAddress_200_01",
        "OrderBuyerInfo": "sandbox/ordersV0_getOrderBuyerInfo_200_01",
    }
    order = read(orjson.dumps({call: sample(name)["payload"] for call, name in parts.items()}))
    assert (order.order_id, order.total_minor, order.tax_minor) == ("902-1845936-5435065", 1101, 101)
    assert adds_up(order)
    assert order.ship_to is not None
    assert order.ship_to.city == "SEATTLE"


def test_the_items_of_an_example_cannot_be_for_they_have_fractions_of_a_yen() -> None:
    items = sample("examples/ordersV0_getOrderItems_200_01")["payload"]
    order = ORDER | {"MarketplaceId": "A1VC38T7YXB528", "OrderTotal": None}
    assert "25.99 JPY is not a whole number" in refusal(orjson.dumps({"Order": order, "OrderItems": items}))
