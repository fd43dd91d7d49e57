"""Whatever eBay may answer is an order or is refused: mutations, and real answers."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import UnmappableError
from services.capture.channels.ebay import Ebay
from tests.adapters.channels.ebay_orders import ORDER, XML, read
from tests.adapters.channels.mutations import adds_up, mutated, read_or_refuse
from tests.conftest import REAL_DATA

SAMPLES = REAL_DATA / "payloads" / "channels" / "ebay" / "trading_api_xml"
REFERENCE = REAL_DATA / "reference-only" / "channels" / "ebay" / "metasfresh" / "ebay-order-sample-full.json"


@settings(max_examples=120, deadline=None)
@given(mutated(ORDER))
def test_whatever_json_is_handed_in_is_an_order_or_is_refused(content: bytes) -> None:
    read_or_refuse(Ebay(), content)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_whatever_xml_is_handed_in_is_an_order_or_is_refused(data: st.DataObject) -> None:
    pieces = XML.split("<")
    at = data.draw(st.integers(0, len(pieces) - 1))
    pieces[at] = data.draw(
        st.sampled_from(["", pieces[at] * 2, "A>", pieces[at].split(">")[0] + ">", pieces[at] + "1e999999"])
        | st.text(max_size=5).map(lambda text: pieces[at].split(">")[0] + ">" + text)
    )
    read_or_refuse(Ebay(), "<".join(pieces).encode("utf-8", "replace"))


REAL = {
    "AuthTokenIsInvalidResponse": "$.OrderArray: missing in GeteBayOfficialTimeResponse: Validation of the auth",
    "EbayServiceGetItemResponseWithItemSku": "$.OrderArray: missing in GetItemResponse",
    "EbayServiceGetItemResponseWithItemVariations": "$.OrderArray: missing in GetItemResponse",
    "EbayServiceGetOrdersResponseWithItemVariationSku": 686,
    "EbayServiceGetOrdersResponseWithItemsSku": "$.Order.CheckoutStatus: Active, checkout Incomplete",
    "EbayServiceGetOrdersResponseWithItemsSkuAndRlogIdHeader": "$.Order.CheckoutStatus: Active, checkout Incomplete",
    "EbayServiceGetOrdersResponseWithOutItems": None,
    "EbayServiceGetOrdersResponseWithShippingCarrier": 3445,
    "EbayServiceGetOrdersResponseWithTotalNumberOfEntities0AndHasMoreOrdersFalse": None,
    "EbayServiceGetOrdersResponseWithTrackingNumber": 3445,
    "EbayServiceGetOrdersResponseWithUserFirstandLastName": "$.Order.CheckoutStatus: Active, checkout Incomplete",
    "ReviseInventoryStatusResponse": "$.OrderArray: missing in ReviseInventoryStatusResponse",
}


def orders(content: bytes) -> Iterator[OrderInput]:
    for one in Ebay().split(content):
        order = read(one)
        assert order.order_id == Ebay().order_id(one)
        assert adds_up(order)
        yield order


@pytest.mark.parametrize("name", REAL)
def test_real_answers_of_the_older_api_are_read_or_refused_for_a_reason(name: str) -> None:
    if not SAMPLES.exists():
        pytest.skip(f"no real payloads at {SAMPLES}")
    content, expected = (SAMPLES / f"{name}.xml").read_bytes(), REAL[name]
    if isinstance(expected, str):
        with pytest.raises(UnmappableError) as caught:
            list(orders(content))
        assert str(caught.value).startswith(expected)
        return
    assert [order.total_minor for order in orders(content)] == ([] if expected is None else [expected])


def test_real_orders_of_the_fulfilment_api_are_read() -> None:
    if not REFERENCE.exists():
        pytest.skip(f"no real payloads at {REFERENCE}")
    found = list(orders(REFERENCE.read_bytes()))
    assert [order.total_minor for order in found] == [1200, 420, 420, 1200, 35419]
    assert "global-shipping" in found[-1].tags
