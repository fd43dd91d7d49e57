"""Rate limits that APIs state in their answers: read in their own words, and kept to by all callers."""

import time
from typing import Any

import httpx
import pytest

from services.hub.effects import ThrottledError
from services.hub.quota import Allowance, Quota, by_names, ietf, steady, used_of
from tests.adapters.outside import answer
from tests.hub.calling import client, counted


def headers(**named: str) -> httpx.Headers:
    return httpx.Headers({name.replace("_", "-"): value for name, value in named.items()})


@pytest.mark.parametrize(
    ("read", "said", "allowance"),
    [
        (
            used_of("X-Shopify-Shop-Api-Call-Limit", 20),
            {"x_shopify_shop_api_call_limit": "32/40"},
            Allowance(8, 40, None, 2),
        ),
        (steady("x-amzn-RateLimit-Limit"), {"x_amzn_ratelimit_limit": "0.5"}, Allowance(rate_per_s=0.5)),
        (ietf, {"ratelimit": "limit=100, remaining=40, reset=7"}, Allowance(40, 100, 7)),
        (ietf, {"ratelimit": '"burst";r=3;t=2, "daily";r=900;t=80000'}, Allowance(3, None, 2)),
        (ietf, {"ratelimit_limit": "10", "ratelimit_remaining": "9", "ratelimit_reset": "1"}, Allowance(9, 10, 1)),
        (ietf, {"x_ratelimit_limit": "60", "x_ratelimit_remaining": "0"}, Allowance(0, 60, None)),
        (
            by_names("x-rate-limit-requests-left", "x-rate-limit-requests-quota", "x-rate-limit-time-reset-ms", 0.001),
            {
                "x_rate_limit_requests_left": "4",
                "x_rate_limit_requests_quota": "450",
                "x_rate_limit_time_reset_ms": "1500",
            },
            Allowance(4, 450, 1.5),
        ),
        (ietf, {"ratelimit": "garbage", "x": "y"}, None),
        (ietf, {}, None),
        (used_of("x", 20), {"x": "nan/0"}, None),
        (steady("x"), {"x": "fast"}, None),
    ],
)
def test_limits_are_read_in_each_apis_own_words(read: Any, said: dict[str, str], allowance: Allowance | None) -> None:
    assert read(headers(**said)) == allowance


def test_a_moment_of_renewal_is_read_as_seconds_from_now() -> None:
    said = ietf(headers(x_ratelimit_remaining="1", x_ratelimit_reset=str(int(time.time()) + 30)))
    assert said is not None
    assert 28 < (said.renews_in_s or 0) <= 30


async def test_callers_are_slowed_before_they_are_refused() -> None:
    left = 6.0
    at = time.monotonic()

    def leaky(_request: Any) -> bytes:
        nonlocal left, at
        now = time.monotonic()
        left, at = min(6.0, left + 20 * (now - at)), now
        if left < 1:
            return answer(429, None, retry_after=1)
        left -= 1
        return answer(200, {}, limit=f"{6 - left:.2f}/6")

    async with client(always=leaky, quota=Quota(used_of("limit", 0.3), patience_s=5)) as (http, server):
        for _ in range(14):
            await http.send("stock", "POST", "/")
        assert len(server.heard) == 14
        assert counted("crossdock_http_slowed_seconds_total", http.adapter) > 0.1
        assert counted("crossdock_http_calls_total", http.adapter, operation="stock", result="transient") == 0


async def test_a_limit_counts_for_its_operation_alone_where_the_api_says_so() -> None:
    quota = Quota(ietf, per_operation=True, patience_s=0.1)
    used_up = answer(200, {}, ratelimit_remaining=0, ratelimit_limit=5, ratelimit_reset=30)
    async with client(used_up, quota=quota) as (http, _):
        await http.send("orders", "GET", "/")
        with pytest.raises(ThrottledError):
            await http.send("orders", "GET", "/")
        assert await http.send("stock", "GET", "/") == {}


async def test_calls_under_way_count_against_what_is_left() -> None:
    quota = Quota(ietf, patience_s=0.1)
    async with quota.turn("a", "x"), quota.turn("a", "x"):
        quota.heard("x", headers(ratelimit_remaining="1", ratelimit_limit="5", ratelimit_reset="30"))
        with pytest.raises(ThrottledError):
            async with quota.turn("a", "x"):
                pass
