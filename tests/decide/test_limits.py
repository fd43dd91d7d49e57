"""What channels may be promised: buffers and shares."""

from functools import partial

import pytest

from crossdock_contracts.capture import OrderCancelledV1
from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.shipping import ShipmentShippedV2, ShippedLine, ShippedParcel
from crossdock_contracts.stock import SetChannelLimitV1
from crossdock_contracts.values import FulfilledQuantity, Money
from services.inventory.decide import bind, limits, promise, release, stock
from tests.builders import NOW, captured, line
from tests.decide.shelves import Shelves, rules, shelf


def house(limit: dict[str, object], on_hand: int = 10) -> Shelves:
    return Shelves(shelf(BER=on_hand), configured=rules(limit=[{"channel": "market", **limit}]))


def ships(order_id: str, quantity: int) -> ShipmentShippedV2:
    return ShipmentShippedV2(
        owner="main", order_id=order_id, fulfilment_id=f"{order_id}/1", location_id="BER",
        lines=(ShippedLine(line_id="1", sku="A", quantity=quantity),),
        parcels=(ShippedParcel(carrier="table", service="world", tracking_number="XD1"),),
        value=Money(amount_minor=1, currency="EUR"), shipped_at=NOW,
    )  # fmt: skip


def arrives(shelves: Shelves, pieces: int) -> None:
    shelves.hear(stock.receive, ReceiveStockV1(owner="main", sku="A", location_id="BER", quantity=pieces))


def test_a_buffer_is_kept_from_its_channel_and_from_nobody_else() -> None:
    shelves = house({"buffer": 3})
    shelves.order(captured(line(quantity=10), order_id="market:1"))
    assert shelves.promised("market:1") == (7, 3, 0)
    shelves.order(captured(line(quantity=3), order_id="web:1"))
    assert shelves.promised("web:1") == (3, 0, 0)


def test_a_share_is_of_all_that_is_sellable_and_what_a_channel_holds_counts() -> None:
    shelves = house({"share_percent": 40})
    shelves.order(captured(line(quantity=3), order_id="market:1"))
    shelves.bind("market:1")
    shelves.order(captured(line(quantity=3), order_id="market:2"))
    assert shelves.promised("market:1") == (0, 0, 3)
    assert shelves.promised("market:2") == (1, 2, 0)
    shelves.order(captured(line(quantity=6), order_id="web:1"))
    assert shelves.promised("web:1") == (6, 0, 0)


def test_what_has_shipped_or_was_given_back_no_longer_counts_against_a_share() -> None:
    shelves = house({"share_percent": 40})
    shelves.order(captured(line(quantity=4), order_id="market:1"))
    shelves.order(captured(line(quantity=1), order_id="market:2"))
    assert shelves.promised("market:2") == (0, 1, 0)
    cancel = OrderCancelledV1(
        owner="main", order_id="market:1", cancel_id="c", lines=(FulfilledQuantity(line_id="1", quantity=1),),
        complete=False, amount_minor=0, reason="requested", decided_by="routing", cancelled_at=NOW,
    )  # fmt: skip
    shelves.hear(release.release_cancelled, cancel)
    assert shelves.promised("market:2") == (1, 0, 0)
    assert shelves.stock().used == {"market": 4}

    shelves.bind("market:1")
    shelves.order(captured(line(quantity=2), order_id="market:3"))
    assert shelves.promised("market:3") == (0, 2, 0)
    shelves.hear(bind.deduct, ships("market:1", 3))
    assert shelves.stock().used == {"market": 2}
    assert shelves.promised("market:3") == (1, 1, 0)  # two fifths of seven are two


def test_what_a_channel_has_lost_no_longer_counts_against_its_share() -> None:
    shelves = house({"share_percent": 50})
    shelves.order(captured(line(quantity=5), order_id="market:1"))
    shelves.counted("BER", 2)
    assert shelves.promised("market:1") == (2, 3, 0)
    assert shelves.stock().used == {"market": 2}


def test_a_line_whose_channel_may_have_no_more_is_passed_over_and_those_behind_it_are_filled() -> None:
    shelves = house({"buffer": 5}, on_hand=0)
    for number in range(120):
        shelves.order(captured(order_id=f"market:{number:03}", priority=1))
    shelves.order(captured(order_id="web:1", priority=9))
    arrives(shelves, 5)
    assert shelves.promised("web:1") == (1, 0, 0)
    assert shelves.stock().promisable == 4
    arrives(shelves, 3)
    assert shelves.promised("market:001") == (1, 0, 0)
    assert shelves.stock().promisable == 5


def test_a_channel_without_a_limit_costs_nothing_to_keep_account_of() -> None:
    shelves = house({"buffer": 3})
    shelves.order(captured(line(quantity=3), order_id="web:1"))
    assert shelves.reservation("web:1").lines[0].channel == ""
    assert b"used" not in shelves.stock().encode()


def test_a_limit_set_for_a_sku_counts_before_the_configured_one_and_can_be_given_up() -> None:
    shelves = house({"buffer": 8})
    command = SetChannelLimitV1(owner="main", sku="A", channel="market", buffer=1)
    shelves.hear(limits.set_limit, command)
    shelves.order(captured(line(quantity=5), order_id="market:1"))
    assert shelves.promised("market:1") == (5, 0, 0)
    shelves.hear(limits.set_limit, command.model_copy(update={"as_configured": True}))
    shelves.order(captured(line(quantity=1), order_id="market:2"))
    assert shelves.promised("market:2") == (0, 1, 0)


def test_a_wider_limit_fills_lines_that_wait_for_it() -> None:
    shelves = house({"buffer": 10})
    shelves.order(captured(line(quantity=4), order_id="market:1"))
    assert shelves.promised("market:1") == (0, 4, 0)
    shelves.hear(limits.set_limit, SetChannelLimitV1(owner="main", sku="A", channel="market", buffer=7))
    assert shelves.promised("market:1") == (3, 1, 0)


@pytest.mark.parametrize(("prefixes", "promised"), [(["TOY-"], 5), (["A"], 3), ([], 3)])
def test_a_limit_goes_by_what_skus_begin_with(prefixes: list[str], promised: int) -> None:
    shelves = Shelves(
        shelf(BER=5), configured=rules(limit=[{"channel": "market", "sku_prefixes": prefixes, "buffer": 2}])
    )
    shelves.hear(partial(promise.reserve, rules=shelves.rules), captured(line(quantity=5), order_id="market:1"))
    assert shelves.promised("market:1")[0] == promised
