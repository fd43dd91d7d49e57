import pytest

from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.products import (
    KitComponent,
    ListingMappedV1,
    MapListingV1,
    Product,
    ProductChangedV1,
    UpsertProductV1,
)
from services.hub.decision import Decision
from services.products import decide
from services.products.state import ListingRecord, ProductRecord
from tests.builders import NOW, later
from tests.decide.ledger import Ledger


def upsert(ledger: Ledger, sku: str = "A", *, named: str = "", **fields: object) -> Decision:
    message = UpsertProductV1(owner="main", sku=named or sku, product=Product(sku=sku, **fields))
    return ledger.take(decide.upsert_product, message, NOW)


def list_as(
    ledger: Ledger, sku: str = "A", quantity: int = 1, *, channel: str = "web", owner: str = "main"
) -> Decision:
    message = MapListingV1(owner=owner, channel=channel, listing_id="L", sku=sku, quantity=quantity)
    return ledger.take(decide.map_listing, message, later(hours=1))


def with_products(*skus: str) -> Ledger:
    ledger = Ledger()
    for sku in skus:
        upsert(ledger, sku)
    return ledger


def kit_of(*skus: str) -> tuple[KitComponent, ...]:
    return tuple(KitComponent(sku=sku, quantity=2) for sku in skus)


def test_a_new_product_is_kept_and_told() -> None:
    ledger = Ledger()
    upsert(ledger, weight_g=300)
    (event,) = ledger.said(ProductChangedV1)
    assert (event.sku, event.product.weight_g, event.changed_at) == ("A", 300, NOW)
    assert ledger.get(ProductRecord, "main", "A").product == event.product


def test_a_product_is_told_again_only_when_something_of_it_changes() -> None:
    ledger = Ledger()
    upsert(ledger, title="Mug")
    assert upsert(ledger, title="Mug") == Decision()
    upsert(ledger, title="Mug", active=False)
    assert [event.product.active for event in ledger.said(ProductChangedV1)] == [True, False]


def test_a_product_under_another_name_than_its_own_is_refused() -> None:
    ledger = Ledger()
    decision = upsert(ledger, "B", named="A")
    (refused,) = ledger.said(CommandRefusedV1)
    assert (refused.reason, refused.entity_id, decision.writes) == ("sku-differs", "A", [])


def test_a_kit_is_made_of_products_that_may_come_later() -> None:
    ledger = with_products("A")
    upsert(ledger, "kit", components=kit_of("A", "later"))
    assert not ledger.said(CommandRefusedV1)
    assert ledger.get(ProductRecord, "main", "kit").product.components == kit_of("A", "later")


def test_a_kit_is_not_made_of_kits() -> None:
    ledger = with_products("A")
    upsert(ledger, "kit", components=kit_of("A"))
    upsert(ledger, "box", components=kit_of("A", "kit"))
    (refused,) = ledger.said(CommandRefusedV1)
    assert (refused.reason, refused.detail) == ("kit-in-kit", "kit are kits themselves")
    assert ledger.get(ProductRecord, "main", "box") is None


def test_a_listing_stands_for_so_many_pieces_of_a_product() -> None:
    ledger = with_products("A")
    list_as(ledger, quantity=6)
    (event,) = ledger.said(ListingMappedV1)
    assert (event.channel, event.listing_id, event.sku, event.quantity, event.mapped_at) == (
        "web",
        "L",
        "A",
        6,
        later(hours=1),
    )


def test_a_listing_is_told_again_only_when_it_stands_for_something_else() -> None:
    ledger = with_products("A", "B")
    list_as(ledger)
    assert list_as(ledger) == Decision()
    list_as(ledger, quantity=2)
    list_as(ledger, "B", quantity=2)
    assert [(event.sku, event.quantity) for event in ledger.said(ListingMappedV1)] == [("A", 1), ("A", 2), ("B", 2)]
    assert ledger.get(ListingRecord, "main", "web", "L").sku == "B"


def test_the_same_id_stands_for_different_things_on_different_channels() -> None:
    ledger = with_products("A", "B")
    list_as(ledger, "A", channel="web")
    list_as(ledger, "B", channel="till")
    assert [ledger.get(ListingRecord, "main", channel, "L").sku for channel in ("web", "till")] == ["A", "B"]


@pytest.mark.parametrize(("sku", "owner"), [("B", "main"), ("A", "client")])
def test_a_listing_of_an_unknown_product_is_refused(sku: str, owner: str) -> None:
    ledger = with_products("A")
    decision = list_as(ledger, sku, owner=owner)
    (refused,) = ledger.said(CommandRefusedV1)
    assert (refused.reason, refused.entity_id, decision.writes) == ("unknown-sku", "L", [])
