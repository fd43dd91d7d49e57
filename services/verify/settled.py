"""Checks of what is kept beside an order: accounts of customers on terms, capacity, kits, parcel cases."""

from collections import Counter, defaultdict
from itertools import pairwise

from services.verify.check import Check, order_name
from services.verify.facts import Body, Facts, OrderKey

_Book = tuple[str, str, str]
"""Owner, customer, currency."""
_OF_KITS = ("total_minor", "discount_minor", "tax_minor", "paid_minor")


def accounts_match(facts: Facts) -> Check:
    """A customer on terms has open what their orders make, less what they have paid."""
    check = Check("accounts-match-their-orders")
    if facts.open_consumers or facts.parked:
        return check
    ordered, owed = _by_orders(facts)
    owed.subtract(_paid(facts))
    for (owner, customer), account in facts.accounts.items():
        for currency, book in account.get("books", {}).items():
            check.checked += 1
            key = (owner, customer, currency)
            for what, sum_ in (("ordered", ordered.pop(key, 0)), ("owed", owed.pop(key, 0))):
                says = book.get(f"{what}_minor", 0)
                if says != sum_:
                    check.violations.append(
                        f"customer {customer} of {owner}: {says} {currency} minor units {what}, and orders make {sum_}"
                    )
    for what, left in (("ordered", ordered), ("owed", owed)):
        check.violations += [
            f"customer {customer} of {owner}: no account, and orders make {sum_} {currency} minor units {what}"
            for (owner, customer, currency), sum_ in left.items()
            if sum_
        ]
    return check


def _by_orders(facts: Facts) -> tuple[Counter[_Book], Counter[_Book]]:
    """What orders on terms make: ordered, and owed."""
    ordered: Counter[_Book] = Counter()
    owed: Counter[_Book] = Counter()
    for (owner, _), payment in facts.payments.items():
        if payment.get("method", "prepaid") != "terms" or not payment.get("customer_id"):
            continue
        key = (owner, _today(facts, owner, payment["customer_id"]), payment.get("currency", ""))
        ordered[key] += payment.get("on_account_minor", 0)
        owed[key] += _done(payment, "captures") - _done(payment, "refunds")
    return ordered, owed


def _done(payment: Body, movements: str) -> int:
    return sum(one["amount_minor"] for one in payment.get(movements, {}).values() if one.get("done"))


def _paid(facts: Facts) -> Counter[_Book]:
    """What customers have paid, as the entries of their accounts say."""
    entries: dict[_Book, list[Body]] = defaultdict(list)
    for _, (owner, _), body in facts.events.get("account-changed", []):
        entries[owner, body["customer_id"], body["currency"]].append(body)
    paid: Counter[_Book] = Counter()
    for (owner, customer, currency), said in entries.items():
        key = (owner, _today(facts, owner, customer), currency)
        for before, entry in pairwise([{"owed_minor": 0}, *said]):
            if entry["reason"] == "paid":
                paid[key] += before["owed_minor"] - entry["owed_minor"]
    return paid


def _today(facts: Facts, owner: str, customer: str) -> str:
    """The customer that an id stands for since merges."""
    while same := facts.accounts.get((owner, customer), {}).get("same_as", ""):
        customer = same
    return customer


def capacity_matches(facts: Facts) -> Check:
    """What routes have given a location counts against its day; of a route that has ended, the day alone knows."""
    check = Check("capacity-matches-routes")
    if facts.open_consumers or facts.parked:
        return check
    counted: Counter[tuple[str, str]] = Counter()
    for route in facts.routes.values():
        for share in route.get("shares", []):
            if share.get("counted"):
                counted[share["location_id"], share["counted"]] += 1
    for key in {*facts.workloads, *counted}:
        check.checked += 1
        says, sum_ = facts.workloads.get(key, 0), counted[key]
        if says < sum_:
            location, day = key
            check.violations.append(f"{location} on {day}: {says} fulfilments counted, and routes make {sum_}")
    return check


def kits_add_up(facts: Facts) -> Check:
    """The components of a kit come to what the kit was sold for, to the minor unit."""
    check = Check("kits-add-up")
    for _, key, body in facts.events.get("order-captured", []):
        for kit in body["order"].get("kits", []):
            check.checked += 1
            parts = [line for line in body["order"]["lines"] if line.get("kit_line_id") == kit["line_id"]]
            for amount in _OF_KITS:
                says, sum_ = kit.get(amount, 0), sum(part.get(amount, 0) for part in parts)
                if says != sum_:
                    check.violations.append(
                        f"{order_name(key)}: kit {kit['line_id']} has {amount} {says}, and its components make {sum_}"
                    )
    return check


def cases_settled_once(facts: Facts) -> Check:
    """No piece of a case is settled twice unknowingly, and each replacement is an order of its own."""
    check = Check("cases-are-settled-once")
    decided: Counter[tuple[OrderKey, str, str]] = Counter()
    for _, key, body in facts.events.get("case-decided", []):
        for line in body["lines"]:
            check.checked += 1
            decided[key, body["case_id"], line["line_id"]] += 0 if body.get("although") else line["quantity"]
    in_case: Counter[tuple[OrderKey, str, str]] = Counter()
    for _, key, body in facts.events.get("case-opened", []):
        for line in body["lines"]:
            in_case[key, body["case_id"], line["line_id"]] += line["quantity"]
    for (key, case, line_id), pieces in decided.items():
        if pieces > in_case[key, case, line_id]:
            check.violations.append(
                f"{order_name(key)}: {pieces} pieces of line {line_id} were settled by case {case}, which is about "
                f"{in_case[key, case, line_id]}"
            )
    for _, (owner, order_id), body in facts.events.get("replacement-ordered", []):
        check.checked += 1
        key = (owner, body["replacement_id"])
        if key not in facts.captured_at and not facts.open_consumers and not facts.parked:
            check.violations.append(f"{order_name((owner, order_id))}: replacement {key[1]} was never captured")
    return check
