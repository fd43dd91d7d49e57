import orjson
import pytest

from crossdock_contracts.values import LineKind, PaymentMethod
from services.capture.channels import UnmappableError
from services.capture.channels.native import Native
from tests.builders import BERLIN, NOW, order_input

SOUND = {"line_id": "1", "sku": "A", "quantity": 2, "unit_price_minor": 1250}
BODY = {
    "order_id": "1001",
    "placed_at": "2026-03-02T10:30:00+01:00",
    "currency": "EUR",
    "lines": [
        SOUND,
        {"line_id": "2", "kind": "charge", "title": "Gift wrap", "quantity": 1, "unit_price_minor": 300},
    ],
    "shipping_minor": 490,
    "total_minor": 3290,
    "payment": {"method": "token", "gateway": "sandbox", "token": "tok_1"},
    "ship_to": {"name": "Customer 1", "line1": "Street 1", "postcode": "10115", "city": "Berlin", "country": "DE"},
    "utm_source": "a field that nobody asked for",
}


def body(**fields: object) -> bytes:
    return orjson.dumps(BODY | fields)


def refusal(content: bytes) -> str:
    with pytest.raises(UnmappableError) as caught:
        Native().read(content)
    return str(caught.value)


def test_a_payload_is_mapped() -> None:
    order = Native().read(body())
    assert (order.order_id, order.currency, order.total_minor, order.shipping_minor) == ("1001", "EUR", 3290, 490)
    assert order.placed_at == NOW
    assert [(line.sku, line.quantity, line.unit_price_minor) for line in order.lines] == [("A", 2, 1250), ("", 1, 300)]
    assert [line.kind for line in order.lines] == [LineKind.PHYSICAL, LineKind.CHARGE]
    assert (order.payment.method, order.payment.token) == (PaymentMethod.TOKEN, "tok_1")
    assert order.ship_to == BERLIN


def test_what_the_shop_leaves_out_has_its_usual_value() -> None:
    order = Native().read(body())
    assert (order.priority, order.shipping.service_level, order.tax_included) == (5, "standard", False)


def test_an_order_that_was_written_by_the_contract_is_read_back() -> None:
    made = order_input("7")
    assert Native().read(made.model_dump_json().encode()) == made


def test_the_channels_id_is_read_without_the_rest_of_the_order() -> None:
    assert Native().order_id(b'{"order_id": "G-1", "lines": "to be mended"}') == "G-1"


@pytest.mark.parametrize(
    "content", [b'{"order_id": ""}', b'{"order_id": 7}', b'{"order_id": null}', b"{}", b"[]", b"7"]
)
def test_an_order_without_a_usable_id_is_refused_at_the_edge(content: bytes) -> None:
    with pytest.raises(UnmappableError, match=r"^\$\.order_id: a non-empty string is needed$"):
        Native().order_id(content)


@pytest.mark.parametrize("content", [b"", b"order_id=7", b'{"order_id": "7"', b'{"order_id": NaN}', b'\xff{"a": 1}'])
def test_what_is_no_json_is_refused_with_the_reason(content: bytes) -> None:
    with pytest.raises(UnmappableError, match=r"^\$: not JSON: ."):
        Native().order_id(content)
    assert refusal(content).startswith("$")


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"currency": "euro"}, "$.currency: String should match"),
        ({"lines": []}, "$.lines: Tuple should have at least 1 item"),
        ({"lines": [SOUND, SOUND | {"quantity": 0}]}, "$.lines[1].quantity: Input should be greater than 0"),
        ({"lines": [SOUND, SOUND | {"unit_price_minor": 12.5}]}, "$.lines[1].unit_price_minor: "),
        ({"placed_at": "2026-03-02T10:30:00"}, "$.placed_at: Input should have timezone info"),
        (
            {"placed_at": "0001-01-01T00:00:00+01:00"},
            "$.placed_at: Value error, no day of business",
        ),
        ({"total_minor": "32,90"}, "$.total_minor: Input should be a valid integer"),
        ({"payment": {"method": "barter"}}, "$.payment.method: Input should be 'prepaid'"),
        ({"ship_to": {"country": "Germany"}}, "$.ship_to.country: String should match"),
        ({"order_id": "x" * 513}, "$.order_id: String should have at most 512 characters"),
    ],
    ids=lambda case: "" if isinstance(case, str) else next(iter(case)),
)
def test_a_field_that_is_wrong_is_named_by_its_path_with_the_reason(fields: dict[str, object], where: str) -> None:
    told = refusal(body(**fields))
    assert told.startswith(where)
    assert "; " not in told


def test_all_wrong_fields_are_named_at_once() -> None:
    told = refusal(body(currency="euro", total_minor=None))
    assert [one.partition(":")[0] for one in told.split("; ")] == ["$.currency", "$.total_minor"]


def test_a_flood_of_wrong_fields_is_cut() -> None:
    told = refusal(body(lines=[SOUND] + [{"line_id": "2", "quantity": 1}] * 25))
    assert told.count("Field required") == 10
    assert told.endswith("; and 15 more")


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    told = refusal(body(payment={"method": "token", "token": ["tok_secret"]}))
    assert told.startswith("$.payment.token: ")
    assert "tok_secret" not in told
