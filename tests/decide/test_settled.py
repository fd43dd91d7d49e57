"""The audit of what is kept beside an order: each check holds over sound facts, and names what does not add up."""

from typing import Any

from services.verify.facts import Facts
from services.verify.settled import accounts_match, capacity_matches, cases_settled_once, kits_add_up

ORDER = ("main", "web:1")
FIRM = ("main", "C-1")


def on_terms(**account: Any) -> Facts:
    """A firm with one order: 500 still to ship, 300 shipped, of which 100 came back; it has paid 150."""
    facts = Facts()
    facts.payments[ORDER] = {
        "method": "terms",
        "customer_id": "C-1",
        "currency": "EUR",
        "on_account_minor": 500,
        "captures": {"web:1/1": {"amount_minor": 300, "done": True}, "web:1/2": {"amount_minor": 9, "failed": "no"}},
        "refunds": {"return:R": {"amount_minor": 100, "done": True}},
    }
    for reason, owed in (("shipped", 300), ("paid", 150), ("returned", 50)):
        entry = {"customer_id": "C-1", "currency": "EUR", "reason": reason, "owed_minor": owed}
        facts.events["account-changed"].append((reason, ("main", ""), entry))
    facts.accounts[FIRM] = {"books": {"EUR": {"ordered_minor": 500, "owed_minor": 50} | account}}
    return facts


def test_an_account_is_what_its_orders_make_less_what_was_paid() -> None:
    assert accounts_match(on_terms()).ok
    assert accounts_match(on_terms(ordered_minor=499)).violations == [
        "customer C-1 of main: 499 EUR minor units ordered, and orders make 500"
    ]
    assert accounts_match(on_terms(owed_minor=0)).violations == [
        "customer C-1 of main: 0 EUR minor units owed, and orders make 50"
    ]


def test_an_account_that_was_merged_is_held_against_the_orders_of_both() -> None:
    facts = on_terms()
    facts.accounts["main", "C-2"] = facts.accounts.pop(FIRM)
    facts.accounts[FIRM] = {"same_as": "C-2"}
    assert accounts_match(facts).ok


def test_an_order_on_terms_without_an_account_is_told() -> None:
    facts = on_terms()
    del facts.accounts[FIRM]
    assert [violation.partition(",")[0] for violation in accounts_match(facts).violations] == [
        "customer C-1 of main: no account"
    ] * 2


def test_what_counts_against_a_days_capacity_is_what_routes_have_given_it() -> None:
    facts = Facts()
    facts.routes[ORDER] = {
        "shares": [{"location_id": "BER", "counted": "2026-03-02.0"}, {"location_id": "ROT", "counted": ""}]
    }
    for count in (1, 2):  # of routes that have ended nothing is left but the count
        facts.workloads["BER", "2026-03-02.0"] = count
        assert capacity_matches(facts).ok
    facts.workloads["BER", "2026-03-02.0"] = 0
    assert capacity_matches(facts).violations == ["BER on 2026-03-02.0: 0 fulfilments counted, and routes make 1"]


def test_the_components_of_a_kit_come_to_what_it_was_sold_for() -> None:
    parts = [
        {"line_id": f"1.{n}", "kit_line_id": "1", "total_minor": 50, "paid_minor": minor}
        for n, minor in ((1, 60), (2, 59))
    ]
    order = {"kits": [{"line_id": "1", "total_minor": 100, "paid_minor": 119}], "lines": parts}
    facts = Facts()
    facts.events["order-captured"].append(("m", ORDER, {"order": order}))
    assert kits_add_up(facts).ok
    parts[0]["paid_minor"] = 61
    assert kits_add_up(facts).violations == [
        "order web:1 of main: kit 1 has paid_minor 119, and its components make 120"
    ]


def decided(action: str, *, although: str = "") -> tuple[str, tuple[str, str], dict[str, Any]]:
    lines = [{"line_id": "1", "quantity": 2}]
    return action, ORDER, {"case_id": "1", "action": action, "lines": lines, "although": although}


def test_no_piece_of_a_case_is_settled_twice_unknowingly() -> None:
    facts = Facts()
    facts.events["case-opened"].append(("o", ORDER, {"case_id": "1", "lines": [{"line_id": "1", "quantity": 2}]}))
    facts.events["case-decided"] += [decided("reship"), decided("refund", although="reship")]
    assert cases_settled_once(facts).ok
    facts.events["case-decided"].append(decided("refund"))
    assert cases_settled_once(facts).violations == [
        "order web:1 of main: 4 pieces of line 1 were settled by case 1, which is about 2"
    ]


def test_a_replacement_that_was_never_captured_is_told() -> None:
    facts = Facts()
    facts.events["replacement-ordered"].append(("r", ORDER, {"replacement_id": "web:1~1"}))
    assert cases_settled_once(facts).violations == ["order web:1 of main: replacement web:1~1 was never captured"]
    facts.captured_at["main", "web:1~1"] = "2026-03-02T09:30:00Z"
    assert cases_settled_once(facts).ok
