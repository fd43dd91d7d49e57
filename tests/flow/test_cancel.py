"""Cancelling at every stage: who has the say, and that everything which had been done is undone."""

from typing import Any

import pytest

from crossdock_contracts.capture import RejectOrderV1, ReleaseHoldV1
from tests.builders import pieces
from tests.conftest import until
from tests.flow.house import House, order_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN: dict[str, Any] = {"payment": {"method": "token", "token": "tok_1"}}
PREPAID: dict[str, Any] = {"payment": {"method": "prepaid", "reference": "paid-1"}}


async def is_undone(house: House, order_id: str, sku: str, stock: int, *, by: str) -> None:
    """The order is cancelled, its goods are free again, and nobody has it any more."""
    await house.hears("order-cancelled", order_id)
    await house.rest()
    said = await house.said("order-cancelled", order_id)
    assert [(one["decided_by"], one["complete"]) for one in said] == [(by, True)]
    assert await house.status(order_id) == "cancelled"
    assert await house.stock(sku) == (stock, 0, 0, 0)
    for service, kind in (("inventory", "reservation"), ("routing", "route")):
        found = await house.document(service, kind, order_id)
        assert found is not None
        assert found["status"] == "ended"
    assert await house.payment(order_id) in {"ended", "voided", "authorised"}
    fulfilments = await house.said("stock-allocated", order_id)
    for one in fulfilments:
        shipment = await house.document("shipping", "shipment", one["fulfilment"]["fulfilment_id"])
        assert shipment is not None
        assert shipment["status"] == "stopped"


async def test_a_held_order_is_cancelled_by_capture_and_never_authorised(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 2), **TOKEN, total_minor=9999)
    await house.hears("stock-reserved", order_id)
    await house.has(sku, 5, 0, 2, 0)  # a held order keeps its stock

    await house.cancels(order_id)

    await is_undone(house, order_id, sku, 5, by="capture")
    assert await house.payment(order_id) == "ended"
    assert await house.said("payment-authorised", order_id) == []


async def test_a_held_prepaid_order_is_paid_back(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 2), **PREPAID, total_minor=9999)
    await house.hears("stock-reserved", order_id)

    await house.cancels(order_id)

    await is_undone(house, order_id, sku, 5, by="capture")
    assert [r["amount"]["amount_minor"] for r in await house.said("payment-refunded", order_id)] == [9999]


async def test_an_order_that_waits_for_its_payment_is_cancelled_by_routing_and_what_is_authorised_later_is_voided(
    house: House,
) -> None:
    sku = await house.sells(BER=5)
    await house.stop("payments")
    order_id = await house.sold((sku, 2), **TOKEN)
    await house.hears("stock-reserved", order_id)

    await house.cancels(order_id)
    await house.hears("order-cancelled", order_id)
    await house.start("payments")

    await is_undone(house, order_id, sku, 5, by="routing")
    assert await house.payment(order_id) in {"voided", "ended"}  # as it heard of the order or of the cancel first
    voided = await house.said("payment-voided", order_id)
    assert len(await house.said("payment-authorised", order_id)) <= len(voided)


async def test_an_order_whose_payment_was_declined_is_cancelled(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 2), payment={"method": "token", "token": "tok_decline"})
    await until(lambda: house.holds(order_id))
    assert await house.holds(order_id) == ["payment-declined"]

    await house.cancels(order_id)

    await is_undone(house, order_id, sku, 5, by="routing")
    assert await house.payment(order_id) == "ended"


async def test_a_backordered_order_is_cancelled_and_waits_no_longer(house: House) -> None:
    sku = await house.sells(BER=1)
    order_id = await house.sold((sku, 3), **TOKEN)
    await house.hears("stock-backordered", order_id)
    await house.hears("payment-authorised", order_id)
    assert await house.stock(sku) == (1, 0, 1, 2)

    await house.cancels(order_id)

    await is_undone(house, order_id, sku, 1, by="routing")
    assert await house.payment(order_id) == "voided"
    await house.receives(sku, "BER", 5)
    await house.rest()
    assert await house.stock(sku) == (6, 0, 0, 0)


async def test_a_routed_order_that_is_not_allocated_yet_never_gets_a_label(house: House) -> None:
    sku = await house.sells(BER=5)
    await house.stop("payments")
    order_id = await house.sold((sku, 2), **TOKEN)
    await house.hears("stock-reserved", order_id)
    await house.stop("inventory")
    await house.start("payments")
    await house.hears("order-routed", order_id)

    await house.cancels(order_id)
    await house.hears("order-cancelled", order_id)
    await house.start("inventory")

    await is_undone(house, order_id, sku, 5, by="shipping")
    assert await house.payment(order_id) == "voided"
    assert await house.said("label-bought", order_id) == []


async def test_an_allocated_order_is_cancelled_and_a_label_that_is_bought_meanwhile_is_given_back(
    house: House,
) -> None:
    sku = await house.sells(BER=5)
    await house.stop("shipping")
    order_id = await house.sold((sku, 2), **TOKEN)
    await house.hears("stock-allocated", order_id)
    await house.has(sku, 5, 2, 0, 0)

    await house.cancels(order_id)
    await house.start("shipping")

    await is_undone(house, order_id, sku, 5, by="shipping")
    bought, voided = await house.said("label-bought", order_id), await house.said("label-voided", order_id)
    assert [b["parcel"]["tracking_number"] for b in bought] in ([], [v["tracking_number"] for v in voided])


@pytest.mark.parametrize("stage", ["labelled", "picked", "packed"])
@pytest.mark.parametrize("paid", ["token", "prepaid"])
async def test_an_order_with_a_label_is_cancelled_and_label_and_money_are_given_back(
    house: House, stage: str, paid: str
) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 2), **(TOKEN if paid == "token" else PREPAID))
    fulfilment = await house.labelled(order_id)
    if stage in {"picked", "packed"}:
        await house.picks(fulfilment)
    if stage == "packed":
        await house.packs(fulfilment)

    await house.cancels(order_id)

    await is_undone(house, order_id, sku, 5, by="shipping")
    (bought,), (voided,) = await house.said("label-bought", order_id), await house.said("label-voided", order_id)
    assert voided["tracking_number"] == bought["parcel"]["tracking_number"]
    if paid == "token":
        assert len(await house.said("payment-voided", order_id)) == 1
        assert await house.said("payment-captured", order_id) == []
    else:
        assert [r["amount"]["amount_minor"] for r in await house.said("payment-refunded", order_id)] == [2000]


async def test_a_shipped_order_is_not_cancelled_any_more(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 2), **TOKEN)
    await house.ships(await house.labelled(order_id))
    await house.hears("order-completed", order_id)
    await house.rest()

    with pytest.raises(RuntimeError, match="completed"):
        await house.cancels(order_id)

    await house.rest()
    assert await house.said("order-cancelled", order_id) == []
    assert len(await house.said("payment-captured", order_id)) == 1
    assert await house.said("label-voided", order_id) == []


async def test_what_has_shipped_is_kept_when_the_rest_is_cancelled(house: House) -> None:
    here, there = await house.sells(BER=5), await house.sells(LYS=5)
    order_id = await house.sold((here, 1), (there, 2), **TOKEN)
    await house.hears("label-bought", order_id, number=2)
    by_place = {e["fulfilment"]["location_id"]: e["fulfilment"] for e in await house.said("stock-allocated", order_id)}
    await house.ships(by_place["BER"] | {"owner": "main"})
    await house.rest()

    await house.cancels(order_id)

    cancelled = await house.hears("order-cancelled", order_id)
    await house.rest()
    assert (cancelled["complete"], cancelled["amount_minor"]) == (False, 2000)
    assert [(line["sku"], line["quantity"]) for line in cancelled["lines"]] == [(there, 2)]
    assert await house.status(order_id) == "completed"
    assert [c["amount"]["amount_minor"] for c in await house.said("payment-captured", order_id)] == [1000]
    assert len(await house.said("label-voided", order_id)) == 1
    assert (await house.stock(here), await house.stock(there)) == ((4, 0, 0, 0), (5, 0, 0, 0))


async def test_some_pieces_are_cancelled_and_the_rest_ships(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 3), **TOKEN)
    fulfilment = await house.labelled(order_id)

    await house.cancels(order_id, lines=(pieces(2, sku=sku),))
    await house.hears("order-cancelled", order_id)
    left = {**fulfilment, "lines": [{**fulfilment["lines"][0], "quantity": 1}]}
    await house.ships(left)
    await house.rest()

    assert [c["amount"]["amount_minor"] for c in await house.said("payment-captured", order_id)] == [1000]
    assert await house.stock(sku) == (4, 0, 0, 0)
    assert await house.status(order_id) == "completed"
    assert await house.said("label-voided", order_id) == []


async def test_the_same_cancel_sent_again_changes_nothing(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 3), **PREPAID)
    await house.labelled(order_id)

    for _ in range(3):
        await house.cancels(order_id, lines=(pieces(1, sku=sku),), cancel_id="C-1")
    await house.rest()

    assert len(await house.said("order-cancelled", order_id)) == 1
    assert [r["amount"]["amount_minor"] for r in await house.said("payment-refunded", order_id)] == [1000]
    assert await house.stock(sku) == (5, 2, 0, 0)


async def test_a_cancel_that_comes_before_its_order_is_kept_for_it(house: House) -> None:
    sku = await house.sells(BER=5)
    made = order_of((sku, 2))
    order_id = f"web:{made.order_id}"
    await house.cancels(order_id)
    assert await house.status(order_id) == "expected"

    await house.hands_in(made)

    assert (await house.hears("submission-ignored", order_id))["reason"] == "cancelled-before-arrival"
    await house.rest()
    assert await house.status(order_id) == "cancelled"
    assert await house.said("order-captured", order_id) == []
    assert await house.stock(sku) == (5, 0, 0, 0)


async def test_a_partial_cancel_that_comes_before_its_order_takes_only_its_pieces(house: House) -> None:
    sku = await house.sells(BER=5)
    made = order_of((sku, 3), **PREPAID)
    order_id = f"web:{made.order_id}"
    await house.cancels(order_id, lines=(pieces(1, sku=sku),))

    await house.hands_in(made)

    assert (await house.hears("order-cancelled", order_id))["amount_minor"] == 1000
    await house.hears("label-bought", order_id)
    await house.rest()
    assert await house.stock(sku) == (5, 2, 0, 0)


async def test_a_partial_cancel_that_comes_before_an_order_that_is_held_is_decided_once_it_is_released(
    house: House,
) -> None:
    sku = await house.sells(BER=5)
    made = order_of((sku, 3), total_minor=9000)
    order_id = f"web:{made.order_id}"
    await house.cancels(order_id, lines=(pieces(1, sku=sku),))
    await house.hands_in(made)
    await until(lambda: house.holds(order_id))

    await house.tells(ReleaseHoldV1(owner="main", order_id=order_id))

    await house.hears("order-cancelled", order_id)
    await house.hears("label-bought", order_id)
    await house.rest()
    assert await house.stock(sku) == (5, 2, 0, 0)


async def test_a_rejected_order_gives_back_what_was_prepaid(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 2), **PREPAID, total_minor=9999)
    await house.hears("stock-reserved", order_id)

    await house.tells(RejectOrderV1(owner="main", order_id=order_id))

    await house.hears("payment-refunded", order_id)
    await house.rest()
    assert await house.status(order_id) == "rejected"
    assert await house.stock(sku) == (5, 0, 0, 0)
