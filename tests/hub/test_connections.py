"""How the hub's requests go out: as they were built, once, and through the proxy that the environment names."""

import asyncio
import gzip
import socket
from contextlib import suppress

import aiohttp
import httpx
import pytest

from services.hub import connections
from services.hub.connections import Connections
from services.hub.effects import PermanentError, UnknownError
from services.hub.http import Http, as_bytes
from tests.adapters.outside import CLOSE, RESET, answer, outside
from tests.builders import unique


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "GET"])
@pytest.mark.parametrize("say", [CLOSE, RESET])
async def test_what_went_out_on_a_used_connection_that_breaks_is_not_sent_again(method: str, say: str) -> None:
    async with outside(answer(200, {}), say) as server:
        made = Connections(1, base_url=server.url)
        await made.request("GET", "/warm")
        with pytest.raises(aiohttp.ClientError):
            await made.request(method, "/x")
        assert server.called == ["GET /warm", f"{method} /x"]
        await made.close()


async def test_an_address_goes_out_as_it_was_signed() -> None:
    async with outside() as server:
        made = Connections(1, base_url=server.url + "/v1/")
        await made.request("GET", "/a%2Fb/%7Ec%20d?x=a%2Bb%20c&y=%E2%82%AC")
        await made.request("GET", "plain", params={"q": "a b+c"})
        await made.request("GET", f"{server.url}/elsewhere")
        assert server.called == [
            "GET /v1/a%2Fb/%7Ec%20d?x=a%2Bb%20c&y=%E2%82%AC",
            "GET /v1/plain?q=a+b%2Bc",
            "GET /elsewhere",
        ]
        await made.close()


async def test_nothing_is_said_that_the_request_does_not_say() -> None:
    async with outside() as server:
        made = Connections(1, base_url=server.url, headers={"user-agent": "shop", "X-One": "1"})
        await made.request("POST", "/x", headers={"x-one": "2"}, content=b"raw")
        assert server.heard[0].headers == {
            "host": server.url.removeprefix("http://"),
            "accept": "*/*",
            "accept-encoding": "gzip, deflate",
            "user-agent": "shop",
            "x-one": "2",
            "content-length": "3",
        }
        await made.close()


async def test_redirects_are_followed_only_where_it_is_asked_for_and_cookies_not_kept() -> None:
    away = answer(302, None, location="/other", set_cookie="a=b")
    async with outside(away, answer(200), away) as server:
        made = Connections(1, base_url=server.url)
        assert (await made.request("GET", "/x")).status_code == 302
        await made.request("GET", "/y")
        assert (await made.request("GET", "/x", follow_redirects=True)).status_code == 200
        assert server.called == ["GET /x", "GET /y", "GET /x", "GET /other"]
        assert "cookie" not in server.heard[1].headers
        await made.close()


async def test_a_compressed_answer_is_read_and_a_broken_one_is_lost() -> None:
    whole = gzip.compress(b"all of it")
    packed = answer(200, whole, content_encoding="gzip")
    async with outside(packed, answer(200, b"no gzip", content_encoding="gzip")) as server:
        http = Http(unique("shop"), server.url)
        assert await http.send("fetch", "POST", "/x", read=as_bytes) == b"all of it"
        with pytest.raises(UnknownError):
            await http.send("fetch", "POST", "/x", read=as_bytes)
        await http.close()


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("", {"X-Note": "a\r\nX-Other: b"}),
        ("", {"X-Note": "a\x01"}),
        ("", {"X-Note": "Größe"}),
        ("ftp://example.com/x", {}),
        ("http:///x", {}),
    ],
)
async def test_a_request_that_cannot_be_sent_is_refused_before(url: str, headers: dict[str, str]) -> None:
    async with outside() as server:
        http = Http(unique("shop"), server.url)
        with pytest.raises(PermanentError) as raised:
            await http.send("buy", "POST", url or "/x", headers=headers)
        assert raised.value.code == "unsendable"
        assert server.heard == []
        await http.close()


async def test_requests_go_through_the_proxy_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    async with outside() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "inside.example")
        connections._proxy.cache_clear()
        made = Connections(1, connect_s=0.5)
        try:
            await made.request("GET", "http://shop.example/x")
            assert proxy.called == ["GET http://shop.example/x"]
            with pytest.raises(aiohttp.ClientConnectorError):
                await made.request("GET", "http://inside.example/x")
        finally:
            connections._proxy.cache_clear()
            await made.close()


@pytest.mark.parametrize("variable", ["all_proxy", "http_proxy"])
async def test_a_proxy_may_be_for_all_and_named_without_its_scheme(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    async with outside() as proxy:
        monkeypatch.setenv(variable, proxy.url.removeprefix("http://"))
        connections._proxy.cache_clear()
        made = Connections(1)
        try:
            await made.request("GET", "http://shop.example/x")
            assert proxy.called == ["GET http://shop.example/x"]
        finally:
            connections._proxy.cache_clear()
            await made.close()


async def test_a_redirect_leads_to_another_host_by_its_own_name() -> None:
    async with outside() as store, outside(answer(302, None, location=f"{store.url}/label")) as server:
        made = Connections(2, base_url=server.url)
        assert (await made.request("GET", "/x", follow_redirects=True)).status_code == 200
        assert [one.heard[0].headers["host"] for one in (server, store)] == [
            one.url.removeprefix("http://") for one in (server, store)
        ]
        await made.close()


@pytest.mark.parametrize("status", [101, 303])
async def test_an_answer_that_does_not_say_that_nothing_was_done_leaves_the_outcome_unknown(status: int) -> None:
    async with outside(answer(status, None, location="/done")) as server:
        http = Http(unique("shop"), server.url)
        with pytest.raises(UnknownError):
            await http.send("buy", "POST", "/x")
        await http.close()


async def test_an_answer_is_httpxs() -> None:
    async with outside(answer(201, {"a": 1}, link="<next>")) as server:
        made = Connections(1, base_url=server.url)
        said = await made.request("POST", "/x", json={"b": "ü"})
        assert (said.status_code, said.json(), said.headers["Link"]) == (201, {"a": 1}, "<next>")
        assert said.request.url == httpx.URL(f"{server.url}/x")
        assert server.heard[0].body == '{"b":"ü"}'.encode()
        await made.close()


async def test_an_answer_that_nobody_asked_for_is_not_taken_for_that_to_the_next_request() -> None:
    heard: list[bytes] = []
    strayed = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while True:
                heard.append((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1])
                writer.write(answer(200, heard[-1]))
                if heard == [b"/1"]:
                    await asyncio.sleep(0.01)
                    writer.write(answer(200, b"of another"))
                    strayed.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made = Connections(1, base_url="http://127.0.0.1:{1}".format(*server.sockets[0].getsockname()))
    assert (await made.request("POST", "/1")).content == b"/1"
    await strayed.wait()
    assert (await made.request("POST", "/2")).content == b"/2"
    assert heard == [b"/1", b"/2"]
    await made.close()
    server.close()


async def test_a_connection_that_ended_while_the_loop_was_busy_is_not_used_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(2)
        made = Connections(1, base_url="http://127.0.0.1:{1}".format(*server.getsockname()))
        for _ in range(5):
            going = asyncio.create_task(made.request("POST", "/x"))
            other, _ = await asyncio.to_thread(server.accept)
            await asyncio.to_thread(other.recv, 65536)
            other.sendall(answer(200, b""))
            assert (await going).status_code == 200
            other.close()  # and nobody has looked since
        await made.close()
