"""Products, listings and kits, from the ERP's command to the returned component."""

import asyncio

import pytest

from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.products import KitComponent, MapListingV1, Product, UpsertProductV1
from crossdock_contracts.returns import InspectedLine, InspectReturnV1, ReceiveReturnV1, RequestReturnV1
from crossdock_contracts.values import LineQuantity
from services.cli.orders import gather
from services.cli.verify import examine
from tests.builders import order_input, unique
from tests.conftest import published, until
from tests.flow.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def kit_of(house: House, *parts: tuple[str, int]) -> str:
    """A new kit of these components that capture and inventory know."""
    sku = unique("KIT-")
    components = tuple(KitComponent(sku=part, quantity=quantity) for part, quantity in parts)
    product = Product(sku=sku, title="Breakfast for two", components=components)
    await house.tells(UpsertProductV1(owner="main", sku=sku, product=product))
    await until(lambda: house.document("capture", "item", sku))
    await until(lambda: house.document("inventory", "kit", sku))
    return sku


async def available(house: House, sku: str) -> int:
    answer = await house.client.ask("inventory", "availability", skus=[sku])
    return int(answer["answer"][0]["promisable"])


async def test_a_kit_is_reserved_shipped_and_paid_as_its_components_which_come_back_singly(house: House) -> None:
    mug, plate = await house.sells(BER=10), await house.sells(BER=10)
    kit = await kit_of(house, (mug, 1), (plate, 2))
    assert await available(house, kit) == 5

    order_id = await house.sold((kit, 2), payment={"method": "token", "token": "tok_1"})
    fulfilment = await house.labelled(order_id)

    assert [(one["line_id"], one["sku"], one["quantity"]) for one in fulfilment["lines"]] == [
        ("1/1", mug, 2),
        ("1/2", plate, 4),
    ]
    assert sum(one["value_minor"] for one in fulfilment["lines"]) == 2000
    assert await available(house, kit) == 3
    await house.ships(fulfilment)
    await house.hears("payment-captured", order_id)
    back = {"owner": "main", "order_id": order_id, "return_id": "R"}
    one = (LineQuantity(line_id="1/1", quantity=1),)
    await until(lambda: house.document("returns", "sold", order_id))
    await house.tells(RequestReturnV1(**back, lines=one, reason="broken"))
    await house.tells(ReceiveReturnV1(**back, location_id="BER", lines=one))
    looked = (InspectedLine(line_id="1/1", quantity=1, disposition="restock"),)
    await house.tells(InspectReturnV1(**back, lines=looked))
    assert (await house.hears("return-closed", order_id))["refunded_minor"] == 333  # half of the mugs' third of 20.00
    await house.rest()
    assert (await house.stock(mug), await house.stock(plate)) == ((9, 0, 0, 0), (6, 0, 0, 0))
    shown = await gather(house.client, "main", order_id)
    told = next(entry["decision"] for entry in shown["timeline"] if "order-captured" in entry["type"])
    assert f"kit {kit} × 2 (line 1) as 2 × {mug}, 4 × {plate}" in told


async def test_a_kit_waits_for_the_component_that_is_short(house: House) -> None:
    mug, plate = await house.sells(BER=10), await house.sells(BER=3)
    kit = await kit_of(house, (mug, 1), (plate, 2))
    order_id = await house.sold((kit, 2))
    await house.hears("stock-backordered", order_id)
    await house.rest()
    assert (await house.stock(mug), await house.stock(plate)) == ((10, 0, 2, 0), (3, 0, 3, 1))

    await house.receives(plate, "BER", 1)

    await house.hears("label-bought", order_id)


async def test_kits_are_cancelled_whole_by_the_line_that_was_sold(house: House) -> None:
    mug, plate = await house.sells(BER=10), await house.sells(BER=10)
    order_id = await house.sold((await kit_of(house, (mug, 1), (plate, 2)), 3))
    await house.labelled(order_id)

    with pytest.raises(RuntimeError, match=r"kit-divided: 1 of line 1/2: .* name line 1 and how many kits"):
        await house.cancels(order_id, lines=(LineQuantity(line_id="1/2", quantity=1),))
    await house.cancels(order_id, lines=(LineQuantity(line_id="1", quantity=2),))

    assert (await house.hears("order-cancelled", order_id))["amount_minor"] == 2000
    await house.rest()
    assert (await house.stock(mug), await house.stock(plate)) == ((10, 1, 0, 0), (10, 2, 0, 0))


async def test_a_kit_has_no_stock_and_a_component_becomes_no_kit(house: House) -> None:
    mug, plate = await house.sells(BER=10), await house.sells(BER=10)
    kit = await kit_of(house, (mug, 1))

    with pytest.raises(RuntimeError, match=f"is-kit: .*name its components instead: 1 × {mug}"):
        await house.tells(ReceiveStockV1(owner="main", sku=kit, location_id="BER", quantity=1))
    for sku, part in ((plate, kit), (mug, plate)):
        product = Product(sku=sku, components=(KitComponent(sku=part, quantity=1),))
        with pytest.raises(RuntimeError, match="kit-in-kit"):
            await house.tells(UpsertProductV1(owner="main", sku=sku, product=product))


async def test_of_two_that_put_each_other_into_a_kit_at_once_one_is_refused(house: House) -> None:
    skus = [await house.sells(BER=1), await house.sells(BER=1)]
    commands = [
        UpsertProductV1(owner="main", sku=a, product=Product(sku=a, components=(KitComponent(sku=b, quantity=1),)))
        for a, b in (skus, skus[::-1])
    ]

    answers = await asyncio.gather(*map(house.tells, commands), return_exceptions=True)

    assert sorted(isinstance(answer, Exception) for answer in answers) == [False, True]


async def test_mapping_a_listing_lets_all_its_orders_go_at_once(house: House) -> None:
    sku, listing = await house.sells(BER=500), unique("L")
    made = [
        order_input(unique("o"), LineInput(line_id="1", listing_id=listing, quantity=1, unit_price_minor=500))
        for _ in range(60)
    ]
    await asyncio.gather(*map(house.hands_in, made))
    await house.rest()
    assert all([await house.holds(f"web:{one.order_id}") == ["unknown-listing"] for one in made[::20]])

    await house.tells(MapListingV1(owner="main", channel="web", listing_id=listing, sku=sku, quantity=2))

    await house.hears("order-released", f"web:{made[-1].order_id}")
    await house.rest()
    assert await house.stock(sku) == (500, 120, 0, 0)
    released = [e for e in await house.said("order-released") if e["order_id"] in {f"web:{o.order_id}" for o in made}]
    assert {event["released_by"] for event in released} == {"mapping"}
    assert len(released) == len(made)
    labels = await published(house.client, "SHIPPING", "shipping.evt.label-bought.>")
    told = {(message.headers or {})["ce-correlationid"] for message in labels}
    assert told >= {f"main/web:{one.order_id}" for one in made}  # of their orders, not of the listing that let them go


async def test_a_listing_that_is_mapped_before_its_product_is_there_says_so_and_waits_for_it(house: House) -> None:
    sku, listing = unique("SKU-"), unique("L")
    line = LineInput(line_id="1", listing_id=listing, quantity=1, unit_price_minor=500)
    made = order_input(unique("o"), line)
    await house.hands_in(made)
    await house.hears("mapping-missed", f"web:{made.order_id}")
    (mapped,) = await house.tells(MapListingV1(owner="main", channel="web", listing_id=listing, sku=sku))
    assert mapped["body"]["waits_for_product"] is True
    await house.rest()
    assert await house.holds(f"web:{made.order_id}") == ["unknown-listing"]

    await house.tells(UpsertProductV1(owner="main", sku=sku, product=Product(sku=sku, weight_g=100)))
    await house.receives(sku, "BER", 1)

    await house.hears("label-bought", f"web:{made.order_id}")
    checks, _ = await examine(house.client)
    assert all(check.ok for check in checks)
