"""Amendments through the running services: a newer copy at each stage, what comes back, and what it costs."""

from typing import Any

import pytest

from crossdock_contracts.amendments import AmendOrderV1
from crossdock_contracts.handed_in import LineInput, OrderInput
from tests.builders import BERLIN, pieces
from tests.conftest import until
from tests.flow.house import House, order_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN: dict[str, Any] = {"payment": {"method": "token", "token": "tok_1"}}
ELSEWHERE = BERLIN.model_copy(update={"line1": "Street 99"})


def newer(made: OrderInput, **fields: Any) -> OrderInput:
    """A newer copy of an order, its total as its lines make it."""
    copy = made.model_copy(update=fields)
    total = sum(line.quantity * line.unit_price_minor for line in copy.lines)
    return copy.model_copy(update={"total_minor": total})


async def test_a_new_address_calls_a_packed_parcel_back_and_a_new_one_goes_there(house: House) -> None:
    sku = await house.sells(BER=5)
    made = order_of((sku, 2), **TOKEN)
    order_id = f"web:{made.order_id}"
    await house.hands_in(made)
    fulfilment = await house.labelled(order_id)
    await house.picks(fulfilment)
    await house.packs(fulfilment)

    await house.hands_in(newer(made, ship_to=ELSEWHERE))

    amended = await house.hears("order-amended", order_id)
    assert [(part["change"], part["result"]) for part in amended["results"]] == [("address", "recalled")]
    bought = await house.hears("label-bought", order_id, number=2)
    allocated = (await house.said("stock-allocated", order_id))[-1]["fulfilment"]
    assert (bought["fulfilment_id"], allocated["ship_to"]["line1"]) == (f"{order_id}/2", "Street 99")
    await house.ships(allocated | {"owner": "main"})
    await house.hears("order-completed", order_id)
    await house.rest()
    assert len(await house.said("label-voided", order_id)) == 1
    assert [c["amount"]["amount_minor"] for c in await house.said("payment-captured", order_id)] == [2000]
    assert await house.stock(sku) == (3, 0, 0, 0)


async def test_added_goods_are_reserved_and_authorised_and_removed_ones_given_back(house: House) -> None:
    first, second = await house.sells(BER=5), await house.sells(BER=5)
    made = order_of((first, 3), **TOKEN)
    order_id = f"web:{made.order_id}"
    await house.hands_in(made)
    fulfilment = await house.labelled(order_id)

    more = LineInput(line_id="2", sku=second, quantity=2, unit_price_minor=1500)
    await house.hands_in(newer(made, lines=(made.lines[0].model_copy(update={"quantity": 1}), more)))

    bought = await house.hears("label-bought", order_id, number=2)
    await house.rest()
    said = [e["fulfilment"] for e in await house.said("stock-allocated", order_id)]
    allocated = {one["fulfilment_id"]: one for one in said}
    left = {**fulfilment, "lines": [{**fulfilment["lines"][0], "quantity": 1}]}
    await house.ships(left)
    await house.ships(allocated[bought["fulfilment_id"]] | {"owner": "main"})
    await house.hears("order-completed", order_id)
    await house.rest()
    assert [a["amount"]["amount_minor"] for a in await house.said("payment-authorised", order_id)] == [3000, 4000]
    assert [v["amount"]["amount_minor"] for v in await house.said("payment-voided", order_id)] == [3000]
    assert sum(c["amount"]["amount_minor"] for c in await house.said("payment-captured", order_id)) == 4000
    assert (await house.stock(first), await house.stock(second)) == ((4, 0, 0, 0), (3, 0, 0, 0))


async def test_a_copy_that_mends_a_held_order_lets_it_go(house: House) -> None:
    sku = await house.sells(BER=5)
    made = order_of((sku, 2), **TOKEN)
    order_id = f"web:{made.order_id}"
    await house.hands_in(made.model_copy(update={"total_minor": 9999}))
    await until(lambda: house.holds(order_id))

    await house.hands_in(made)

    await house.hears("order-released", order_id)
    await house.labelled(order_id)
    await house.rest()
    assert [a["amount"]["amount_minor"] for a in await house.said("payment-authorised", order_id)] == [2000]


async def test_a_lower_total_after_everything_has_shipped_is_paid_back(house: House) -> None:
    sku = await house.sells(BER=5)
    made = order_of((sku, 2), **TOKEN)
    order_id = f"web:{made.order_id}"
    await house.hands_in(made)
    await house.ships(await house.labelled(order_id))
    await house.hears("order-completed", order_id)
    await house.hears("payment-captured", order_id)
    await house.rest()

    await house.hands_in(made.model_copy(update={"discount_minor": 300, "total_minor": 1700}))

    refunded = await house.hears("payment-refunded", order_id)
    assert (refunded["amount"]["amount_minor"], refunded["reason"]) == (300, "amended")


async def test_an_operator_corrects_an_address_before_anything_has_been_placed(house: House) -> None:
    sku = await house.sells(BER=1)
    order_id = await house.sold((sku, 2), **TOKEN)
    await house.hears("stock-backordered", order_id)

    await house.tells(AmendOrderV1(owner="main", order_id=order_id, ship_to=ELSEWHERE, requested_by="agent-7"))
    amended = await house.hears("order-amended", order_id)
    await house.receives(sku, "BER", 1)

    assert (amended["results"][0]["result"], amended["requested_by"]) == ("applied", "agent-7")
    await house.labelled(order_id)
    (allocated,) = await house.said("stock-allocated", order_id)
    assert allocated["fulfilment"]["ship_to"]["line1"] == "Street 99"


async def test_cancelling_what_an_order_waits_for_lets_the_rest_go(house: House) -> None:
    here, missing = await house.sells(BER=5), await house.sells()
    order_id = await house.sold((here, 1), (missing, 1), **TOKEN)
    await house.hears("stock-backordered", order_id)
    await house.hears("payment-authorised", order_id)

    await house.cancels(order_id, lines=(pieces(1, 2),))

    await house.ships(await house.labelled(order_id))
    await house.hears("order-completed", order_id)
