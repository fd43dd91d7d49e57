"""`crossdock waiting`: what waits, as a table and as JSON; what is in it is tested where carriers are down."""

import pytest

from services.cli import waiting
from tests.cli.conftest import Crossdock

ONE = {
    "service": "shipping",
    "waits_for": ["ups:buy", "dhl:buy"],
    "handler": "label",
    "about": "main/web:1001",
    "attempts": 0,
    "due_at": "2026-03-02T10:00:00.000000Z",
    "why": "ups ground: circuit open",
}


def test_nothing_waits_for_a_system_that_nobody_uses(crossdock: Crossdock) -> None:
    assert crossdock("waiting", "no-such-carrier", "--json").json == []
    assert "Waiting: 0" in crossdock("waiting", "no-such-carrier").out


def test_what_waits_is_counted_by_what_it_waits_for_or_listed(
    crossdock: Crossdock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def waits(*_: object) -> list[dict[str, object]]:
        return [ONE, {**ONE, "about": "main/web:1002"}]

    monkeypatch.setattr(waiting, "waits", waits)
    assert "ups:buy, dhl:buy" in crossdock("waiting").out
    listed = crossdock("waiting", "--each").out
    assert "2 things that wait" in listed
    assert "main/web:1002" in listed
    assert "circuit open" in listed
