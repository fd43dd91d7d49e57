"""What waits on somebody, and what comes in more than once."""

import pytest

from crossdock_contracts.capture import PlaceHoldV1, RejectOrderV1, ReleaseHoldV1
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.products import MapListingV1
from tests.builders import order_input, pieces, unique
from tests.conftest import until
from tests.flow.house import House, order_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def release(house: House, order_id: str) -> None:
    """Somebody releases all holds of an order."""
    await house.tells(ReleaseHoldV1(owner="main", order_id=order_id))


async def maps(house: House, listing: str, sku: str, quantity: int = 1) -> None:
    """A listing of the web shop stands for so many pieces of a SKU, and capture knows."""
    await house.tells(MapListingV1(owner="main", channel="web", listing_id=listing, sku=sku, quantity=quantity))
    await until(lambda: house.document("capture", "listing", "web", listing))


async def of_listings(house: House, sku: str, listing: str, packs: int) -> str:
    """An order for one piece of a SKU and so many packs of a listing; held, for the listing is not known."""
    lines = (
        LineInput(line_id="1", sku=sku, quantity=1, unit_price_minor=1000),
        LineInput(line_id="2", listing_id=listing, quantity=packs, unit_price_minor=500),
    )
    made = order_input(unique("o"), *lines)
    await house.hands_in(made)
    order_id = f"web:{made.order_id}"
    await until(lambda: house.holds(order_id))
    assert await house.holds(order_id) == ["unknown-listing"]
    await house.hears("stock-reserved", order_id)
    return order_id


async def test_an_unknown_listing_holds_its_order_until_it_is_mapped(house: House) -> None:
    sku, listing = await house.sells(BER=20), unique("L")
    order_id = await of_listings(house, sku, listing, packs=2)
    assert await house.stock(sku) == (20, 0, 1, 0)  # what is known of it is kept

    with pytest.raises(RuntimeError, match=f"still-unknown: nothing is known yet of {listing}"):
        await release(house, order_id)
    await maps(house, listing, sku)

    fulfilment = await house.labelled(order_id)
    assert [(line["line_id"], line["quantity"]) for line in fulfilment["lines"]] == [("1", 1), ("2", 2)]
    await house.rest()
    assert await house.stock(sku) == (20, 3, 0, 0)


async def test_a_listing_that_turns_out_to_be_a_pack_of_six_ships_six(house: House) -> None:
    sku, listing = await house.sells(BER=20), unique("L")
    order_id = await of_listings(house, sku, listing, packs=2)

    await maps(house, listing, sku, quantity=6)

    fulfilment = await house.labelled(order_id)
    assert [line["quantity"] for line in fulfilment["lines"]] == [1, 12]
    await house.rest()
    assert await house.stock(sku) == (20, 13, 0, 0)


async def test_pieces_that_were_cancelled_before_their_listing_was_mapped_are_not_reserved(house: House) -> None:
    sku, listing = await house.sells(BER=20), unique("L")
    order_id = await of_listings(house, sku, listing, packs=3)
    await house.cancels(order_id, lines=(pieces(2, number=2, sku=""),))
    await house.hears("order-cancelled", order_id)

    await maps(house, listing, sku)

    fulfilment = await house.labelled(order_id)
    assert [line["quantity"] for line in fulfilment["lines"]] == [1, 1]
    await house.rest()
    assert await house.stock(sku) == (20, 2, 0, 0)


async def test_a_line_that_was_cancelled_before_it_was_named_keeps_nothing_open(house: House) -> None:
    sku, listing = await house.sells(BER=20), unique("L")
    order_id = await of_listings(house, sku, listing, packs=2)
    await house.cancels(order_id, lines=(pieces(2, number=2, sku=""),))
    await house.hears("order-cancelled", order_id)
    await maps(house, listing, sku)

    await house.ships(await house.labelled(order_id))

    await house.rest()
    reservation = await house.document("inventory", "reservation", order_id)
    assert reservation is not None
    assert (reservation["status"], await house.stock(sku)) == ("settled", (19, 0, 0, 0))


async def test_a_line_that_is_named_after_the_others_were_cancelled_still_ships(house: House) -> None:
    sku, listing = await house.sells(BER=20), unique("L")
    order_id = await of_listings(house, sku, listing, packs=2)
    await house.cancels(order_id, lines=(pieces(1, sku=sku),))
    await house.hears("reservation-released", order_id)

    await maps(house, listing, sku)

    fulfilment = await house.labelled(order_id)
    await house.ships(fulfilment)
    await house.rest()
    assert [(line["line_id"], line["quantity"]) for line in fulfilment["lines"]] == [("2", 2)]
    assert await house.status(order_id) == "completed"
    assert await house.stock(sku) == (18, 0, 0, 0)


async def test_an_order_whose_totals_do_not_add_up_goes_on_once_it_is_released(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 1), total_minor=1500)
    await house.hears("stock-reserved", order_id)
    await house.rest()
    assert (await house.said("payment-authorised", order_id), await house.said("order-routed", order_id)) == ([], [])

    await release(house, order_id)

    await house.hears("label-bought", order_id)
    assert (await house.hears("payment-authorised", order_id))["amount"]["amount_minor"] == 1500
    assert await house.status(order_id) == "open"


async def test_an_order_that_is_rejected_gives_its_stock_back_and_goes_no_further(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 1), total_minor=1500, payment={"method": "token", "token": "tok_1"})
    await house.hears("stock-reserved", order_id)

    await house.tells(RejectOrderV1(owner="main", order_id=order_id))

    await house.hears("reservation-released", order_id)
    await house.rest()
    assert await house.status(order_id) == "rejected"
    assert await house.payment(order_id) == "ended"
    assert await house.stock(sku) == (5, 0, 0, 0)


@pytest.mark.parametrize(("channel", "ends", "left"), [("brief", "rejected", 0), ("lenient", "open", 1)])
async def test_a_hold_that_nobody_looks_at_ends_as_its_channel_says(
    house: House, channel: str, ends: str, left: int
) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 1), channel=channel, total_minor=1500)

    await house.hears("order-rejected" if ends == "rejected" else "label-bought", order_id)

    await house.rest()
    assert await house.status(order_id) == ends
    assert (await house.stock(sku))[:2] == (5, left)


async def test_an_order_for_something_unknown_is_never_let_go_by_the_clock(house: House) -> None:
    line = LineInput(line_id="1", listing_id=unique("L"), quantity=1, unit_price_minor=1000)
    made = order_input(unique("o"), line)

    await house.hands_in(made, "lenient")

    await house.hears("order-rejected", f"lenient:{made.order_id}")


async def test_a_declined_payment_holds_the_order_and_a_release_tries_again(house: House) -> None:
    sku = await house.sells(BER=5)
    order_id = await house.sold((sku, 1), payment={"method": "token", "token": "tok_decline"})
    await until(lambda: house.holds(order_id))

    await release(house, order_id)

    assert (await house.hears("payment-declined", order_id, number=2))["generation"] == 2
    await house.rest()
    assert (await house.holds(order_id), await house.status(order_id)) == (["payment-declined"], "paused")
    assert await house.stock(sku) == (5, 0, 1, 0)


async def test_an_order_that_is_held_before_it_is_routed_waits_for_its_release(house: House) -> None:
    sku = await house.sells(BER=5)
    await house.stop("payments")
    order_id = await house.sold((sku, 1))
    await house.hears("stock-reserved", order_id)
    await house.tells(PlaceHoldV1(owner="main", order_id=order_id, reason="looks-odd"))
    await house.hears("order-held", order_id)
    await house.rest_of("routing")
    await house.start("payments")
    await house.rest()
    assert await house.said("order-routed", order_id) == []

    await release(house, order_id)

    await house.hears("label-bought", order_id)


async def test_a_webhook_that_comes_again_is_counted_and_ignored(house: House) -> None:
    sku = await house.sells(BER=5)
    made = order_of((sku, 2))

    for _ in range(5):
        assert (await house.hands_in(made)).status_code == 202

    order_id = f"web:{made.order_id}"
    await house.hears("submission-ignored", order_id, number=4)
    await house.rest()
    assert {one["reason"] for one in await house.said("submission-ignored", order_id)} == {"duplicate"}
    assert len(await house.said("order-captured", order_id)) == 1
    assert len(await house.said("label-bought", order_id)) == 1
    assert await house.stock(sku) == (5, 2, 0, 0)


async def test_an_older_copy_is_ignored_and_one_that_cannot_be_taken_over_is_for_somebody_to_see(house: House) -> None:
    sku = await house.sells(BER=5)
    made = order_of((sku, 1), source_version="2026-02-02")
    order_id = f"web:{made.order_id}"
    await house.hands_in(made)
    await house.hears("order-captured", order_id)

    await house.hands_in(made.model_copy(update={"source_version": "2026-02-01", "note": "old"}))
    await house.hands_in(made.model_copy(update={"source_version": "2026-02-03", "currency": "CHF"}))
    await house.hands_in(made.model_copy(update={"source_version": "2026-02-03", "currency": "CHF"}))

    await house.hears("submission-ignored", order_id, number=2)
    await house.rest()
    assert [one["reason"] for one in await house.said("submission-ignored", order_id)] == ["older-version", "duplicate"]
    assert (await house.holds(order_id), await house.status(order_id)) == (["changed-at-source"], "paused")


@pytest.mark.parametrize("ended", ["cancelled", "completed"])
async def test_a_late_copy_of_an_order_that_has_ended_is_no_new_order(house: House, ended: str) -> None:
    sku = await house.sells(BER=5)
    made = order_of((sku, 1))
    order_id = f"web:{made.order_id}"
    await house.hands_in(made)
    fulfilment = await house.labelled(order_id)
    await (house.cancels(order_id) if ended == "cancelled" else house.ships(fulfilment))
    await until(lambda: _stands(house, order_id, ended))
    await house.rest()

    await house.hands_in(made)
    elsewhere = made.ship_to.model_copy(update={"line1": "Street 2"})
    await house.hands_in(made.model_copy(update={"ship_to": elsewhere}))

    assert (await house.hears("submission-ignored", order_id))["reason"] == "duplicate"
    assert (await house.hears("order-held", order_id))["hold"]["reason"] == "late-arrival"
    await house.rest()
    assert await house.status(order_id) == ended
    assert len(await house.said("order-captured", order_id)) == 1
    assert len(await house.said("label-bought", order_id)) == 1
    await release(house, order_id)
    await house.rest()
    assert (await house.holds(order_id), await house.status(order_id)) == ([], ended)


async def _stands(house: House, order_id: str, status: str) -> bool:
    return await house.status(order_id) == status
