"""Old and new programs side by side, as far as messages go: what one writes, the other reads."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crossdock_contracts.registry import everything, versions
from crossdock_contracts.samples import sample_of
from crossdock_contracts.shipping import ShipmentShippedV1, ShipmentShippedV2, ShippedLine
from crossdock_contracts.upcasts import beside, newest, upcast
from crossdock_contracts.values import LineQuantity, Money
from tests.builders import NOW, captured, shipment_shipped

QUANTITIES = st.lists(st.integers(1, 1000), min_size=1, max_size=20)


def shipped_v1(*quantities: int, amount: int = 2000, sku: str = "A") -> ShipmentShippedV1:
    """What an old shipping says of a shipment: so many pieces of each line."""
    return ShipmentShippedV1(
        owner="main", order_id="web:1", fulfilment_id="web:1/1", location_id="BER",
        lines=tuple(LineQuantity(line_id=str(n), sku=sku, quantity=q) for n, q in enumerate(quantities or (2,), 1)),
        carrier="table-parcel", service="world", tracking_number="XD1",
        value=Money(amount_minor=amount, currency="EUR"), shipped_at=NOW,
    )  # fmt: skip


def published(message: ShipmentShippedV2) -> dict[int, bytes]:
    """What a new shipping sends, by version."""
    return {one.VERSION: one.encode() for one in (message, *beside(message))}


def test_an_old_message_reads_as_the_new() -> None:
    new = upcast(shipped_v1(2))
    assert isinstance(new, ShipmentShippedV2)
    assert new.lines == (ShippedLine(line_id="1", sku="A", quantity=2, value_minor=2000),)
    (parcel,) = new.parcels
    assert (parcel.carrier, parcel.service, parcel.tracking_number, parcel.weight_g) == (
        "table-parcel",
        "world",
        "XD1",
        0,
    )
    assert (new.owner, new.entity, new.fulfilment_id, new.location_id) == ("main", "web:1", "web:1/1", "BER")
    assert (new.value, new.shipped_at) == (Money(amount_minor=2000, currency="EUR"), NOW)


def test_the_value_of_an_old_message_is_shared_by_pieces_to_the_minor_unit() -> None:
    new = upcast(shipped_v1(1, 1, 1, amount=1000))
    assert [line.value_minor for line in new.lines] == [334, 333, 333]
    assert [line.value_minor for line in upcast(shipped_v1(3, 1, amount=400)).lines] == [300, 100]


@given(QUANTITIES, st.integers(0, 10**9))
def test_no_minor_unit_is_lost_or_made_on_the_way_to_the_new_version(quantities: list[int], amount: int) -> None:
    new = upcast(shipped_v1(*quantities, amount=amount))
    assert sum(line.value_minor for line in new.lines) == amount == new.value.amount_minor
    assert [line.quantity for line in new.lines] == quantities


def test_a_new_message_is_said_beside_to_those_who_know_the_old() -> None:
    (old,) = beside(shipment_shipped())
    assert old == shipped_v1(2)


def test_the_old_version_names_the_first_parcel_where_there_are_several() -> None:
    (old,) = beside(shipment_shipped(parcels=3))
    assert isinstance(old, ShipmentShippedV1)
    assert old.tracking_number == "XD1"


@given(QUANTITIES, st.integers(0, 10**6))
def test_an_old_message_comes_back_as_it_was(quantities: list[int], amount: int) -> None:
    old = shipped_v1(*quantities, amount=amount)
    (again,) = beside(upcast(old))
    assert again == old


def test_the_newest_version_is_left_as_it_is() -> None:
    new = shipment_shipped()
    assert upcast(new) is new
    assert upcast(captured()) == captured()
    assert beside(captured()) == []
    assert newest(ShipmentShippedV1) is newest(ShipmentShippedV2) is ShipmentShippedV2


def test_an_old_publisher_is_understood_by_a_new_consumer() -> None:
    sent = shipped_v1(2).encode()
    heard = upcast(versions(ShipmentShippedV2.TYPE)[1].decode(sent))
    assert heard == shipment_shipped().model_copy(
        update={"parcels": (shipment_shipped().parcels[0].model_copy(update={"weight_g": 0}),)}
    )


def test_a_new_publisher_is_understood_by_an_old_consumer() -> None:
    sent = published(shipment_shipped(parcels=2))
    assert sorted(sent) == [1, 2]
    heard = ShipmentShippedV1.decode(sent[1])
    assert (heard.tracking_number, heard.lines) == ("XD1", (LineQuantity(line_id="1", sku="A", quantity=2),))


def test_a_new_publisher_is_understood_by_a_new_consumer_in_full() -> None:
    new = shipment_shipped(parcels=2)
    assert upcast(ShipmentShippedV2.decode(published(new)[2])) == new


def test_old_and_new_say_the_same_of_order_pieces_and_money() -> None:
    sent = published(shipment_shipped(parcels=2))
    old, new = ShipmentShippedV1.decode(sent[1]), ShipmentShippedV2.decode(sent[2])
    assert (old.owner, old.entity, old.value, old.shipped_at) == (new.owner, new.entity, new.value, new.shipped_at)
    assert [(one.line_id, one.sku, one.quantity) for one in old.lines] == [
        (one.line_id, one.sku, one.quantity) for one in new.lines
    ]


def test_an_old_consumer_reads_past_fields_that_a_newer_minor_version_added() -> None:
    sent = {**orjson.loads(shipped_v1(2).encode()), "co2_g": 812}
    assert ShipmentShippedV1.decode(orjson.dumps(sent)) == shipped_v1(2)


def test_the_versions_cannot_be_mistaken_for_each_other() -> None:
    with pytest.raises(ValidationError, match="parcels"):
        ShipmentShippedV2.decode(shipped_v1(2).encode())
    with pytest.raises(ValidationError, match="tracking_number"):
        ShipmentShippedV1.decode(shipment_shipped().encode())


@pytest.mark.parametrize("contract", everything(), ids=lambda contract: contract.__name__)
def test_every_replaced_version_leads_to_the_newest_and_every_newest_back_to_all_before(contract: type) -> None:
    sample = sample_of(contract)
    top = upcast(sample)
    assert type(top) is newest(contract)
    older = sorted(set(versions(contract.TYPE)) - {top.VERSION}, reverse=True)
    assert [one.VERSION for one in beside(top)] == older
