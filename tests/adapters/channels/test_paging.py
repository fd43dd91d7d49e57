"""Going through lists: where the next page begins, and what becomes of a page that a channel will not give yet."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.capture import poll
from services.capture.channels.api import AskOrders, Page
from services.capture.channels.native import Native
from services.capture.channels.paging import Memory, Place, Turn
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


@given(data=st.data())
def test_whatever_changes_comes_in_or_leaves_no_order_that_stays_is_passed_over(data: st.DataObject) -> None:
    ids = data.draw(st.sets(st.integers(1, 60), max_size=30))
    stays, seen, page, left = set(ids), set[int](), "", 60
    while True:
        place = Place.of(page)
        some = sorted(ids)[place.offset : place.offset + 4]
        seen |= set(some)
        page = place.after(some, 4)
        if not page:
            break
        left -= 1
        come, gone = (data.draw(st.sets(st.integers(1, 60), max_size=3 if left > 0 else 0)) for _ in range(2))
        ids = (ids | come) - gone
        stays -= gone
    assert stays <= seen


def test_lists_are_gone_through_one_after_the_other() -> None:
    turns, page = [], ""
    for goes_on in ("t2", "", "t3", ""):
        turns.append(Turn.of(page))
        page = turns[-1].after(goes_on, 2)
    assert turns == [Turn(), Turn(0, "t2"), Turn(1), Turn(1, "t3")]
    assert page == ""


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

    async def whole(_listed: Any) -> bytes:
        return b"whole"

    listed = {"id": 7}
    memory = Memory()
    assert await memory.get("7", listed, lambda _: refused(404)) == orjson.dumps(listed)
    assert await memory.get("7", listed, whole) == b"whole", "it is asked about again"
    with pytest.raises(StatusError):  # it is for all of them that nobody is let in
        await Memory().get("7", listed, lambda _: refused(403))
