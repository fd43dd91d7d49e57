"""Lines of a timeline about orders, their buyers and their money."""

from services.cli.output import counted
from services.cli.timeline.words import Body, Lines, by, money, pieces
from services.hub.money import figure


def _kits(order: Body) -> str:
    return "".join(
        f"; kit {kit['sku']} × {kit['quantity']} (line {kit['line_id']}) as "
        + pieces([line for line in order["lines"] if line.get("kit_line_id") == kit["line_id"]])
        for kit in order.get("kits", [])
    )


def _captured(body: Body) -> str:
    order = body["order"]
    holds = "; ".join(f"held for {h['reason']}: {h.get('detail', '')}" for h in body.get("holds", []))
    totals = {"amount_minor": order["totals"]["total_minor"], "currency": order["currency"]}
    parts = [f"{counted(len(order['lines']), 'line')}, {money(totals)}{_kits(order)}"]
    if order.get("created_by"):
        parts.append(f"entered by {body['order']['created_by']}")
    if by := order.get("policy", {}).get("fulfil_by", ""):
        parts.append(f"fulfilled by {by}")
    if body.get("risk_parts"):
        why = ", ".join(f"{part['rule']} {part['points']:+}" for part in body["risk_parts"])
        parts.append(f"risk {body.get('risk_score', 0)} ({why})")
    if order.get("replaces"):
        parts.append(f"sends goods of {order['replaces']} once more")
    return "; ".join([*parts, holds] if holds else parts)


def _released(body: Body) -> str:
    why = ", ".join(hold["reason"] for hold in body["closed"])
    return f"by {body.get('released_by') or 'somebody'}: {why}{_kits(body['order'])}"


def _wanted(body: Body) -> str:
    listing = f"listing {body['wanted']} of {body['channel']}" if body.get("channel") else f"SKU {body['wanted']}"
    return listing + (f", which is mapped to {body['stands_for']}" if body.get("stands_for") else "")


def _handed_over(body: Body) -> str:
    at = f" at {body['location_id']}" if body.get("location_id") else ""
    return f"by {body['fulfilled_by']}{at}: {pieces(body.get('lines', [])) or 'nothing'}; {body.get('detail', '')}"


def _account(body: Body) -> str:
    limit = body.get("limit_minor")
    currency = body["currency"]
    most = "no limit" if limit is None else f"limit {figure(limit, currency)}"
    open_ = f"{figure(body['ordered_minor'], currency)} ordered, {figure(body['owed_minor'], currency)} owed"
    who = by(body.get("changed_by")) if body["reason"] == "paid" else ""  # a limit has it as its reference
    return f"{body['reason']} {body.get('reference', '')}{who}: {open_}, {most} ({currency})"


def _cancelled(body: Body) -> str:
    kept = f"; kept: {pieces(body['kept'])}" if body.get("kept") else ""
    return f"{pieces(body['lines'])} cancelled ({body['reason']}), decided by {body['decided_by']}{kept}"


def _cancel_asked(body: Body) -> str:
    return f"{wanted_off(body)}; routing has the say"


def wanted_off(cancel: Body) -> str:
    """What somebody wants cancelled, why, and who that is."""
    what = pieces(cancel.get("lines", [])) or "everything"
    asked = f", asked for by {cancel['requested_by']}" if cancel.get("requested_by") else ""
    return f"{what} to be cancelled ({cancel['reason']}){asked}"


def _changed(body: Body) -> str:
    what = [", ".join(body.get("changes") or dict.fromkeys(part["change"] for part in body.get("results", [])))]
    what += [f"{sign}{pieces(body[name])}" for sign, name in (("+", "added"), ("-", "removed")) if body.get(name)]
    more = body.get("amount_minor", 0)
    currency = (body.get("order") or {}).get("currency", "")
    return "; ".join([*what, *([f"{figure(more, currency, '+')} {currency}"] if more else [])])


def _parts(body: Body) -> str:
    told = []
    for part in body.get("results", []):
        where = " ".join(filter(None, (part.get("fulfilment_id"), part.get("detail"))))
        told.append(f"{part['change']} {part['result']}" + (f" ({where})" if where else ""))
    return "; ".join(told)


def _amended(body: Body) -> str:
    by = f" for {body['requested_by']}" if body.get("requested_by") else ""
    return f"{_changed(body)}{by}, decided by {body.get('decided_by', 'capture')}: {_parts(body)}"


LINES: Lines = {
    "address-check-wanted": lambda b: f"a carrier is asked whether it delivers to {b['ship_to'].get('postcode', '')}",
    "address-checked": lambda b: f"{b['result']}, says {b.get('account') or 'nobody'}: {b.get('detail', '')}".rstrip(
        ": "
    ),
    "order-captured": _captured,
    "order-fetched": lambda b: f"{b['channel']} was asked for it",
    "order-held": lambda b: f"{b['hold']['reason']}{by(b['hold'].get('opened_by'))}: {b['hold'].get('detail', '')}",
    "order-released": _released,
    "mapping-missed": lambda b: f"nothing is known of {_wanted(b)}",
    "order-mappable": lambda b: f"more is known of {_wanted(b)}",
    "order-rejected": lambda b: f"{b['reason']} by {b.get('rejected_by') or 'somebody'}",
    "order-cancelled": _cancelled,
    "order-amended": _amended,
    "amendment-requested": lambda b: f"{_changed(b)}; routing has the say",
    "amendment-received": lambda b: f"a newer copy: {b.get('detail', '')}",
    "amendment-decided": _parts,
    "amendment-refused": _parts,
    "cancel-requested": _cancel_asked,
    "cancel-refused": lambda b: f"{b['reason']}: {b.get('detail', '')}",
    "submission-ignored": lambda b: f"{b['reason']} {b.get('detail', '')}",
    "payment-authorised": lambda b: f"{money(b['amount'])} by {b['method']} {b.get('authorisation_id', '')}",
    "payment-declined": lambda b: f"{b['gateway']}: {b['code']} {b.get('detail', '')}",
    "payment-captured": lambda b: f"{money(b['amount'])} for {b['fulfilment_id']}",
    "payment-voided": lambda b: money(b["amount"]),
    "payment-refunded": lambda b: f"{money(b['amount'])} ({b['reason']})",
    "goods-handed-over": _handed_over,
    "customers-merged": lambda b: f"{b['merged_id']} is {b['customer_id']}: the same {b['evidence']}",
    "refund-left-to-channel": lambda b: f"{money(b['amount'])} ({b['reason']}); the channel pays it",
    "account-changed": _account,
    "payment-failed": lambda b: f"{b['purpose']} of {money(b['amount'])}: {b['code']} {b.get('detail', '')}",
    "cancel-decided": lambda b: f"{pieces(b['cancelled']) or 'nothing'} cancelled, decided by {b['decided_by']}",
    "order-completed": lambda b: f"{counted(b['shipped'], 'piece')} shipped, {b['cancelled']} cancelled",
}
