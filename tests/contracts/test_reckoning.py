"""What comes from outside can be reckoned with: numbers that JSON keeps, days of this age, lines to be told apart."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from crossdock_contracts.base import MOST
from crossdock_contracts.capture import CancelOrderV1, PlaceHoldV1
from crossdock_contracts.handed_in import LineInput, OrderInput
from crossdock_contracts.inventory import ReceiveStockV1, StockReservedV1
from crossdock_contracts.values import LineQuantity
from services.hub.decision import Decision
from services.hub.plan import Staged
from tests.builders import NOW
from tests.flow.house import order_of


def _line(number: int = 1, **fields: Any) -> LineInput:
    return LineInput(**{"line_id": str(number), "sku": "S", "quantity": 1, "unit_price_minor": 1000, **fields})


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"lines": (_line(), _line())}, "line 1 stands there twice"),
        ({"lines": (_line(quantity=10**30),)}, "numbers"),
        ({"lines": (_line(unit_price_minor=0, quantity=10**30),)}, "numbers"),
        ({"lines": (_line(unit_price_minor=10**12, quantity=10**6),)}, "numbers"),
        ({"lines": (_line(unit_price_minor=-5),), "total_minor": -5}, "below zero"),
        ({"total_minor": 10**19}, "amounts"),
        ({"release_at": datetime(9999, 12, 31, tzinfo=UTC)}, "no day of business"),
        ({"requested_at": datetime(1, 1, 1, tzinfo=UTC)}, "no day of business"),
    ],
)
def test_an_order_that_nobody_could_reckon_with_is_none(wrong: dict[str, Any], told: str) -> None:
    made = {**order_of(("S", 1)).model_dump(), **wrong}
    with pytest.raises(ValidationError, match=told):
        OrderInput.model_validate(made)


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        (ReceiveStockV1, {"sku": "S", "location_id": "BER", "quantity": MOST + 1}),
        (CancelOrderV1, {"order_id": "web:1", "lines": (LineQuantity(line_id="1", quantity=10**30),)}),
        (PlaceHoldV1, {"order_id": "web:1", "reason": "odd", "expires_at": datetime(9999, 12, 31, tzinfo=UTC)}),
    ],
)
def test_a_command_that_nobody_could_reckon_with_is_none(command: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"more than anybody has|no day of business"):
        command(owner="main", **fields)


def test_who_asked_is_answered_whatever_the_numbers_are() -> None:
    said = StockReservedV1(owner="main", order_id="web:1", lines=(), generation=10**30, reserved_at=NOW)
    source: Any = SimpleNamespace(raw=SimpleNamespace(headers={"crossdock-reply": "_INBOX.1"}))
    answer = Staged(source, Decision(events=[said]), "done").reply()
    assert answer is not None
    body = orjson.loads(answer[answer.index(b"{") :].strip())
    assert body["events"][0]["body"]["order_id"] == "web:1"
