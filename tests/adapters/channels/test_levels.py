"""Stock told to a channel: what it says nothing of is told again, and all of it in its turn."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from nats.aio.msg import Msg

from crossdock_contracts.channels import PublishedLevel
from crossdock_contracts.values import Code
from services.capture.channels.api import Levelled, SetStock, StockSet
from services.capture.formats import FORMATS
from services.capture.levels import Levels, Turns, _Book
from services.capture.rules import ApiConfig, Channel, ChannelConfig, Checks
from services.hub.effects import Effects, PermanentError
from services.hub.settings import ROOT, Settings

RULES = ROOT / "deploy" / "rules"


class Shop:
    """A channel's API, which leaves out what it was not in the mood for."""

    name: Code = "shop"
    batch = 2

    def __init__(self, *silent: str, refused: str = "") -> None:
        self.silent = set(silent)
        self.refused = refused
        self.told: list[str] = []
        self.note = ""
        self.notes: tuple[str, ...] = ()

    async def call(self, _operation: str, _key: str, request: SetStock) -> StockSet:
        if self.refused in {one.sku for one in request.levels}:
            raise PermanentError("invalid", "one of them")  # noqa: EM101  # it says no more
        found = [one for one in request.levels if one.sku not in self.silent]
        self.told += [one.sku for one in found]
        self.notes = request.notes
        return StockSet(levels=tuple(Levelled(sku=one.sku, note=self.note) for one in found))


class Server:
    """The message server: it has an inbox, and inventory, which has one piece of everything."""

    def __init__(self) -> None:
        self.stored: list[dict[str, Any]] = []

    async def one(self, _tasks: Any, subject: bytes, _headers: bytes, body: bytes, *, timeout_s: float) -> Msg:
        del timeout_s
        content = orjson.loads(body)
        if subject.startswith(b"inventory.query."):
            answer: Any = {"answer": [{"sku": sku, "for_channel": 1} for sku in content["skus"]]}
        else:
            self.stored.append(content)
            answer = {"seq": len(self.stored)}
        return Msg(_client=None, subject="", data=orjson.dumps(answer))  # type: ignore[arg-type]  # never answered


def levels_to(shop: Shop, **fields: Any) -> tuple[Levels, Any, _Book]:
    """What tells a shop, the runtime that it runs in, and what it knows."""
    config = ChannelConfig(format="native", api=ApiConfig(url="https://shop.example.com", stock_by="sku", **fields))
    assert config.api is not None
    channel = Channel("shop", config, FORMATS["native"](), Checks.load(RULES))
    effects = Effects("capture")
    effects.add(shop)
    runtime = SimpleNamespace(calls=Server(), service=SimpleNamespace(effects=effects))
    book = _Book(channel, runtime, by_sku=True)  # type: ignore[arg-type]  # all that is used of one
    return Levels(channel, config.api, shop.batch, Settings()), runtime, book


async def test_a_batch_of_which_the_channel_says_nothing_is_told_again_and_keeps_nothing_back() -> None:
    shop = Shop("A", "B")
    levels, runtime, book = levels_to(shop)
    book.changed = dict.fromkeys("ABC")

    assert await levels._publish(runtime, book)

    assert [one["levels"][0]["sku"] for one in runtime.calls.stored] == ["C"]
    assert list(book.changed) == ["A", "B"]
    assert not await levels._publish(runtime, book)  # none was told: it is waited for
    shop.silent.clear()
    assert await levels._publish(runtime, book)
    assert (shop.told, list(book.changed)) == (["C", "A", "B"], [])


async def test_a_figure_for_which_whole_batches_are_refused_keeps_no_other_back() -> None:
    shop = Shop(refused="C")
    levels, runtime, book = levels_to(shop)
    book.changed = dict.fromkeys("ABCDEFG")
    book._again |= set(book.changed)

    for _ in range(5):
        await levels._publish(runtime, book)

    assert (sorted(shop.told), list(book.changed)) == (list("ABDEFG"), ["C"])
    shop.refused = ""
    assert await levels._publish(runtime, book)
    assert list(book.changed) == []


async def test_what_has_not_changed_is_told_again_in_its_turn_and_that_told_the_longest_ago_first() -> None:
    shop = Shop()
    levels, runtime, book = levels_to(shop)
    for sku in "ABC":
        book.changed = {sku: None}
        await levels._publish(runtime, book)
    assert (await levels._publish(runtime, book), shop.told) == (True, ["A", "B", "C"])

    for _ in range(2):
        book.restate(2)
        await levels._publish(runtime, book)

    assert shop.told[3:] == ["A", "B", "C", "A"]
    assert {one["levels"][0]["available"] for one in runtime.calls.stored} == {1}


async def test_a_listing_that_comes_back_to_a_sku_is_told_of_it_again() -> None:
    _, _, book = levels_to(Shop())
    book._by_sku = False
    told: dict[str, list[Any]] = {"listing": [], "item": [], "stock": [], "unsure": []}

    async def documents(_service: str, kind: str, *_key: str) -> AsyncIterator[Any]:
        for one in told[kind]:
            yield one

    book._documents = documents  # type: ignore[method-assign]  # in the place of what capture and inventory keep
    for sku in "ABA":
        told["listing"] = [{"listing_id": "L", "sku": sku}]
        await book.look()
        levels = await book.levels([sku])
        assert [(one.sku, one.listing_id) for one in levels] == [(sku, "L")]
        book.told([PublishedLevel.model_validate(one.model_dump()) for one in levels])


async def test_what_a_client_notes_with_a_level_it_is_told_again_also_after_a_restart() -> None:
    shop = Shop()
    shop.note = "71:9"
    levels, runtime, book = levels_to(shop)
    book.changed = dict.fromkeys("A")
    await levels._publish(runtime, book)
    kept = runtime.calls.stored[-1]

    _, _, started = levels_to(shop)

    async def documents(_service: str, _kind: str, *_key: str) -> AsyncIterator[Any]:
        yield kept["levels"][0] | {"published_at": kept["published_at"]}

    started._documents = documents  # type: ignore[method-assign]  # in the place of what capture keeps
    await started.open()
    assert (book.notes, started.notes) == (("71:9",), ("71:9",))
    shop.note = ""
    started.changed = dict.fromkeys("B")
    await levels._publish(runtime, started)
    assert shop.notes == ("71:9",)
    started.changed = dict.fromkeys("A")
    started._again.add("A")
    await levels._publish(runtime, started)
    assert started.notes == ()


@given(
    known=st.integers(0, 5000), steps=st.lists(st.floats(0.01, 30), min_size=1, max_size=50), rounds=st.integers(1, 3)
)
def test_within_a_period_all_have_had_their_turn_spread_over_it(known: int, steps: list[float], rounds: int) -> None:
    period = sum(steps)
    turns, now, due = Turns(period), 0.0, [0]
    turns.due(known, now)
    for step in steps * rounds:
        now += step
        due.append(turns.due(known, now))
        assert due[-1] <= known * step / period + 1
    assert known * rounds - 1 <= sum(due) <= known * rounds


def test_nothing_is_told_again_where_that_is_not_wanted() -> None:
    turns = Turns(0)
    assert [turns.due(100, at) for at in (0.0, 1e6)] == [0, 0]
