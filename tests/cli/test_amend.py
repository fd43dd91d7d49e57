"""`crossdock orders address` and `amend`: an agent corrects an order by hand."""

from pathlib import Path

import pytest

from tests.cli.conftest import Crossdock, RunningHub, eventually
from tests.cli.test_orders import said


@pytest.fixture
def order_id(crossdock: Crossdock, hub: RunningHub, sku: str) -> str:
    """An order that has its label."""
    made = hub.order((sku, 2), payment={"method": "token", "token": "tok_1"})
    eventually(lambda: crossdock("orders", "show", made).status == 0)
    said(crossdock, made, "label-bought")
    return made


def test_an_address_is_corrected_field_by_field_and_the_timeline_tells_what_became_of_it(
    crossdock: Crossdock, order_id: str
) -> None:
    asked = crossdock("orders", "address", order_id, "--line1", "Street 99", "--by", "agent-7")

    assert (asked.status, asked.out.strip()) == (0, "address; routing has the say")
    amended = said(crossdock, order_id, "order-amended")
    assert amended["body"]["order"]["ship_to"]["line1"] == "Street 99"
    assert amended["body"]["order"]["ship_to"]["city"] == "Berlin"
    assert amended["decision"] == f"address for agent-7, decided by routing: address re-routed ({order_id}/1)"
    assert "order-amended" in crossdock("orders", "show", order_id).out


def test_a_file_tells_what_is_to_be_different(crossdock: Crossdock, order_id: str, tmp_path: Path) -> None:
    file = tmp_path / "change.json"
    file.write_text('{"gift_message": "Happy birthday", "lines": [{"line_id": "1", "quantity": 3}]}')

    events = crossdock("orders", "amend", order_id, file, "--id", "A-1", "--json").json

    assert [event["type"] for event in events] == ["capture.evt.amendment-requested"]
    amended = said(crossdock, order_id, "order-amended")
    assert amended["decision"].startswith("quantity, gift; +1 × ")
    assert crossdock("orders", "amend", order_id, file, "--id", "A-1").out.strip() == (
        "this correction was asked for before"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "change.json"), ('{"lines": [{"line_id": "1", "quantity": 0}]}', "$.lines[0].quantity")],
)
def test_a_file_that_makes_no_sense_is_wrong_usage(
    crossdock: Crossdock, tmp_path: Path, content: str, words: str
) -> None:
    file = tmp_path / "change.json"
    file.write_text(content)
    found = crossdock("orders", "amend", "web:1", file)
    assert found.status == 2
    assert words in found.error


def test_what_cannot_be_corrected_is_refused_with_the_reason(crossdock: Crossdock, order_id: str) -> None:
    same = crossdock("orders", "address", order_id, "--city", "Berlin")
    assert (same.status, "nothing-changed" in same.error) == (1, True)
    assert crossdock("orders", "address", "web:unheard-of", "--city", "Berlin").status == 3
    assert crossdock("orders", "address", order_id).status == 2
