"""Routing's rules, freight and carbon, as the running services apply and tell them."""

import pytest

from crossdock_contracts.values import Address
from tests.flow.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONDON = Address(name="C", line1="S", postcode="SW1A 1AA", city="London", country="GB", latitude=51.5, longitude=-0.14)


async def test_a_rule_sends_an_order_elsewhere_and_the_event_names_it(house: House) -> None:
    sku = await house.sells(LON=5, ROT=5)

    usual = await house.sold((sku, 1), ship_to=LONDON)
    express = await house.sold((sku, 1), ship_to=LONDON, shipping={"service_level": "express"})

    assert (await house.hears("order-routed", usual))["fulfilments"][0]["location_id"] == "LON"
    routed = await house.hears("order-routed", express)
    assert routed["fulfilments"][0]["location_id"] == "ROT"
    excluded = {rule["location_id"]: rule["rule"] for rule in routed["rules"] if rule["effect"] == "excluded"}
    assert excluded["LON"] == "express ships from the mainland"


async def test_the_freight_that_routing_expects_is_what_the_label_costs(house: House) -> None:
    sku = await house.sells(BER=5, ROT=5, weight_g=700)
    order_id = await house.sold((sku, 2))

    plan, other = (await house.hears("order-routed", order_id))["ranking"]
    label = (await house.hears("label-bought", order_id))["parcel"]

    assert plan["freight_minor"] == label["cost"]["amount_minor"]
    assert plan["carbon_g"] > 0
    assert plan["parts"]["freight"] == plan["freight_minor"] / 100
    assert plan["points"] < other["points"]
