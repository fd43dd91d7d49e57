"""`crossdock customers`, `channels`, and orders that are entered by hand."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.builders import BERLIN, unique
from tests.cli.conftest import Crossdock, RunningHub, eventually


def mail() -> str:
    return f"{unique('buyer-')}@example.com"


def shown(crossdock: Crossdock, name: str, orders: int = 1) -> dict[str, Any]:
    """A customer, once they have so many orders."""

    def look() -> Any:
        said = crossdock("customers", "show", name, "--json")
        return said.status == 0 and said.json["orders"] >= orders and said.json

    found: dict[str, Any] = eventually(look)
    return found


def holds(crossdock: Crossdock, order_id: str) -> list[dict[str, Any]]:
    return [one for one in crossdock("holds", "list", "--json").json if one["order_id"] == order_id]


def written(folder: Path, sku: str, **fields: Any) -> Path:
    """An order in a file."""
    line = {"line_id": "1", "sku": sku, "quantity": 1, "unit_price_minor": 1000}
    content = {
        "currency": "EUR", "lines": [line], "total_minor": 1000, "payment": {"method": "prepaid"},
        "ship_to": BERLIN.model_dump(), **fields,
    }  # fmt: skip
    file = folder / "order.json"
    file.write_bytes(orjson.dumps(content))
    return file


def test_a_customer_is_shown_by_whatever_they_are_known_by(crossdock: Crossdock, hub: RunningHub, sku: str) -> None:
    address = mail()
    hub.order((sku, 1), customer={"email": address.upper(), "channel_customer_id": address[:8]})
    found = shown(crossdock, address)

    assert crossdock("customers", "show", f"web:{address[:8]}", "--json").json["customer_id"] == found["customer_id"]
    assert address in crossdock("customers", "show", found["customer_id"]).out
    assert found["customer_id"] in {one["customer_id"] for one in crossdock("customers", "list", "--json").json}
    assert address in crossdock("customers", "list").out


def test_a_customer_that_nobody_knows_is_not_found(crossdock: Crossdock) -> None:
    assert crossdock("customers", "show", "nobody@example.com").status == 3
    assert "is no customer id" in crossdock("customers", "show", "nobody").error


def test_an_order_beyond_the_limit_waits_until_somebody_releases_it(
    crossdock: Crossdock, hub: RunningHub, sku: str
) -> None:
    address = mail()
    said = crossdock("customers", "credit", address, "--limit-minor", 1500, "--by", "desk")
    assert said.out.strip() == "limit-set desk: 0.00 ordered, 0.00 owed, limit 15.00 (EUR)"
    about = {"customer": {"email": address}, "payment": {"method": "terms"}, "customer_po": "PO-1"}
    first = hub.order((sku, 1), channel="business", **about)
    shown = ("customers", "show", address)
    eventually(lambda: "ordered, 0.00 owed" in (said := crossdock(*shown).out) and " 0.00 ordered" not in said)
    second = hub.order((sku, 2), channel="business", **about)

    (hold,) = eventually(lambda: holds(crossdock, second))
    assert (hold["reason"], hold["assigned_to"], holds(crossdock, first)) == ("credit-limit", "credit", [])
    assert second in crossdock("holds", "list", "--role", "credit").out
    paid = crossdock("customers", "paid", address, 1000, "--reference", address, "--by", "ledger-2")
    assert f"paid {address} by ledger-2: " in paid.out
    again = crossdock("customers", "paid", address, 1000, "--reference", address)
    assert (again.status, "booked-already" in again.error) == (1, True)
    assert "limit 15.00, 10.00 ordered, -10.00 owed (EUR)" in crossdock("customers", "show", address).out
    crossdock("holds", "release", second, "--by", "credit desk")
    eventually(
        lambda: crossdock("customers", "show", address, "--json").json["account"]["EUR"]["ordered_minor"] == 3000
    )


@pytest.mark.parametrize("arguments", [(), ("--limit-minor", 5, "--no-limit")])
def test_a_limit_is_an_amount_or_none(crossdock: Crossdock, arguments: tuple[Any, ...]) -> None:
    assert crossdock("customers", "credit", "a@example.com", *arguments).status == 2


def test_an_order_that_is_entered_by_hand_names_who_entered_it(crossdock: Crossdock, sku: str, tmp_path: Path) -> None:
    made = crossdock("orders", "create", written(tmp_path, sku, order_id=unique("h")), "--by", "desk-7", "--json").json

    assert made["order_id"].startswith("desk:h")
    entry = crossdock("orders", "show", made["order_id"], "--json").json["timeline"][0]
    assert entry["body"]["order"]["created_by"] == "desk-7"
    assert "entered by desk-7" in entry["decision"]


def test_an_order_that_is_entered_without_a_number_gets_one(crossdock: Crossdock, sku: str, tmp_path: Path) -> None:
    file = written(tmp_path, sku)
    ids = {crossdock("orders", "create", file, "--by", "desk", "--json").json["order_id"] for _ in range(2)}
    assert len(ids) == 2


def test_what_is_no_order_is_not_entered(crossdock: Crossdock, sku: str, tmp_path: Path) -> None:
    file = written(tmp_path, sku, currency="euro")
    assert "$.currency" in crossdock("orders", "create", file, "--by", "desk").error
    assert crossdock("orders", "create", file, "--by", "desk", "--channel", "moon").status == 2
    file.write_text("[1]")
    assert "an order is a JSON object" in crossdock("orders", "create", file, "--by", "desk").error
    file.write_text("{")
    assert "not JSON" in crossdock("orders", "create", file, "--by", "desk").error


def test_who_does_what_for_a_channel_is_listed(crossdock: Crossdock) -> None:
    listed = crossdock("channels", "list", "--json").json
    assert listed["till"]["policy"]["fulfil_by"] == "till"
    assert "marketplace" in crossdock("channels", "list").out


def test_a_refund_of_an_order_that_is_not_here_yet_waits_for_it(crossdock: Crossdock) -> None:
    said = crossdock("channels", "refund", "marketplace:to-come", "F-1", 1000)

    assert said.status == 0
    assert said.error.strip() == "waits: it cannot be done for now, and is tried again by itself"


def test_what_a_marketplace_did_is_entered_once(crossdock: Crossdock, hub: RunningHub, sku: str) -> None:
    order_id = hub.order((sku, 1), channel="marketplace", fulfil_by="channel")
    eventually(lambda: crossdock("orders", "show", order_id).status == 0)

    assert f"by channel: 1 × {sku}" in crossdock("channels", "fulfilled", order_id, "--by", "feed").out
    eventually(lambda: "payment-authorised" in crossdock("orders", "show", order_id).out)
    assert "10.00 EUR (channel-refund)" in crossdock("channels", "refund", order_id, "F-1", 1000).out
    assert crossdock("channels", "refund", order_id, "F-1", 1000).out.strip() == "nothing to change"
    assert "more-than-paid" in crossdock("channels", "refund", order_id, "F-2", 1).error
    came = crossdock("channels", "return", order_id, "M-1", "--restock", "1=1", "--location", "BER")
    assert "return-inspected" in came.out
    assert crossdock("channels", "return", order_id, "M-1", "--restock", "1=1").out.strip() == "nothing to change"
    assert crossdock("channels", "return", order_id, "M-2", "--restock", "1").status == 2
    eventually(lambda: crossdock("stock", "show", sku, "--json").json["on_hand"] == 11)
