"""Asking a carrier about parcels: what one is at fault for does not keep the others from being told of."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.hub.effects import Effects, Limits, PermanentError, TransientError
from services.hub.settings import Settings
from services.shipping import poll
from services.shipping.carriers import Scan, Tracked, TrackParcels, Tracks
from services.shipping.carriers.codes import Status
from services.shipping.poll import Poller
from services.shipping.rules.carriers import Account
from services.shipping.state import Shipment, ShipmentStatus
from services.shipping.state_track import Underway
from tests.builders import NOW, parcel

Answer = Callable[[list[str]], None]


class Carrier:
    """Says that every parcel moves, but for what ``trouble`` raises."""

    name = "acc-track"

    def __init__(self, trouble: Answer) -> None:
        self.asked: list[list[str]] = []
        self._trouble = trouble

    async def call(self, _operation: str, _key: str, request: TrackParcels) -> Tracks:
        numbers = [one.tracking_number for one in request.parcels]
        self.asked.append(numbers)
        self._trouble(numbers)
        scan = Scan(status=Status.IN_TRANSIT, at=NOW + timedelta(hours=1), code="I")
        return Tracks(
            parcels=tuple(Tracked(tracking_number=one, carrier="c", scans=(scan,)) for one in numbers if one != "P4")
        )

    async def look_up(self, *_: Any) -> None:
        return None


def left(number: str) -> poll.Parcel:
    """A parcel that has left."""
    order = {"order_id": f"web:{number}", "fulfilment_id": f"web:{number}/1"}
    way = Underway(
        account="acc", tracking_number=number, carrier="c", order_owner="main", since=NOW, due_at=NOW, **order
    )
    return way, Shipment(status=ShipmentStatus.SHIPPED, parcel=parcel(number), **order)


async def told(trouble: Answer, monkeypatch: pytest.MonkeyPatch) -> tuple[Carrier, list[str]]:
    monkeypatch.setattr(poll, "_WAIT_S", 0.0)
    carrier, effects = Carrier(trouble), Effects("shipping")
    effects.add(carrier, Limits(attempts=1))
    poller = Poller("acc", Account(kind="easypost"), 50, Settings(_env_file=None))
    runtime: Any = SimpleNamespace(service=SimpleNamespace(effects=effects))
    found = await poller._ask(runtime, [left(f"P{n}") for n in range(1, 5)])
    return carrier, [one.tracking_number for one in found]


async def test_parcels_are_asked_about_all_at_once_and_one_that_is_not_seen_yet_is_no_trouble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    carrier, found = await told(lambda _: None, monkeypatch)
    assert (carrier.asked, found) == ([["P1", "P2", "P3", "P4"]], ["P1", "P2", "P3"])


async def test_where_one_of_them_is_refused_the_others_are_asked_about_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def trouble(numbers: list[str]) -> None:
        if "P2" in numbers:
            code = "invalid-number"
            raise PermanentError(code)

    _, found = await told(trouble, monkeypatch)
    assert found == ["P1", "P3"]


async def test_a_carrier_that_is_out_of_order_is_tried_again_and_then_left_to_the_next_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    down = [True] * 3

    def trouble(_: list[str]) -> None:
        if down and down.pop():
            msg = "out of order"
            raise TransientError(msg)

    carrier, found = await told(trouble, monkeypatch)
    assert (len(carrier.asked), found) == (4, ["P1", "P2", "P3"])
    down += [True] * 9
    carrier, found = await told(trouble, monkeypatch)
    assert (len(carrier.asked), found) == (5, [])
