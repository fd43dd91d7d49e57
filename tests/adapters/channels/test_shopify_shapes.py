"""Shopify: people, places and texts; both of its APIs; anything that may come."""

from collections import Counter
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.capture.channels import UnmappableError
from services.capture.channels.shopify import Shopify
from services.capture.decide.money import expected_total, totals
from tests.adapters.channels.samples import files, stands_anything
from tests.adapters.channels.shopify import both, graphql, line, order, read, refund, refusal

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_addresses_are_taken_over_and_missing_ones_are_not_invented() -> None:
    found = read(billing_address=None).ship_to
    assert found is not None
    assert (found.name, found.line1, found.postcode, found.country) == ("Ana Núñez", "1 Rue d’Été", "69001", "FR")
    assert (found.email, found.latitude, found.region) == ("ana@example.com", 45.76, "")
    bare = read(line(requires_shipping=False), shipping_address=None)
    assert (bare.ship_to, bare.bill_to, bare.shipping.pickup_location_id) == (None, None, "")


def test_the_customer_is_who_bought_for_which_company() -> None:
    buyer = {"id": 9, "first_name": "Ana", "last_name": "N", "email": "other@example.com", "phone": "+1"}
    found = read(customer=buyer, company={"id": 5, "name": "Núñez SA"}).customer
    assert (found.channel_customer_id, found.name, found.company) == ("9", "Ana N", "Núñez SA")
    assert (found.email, found.phone) == ("ana@example.com", "+1")


def test_what_the_buyer_collects_is_collected_where_the_way_of_shipping_says() -> None:
    way = [{"title": "Main Street Store", "code": "Main Street Store", "price": "0.00"}]
    assert read(shipping_lines=way, shipping_address=None).shipping.pickup_location_id == ""  # it lacks its address
    way[0]["delivery_category"] = "pickup"
    assert read(shipping_lines=way).shipping.pickup_location_id == "Main Street Store"
    named = [{"title": "Store Pickup (Lyon)", "price": "0.00"}]
    assert read(shipping_lines=named, shipping_address=None).shipping.pickup_location_id == "Store Pickup (Lyon)"
    assert read(shipping_lines=named).shipping.pickup_location_id == ""


def test_notes_attributes_properties_and_tags_are_kept() -> None:
    asked = [{"name": "Engraving", "value": "Ü"}, {"name": "_hidden", "value": "1"}]
    said = [{"name": "Gift-Message", "value": "Alles Gute"}, {"name": "colour", "value": "green"}]
    found = read(line(properties=asked), note="Ring twice", note_attributes=said, tags="VIP, Noël")
    assert found.lines[0].note == "Engraving: Ü"
    assert (found.note, found.gift_message, found.tags) == ("Ring twice\ncolour: green", "Alles Gute", ("VIP", "Noël"))


def test_a_sale_at_a_till_is_handed_over_and_one_that_the_shop_has_fulfilled_is_recorded() -> None:
    sold = read(source_name="pos", location_id=655, fulfillment_status="fulfilled", shipping_address=None)
    assert (sold.fulfil_by, sold.sold_at) == ("till", "655")
    assert read(source_name="pos", location_id=655).fulfil_by is None
    parcels = [{"id": 1, "status": "success", "created_at": "2026-03-04T08:00:00Z"}]
    done = read(fulfillment_status="fulfilled", fulfillments=parcels)
    assert (done.fulfil_by, done.fulfilled_at) == ("channel", datetime(2026, 3, 4, 8, tzinfo=UTC))
    assert read(fulfillment_status="partial", fulfillments=parcels).fulfil_by is None


def test_what_amazon_fulfils_is_recorded_and_a_mixture_is_refused() -> None:
    amazon = line(fulfillment_service="amazon_marketplace_web")
    assert read(amazon).fulfil_by == "channel"
    assert "split the order" in refusal(order(amazon, line(2)))


def test_an_order_is_the_same_from_either_api() -> None:
    assert Shopify().read(orjson.dumps(graphql())) == read()
    assert Shopify().order_id(orjson.dumps({"data": {"order": graphql()}})) == "450789469"
    assert Shopify().read(orjson.dumps({"data": {"node": graphql(legacyResourceId=None)}})) == read()


def test_refunds_and_cancels_of_the_graphql_api_have_the_ids_of_the_rest_api() -> None:
    amount = {"presentmentMoney": {"amount": "10.0", "currencyCode": "USD"}}
    piece = {"quantity": 1, "restockType": "CANCEL", "lineItem": {"id": "gid://shopify/LineItem/1"}}
    back = {
        "id": "gid://shopify/Refund/7",
        "createdAt": "2026-03-03T09:00:00Z",
        "totalRefundedSet": amount,
        "refundLineItems": {"nodes": [piece]},
        "transactions": {"nodes": [{"kind": "REFUND", "status": "SUCCESS", "amountSet": amount}]},
    }
    mine = Shopify().read(orjson.dumps(graphql(refunds=[back])))
    other = read(refunds=[refund(7, (1, 1, "cancel"), paid="10.00")])
    assert (mine.cancels, mine.refunds) == (other.cancels, other.refunds)
    whole = Shopify().read(orjson.dumps(graphql(cancelledAt="2026-03-03T09:00:00Z", cancelReason="FRAUD")))
    assert (whole.cancels[0].cancel_id, whole.cancels[0].reason) == ("cancelled", "fraud")


def test_dates_and_pickup_are_those_of_the_fulfilment_orders() -> None:
    to_do = {
        "status": "SCHEDULED",
        "fulfillAt": "2026-04-01T00:00:00Z",
        "fulfillBy": "2026-04-03T00:00:00Z",
        "deliveryMethod": {"methodType": "PICK_UP"},
        "assignedLocation": {"location": {"id": "gid://shopify/Location/655", "name": "Main"}},
    }
    found = Shopify().read(orjson.dumps(graphql(fulfillmentOrders={"nodes": [to_do]})))
    assert (found.release_at, found.ship_by) == (datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 4, 3, tzinfo=UTC))
    assert found.shipping.pickup_location_id == "655"


def test_shipping_is_the_same_in_whichever_way_it_is_asked_for() -> None:
    cost = {"presentmentMoney": {"amount": "5.0", "currencyCode": "USD"}}
    way = {"title": "Courier", "originalPriceSet": cost, "discountedPriceSet": cost, "discountAllocations": []}
    for fields in ({"shippingLines": {"nodes": [way]}}, {"shippingLine": way}, {"totalShippingPriceSet": cost}):
        assert Shopify().read(orjson.dumps(graphql(**fields))).shipping_minor == 500


def test_a_bundle_is_named_with_its_parts() -> None:
    content = graphql()
    content["lineItems"]["edges"][0]["node"]["lineItemGroup"] = {"id": "gid://shopify/LineItemGroup/1", "title": "Set"}
    assert Shopify().read(orjson.dumps(content)).lines[0].note == "part of Set"


def test_refusals_name_the_path_as_the_graphql_api_does() -> None:
    content = graphql()
    content["lineItems"]["edges"][0]["node"]["quantity"] = "many"
    assert refusal(content).startswith("$.lineItems.nodes[0].quantity:")
    assert refusal(graphql(displayFinancialStatus="PENDING")).startswith("$.displayFinancialStatus: pending")


def test_a_page_of_the_lines_is_not_taken_for_all_of_them() -> None:
    content = graphql()
    content["lineItems"]["pageInfo"] = {"hasNextPage": True}
    assert refusal(content).startswith("$.lineItems.pageInfo.hasNextPage: the list has further pages")


def test_answers_that_list_orders_are_split() -> None:
    shop = Shopify()
    assert [shop.order_id(one) for one in shop.split(orjson.dumps({"orders": [order(), order(id=2)]}))] == [
        "450789469",
        "2",
    ]
    pages = {"data": {"orders": {"edges": [{"node": graphql()}]}}}
    assert [shop.read(one) for one in shop.split(orjson.dumps(pages))] == [read()]
    assert [shop.read(one) for one in shop.split(orjson.dumps({"order": order()}))] == [read()]


@pytest.mark.parametrize("wrapped", ["%s", '{"id": "gid://shopify/Order/1", "lineItems": %s}', '{"orders": %s}'])
def test_payloads_of_a_thousand_levels_are_refused(wrapped: str) -> None:
    body = (wrapped % ("[" * 900 + "]" * 900)).encode()
    with pytest.raises(UnmappableError):
        [Shopify().read(one) for one in Shopify().split(body)]


@given(st.integers(0, 2**32))
def test_whatever_comes_becomes_an_order_or_a_refusal(seed: int) -> None:
    rich = order(
        line(price_set=both("10.00"), discount_allocations=[{"amount": "1.00"}], tax_lines=[{"price": "1.00"}]),
        refunds=[refund(7, (1, 1, "cancel"), paid="1.00")],
        shipping_lines=[{"title": "x", "price": "1.00", "discounted_price": "1.00"}],
        transactions=[{"id": 1, "kind": "sale", "status": "success", "gateway": "gift_card", "amount": "1.00"}],
        fulfillments=[{"id": 1, "status": "success", "line_items": [{"id": 1, "quantity": 1}]}],
        customer={"id": 1},
        total_price_set=both("10.00"),
    )
    stands_anything(Shopify(), rich if seed % 2 else graphql(), seed)


def test_all_recorded_payloads_are_read_or_refused_with_a_reason() -> None:
    read_, refused, off = 0, Counter[str](), []
    for file in files("payloads/channels/shopify", "reference-only/channels/shopify"):
        for body in Shopify().split(file.read_bytes()):
            try:
                found = Shopify().read(body)
            except UnmappableError as error:
                refused[str(error).partition(":")[0]] += 1
                continue
            read_ += 1
            if expected_total(totals(found)) != found.total_minor:
                off.append((file.name, found.total_minor, expected_total(totals(found))))
    assert read_ > 50
    assert set(refused) <= {"$.line_items", "$", "$.created_at", "$.financial_status"}
    assert off == [
        ("order.json", 40994, 60894)
    ]  # three lines of 199.00 and a total of 409.94: it does not add up there
