"""Accounts with carriers: configured in carriers.toml, with their secrets elsewhere."""

from pathlib import Path
from typing import Any

import pytest

from services.hub.effects import TransientError
from services.hub.secrets import Secrets
from services.hub.settings import ROOT, Settings
from services.hub.toml import RulesError, load_toml
from services.routing import rules as routing
from services.routing.rules import CarriersFile as RoutingsPart
from services.shipping import app
from services.shipping.carriers import GetRates, accounts
from services.shipping.carriers.karrio import library
from services.shipping.rules.carriers import Account, CarriersFile
from tests.adapters.outside import answer, outside
from tests.adapters.parcels import WAREHOUSE
from tests.builders import BERLIN

TOML = """
[rates]
deadline_s = 1.5

[account.ep]
kind = "easypost"
names = { usps = "USPS" }

[carrier.usps]
adapter = "ep"
currency = "USD"
rates = "live"

[carrier.usps.service.GroundAdvantage]
transit_days = 4
bands = [{ up_to_g = 31750, amount_minor = 1200 }]
"""
ASK = GetRates(ship_from=WAREHOUSE, ship_to=BERLIN, weight_g=1200, carriers=("usps",))


def carriers(folder: Path, *, more: str = TOML) -> Path:
    for file in (ROOT / "deploy" / "rules").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "carriers.toml").write_text((folder / "carriers.toml").read_text() + more)
    return folder


def test_what_is_configured_is_read_by_shipping_and_left_alone_by_routing(tmp_path: Path) -> None:
    rules = carriers(tmp_path)
    told = load_toml(rules / "carriers.toml", CarriersFile)
    assert (told.account["ep"].kind, told.rates.deadline_s, told.carrier["usps"].rates) == ("easypost", 1.5, "live")
    assert "usps" in routing.Rules.load(rules).carriers


async def test_an_account_is_an_adapter_that_is_asked_for_rates_within_limits_of_its_own(tmp_path: Path) -> None:
    hub = app.service(Settings(rules_dir=carriers(tmp_path), _env_file=None))
    assert {"table", "sandbox", "ep", "ep-rates", "rate-shop"} <= hub.effects._adapters.keys()
    assert hub.effects._adapters["ep-rates"][1].timeout_s == 1.5
    await hub.effects.close()


def test_without_live_rates_nobody_is_asked(tmp_path: Path) -> None:
    hub = app.service(Settings(rules_dir=carriers(tmp_path, more=""), _env_file=None))
    assert hub.effects._adapters.keys() == {"table", "sandbox"}


async def test_a_key_is_read_from_its_file_and_a_missing_one_keeps_nothing_else_from_running(tmp_path: Path) -> None:
    async with outside(always=answer(200, {"id": "shp_1", "rates": []})) as server:
        account = Account(kind="easypost", url=f"{server.url}/v2")
        adapter: Any = accounts.adapter("ep", account, Secrets(tmp_path))
        with pytest.raises(TransientError, match=r"carrier\.ep\.key"):
            await adapter.call("rate", "r", ASK)
        assert server.called == []
        (tmp_path / "carrier.ep.key").write_text("EZTK1\n")
        secrets: Any = accounts.adapter("ep", account, Secrets(tmp_path))
        await secrets.call("rate", "r", ASK)
        assert server.heard[0].headers["authorization"].startswith("Basic ")
        await adapter.close()
        await secrets.close()


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (Account(kind="ups"), "account_number missing"),
        (Account(kind="usps", settings={"account_number": "1", "CRID": "2"}), "MID missing"),
        (Account(kind="ups", settings={"account_number": "1", "client_secret": "x"}), "client_secret is a secret"),
    ],
)
def test_an_account_that_cannot_work_is_refused_at_the_start(account: Account, why: str) -> None:
    with pytest.raises(RulesError, match=why):
        accounts.adapter("main", account, Secrets(None))


def test_an_account_whose_library_is_not_installed_says_what_to_do() -> None:
    with pytest.raises(RulesError, match=r"pip install 'crossdock\[carriers\]'"):
        library.check("no_such_carrier")


def test_limits_are_the_accounts_own() -> None:
    limits = accounts.limits(Account(kind="easypost", concurrency=8, timeout_s=12.5, rate_per_s=4, attempts=2))
    assert (limits.concurrency, limits.timeout_s, limits.rate_per_s, limits.attempts) == (8, 12.5, 4, 2)


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    rules = carriers(tmp_path, more=TOML.replace('kind = "easypost"', 'kind = "pigeon"'))
    with pytest.raises(RulesError, match=r"account\.ep\.kind: Input should be .*'easypost'"):
        load_toml(rules / "carriers.toml", CarriersFile)


def test_routing_and_shipping_read_the_same_file(tmp_path: Path) -> None:
    rules = carriers(tmp_path)
    assert "usps" in load_toml(rules / "carriers.toml", RoutingsPart).carrier
    assert "usps" in load_toml(rules / "carriers.toml", CarriersFile).carrier
