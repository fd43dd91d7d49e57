"""What is told of a refusal: without the secrets that the request bore, wherever it bore them."""

from typing import Any

import httpx
import pytest

from services.hub.refusal import without_secrets


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": {"Authorization": "Bearer hush-hush"}},
        {"params": {"app_secret": "hush-hush"}},
        {"data": {"grant_type": "refresh_token", "refresh_token": "hush-hush"}},
        {"json": {"grant_type": "refresh_token", "client_secret": "hush-hush"}},
        {"json": ["hush-hush"], "headers": {"x-api-key": "hush-hush"}},
    ],
)
def test_a_secret_that_an_api_repeats_is_not_told(request_: dict[str, Any]) -> None:
    request = httpx.Request("POST", "https://api.example.com/token", **request_)
    assert without_secrets("no such token: hush-hush", request) == "no such token: [secret]"


def test_what_is_no_secret_stays() -> None:
    request = httpx.Request("POST", "https://api.example.com/x", json={"token": "short", "note": "a longer text"})
    assert without_secrets("short: a longer text", request) == "short: a longer text"
