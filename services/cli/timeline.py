"""What an event decided, in one line."""

from collections.abc import Callable
from typing import Any

Body = dict[str, Any]


def _pieces(lines: list[Body]) -> str:
    return ", ".join(f"{line['quantity']} × {line.get('sku') or 'line ' + line['line_id']}" for line in lines)


def _money(money: Body) -> str:
    return f"{money['amount_minor'] / 100:,.2f} {money['currency']}"


def _kits(order: Body) -> str:
    return "".join(
        f"; kit {kit['sku']} × {kit['quantity']} (line {kit['line_id']}) as "
        + _pieces([line for line in order["lines"] if line.get("kit_line_id") == kit["line_id"]])
        for kit in order.get("kits", [])
    )


def _captured(body: Body) -> str:
    order = body["order"]
    holds = "; ".join(f"held for {h['reason']}: {h.get('detail', '')}" for h in body.get("holds", []))
    totals = {"amount_minor": order["totals"]["total_minor"], "currency": order["currency"]}
    again = f"; sends goods of {order['replaces']} once more" if order.get("replaces") else ""
    return f"{len(order['lines'])} lines, {_money(totals)}{_kits(order)}{again}" + (f"; {holds}" if holds else "")


def _released(body: Body) -> str:
    why = ", ".join(hold["reason"] for hold in body["closed"])
    return f"by {body.get('released_by') or 'somebody'}: {why}{_kits(body['order'])}"


def _wanted(body: Body) -> str:
    listing = f"listing {body['wanted']} of {body['channel']}" if body.get("channel") else f"SKU {body['wanted']}"
    return listing + (f", which is mapped to {body['stands_for']}" if body.get("stands_for") else "")


def _promised(body: Body) -> str:
    short = sum(line.get("backordered", 0) for line in body["lines"])
    return _pieces(body["lines"]) + (f"; {short} not there yet" if short else "")


def _routed(body: Body) -> str:
    places = "; ".join(f"{f['location_id']}: {_pieces(f['lines'])}" for f in body["fulfilments"])
    best, *others = body["ranking"]
    why = ", ".join(f"{name} {points:g}" for name, points in best.get("parts", {}).items())
    instead = ", ".join(f"{'+'.join(plan['shares'])} {plan['points']:g}" for plan in others)
    rules = ", ".join(
        sorted({f"{rule['rule']} ({rule['location_id']} {rule['effect']})" for rule in body.get("rules", [])})
    )
    return (
        f"{places}; {best['points']:g} points ({why})"
        + (f"; instead of {instead}" if instead else "")
        + (f"; rules: {rules}" if rules else "")
    )


def _label(body: Body) -> str:
    parcel = body["parcel"]
    instead = ", ".join(
        f"{r['carrier']} {r['service']} {_money(r['cost'])}" + (f" ({r['refused']})" if r.get("refused") else "")
        for r in body["ranking"]
        if (r["carrier"], r["service"]) != (parcel["carrier"], parcel["service"])
    )
    chosen = f"{parcel['carrier']} {parcel['service']} {_money(parcel['cost'])}, tracking {parcel['tracking_number']}"
    return chosen + (f"; instead of {instead}" if instead else "")


def _cancelled(body: Body) -> str:
    kept = f"; kept: {_pieces(body['kept'])}" if body.get("kept") else ""
    return f"{_pieces(body['lines'])} for {body['reason']}, decided by {body['decided_by']}{kept}"


def _case(body: Body) -> str:
    until = f"; the carrier takes a claim until {body['claim_until'][:10]}" if body.get("claim_until") else ""
    note = f": {body['note']}" if body.get("note") else ""
    return (
        f"case {body['case_id']}: {body['fulfilment_id']} is {body['kind']}, says {body['opened_by']}{note}; "
        f"{_pieces(body['lines'])}{until}"
    )


def _decided(body: Body) -> str:
    what = body["action"]
    if body.get("refund"):
        what += f" of {_money(body['refund'])}"
    if body.get("replacement_id"):
        what += f" as {body['replacement_id']}"
    although = f", although there was a {body['although']} before" if body.get("although") else ""
    left = f"; {body['undecided']} pieces undecided" if body.get("undecided") else ""
    by = body.get("decided_by") or "somebody"
    note = f": {body['note']}" if body.get("note") else ""
    return f"case {body['case_id']}: {_pieces(body['lines'])}: {what}{although}, by {by}{note}{left}"


def _turned_up(body: Body) -> str:
    decided = f"; decided before: {', '.join(body['decided'])}" if body.get("decided") else ""
    return f"case {body['case_id']}: the parcel that was {body['kind']} was delivered{decided}"


def _answered(body: Body) -> str:
    claimed, accepted = body["claimed"], {**body["claimed"], "amount_minor": body["accepted_minor"]}
    answer = f"the carrier pays {_money(accepted)} of {_money(claimed)}"
    return f"case {body['case_id']}: {answer if body['accepted_minor'] else 'the carrier refuses the claim'}"


def _case_closed(body: Body) -> str:
    left = f"; left: {'; '.join(body['left'])}" if body.get("left") else ""
    return f"case {body['case_id']}: closed by {body.get('closed_by') or 'somebody'}{left}"


_DESCRIBE: dict[str, Callable[[Body], str]] = {
    "order-captured": _captured,
    "order-held": lambda b: f"{b['hold']['reason']}: {b['hold'].get('detail', '')}",
    "order-released": _released,
    "mapping-missed": lambda b: f"nothing is known of {_wanted(b)}",
    "order-mappable": lambda b: f"more is known of {_wanted(b)}",
    "order-rejected": lambda b: f"{b['reason']} by {b.get('rejected_by') or 'somebody'}",
    "order-cancelled": _cancelled,
    "cancel-requested": lambda b: (
        f"{_pieces(b.get('lines', [])) or 'everything'} for {b['reason']}; routing has the say"
    ),
    "cancel-refused": lambda b: f"{b['reason']}: {b.get('detail', '')}",
    "submission-ignored": lambda b: f"{b['reason']} {b.get('detail', '')}",
    "payment-authorised": lambda b: f"{_money(b['amount'])} by {b['method']} {b.get('authorisation_id', '')}",
    "payment-declined": lambda b: f"{b['gateway']}: {b['code']} {b.get('detail', '')}",
    "payment-captured": lambda b: f"{_money(b['amount'])} for {b['fulfilment_id']}",
    "payment-voided": lambda b: _money(b["amount"]),
    "payment-refunded": lambda b: f"{_money(b['amount'])} for {b['reason']}",
    "payment-failed": lambda b: f"{b['purpose']} of {_money(b['amount'])}: {b['code']} {b.get('detail', '')}",
    "stock-reserved": _promised,
    "stock-backordered": _promised,
    "stock-allocated": lambda b: f"{b['fulfilment']['location_id']}: {_pieces(b['fulfilment']['lines'])}",
    "allocation-refused": lambda b: f"{b['location_id']}: {b['reason']}",
    "reservation-released": lambda b: f"{_pieces(b['lines'])}: {b['reason']}",
    "stock-moved": lambda b: f"{b['sku']} at {b['location_id']}: {b['kind']} {b['delta']:+}, now {b['on_hand']}",
    "order-routed": _routed,
    "order-unroutable": lambda b: f"{b['reason']}: {b['detail']}",
    "fulfilment-stop-requested": lambda b: f"{b['fulfilment_id']}: {_pieces(b['lines'])}",
    "cancel-decided": lambda b: f"{_pieces(b['cancelled']) or 'nothing'} cancelled, decided by {b['decided_by']}",
    "order-completed": lambda b: f"{b['shipped']} pieces shipped, {b['cancelled']} cancelled",
    "label-bought": _label,
    "label-refused": lambda b: f"{b['reason']}: {b['detail']}",
    "label-voided": lambda b: f"{b['carrier']} {b['tracking_number']}",
    "fulfilment-picked": lambda b: f"{b['location_id']}: {_pieces(b['lines'])}",
    "short-picked": lambda b: f"{b['location_id']}: {_pieces(b['missing'])} not found",
    "fulfilment-packed": lambda b: f"{b['location_id']}: {b['weight_g']} g",
    "fulfilment-stopped": lambda b: f"stopped: {_pieces(b['stopped']) or 'nothing'} {b.get('detail', '')}",
    "return-authorised": lambda b: f"{_pieces(b['lines'])} for {b['reason']}, until {b['expires_at'][:10]}",
    "return-refused": lambda b: f"{b['reason']}: {b['detail']}",
    "refund-requested": lambda b: _money(b["amount"]) + (f" for case {b['case_id']}" if b.get("case_id") else ""),
    "case-opened": _case,
    "case-changed": lambda b: f"case {b['case_id']}: {b['kind']}, not {b['was']}",
    "case-decided": _decided,
    "replacement-ordered": lambda b: f"{_pieces(b['lines'])} as {b['replacement_id']}",
    "case-parcel-delivered": _turned_up,
    "claim-due": lambda b: f"case {b['case_id']}: no claim yet; the carrier takes one until {b['claim_until'][:10]}",
    "claim-filed": lambda b: f"case {b['case_id']}: {_money(b['amount'])} {b.get('reference', '')}",
    "claim-answered": _answered,
    "case-closed": _case_closed,
}


def describe(type_: str, body: Body) -> str:
    """What was decided and why, by the event's type (``capture.evt.order-captured.v1``) and body."""
    name = type_.split(".")[2]
    if name == "shipment-shipped":
        parcels = body.get("parcels") or [
            {"carrier": body.get("carrier"), "tracking_number": body.get("tracking_number")}
        ]
        return f"{_pieces(body['lines'])} with " + ", ".join(f"{p['carrier']} {p['tracking_number']}" for p in parcels)
    tell = _DESCRIBE.get(name)
    if tell is not None:
        return tell(body)
    told = {
        key: value for key, value in body.items() if isinstance(value, str | int) and key not in {"owner", "order_id"}
    }
    return ", ".join(f"{key} {value}" for key, value in told.items())
