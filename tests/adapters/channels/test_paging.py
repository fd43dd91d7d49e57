"""Going through lists: where the next page begins, and what becomes of a page that a channel will not give yet."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest

from services.capture import poll
from services.capture.channels.api import AskOrders, Page
from services.capture.channels.native import Native
from services.capture.channels.paging import Memory, Place
from services.capture.inbox import HandedIn
from services.capture.poll import Poller, PollError
from services.capture.rules import Channel, ChannelConfig
from services.hub.decision import Done, Failed, Later, Refused
from services.hub.http import StatusError
from services.hub.settings import Settings
from tests.adapters.channels.speaking import config

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


class Calls:
    """What a channel answers, one after the other."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes)

    async def run(self, _intent: Any) -> Any:
        return self.outcomes.pop(0)


async def asked(page: str, *outcomes: Any) -> tuple[Page, list[Any]]:
    """The page, and what was not needed of the answers."""
    channel = Channel("shop", ChannelConfig(format="native"), Native(), cast("Any", None))
    calls = Calls(*outcomes)
    runtime = cast("Any", SimpleNamespace(service=SimpleNamespace(effects=calls)))
    poller = Poller(channel, config("http://shop"), Settings(), HandedIn())
    return await poller._ask(runtime, AskOrders(since=NOW, page=page), NOW), calls.outcomes


async def test_a_later_page_is_waited_for_rather_than_all_before_it_asked_for_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(poll.asyncio, "sleep", sleep)
    page = Page(next="t3")
    assert await asked("t2", Failed("its limit is used up", 60.0), Later("busy"), Done(page)) == (page, [])
    assert waited == [60.0, 5.0]


async def test_a_first_page_that_does_not_come_ends_the_poll() -> None:
    with pytest.raises(PollError, match="busy"):
        await asked("", Failed("busy", 60.0))
    with pytest.raises(PollError, match="InvalidInput wrong"):
        await asked("t2", Refused("InvalidInput", "wrong"))


def test_a_page_begins_with_the_moment_that_the_last_one_ended_with() -> None:
    place = Place.of("", "2026-05-04 10:00:00")
    assert (place.since, place.number) == ("2026-05-04 10:00:00", 1)
    following = Place.of(place.after("2026-05-04 10:07:00"), "2026-05-04 10:00:00")
    assert following == Place("2026-05-04 10:07:00", 1)
    assert Place.of(following.after("2026-05-04 10:07:00"), "") == Place("2026-05-04 10:07:00", 2)


async def test_an_order_is_put_together_again_once_it_is_listed_otherwise() -> None:
    memory = Memory()
    composed: list[Any] = []

    async def compose(listed: Any) -> bytes:
        composed.append(listed)
        return b"whole"

    for listed in ({"at": 1}, {"at": 1}, {"at": 2}):
        assert await memory.get("7", listed, compose) == b"whole"
    assert composed == [{"at": 1}, {"at": 2}]


async def test_an_order_of_which_the_rest_is_gone_is_as_it_is_listed_and_keeps_no_other_back() -> None:
    async def refused(status: int) -> bytes:
        code = "no-such-order"
        raise StatusError(code, "gone", status)

    listed = {"id": 7}
    assert await Memory().get("7", listed, lambda _: refused(404)) == orjson.dumps(listed)
    with pytest.raises(StatusError):  # it is for all of them that nobody is let in
        await Memory().get("7", listed, lambda _: refused(403))
