"""What `crossdock channels list` and `doctor` say of web APIs and accounts with carriers, without a hub."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import output
from services.cli.channels import app
from services.cli.doctor import prices, rules, secrets
from services.hub.settings import settings
from tests.flow.house import rules_in

EBAY = """
[auctions]
format = "ebay"
[auctions.api]
url = "https://api.ebay.com"
account = { marketplace = "EBAY_DE" }
poll_minutes = 0
tell = ["ship"]
"""
UPS = '[account.ups-eu]\nkind = "ups"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Rules that are whole."""
    monkeypatch.setenv("CROSSDOCK_RULES_DIR", str(rules_in(tmp_path)))
    monkeypatch.setenv("CROSSDOCK_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("CROSSDOCK_NATS_URL", "nats://127.0.0.1:9")
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def channels(folder: Path, text: str) -> None:
    next(folder.rglob("channels.toml")).write_text(text)


def test_the_list_says_what_goes_over_a_web_api(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output.console, "width", 240)
    channels(folder, EBAY + '[shop]\nformat = "etsy"\n[web]\nformat = "native"\n')
    said = CliRunner().invoke(app, ["list"]).stdout
    table = [[cell.strip() for cell in line.split("│")] for line in said.splitlines() if "│" in line]
    rows = {row[1]: row[3:5] for row in table}
    assert rows["auctions"] == ["ebay", "stock, ship"]
    assert (rows["shop"], rows["web"]) == (["etsy", "not set up"], ["native", ""])


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('[till]\nformat = "square"\n[till.api]\nurl = "https://x"\n', "till.api.account.location: it is missing"),
        ('[live]\nformat = "tiktok"\n[live.api]\nurl = "https://x"\n', "live.api.account.cipher: it is missing"),
        ('[web]\nformat = "native"\n[web.api]\nurl = "https://x"\n', "the format native has no web API"),
        ('[till]\nformat = "native"\nlocation = "LOM"\n', "till: 'LOM' is no location of locations.toml; known: "),
        ('[till]\nformat = "square"\nlocations = { L1 = "LOM" }\n', "till: 'LOM' is no location of locations.toml"),
        (EBAY.replace("EBAY_DE", "EBAY-DE"), "auctions.api.account.marketplace: it may be EBAY_AT"),
        (EBAY, ""),
    ],
)
def test_a_web_api_that_is_not_configured_whole_is_wrong(folder: Path, text: str, wrong: str) -> None:
    channels(folder, text)
    ((ok, detail),) = [(ok, detail) for name, ok, detail in rules(settings()) if name == "rules: channels"]
    assert (ok, wrong in detail) == (not wrong, True)


def test_doctor_names_each_secret_that_is_missing(folder: Path) -> None:
    channels(folder, EBAY)
    (folder / "channel.auctions.client-secret").write_text("x")
    ((name, ok, detail),) = secrets(settings())
    assert (name, ok) == ("secrets: auctions", False)
    assert "no secret channel.auctions.client-id is set" in detail
    assert "no secret channel.auctions.refresh-token is set" in detail
    (folder / "channel.auctions.client-id").write_text("x")
    (folder / "channel.auctions.refresh-token").write_text("x")
    assert secrets(settings()) == [("secrets: auctions", True, "https://api.ebay.com")]


def carriers(folder: Path, text: str) -> None:
    file = next(folder.rglob("carriers.toml"))
    file.write_text(file.read_text() + text)


def test_doctor_names_the_secrets_that_an_account_with_a_carrier_needs(folder: Path) -> None:
    channels(folder, "")
    carriers(folder, f'[account.easy]\nkind = "easypost"\n{UPS}settings = {{ account_number = "A" }}\n')
    (folder / "carrier.ups-eu.client_id").write_text("x")
    found = {name: (ok, detail) for name, ok, detail in secrets(settings())}
    assert "no secret carrier.easy.key is set: write it to" in found["secrets: easy"][1]
    assert found["secrets: ups-eu"][1].count("no secret") == 1
    assert "no secret carrier.ups-eu.client_secret is set" in found["secrets: ups-eu"][1]
    (folder / "carrier.easy.key").write_text("x")
    (folder / "carrier.ups-eu.client_secret").write_text("x")
    assert secrets(settings()) == [("secrets: easy", True, "easypost"), ("secrets: ups-eu", True, "ups")]


def test_an_account_with_a_carrier_that_is_not_configured_whole_is_wrong(folder: Path) -> None:
    carriers(folder, UPS)
    ((ok, detail),) = [(ok, detail) for name, ok, detail in rules(settings()) if name == "rules: shipping"]
    assert not ok
    assert "account.ups-eu.settings: account_number missing" in detail


def test_doctor_names_carriers_whose_prices_nothing_compares_and_the_hub_starts_all_the_same(folder: Path) -> None:
    assert prices(settings()) == [("rules: prices", True, "compared in EUR")]
    service = "[carrier.far.service.x]\ntransit_days = 1\nbands = [{ up_to_g = 1000, amount_minor = 1 }]\n"
    carriers(folder, f'[carrier.far]\nadapter = "table"\ncurrency = "USD"\n{service}')
    ((_, ok, detail),) = prices(settings())
    assert (ok, "far asks in USD" in detail, "no rate to EUR" in detail) == (False, True, True)
    assert all(ok for _, ok, _ in rules(settings()))  # which `crossdock up` goes by
    carriers(folder, "[exchange]\nrates = { USD = 0.92 }\n")
    assert prices(settings()) == [("rules: prices", True, "compared in EUR")]
