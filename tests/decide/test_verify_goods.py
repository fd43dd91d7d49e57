"""The audit of conditions, lots and receipts names what does not add up."""

from typing import Any

import pytest

from services.verify.facts import Facts
from services.verify.goods import conditions_conserved, lots_match, receipts_match

PLACE = ("main", "A", "BER")


def sound() -> Facts:
    """Five pieces on sale, two of them bound, three in quarantine, four on their way, six expected."""
    place = {"on_hand": 5, "allocated": 2, "quarantine": 3, "in_transit": 4}
    lots = {"L": {"on_hand": 4, "allocated": 2, "quarantine": 3}, "unknown": {"on_hand": 1}}
    bound = [{"fulfilment_id": "web:1/1", "location_id": "BER", "quantity": 2, "lots": {"L": 2}}]
    facts = Facts()
    facts.stocks["main", "A"] = {"sku": "A", "expected": 6, "locations": {"BER": place}}
    facts.lots[PLACE] = {"sku": "A", "location_id": "BER", "lots": lots}
    facts.reservations["main", "web:1"] = {"lines": [{"line_id": "1", "sku": "A", "quantity": 2, "bound": bound}]}
    facts.inbound["main", "A"] = {"receipts": {"PO": {"quantity": 8, "received": 2}}}
    facts.conditions[PLACE, "quarantine"] = 3
    facts.conditions[PLACE, "in-transit"] = 4
    facts.transfers["main", "T-1", "A"] = {"to_location_id": "BER", "left": 4}
    return facts


CHECKS = (conditions_conserved, lots_match, receipts_match)


def test_what_adds_up_is_no_violation():
    for check in CHECKS:
        assert check(sound()).ok
        assert check(sound()).checked == 1


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: f.stocks["main", "A"]["locations"]["BER"].update(quarantine=2), "its ledger makes 3"),
        (lambda f: f.stocks["main", "A"]["locations"]["BER"].update(damaged=1), "its ledger makes 0"),
        (lambda f: f.transfers.clear(), "transfers have sent 0"),
        (lambda f: f.lots[PLACE]["lots"]["L"].update(on_hand=3), "its lots make 4"),
        (lambda f: f.lots[PLACE]["lots"]["L"].update(quarantine=0), "its lots make 0"),
        (lambda f: f.lots[PLACE]["lots"]["L"].update(allocated=1), "reservations make 2"),
        (lambda f: f.lots[PLACE]["lots"].pop("L"), "2 bound of lot L, which is not there"),
        (lambda f: f.inbound.clear(), "receipts are to bring 0"),
    ],
)
def test_what_does_not_add_up_is_named(spoil: Any, words: str):
    facts = sound()
    spoil(facts)
    violations = [violation for check in CHECKS for violation in check(facts).violations]
    assert words in " ".join(violations)
