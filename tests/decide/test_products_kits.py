"""Kits and barcodes: what products lets stand beside each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_contracts.operations import CommandRefusedV1
from crossdock_contracts.products import KitComponent, Product, ProductChangedV1, UpsertProductV1
from services.hub.decision import Decision
from services.products.decide import answers, product
from services.products.state import Barcode, ProductRecord
from tests.builders import NOW
from tests.decide.ledger import Ledger

EAN, UPC = "4006381333931", "036000291452"


def upsert(ledger: Ledger, sku: str, *parts: str, owner: str = "main", **fields: object) -> Decision:
    """A product; with parts a kit of one piece of each, or of so many: ``B*2``."""
    components = tuple(
        KitComponent(sku=name, quantity=int(n or 1)) for name, _, n in (part.partition("*") for part in parts)
    )
    made = Product(**{"sku": sku, "components": components, **fields})
    return ledger.take(product.upsert_product, UpsertProductV1(owner=owner, sku=sku, product=made), NOW)


def with_products(*skus: str) -> Ledger:
    ledger = Ledger()
    for sku in skus:
        upsert(ledger, sku)
    return ledger


def reasons(ledger: Ledger) -> list[str]:
    return [refused.reason for refused in ledger.said(CommandRefusedV1)]


def record(ledger: Ledger, sku: str) -> ProductRecord:
    found: ProductRecord = ledger.get(ProductRecord, "main", sku)
    return found


def test_a_kit_is_made_of_products() -> None:
    ledger = with_products("A", "B")
    upsert(ledger, "K", "A", "B*2")
    assert ledger.said(ProductChangedV1)[-1].product.components[1] == KitComponent(sku="B", quantity=2)
    assert (record(ledger, "A").kits, record(ledger, "B").kits) == (("K",), ("K",))


def test_a_component_hears_when_it_is_taken_out_of_a_kit_or_the_kit_ends() -> None:
    ledger = with_products("A", "B", "C")
    upsert(ledger, "K", "A", "B")
    upsert(ledger, "K", "B", "C")
    assert [record(ledger, sku).kits for sku in "ABC"] == [(), ("K",), ("K",)]
    upsert(ledger, "K", "B", "C", active=False)
    assert [record(ledger, sku).kits for sku in "ABC"] == [(), (), ()]


def test_a_kit_is_not_made_of_kits() -> None:
    ledger = with_products("A")
    upsert(ledger, "K", "A")
    upsert(ledger, "L", "A", "K")
    (refused,) = ledger.said(CommandRefusedV1)
    assert (refused.reason, refused.detail) == ("kit-in-kit", "K is a kit itself; name its components instead")
    assert record(ledger, "A").kits == ("K",)


def test_a_product_that_is_a_component_does_not_become_a_kit() -> None:
    ledger = with_products("A", "B")
    upsert(ledger, "K", "A")
    upsert(ledger, "A", "B")
    (refused,) = ledger.said(CommandRefusedV1)
    assert refused.reason == "kit-in-kit"
    assert refused.detail == "A is a component of K; take it out of these before it becomes a kit"
    upsert(ledger, "K")
    upsert(ledger, "A", "B")
    assert record(ledger, "A").product.components


def test_both_directions_go_by_the_same_documents_so_that_a_race_is_noticed() -> None:
    """K gets the component A while A becomes a kit: each writes what the other has read."""
    before = with_products("A", "B", "K")
    parts = {"K": (KitComponent(sku="A", quantity=1),), "A": (KitComponent(sku="B", quantity=1),)}
    commands = [
        UpsertProductV1(owner="main", sku=sku, product=Product(sku=sku, components=its)) for sku, its in parts.items()
    ]
    states = [before.states, before.states]
    decisions = [product.upsert_product(s, c, NOW) for s, c in zip(states, commands, strict=True)]
    written = [{document.subject for document in decision.writes} for decision in decisions]
    assert written[0] & states[1].read
    assert written[1] & states[0].read


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (("A", "none"), "unknown-component"),
        (("A", "old"), "inactive-component"),
        (("A", "A*2"), "component-twice"),
        (("A", "K"), "kit-in-kit"),
        (tuple(f"P{n}" for n in range(101)), "too-many-components"),
    ],
)
def test_what_a_kit_cannot_be_made_of_is_refused_with_the_reason(parts: tuple[str, ...], reason: str) -> None:
    ledger = with_products("A")
    upsert(ledger, "old", active=False)
    upsert(ledger, "K", *parts)
    assert reasons(ledger) == [reason]
    assert record(ledger, "K") is None
    assert record(ledger, "A").kits == ()


def test_a_component_does_not_end_before_its_kits() -> None:
    ledger = with_products("A")
    upsert(ledger, "K", "A")
    upsert(ledger, "A", active=False)
    assert ledger.said(CommandRefusedV1)[0].detail == "A is a component of K; change or end these first"
    upsert(ledger, "K", "A", active=False)
    upsert(ledger, "A", active=False)
    upsert(ledger, "K", "A")
    assert reasons(ledger) == ["component-in-use", "inactive-component"]


@given(
    st.lists(
        st.tuples(st.sampled_from("ABCD"), st.sets(st.sampled_from("ABCD"), max_size=3), st.booleans()), max_size=25
    )
)
def test_whatever_is_asked_no_kit_that_is_sold_is_made_of_kits_or_of_what_is_not_sold(
    commands: list[tuple[str, set[str], bool]],
) -> None:
    ledger = Ledger()
    for sku, parts, active in commands:
        upsert(ledger, sku, *sorted(parts), active=active)
        records = {sku: one for sku in "ABCD" if (one := record(ledger, sku))}
        sold = {sku: one.product for sku, one in records.items() if one.product.components and one.product.active}
        for kit in sold.values():
            parts_of = [records[part.sku].product for part in kit.components]
            assert all(part.active and not part.components for part in parts_of)
        for one in records.values():
            users = {name for name, kit in sold.items() if one.sku in {part.sku for part in kit.components}}
            assert set(one.kits) == users


def test_a_barcode_belongs_to_one_product_and_the_second_hears_whose_it_is() -> None:
    ledger = Ledger()
    upsert(ledger, "A", barcodes=(EAN,))
    upsert(ledger, "B", barcodes=(UPC, EAN))
    (refused,) = ledger.said(CommandRefusedV1)
    assert (refused.reason, refused.entity_id) == ("barcode-taken", "B")
    assert f"{EAN} is the barcode of A" in refused.detail
    assert ledger.get(Barcode, "main", f"00{UPC}") is None


def test_a_barcode_is_the_same_with_leading_zeros() -> None:
    ledger = Ledger()
    upsert(ledger, "A", barcodes=(UPC,))
    upsert(ledger, "B", barcodes=(f"0{UPC}",))
    assert reasons(ledger) == ["barcode-taken"]


def test_a_barcode_that_is_given_up_can_be_given_to_another() -> None:
    ledger = Ledger()
    upsert(ledger, "A", barcodes=(EAN,))
    upsert(ledger, "A", barcodes=(UPC,))
    upsert(ledger, "B", barcodes=(EAN,))
    assert reasons(ledger) == []
    assert ledger.get(Barcode, "main", f"0{EAN}").sku == "B"
    upsert(ledger, "A", barcodes=(UPC,), title="Mug")
    assert ledger.get(Barcode, "main", f"00{UPC}").sku == "A"


def test_owners_do_not_see_each_others_barcodes_and_components() -> None:
    ledger = Ledger()
    upsert(ledger, "A", barcodes=(EAN,))
    upsert(ledger, "A", barcodes=(EAN,), owner="client")
    assert reasons(ledger) == []
    upsert(ledger, "K", "A", owner="other")
    assert reasons(ledger) == ["unknown-component"]


def test_a_mistyped_barcode_is_refused_with_the_digit_that_it_should_end_in() -> None:
    ledger = Ledger()
    upsert(ledger, "A", barcodes=("4006381333932",))
    assert "its check digit is 1" in ledger.said(CommandRefusedV1)[0].detail
    assert record(ledger, "A") is None


def test_a_product_is_found_by_sku_and_by_any_way_of_writing_its_barcode() -> None:
    ledger = with_products("B")
    upsert(ledger, "A", barcodes=(UPC,))
    upsert(ledger, "K", "A")
    for skus, barcodes in ((("A",), ()), ((), (UPC,)), ((), (f"0{UPC}",)), (("A",), (UPC,))):
        (found,) = answers.products(ledger.states, answers.ProductsQuestion(skus=skus, barcodes=barcodes), NOW)
        assert (found.product.sku, found.kits) == ("A", ("K",))
    nothing = answers.ProductsQuestion(skus=("none",), barcodes=(EAN, "B", ""))
    assert answers.products(ledger.states, nothing, NOW) == []
