"""Orders of eBay's older API, in XML."""

from datetime import UTC, datetime

import pytest

from crossdock_contracts.values import LineKind
from services.capture.channels import NotYetError
from services.capture.channels.ebay import Ebay
from tests.adapters.channels.ebay_orders import XML, read, refusal
from tests.adapters.channels.mutations import adds_up


def xml(*changes: tuple[str, str]) -> bytes:
    text = XML
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def test_the_older_api_gives_the_same_order() -> None:
    order = read(xml())
    goods, adjustment = order.lines
    assert Ebay().order_id(xml()) == order.order_id == "04-1"
    assert (goods.line_id, goods.listing_id, goods.title, goods.quantity) == ("110-7", "TEA", "Tea & cup", 2)
    assert (adjustment.kind, adjustment.unit_price_minor) == (LineKind.DISCOUNT, 100)
    assert (order.shipping_minor, order.tax_minor, order.total_minor) == (350, 400, 2650)
    assert adds_up(order)
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.country) == ("Ann", "GB")
    assert (order.customer.name, order.customer.email, order.note) == ("Ann Brown", "", "Ring twice")
    assert order.ship_by == datetime(2026, 3, 3, 22, 59, 59, tzinfo=UTC)
    assert [(refund.refund_id, refund.amount_minor) for refund in order.refunds] == [("R-1", 200)]


def test_an_answer_of_the_older_api_is_split_and_each_order_read() -> None:
    (one,) = Ebay().split(xml())
    assert read(one) == read(xml())


def test_the_older_apis_unpaid_orders_are_not_taken_yet() -> None:
    content = xml(("<OrderStatus>Completed", "<OrderStatus>Active"), ("<Status>Complete", "<Status>Incomplete"))
    assert refusal(content, NotYetError).startswith("$.Order.CheckoutStatus: Active, checkout Incomplete")


def test_the_older_apis_cancelled_orders_are_cancelled_whole() -> None:
    content = xml(("<OrderStatus>Completed", "<OrderStatus>Cancelled"), ("<Status>Complete", "<Status>Incomplete"))
    assert [(cancel.cancel_id, cancel.lines) for cancel in read(content).cancels] == [("all", ())]


TWO_LEGS = """<IsMultiLegShipping>true</IsMultiLegShipping><MultiLegShippingDetails>
  <SellerShipmentToLogisticsProvider><ShipToAddress><Name>Hub</Name><Street1>1 Way</Street1>
    <ReferenceID>REF-1</ReferenceID><Country>GB</Country></ShipToAddress>
  </SellerShipmentToLogisticsProvider></MultiLegShippingDetails>
  <PickupMethodSelected><PickupMethod>InStorePickup</PickupMethod><PickupStoreID>S1</PickupStoreID>
  </PickupMethodSelected><BuyerUserID>"""


def test_variations_pickups_and_two_legs_are_read_of_the_older_api() -> None:
    variation = "<Variation><SKU>TEA-G</SKU></Variation><QuantityPurchased>"
    order = read(xml(("<QuantityPurchased>", variation), ("<BuyerUserID>", TWO_LEGS)))
    assert order.lines[0].listing_id == "TEA-G"
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.line3) == ("Hub", "Reference REF-1")
    assert order.shipping.pickup_location_id == "S1"
    assert "global-shipping" in order.tags


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<GetOrdersResponse>", "$: not XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><Order><OrderID>&b;</OrderID></Order>', "$: not XML"),
        (b"<GetOrdersResponse><OrderArray/></GetOrdersResponse>", "$.OrderArray: 0 orders"),
        (b"<A>" * 50 + b"</A>" * 50, "$.OrderArray: missing in A"),
        (b"<Order>" + b"<A>" * 50 + b"</A>" * 50 + b"</Order>", "$: nested more than 40 deep"),
        (b"<R><Errors><LongMessage>Token expired</LongMessage></Errors></R>", "$.OrderArray: missing in R: Token exp"),
    ],
)
def test_xml_that_is_no_order_is_refused_for_a_reason(content: bytes, why: str) -> None:
    assert refusal(content).startswith(why)
