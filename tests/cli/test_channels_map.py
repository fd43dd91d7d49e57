"""`crossdock channels map`: what payloads become, without a hub."""

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from services.cli.channels import app
from tests.adapters.channels.shopify import line as shopify_line
from tests.adapters.channels.shopify import order as shopify_order
from tests.builders import order_input


@pytest.fixture
def payload(tmp_path: Path) -> Any:
    def write(content: Any, name: str = "payload.json") -> str:
        body = content if isinstance(content, bytes) else orjson.dumps(content)
        (tmp_path / name).write_bytes(body)
        return str(tmp_path / name)

    return write


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["map", *arguments], env={"COLUMNS": "200"})


def told(*arguments: str) -> tuple[int, Any]:
    result = run(*arguments, "--json")
    return result.exit_code, orjson.loads(result.stdout)


def test_an_order_is_shown_with_its_totals_and_what_it_would_be_held_for(payload: Any) -> None:
    code, answer = told("shopify", payload(shopify_order(total="11.00")))
    (one,) = answer["orders"]
    assert (code, answer["format"], answer["mapped"], answer["refused"]) == (0, "shopify", 1, 0)
    assert (one["source_total_minor"], one["mapped_total_minor"], one["adds_up"]) == (1100, 1000, False)
    assert one["order"]["lines"][0]["sku"] == "SKU-1"
    assert "totals-mismatch" in [hold["reason"] for hold in one["holds"]]


def test_listings_are_not_looked_up_so_that_no_order_is_held_for_them(payload: Any) -> None:
    code, answer = told("shopify", payload({"orders": [shopify_order(), shopify_order(id=2)]}))
    assert (code, [one["holds"] for one in answer["orders"]]) == (0, [[], []])


def test_a_refusal_names_path_and_reason_and_the_others_are_shown(payload: Any) -> None:
    wrong = shopify_order(shopify_line(price="much"), id=2)
    code, answer = told("shopify", payload({"orders": [shopify_order(), wrong]}))
    assert (code, answer["mapped"], answer["refused"]) == (1, 1, 1)
    assert answer["orders"][1]["order_id"] == "2"
    assert answer["orders"][1]["refusal"]["path"] == "$.line_items[0].price"
    assert answer["orders"][1]["refusal"]["reason"] == "Input should be a valid decimal"


def test_a_channel_goes_by_its_own_rules(payload: Any) -> None:
    made = order_input("7").model_dump(mode="json")
    file = payload(gzip.compress(orjson.dumps(made | {"total_minor": made["total_minor"] + 2})), "order.json.gz")
    assert [hold["reason"] for hold in told("web", file)[1]["orders"][0]["holds"]] == ["totals-mismatch"]
    assert told("marketplace", file)[1]["orders"][0]["holds"] == []  # it may be off by two cents


def test_what_capture_would_refuse_is_refused(payload: Any) -> None:
    sold = order_input("7").model_dump(mode="json") | {"fulfil_by": "moon"}
    code, answer = told("native", payload(sold))
    assert (code, answer["orders"][0]["refusal"]["path"]) == (1, "$.fulfil_by")


def test_it_is_shown_to_people_too(payload: Any) -> None:
    shown = run("shopify", payload(shopify_order(total="11.00"))).stdout
    for text in ("Mug 1", "69001, Lyon", "source total 11.00 USD, mapped total 10.00 USD: off by 1.00 USD"):
        assert text in shown
    assert "hold totals-mismatch: the total is off by 100 USD minor units" in shown
    cancelled = run("shopify", payload(shopify_order(cancelled_at="2026-03-03T09:00:00Z"))).stdout
    assert "cancelled: everything (cancelled: cancelled-in-shop)" in cancelled
    assert "ignored cancelled-before-arrival" in cancelled
    refused = run("woocommerce", payload(b"[{]")).stdout
    assert "refused order ?: $: not JSON" in refused


def test_a_channel_that_is_none_is_wrong_usage(payload: Any) -> None:
    result = run("moon", payload({}))
    assert result.exit_code == 2
    assert "no channel or format 'moon'" in result.output
