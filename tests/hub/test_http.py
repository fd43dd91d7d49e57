"""The hub's client of web APIs, against servers that hang, break off, refuse and ask for patience."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from services.hub.effects import PermanentError, ThrottledError, TransientError, UnknownError
from services.hub.http import Http, NotLetInError, StatusError, Timeouts, UnsentError
from services.hub.tokens import Token, TokenAuth
from services.hub.trace import TRACE
from tests.adapters.outside import CLOSE, DRIP, HANG, RESET, Say, answer, outside, truncated
from tests.builders import unique
from tests.conftest import until
from tests.hub.calling import QUICK, client, counted

LOST = {
    "hangs": HANG,
    "resets": RESET,
    "closes": CLOSE,
    "is truncated": truncated(),
    "is no JSON": answer(200, b'{"id": "1", "na'),
    "refuses, and half of why is missing": answer(404, b'{"code": "no_ro', content_type="application/json"),
    "500": answer(500, {"error": "oops"}),
    "502": answer(502, b"<html><h1>Bad Gateway</h1></html>"),
    "504": answer(504),
}


@pytest.mark.parametrize("say", LOST.values(), ids=LOST)
async def test_a_write_whose_answer_is_lost_is_unknown_and_not_sent_again(say: Say) -> None:
    async with client(say) as (http, server):
        with pytest.raises(UnknownError):
            await http.send("buy", "POST", "/labels", json={"a": 1})
        assert server.called == ["POST /labels"]


@pytest.mark.parametrize("say", LOST.values(), ids=LOST)
async def test_a_read_whose_answer_is_lost_is_sent_again(say: Say) -> None:
    async with client(say, answer(200, {"id": "7"})) as (http, server):
        assert await http.send("find", "GET", "/labels/7") == {"id": "7"}
        assert len(server.heard) == 2
        assert counted("crossdock_retries_total", http.adapter, operation="find") == 1


@pytest.mark.parametrize("say", LOST.values(), ids=LOST)
async def test_a_read_that_is_lost_each_time_is_transient(say: Say) -> None:
    async with client(always=say) as (http, _):
        with pytest.raises(TransientError):
            await http.send("find", "GET", "/labels/7")


async def test_a_write_that_may_be_repeated_is_classed_as_a_read() -> None:
    async with client(RESET, answer(200, {})) as (http, server):
        assert await http.send("void", "POST", "/void", safe=True) == {}
        assert len(server.heard) == 2


async def test_what_could_not_be_reached_was_not_done_and_is_tried_again() -> None:
    async with outside() as gone:
        url = gone.url
    http = Http(unique("shop"), url, timeouts=QUICK)
    with pytest.raises(UnsentError):
        await http.send("buy", "POST", "/labels", json={})
    assert counted("crossdock_retries_total", http.adapter, operation="buy") == 1
    assert counted("crossdock_http_calls_total", http.adapter, operation="buy", result="transient") == 2
    await http.close()


async def test_an_unknown_host_was_not_reached() -> None:
    http = Http(unique("shop"), "http://nowhere.invalid", timeouts=QUICK)
    with pytest.raises(UnsentError):
        await http.send("buy", "POST", "/labels", json={})
    await http.close()


@pytest.mark.parametrize("connections", [1, 6])
async def test_when_all_connections_are_taken_nothing_is_sent(connections: int) -> None:
    patience = Timeouts(connect_s=0.5, read_s=5, pool_s=0.05)
    async with client(always=HANG, connections=connections, attempts=1, timeouts=patience) as (http, server):
        hanging = [asyncio.create_task(http.send("buy", "POST", f"/{number}")) for number in range(connections)]
        await until(lambda: len(server.heard) == connections)
        with pytest.raises(UnsentError):
            await http.send("buy", "POST", "/late")
        assert sorted(server.called) == [f"POST /{number}" for number in range(connections)]
        for one in hanging:
            one.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)


async def test_an_answer_that_drips_in_is_given_up() -> None:
    async with client(DRIP, timeouts=Timeouts(read_s=0.5, total_s=0.3)) as (http, _):
        with pytest.raises(UnknownError, match="no whole answer"):
            await http.send("buy", "POST", "/labels")


@pytest.mark.parametrize("status", [429, 503])
async def test_whoever_is_asked_to_come_later_is_told_when(status: int) -> None:
    async with client(answer(status, {"message": "enough"}, retry_after=7)) as (http, _):
        with pytest.raises(TransientError, match="enough") as raised:
            await http.send("buy", "POST", "/labels")
        assert raised.value.retry_after_s == 7


async def test_a_date_to_come_back_is_taken_by_the_clock_of_whoever_says_it() -> None:
    theirs = datetime(2031, 5, 1, tzinfo=UTC)
    said = {
        "retry_after": format_datetime(theirs + timedelta(seconds=9), usegmt=True),
        "date": format_datetime(theirs, usegmt=True),
    }
    async with client(answer(503, None, **said)) as (http, _):
        with pytest.raises(TransientError) as raised:
            await http.send("buy", "POST", "/labels")
        assert raised.value.retry_after_s == 9


@pytest.mark.parametrize(
    ("said", "wait"), [("999999", 900), ("-5", 0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("soon", None)]
)
async def test_what_is_asked_for_is_kept_within_bounds(said: str, wait: float | None) -> None:
    async with client(answer(503, None, retry_after=said), attempts=1) as (http, _):
        with pytest.raises(TransientError) as raised:
            await http.send("buy", "POST", "/labels")
        assert raised.value.retry_after_s == wait


async def test_nobody_else_asks_until_the_limit_is_open_again() -> None:
    async with client(answer(429, None, retry_after=60)) as (http, server):
        with pytest.raises(ThrottledError):
            await http.send("buy", "POST", "/labels")
        with pytest.raises(ThrottledError, match="used up") as raised:
            await http.send("buy", "POST", "/labels")
        assert 58 < (raised.value.retry_after_s or 0) <= 60
        assert len(server.heard) == 1


async def test_a_refusal_has_the_apis_own_code_and_message() -> None:
    body = {
        "error": {
            "code": "ADDRESS.INVALID",
            "message": "No such street",
            "errors": [{"field": "street1", "message": "is missing"}],
        }
    }
    async with client(answer(422, body)) as (http, _):
        with pytest.raises(StatusError) as raised:
            await http.send("buy", "POST", "/labels")
        assert (raised.value.code, raised.value.status) == ("ADDRESS.INVALID", 422)
        assert raised.value.detail == "No such street; is missing"


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"errors": "Not Found"}, "http-404", "GET /x: Not Found"),
        ({"errors": {"sku": ["is unknown", "is short"]}}, "http-404", "GET /x: sku: is unknown; is short"),
        ({"response": {"errors": [{"code": "120100", "message": "Missing shipper"}]}}, "120100", "Missing shipper"),
        ({"error": "invalid_grant", "error_description": "expired"}, "invalid_grant", "expired"),
        ({"title": "Bad request", "detail": "no weight", "status": 404}, "http-404", "GET /x: no weight"),
        ([{"code": "NOT_FOUND", "message": "no order"}], "NOT_FOUND", "no order"),
        (b"<html><body><h1>Nope</h1></body></html>", "http-404", "GET /x: Nope"),
        ("", "http-404", "GET /x"),
        (None, "http-404", "GET /x"),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}, "http-404", "GET /x"),
    ],
)
async def test_refusals_are_read_in_whatever_shape_they_come(body: Any, code: str, text: str) -> None:
    async with client(answer(404, body)) as (http, _):
        with pytest.raises(StatusError) as raised:
            await http.send("find", "GET", "/x")
        assert (raised.value.code, raised.value.detail) == (code, text)


async def test_a_secret_that_the_api_repeats_is_not_said_again() -> None:
    echoed = answer(403, {"message": "key EZTK-0123456789 is not active"})
    async with client(echoed, auth=httpx.BasicAuth("EZTK-0123456789", "")) as (http, _):
        with capture_logs() as logs, pytest.raises(StatusError) as raised:
            await http.send("buy", "POST", "/labels", params={"access_token": "abc"})
        assert raised.value.detail == "POST /labels: key [secret] is not active"
        assert "EZTK" not in str(logs)
        assert "abc" not in str(raised.value)


async def test_an_expired_token_is_renewed_once_for_all_callers() -> None:
    fetched: list[int] = []

    async def fetch() -> Token:
        fetched.append(1)
        await asyncio.sleep(0.02)
        return Token(f"token-{len(fetched)}", lasts_s=3600)

    def checked(request: Any) -> bytes:
        good = request.headers["authorization"] == "Bearer token-2"
        return answer(200, {"ok": True}) if good else answer(401, {"message": "expired"})

    async with client(always=checked, auth=TokenAuth(fetch)) as (http, _):
        answers = await asyncio.gather(*(http.send("buy", "POST", f"/{n}") for n in range(10)))
        assert answers == [{"ok": True}] * 10
        assert len(fetched) == 2


async def test_a_token_is_renewed_before_it_expires() -> None:
    fetched: list[int] = []

    async def fetch() -> Token:
        fetched.append(1)
        return Token(str(len(fetched)), lasts_s=0.1)

    async with client(auth=TokenAuth(fetch)) as (http, server):
        await http.send("find", "GET", "/")
        await asyncio.sleep(0.06)
        await http.send("find", "GET", "/")
        assert [one.headers["authorization"] for one in server.heard] == ["Bearer 1", "Bearer 2"]


async def test_who_is_not_let_in_with_a_new_token_either_has_done_nothing() -> None:
    async def fetch() -> Token:
        return Token("t")

    async with client(always=answer(401, {"message": "who are you"}), auth=TokenAuth(fetch)) as (http, server):
        with pytest.raises(NotLetInError, match="who are you: it does not let the hub in: see to the secrets"):
            await http.send("buy", "POST", "/labels")
        assert len(server.heard) == 2


async def test_where_no_token_can_be_had_nothing_was_done() -> None:
    async def fetch() -> Token:
        msg = "the answer was lost"
        raise UnknownError(msg)

    async with client(auth=TokenAuth(fetch)) as (http, server):
        with pytest.raises(TransientError):
            await http.send("buy", "POST", "/labels")
        assert server.heard == []


async def test_the_trace_is_passed_on() -> None:
    token = TRACE.set("0af7651916cd43dd8448eb211c80319c")
    try:
        async with client(answer(500), answer(200, {}), headers={"X-Shop": "1"}) as (http, server):
            await http.send("find", "GET", "/", headers={"X-One": "1"})
            for request in server.heard:
                assert request.headers["traceparent"].startswith("00-0af7651916cd43dd8448eb211c80319c-")
                assert (request.headers["x-shop"], request.headers["x-one"]) == ("1", "1")
    finally:
        TRACE.reset(token)


async def test_calls_are_counted_by_how_they_ended_and_timed() -> None:
    says = (answer(200, {}), answer(400, {}), answer(503), RESET)
    async with client(*says, attempts=1) as (http, _):
        await http.send("buy", "POST", "/")
        for error in (PermanentError, TransientError, UnknownError):
            with pytest.raises(error):
                await http.send("buy", "POST", "/")
        for result in ("done", "permanent", "transient", "unknown"):
            assert counted("crossdock_http_calls_total", http.adapter, operation="buy", result=result) == 1
        assert counted("crossdock_http_call_seconds_count", http.adapter, operation="buy") == 4
