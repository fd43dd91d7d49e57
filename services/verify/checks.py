"""The checks of an audit: each looks at the facts and names every violation."""

from collections.abc import Callable

from services.verify.calls import calls_seen_through
from services.verify.check import Check
from services.verify.facts import Facts
from services.verify.goods import conditions_conserved, lots_match, receipts_match
from services.verify.money import charged_once, money_conserved, refunded_once
from services.verify.orders import ingest_accounted, labelled_once, one_place, reserved_once
from services.verify.settled import accounts_match, capacity_matches, cases_settled_once, kits_add_up
from services.verify.stock import commitments_match, never_oversold, stock_conserved

ALL: tuple[Callable[[Facts], Check], ...] = (
    ingest_accounted,
    one_place,
    stock_conserved,
    commitments_match,
    never_oversold,
    conditions_conserved,
    lots_match,
    receipts_match,
    reserved_once,
    charged_once,
    refunded_once,
    labelled_once,
    money_conserved,
    accounts_match,
    capacity_matches,
    kits_add_up,
    cases_settled_once,
    calls_seen_through,
)
"""Every check."""


def audit(facts: Facts) -> list[Check]:
    """All checks over the same facts."""
    return [check(facts) for check in ALL]
