"""Accounts with carriers: set up in `carriers.toml`, their keys in the environment."""

from pathlib import Path

import pytest

from services.hub.toml import RulesError, load_toml
from services.routing.rules import CarriersFile as RoutingsPart
from services.shipping.carriers.accounts import Account, adapters
from services.shipping.rules import CarriersFile

TOML = """
[adapter.easypost-us]
kind = "easypost"
url = "http://127.0.0.1:9/v2"
key_env = "EASYPOST_US_KEY"
webhook_secrets_env = ["NEW_SECRET", "OLD_SECRET"]
names = { usps-us = "USPS" }
concurrency = 8
timeout_s = 12.5

[carrier.usps-us]
adapter = "easypost-us"
currency = "USD"

[carrier.usps-us.service.ground-advantage]
transit_days = 3
bands = [{ up_to_g = 30000, amount_minor = 700 }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "carriers.toml").write_text(TOML)
    return tmp_path


async def test_an_account_is_an_adapter_with_limits_of_its_own(folder: Path) -> None:
    ((adapter, limits),) = adapters(folder, {"EASYPOST_US_KEY": "EZTK1"})
    assert adapter.name == "easypost-us"
    assert (limits.concurrency, limits.timeout_s) == (8, 12.5)
    await adapter.close()  # type: ignore[attr-defined]


def test_a_key_that_is_not_set_is_named(folder: Path) -> None:
    with pytest.raises(RulesError, match=r"adapter.easypost-us: EASYPOST_US_KEY is not set"):
        adapters(folder, {})


def test_an_unknown_kind_is_named(folder: Path) -> None:
    (folder / "carriers.toml").write_text(TOML.replace('kind = "easypost"', 'kind = "pigeon"'))
    with pytest.raises(RulesError, match=r"adapter.easypost-us.kind: Input should be 'easypost'"):
        adapters(folder, {"EASYPOST_US_KEY": "EZTK1"})


def test_routing_and_shipping_read_the_same_file(folder: Path) -> None:
    assert "usps-us" in load_toml(folder / "carriers.toml", RoutingsPart).carrier
    assert "usps-us" in load_toml(folder / "carriers.toml", CarriersFile).carrier


def test_secrets_that_are_set_are_tried_in_order() -> None:
    account = Account(kind="easypost", key_env="K", webhook_secrets_env=("NEW_SECRET", "OLD_SECRET"))
    assert account.secrets({"OLD_SECRET": "old", "NEW_SECRET": "new"}) == ["new", "old"]
    assert account.secrets({"OLD_SECRET": "old"}) == ["old"]
