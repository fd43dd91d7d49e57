import re
from typing import Annotated, Any, get_args

import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from crossdock_contracts import registry
from crossdock_contracts.base import Command, Contract, Event, Owner, Value
from crossdock_contracts.capture import OrderCapturedV1
from crossdock_contracts.envelope import Envelope
from crossdock_contracts.samples import sample_of
from crossdock_contracts.values import PaymentMethod
from tests.builders import captured, hold, line

ALL = registry.everything()
EVERY = pytest.mark.parametrize("contract", ALL, ids=lambda contract: contract.__name__)


def told_more(value: Any) -> Any:
    """A value as plain JSON, as a newer sender would write it: each object in it has a field that nobody knows."""
    if isinstance(value, Value):
        fields = {name: told_more(getattr(value, name)) for name in type(value).model_fields}
        return {"x_of_tomorrow": {"nested": [1, None]}, **fields}
    return [told_more(one) for one in value] if isinstance(value, tuple) else value


@EVERY
def test_a_contract_says_what_it_is(contract: type[Contract]) -> None:
    kind = "cmd" if issubclass(contract, Command) else "evt"
    assert re.fullmatch(rf"[a-z]+\.{kind}\.[a-z]+(-[a-z]+)*", contract.TYPE)
    assert contract.TYPE.split(".") == [contract.SERVICE, contract.KIND, contract.NAME]
    words = "".join(word.capitalize() for word in contract.NAME.split("-"))
    assert contract.__name__ == f"{words}V{contract.VERSION}"
    assert contract.__doc__


@EVERY
def test_a_contract_has_an_owner_and_an_entity_that_have_to_be_there(contract: type[Contract]) -> None:
    required = set(contract.model_json_schema()["required"])
    assert required >= {"owner", contract.ENTITY}
    assert contract.model_fields["owner"].annotation is get_args(Owner)[0]
    assert sample_of(contract).entity


@EVERY
def test_a_sample_reads_back_as_it_was_written(contract: type[Contract]) -> None:
    sample = sample_of(contract)
    assert contract.decode(sample.encode()) == sample
    assert contract.decode(sample.model_dump_json()) == sample  # with its defaults spelled out


@EVERY
def test_fields_that_nobody_knows_are_ignored_at_every_depth(contract: type[Contract]) -> None:
    sample = sample_of(contract)
    assert contract.decode(orjson.dumps(told_more(sample))) == sample


@EVERY
def test_a_contract_is_frozen(contract: type[Contract]) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        sample_of(contract).owner = "other"


@EVERY
def test_a_field_that_has_to_be_there_is_named_when_it_is_not(contract: type[Contract]) -> None:
    sent = orjson.loads(sample_of(contract).encode())
    for name in contract.model_json_schema()["required"]:
        with pytest.raises(ValidationError, match=rf"\n{name}\n  Field required"):
            contract.decode(orjson.dumps({k: v for k, v in sent.items() if k != name}))


def fields_of_all_values(name_or_type: str) -> dict[str, TypeAdapter[Any]]:
    """All fields whose name and type match a pattern, with what checks them."""
    found, kinds = {}, [Value]
    for kind in kinds:
        kinds += kind.__subclasses__()
        if kind.__module__.startswith("tests."):
            continue
        for name, field in kind.model_fields.items():
            if re.search(name_or_type, f"{name}: {field.annotation}"):
                found[f"{kind.__name__}.{name}"] = TypeAdapter(Annotated[field.annotation, "field", *field.metadata])
    return found


def test_nothing_takes_a_fraction_of_a_minor_unit_of_a_gram_or_of_a_piece() -> None:
    counts = fields_of_all_values(r"(_minor|_g|_mm|quantity): ")
    assert {"Money.amount_minor", "OrderLine.quantity", "Parcel.weight_g"} < set(counts)
    for kind in counts.values():
        with pytest.raises(ValidationError, match="fractional part"):
            kind.validate_python(0.5)


def test_nothing_takes_a_moment_without_its_offset() -> None:
    moments = fields_of_all_values(r"datetime")
    assert {"Order.ship_by", "ShipmentShippedV2.shipped_at", f"{Envelope.__name__}.time"} < set(moments)
    for kind in moments.values():
        with pytest.raises(ValidationError, match="timezone info"):
            kind.validate_python("2026-03-02T09:30:00")


@EVERY
def test_a_contract_is_found_by_its_type_and_version(contract: type[Contract]) -> None:
    assert registry.find(contract.TYPE, contract.VERSION) is contract
    assert registry.versions(contract.TYPE)[contract.VERSION] is contract


def test_versions_of_a_type_are_counted_without_a_gap() -> None:
    types = {contract.TYPE for contract in ALL}
    assert all(sorted(registry.versions(type_)) == list(range(1, 1 + len(registry.versions(type_)))) for type_ in types)


def test_an_unknown_version_is_told_which_are_known() -> None:
    with pytest.raises(registry.UnknownContractError, match=r"shipment-shipped\.v9; known versions: v1, v2"):
        registry.find("shipping.evt.shipment-shipped", 9)
    with pytest.raises(registry.UnknownContractError, match="known versions: none"):
        registry.find("shipping.evt.teleported", 1)
    assert registry.versions("shipping.evt.teleported") == {}


def test_two_contracts_cannot_claim_one_type_and_version() -> None:
    with pytest.raises(ValueError, match=r"both claim capture\.evt\.order-captured\.v1"):

        class AlsoCapturedV1(Event, service="capture", name="order-captured", version=1, entity="order_id"):
            order_id: str

    assert registry.find("capture.evt.order-captured", 1) is OrderCapturedV1


def test_a_base_class_without_a_name_is_no_contract() -> None:
    class AboutAnOrder(Event):
        order_id: str

    assert AboutAnOrder not in registry.everything()


def test_what_has_its_default_is_not_sent() -> None:
    sent = orjson.loads(captured().encode())
    assert "holds" not in sent
    assert "gift_message" not in sent["order"]
    assert orjson.loads(captured(holds=(hold(),)).encode())["holds"][0]["reason"] == "totals-mismatch"


def test_what_is_none_or_empty_and_not_its_default_is_sent() -> None:
    made = captured(line(sku=None, weight_g=0), priority=0, tags=("",))
    assert OrderCapturedV1.decode(made.encode()) == made


def test_what_is_no_json_or_no_object_is_refused() -> None:
    for body in (b"", b"\xff\xfe", b"[]", b"null", b"{", b'{"owner": "main"'):
        with pytest.raises(ValidationError):
            OrderCapturedV1.decode(body)


def test_an_unknown_code_of_an_enumeration_is_refused_by_its_path() -> None:
    sent = captured().encode().replace(PaymentMethod.PREPAID.encode(), b"barter")
    with pytest.raises(ValidationError, match=r"order\.payment\.method\n"):
        OrderCapturedV1.decode(sent)


def test_a_message_is_about_its_entity() -> None:
    assert captured(order_id="web:7").entity == "web:7"
