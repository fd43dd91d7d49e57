"""What a file of orders comes to, whatever format its channel has."""

import gzip
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from services.capture.formats import FORMATS
from services.capture.rules import Channel, ChannelConfig
from services.cli.plans import HandedIn, Plan, plan_of
from tests.adapters.channels.shopify import line, order
from tests.adapters.channels.test_csv import file as csv_file
from tests.builders import order_input
from tests.decide.shop import CALM


def plan(file: Path, content: bytes, format_: str) -> Plan:
    file.write_bytes(content)
    return plan_of(file, Channel("x", ChannelConfig(format=format_), FORMATS[format_](), CALM))


def test_payloads_of_a_channel_are_handed_in_as_they_are(tmp_path: Path) -> None:
    content = orjson.dumps({"orders": [order(), order(line(price="much"), id=2)]})
    found = plan(tmp_path / "orders.json.gz", gzip.compress(content), "shopify")
    (step,) = found.steps
    assert isinstance(step, HandedIn)
    assert (orjson.loads(step.body), step.order.order_id) == (order(), "450789469")
    (rejection,) = found.rejections
    assert (rejection.number, rejection.invoice) == (2, "2")
    assert rejection.reason.startswith("$.line_items[0].price: ")
    assert (found.tally.rows, found.tally.money, found.tally.adds_up) == (2, Decimal(1000), True)


def test_orders_as_csv_are_handed_in_in_the_hubs_own_format(tmp_path: Path) -> None:
    found = plan(tmp_path / "orders.csv", csv_file(), "native")
    assert [step.order.order_id for step in found.steps if isinstance(step, HandedIn)] == ["1", "2"]
    for step in found.steps:
        assert isinstance(step, HandedIn)
        assert FORMATS["native"]().read(step.body.encode()) == step.order


def test_a_channel_of_format_csv_gets_its_rows(tmp_path: Path) -> None:
    found = plan(tmp_path / "orders.csv", csv_file(), "csv")
    for step in found.steps:
        assert isinstance(step, HandedIn)
        assert FORMATS["csv"]().read(step.body.encode()) == step.order


def test_json_lines_are_read_one_by_one(tmp_path: Path) -> None:
    lines = order_input("1").model_dump_json() + "\n\n" + '{"order_id": "2"}\n'
    found = plan(tmp_path / "orders.jsonl", lines.encode(), "native")
    assert (len(found.steps), [one.number for one in found.rejections]) == (1, [3])


@pytest.mark.parametrize(
    ("content", "format_"), [(b"a,b\n1,2\n", "native"), (b"a,b\n1,2\n", "csv"), (b"[{", "shopify")]
)
def test_a_file_that_is_none_of_these_is_refused(tmp_path: Path, content: bytes, format_: str) -> None:
    with pytest.raises(ValueError, match=r"column|JSON"):
        plan(tmp_path / "file", content, format_)
