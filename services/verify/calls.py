"""Checks of calls to the outside: none is left open of which nobody will ever hear."""

from collections.abc import Iterator

from services.verify.check import Check, order_name
from services.verify.facts import Body, Facts, OrderKey

_NO_LABEL = "no-label"


def calls_seen_through(facts: Facts) -> Check:
    """A call that was begun is under way, parked, among the dead letters, or a hold tells that somebody has to look.

    And the other way round: a fulfilment of which nothing can tell whether its label was bought has such a hold.
    """
    check = Check("every-call-is-seen-through")
    for service, key, about, intent in _begun(facts):
        check.checked += 1
        if (service, key) in facts.to_come or any(name.startswith(f"{service}-") for name in facts.open_consumers):
            continue
        shipment = facts.shipments.get(key, {}).get(about, {}) if service == "shipping" else {}
        if shipment.get("unsettled") == intent["key"]:
            if not _is_told(facts, key, about):
                check.violations.append(
                    f"{order_name(key)}: whether {intent['key']} was done at {intent['adapter']} is not known, and no "
                    f"hold tells of it; look there, and say it with crossdock warehouse settle-label"
                )
            continue
        check.violations.append(
            f"{order_name(key)}: {intent['operation']} at {intent['adapter']} under {intent['key']} was begun at "
            f"{intent['opened_at']}, and nothing is going to hear how it ended"
        )
    return check


def _begun(facts: Facts) -> Iterator[tuple[str, OrderKey, str, Body]]:
    """Calls that documents have open: service, order, fulfilment or what else it is about, intent."""
    for key, shipments in facts.shipments.items():
        for name, shipment in shipments.items():
            if shipment.get("intent"):
                yield "shipping", key, name, shipment["intent"]
    for key, payment in facts.payments.items():
        for name, intent in payment.get("intents", {}).items():
            yield "payments", key, name, intent
    for (key, name), telling in facts.tellings.items():
        if telling.get("intent"):
            yield "capture", key, name, telling["intent"]


def _is_told(facts: Facts, key: OrderKey, fulfilment_id: str) -> bool:
    holds = facts.orders.get(key, {}).get("holds", [])
    return any(hold["reason"] == _NO_LABEL and hold.get("about") in ("", fulfilment_id) for hold in holds)
