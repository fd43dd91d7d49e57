"""Addresses: a carrier is asked, once about each of an order, whether it can deliver there; its answer is advice."""

from datetime import datetime

from crossdock_contracts.addresses import AddressCheckedV1, AddressCheckWantedV1
from services.hub.decision import Decision, Done, Intent, Outcome, States, changed
from services.shipping.carriers import AddressChecked, ValidateAddress
from services.shipping.rules import Rules
from services.shipping.state_address import AddressCheck


def check(rules: Rules, states: States, message: AddressCheckWantedV1, now: datetime) -> Decision:
    """Ask the account that checks addresses in this country."""
    known = states.get(AddressCheck, message.owner, message.order_id)
    if known is not None and message.attempt < known.attempt:  # it goes elsewhere by now
        return Decision.nothing()
    known = None if known is not None and known.attempt < message.attempt else known
    if known is not None and known.intent is None:
        return Decision.nothing()
    account = _account(rules, message)
    if account is None:
        said = f"no account of carriers.toml checks addresses in {message.ship_to.country or 'no country'}"
        return _told(message, "", said, now)
    key = f"address:{message.owner}/{message.order_id}" + (f":{message.attempt}" if message.attempt > 1 else "")
    request = ValidateAddress(address=message.ship_to)
    intent = Intent(account, "validate", key, request, resumed=known is not None)
    about = {"owner": message.owner, "order_id": message.order_id, "attempt": message.attempt}
    return Decision(writes=[known or AddressCheck(**about, intent=intent.record(now))], intent=intent)


def _account(rules: Rules, message: AddressCheckWantedV1) -> str | None:
    """The account that names the country, else one that checks all of them."""
    asked = (message.ship_to.country, "*")
    return next((name for one in asked for name, account in rules.accounts.items() if one in account.validates), None)


def settle_check(states: States, message: AddressCheckWantedV1, outcome: Outcome, now: datetime) -> Decision:
    """What the carrier says; where it says nothing, the order goes on unchecked."""
    known = states.get(AddressCheck, message.owner, message.order_id)
    if known is None or known.intent is None or known.attempt != message.attempt:
        return Decision.nothing()
    account = known.intent.adapter
    answer = outcome.response if isinstance(outcome, Done) else None
    if not isinstance(answer, AddressChecked):
        detail = " ".join(filter(None, (getattr(outcome, "code", ""), getattr(outcome, "detail", ""))))
        return _told(message, account, detail or f"{account} answered with something else", now)
    said = AddressCheckedV1(
        owner=message.owner,
        order_id=message.order_id,
        ship_to=message.ship_to,
        result="deliverable" if answer.deliverable else "undeliverable",
        account=account,
        detail="; ".join(answer.problems)[:1000],
        suggestion=answer.address,
        checked_at=now,
        attempt=message.attempt,
    )
    return Decision(writes=[changed(known, intent=None)], events=[said])


def _told(message: AddressCheckWantedV1, account: str, detail: str, now: datetime) -> Decision:
    said = AddressCheckedV1(
        owner=message.owner,
        order_id=message.order_id,
        ship_to=message.ship_to,
        result="unchecked",
        account=account,
        detail=detail[:1000],
        checked_at=now,
        attempt=message.attempt,
    )
    about = {"owner": message.owner, "order_id": message.order_id, "attempt": message.attempt}
    return Decision(writes=[AddressCheck(**about)], events=[said])
