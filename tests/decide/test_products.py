import pytest

from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.products import (
    ListingMappedV1,
    MapListingV1,
    Product,
    ProductChangedV1,
    UpsertProductV1,
)
from services.hub.decision import Decision
from services.products.decide import listing, product
from services.products.state import ListingRecord, ProductRecord
from tests.builders import NOW, later
from tests.decide.ledger import Ledger


def upsert(ledger: Ledger, sku: str = "A", *, named: str = "", **fields: object) -> Decision:
    message = UpsertProductV1(owner="main", sku=named or sku, product=Product(sku=sku, **fields))
    return ledger.take(product.upsert_product, message, NOW)


def list_as(
    ledger: Ledger, sku: str = "A", quantity: int = 1, *, channel: str = "web", owner: str = "main"
) -> Decision:
    message = MapListingV1(owner=owner, channel=channel, listing_id="L", sku=sku, quantity=quantity)
    return ledger.take(listing.map_listing, message, later(hours=1))


def with_products(*skus: str) -> Ledger:
    ledger = Ledger()
    for sku in skus:
        upsert(ledger, sku)
    return ledger


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
def test_a_listing_of_a_product_that_is_not_there_yet_says_that_it_waits_for_it(sku: str, owner: str) -> None:
    ledger = with_products("A")
    list_as(ledger, sku, owner=owner)
    (event,) = ledger.said(ListingMappedV1)
    assert (event.sku, event.waits_for_product) == (sku, True)
    list_as(ledger, "A", channel="till")
    assert not ledger.said(ListingMappedV1)[1].waits_for_product
