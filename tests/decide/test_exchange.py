"""Prices in several currencies: compared by rates of exchange, never as figures."""

from crossdock_contracts.labels import LabelBoughtV1
from services.cli.edges.audit import failovers
from services.cli.timeline import describe
from services.hub.decision import Done, changed
from services.hub.exchange import Exchange
from services.shipping.rules import Rules
from services.verify.facts import Facts
from tests.builders import parcel
from tests.decide.dock import BOUGHT, NO, RULES
from tests.decide.test_shipping_rates import CHEAP, DEAR, MIXED, asked, offer, shopped, told


def in_dollars(*, worth: str = "", dear: int = 100) -> Rules:
    """Tables in two currencies: `cheap` asks in euros and `dear` in dollars; and perhaps what a dollar is worth."""
    bands = tuple(changed(band, amount_minor=dear) for band in DEAR.service["standard"].bands)
    service = {"standard": changed(DEAR.service["standard"], bands=bands)}
    carriers = {"cheap": CHEAP, "dear": changed(DEAR, currency="USD", service=service)}
    return changed(RULES, carriers=carriers, exchange=Exchange(currency="EUR", rates={"USD": worth} if worth else {}))


def test_prices_in_two_currencies_are_compared_by_the_rate_of_exchange_and_the_event_says_what_they_come_to() -> None:
    for worth, best in (("4.01", "cheap"), ("3.99", "dear")):  # 1.00 USD against 4.00 EUR
        dock = asked(in_dollars(worth=worth))
        assert dock.intent.adapter == best
        dock.answered(BOUGHT)
        told = {one.carrier: one for one in dock.said(LabelBoughtV1)[0].ranking}
        compared = told["dear"].compared
        assert compared is not None
        assert (compared.amount_minor, compared.currency, told["dear"].cost.currency) == (
            int(float(worth) * 100),
            "EUR",
            "USD",
        )
        assert told["cheap"].compared is None


def test_a_price_in_a_currency_without_a_rate_of_exchange_does_not_compete_and_the_event_says_so() -> None:
    dock = asked(in_dollars())
    assert dock.intent.adapter == "cheap", "though 100 is less than 400 as a figure"
    dock.answered(Done(parcel(carrier="cheap")))
    (bought,) = dock.said(LabelBoughtV1)
    assert [(one.carrier, one.cause) for one in bought.passed_over] == [("dear", "no-exchange")]
    body = bought.model_dump(mode="json")
    said = describe("shipping.evt.label-bought.v1", body)
    assert "; not compared with dear standard through dear (no exchange)" in said
    assert "failed over" not in said
    facts = Facts()
    facts.events["label-bought"] = [("m", ("main", "web:1"), body)]
    assert failovers(facts) == 0


def test_what_cannot_be_compared_sells_where_nobody_else_does() -> None:
    dock = asked(in_dollars())
    assert dock.answered(NO).intent.adapter == "dear"
    dock.answered(Done(parcel(carrier="dear")))
    (bought,) = dock.said(LabelBoughtV1)
    assert [(one.carrier, one.cause) for one in bought.passed_over] == [("cheap", "refused")]


def test_a_live_rate_competes_by_the_currency_that_it_was_told_in() -> None:
    dock = asked(changed(MIXED, exchange=Exchange(currency="EUR", rates={"USD": "0.5", "JPY": "0.006"})))
    dear = (offer("dear", 900, currency="USD"), offer("dear", 650, currency="JPY"), offer("dear", 1, currency="GBP"))
    assert dock.answered(shopped(*dear)).intent.adapter == "dear", "3.90 EUR against 4.00"
    assert told(dock) == [("dear", 650, ""), ("cheap", 400, "")]
    unlike = asked(changed(MIXED, exchange=Exchange(currency="EUR")))
    assert unlike.answered(shopped(offer("dear", 1, currency="USD"))).intent.adapter == "cheap"
