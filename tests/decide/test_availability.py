"""What is answered of availability."""

import pytest

from services.hub.settings import ROOT
from services.inventory.decide.answers import Availability, AvailabilityQuestion, availability
from services.inventory.rules import Rules
from services.inventory.state import LocationStock, Stock
from tests.builders import NOW
from tests.decide.ledger import Ledger
from tests.decide.shelves import rules, shelf

RULES = Rules.load(ROOT / "deploy" / "rules")


def ask(*stocks: Stock, configured: Rules = RULES, **question: object) -> list[Availability]:
    asked = AvailabilityQuestion.model_validate({"skus": [stock.sku for stock in stocks], **question})
    return availability(configured, Ledger(*stocks).states, asked, NOW)


@pytest.mark.parametrize(
    ("where", "near", "order"),
    [
        ({"country": "DE", "postcode": "10115"}, "postcode", ["BER", "ROT", "LYS"]),
        ({"country": "FR", "postcode": "69007"}, "postcode", ["LYS", "ROT", "BER"]),
        ({"country": "nl"}, "country", ["ROT", "BER", "LYS"]),
        ({"latitude": 45.7, "longitude": 4.8}, "coordinates", ["LYS", "ROT", "BER"]),
    ],
)
def test_the_nearest_locations_come_first_with_their_distance(
    where: dict[str, object], near: str, order: list[str]
) -> None:
    (found,) = ask(shelf(LYS=1, ROT=2, BER=3), **where)
    assert [place.location_id for place in found.locations] == order
    distances = [place.distance_km for place in found.locations]
    assert distances == sorted(distances, key=lambda km: km or 0)
    assert found.near == near


def test_a_distance_is_that_over_the_globe() -> None:
    (found,) = ask(shelf(BER=1, LYS=1), latitude=52.536, longitude=13.344)
    berlin, lyon = found.locations
    assert berlin.distance_km == 0.0
    assert lyon.distance_km == pytest.approx(974, abs=5)


def test_where_nothing_is_known_of_the_buyer_or_the_location_there_is_no_distance() -> None:
    (found,) = ask(shelf(BER=1, ATTIC=1), country="DE")
    assert [(place.location_id, place.distance_km is None) for place in found.locations] == [
        ("BER", False), ("ATTIC", True),
    ]  # fmt: skip
    (nowhere,) = ask(shelf(BER=1), country="XX")
    assert (nowhere.near, nowhere.locations[0].distance_km) == ("", None)


def test_a_channel_is_told_what_it_may_have_and_all_what_there_is() -> None:
    stock = Stock(sku="A", reserved=2, used={"market": 3}, locations={"BER": LocationStock(on_hand=10)})
    configured = rules(limit=[{"channel": "market", "buffer": 1, "share_percent": 40}])
    (found,) = ask(stock, configured=configured, channel="market")
    assert (found.promisable, found.for_channel) == (8, 1)
    assert ask(stock, configured=configured, channel="web")[0].for_channel == 8
    assert ask(stock, configured=configured)[0].for_channel is None
