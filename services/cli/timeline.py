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
    parts = [f"{len(body['order']['lines'])} lines, {_money(totals)}{_kits(order)}"]
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
    return f"by {body['fulfilled_by']}{at}: {_pieces(body.get('lines', [])) or 'nothing'}; {body.get('detail', '')}"


def _account(body: Body) -> str:
    limit = body.get("limit_minor")
    most = "no limit" if limit is None else f"limit {limit / 100:,.2f}"
    open_ = f"{body['ordered_minor'] / 100:,.2f} ordered, {body['owed_minor'] / 100:,.2f} owed"
    return f"{body['reason']} {body.get('reference', '')}: {open_}, {most} ({body['currency']})"


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
        f"{places}{_dates(body)}; {best['points']:g} points ({why})"
        + (f"; instead of {instead}" if instead else "")
        + (f"; rules: {rules}" if rules else "")
    )


def _dates(body: Body) -> str:
    """What was promised, and what waits."""
    promised = f"; promised by {body['deliver_by'][:16]}" if body.get("deliver_by") else ""
    return promised + (f"; not there yet: {_pieces(body['waiting'])}" if body.get("waiting") else "")


def _location(body: Body) -> str:
    until = f" until {body['closed_until'][:16]}" if body.get("closed_until") else ""
    stands = f"closed{until}" if body.get("closed") else "open"
    capacity = body.get("daily_capacity")
    limit = "as many fulfilments a day as configured" if capacity is None else f"{capacity} fulfilments a day"
    why = f" ({body['reason']})" if body.get("reason") else ""
    return f"{body['location_id']} is {stands}, {limit}{why}"


def _label(body: Body) -> str:
    parcel = body["parcel"]
    instead = ", ".join(
        f"{r['carrier']} {r['service']} {_money(r['cost'])}" + (f" ({r['refused']})" if r.get("refused") else "")
        for r in body["ranking"]
        if (r["carrier"], r["service"]) != (parcel["carrier"], parcel["service"])
    )
    chosen = f"{parcel['carrier']} {parcel['service']} {_money(parcel['cost'])}, tracking {parcel['tracking_number']}"
    return chosen + (f"; instead of {instead}" if instead else "")


def _packed(body: Body) -> str:
    parcels = body.get("parcels", [])
    beside = f", in the parcel of {body['packed_with']}" if body.get("packed_with") else ""
    several = f" in {len(parcels)} parcels" if len(parcels) > 1 else ""
    return f"{body['location_id']}: {body['weight_g']} g{several}{beside}" + (
        f"; {body['detail']}" if body.get("detail") else ""
    )


def _wave(body: Body) -> str:
    positions = {member["position"] for member in body["members"]}
    left = f"; left out: {', '.join(body['left_out'])}" if body.get("left_out") else ""
    count = len(body["members"])
    return f"wave {body['wave_id']} at {body['location_id']}: {count} fulfilments in {len(positions)} parcels{left}"


def _by(name: str | None) -> str:
    return f" by {name}" if name else ""


def _step(body: Body) -> str:
    note = f": {body['note']}" if body.get("note") else ""
    return f"{body['step']} at {body['location_id']}{_by(body.get('confirmed_by'))}{note}"


def _moved(body: Body) -> str:
    lot = f" of lot {body['lot']}" if body.get("lot") else ""
    if body.get("from_condition") or body.get("to_condition"):
        way = f"from {body.get('from_condition') or 'outside'} to {body.get('to_condition') or 'outside'}"
        return f"{body['sku']} at {body['location_id']}: {body['quantity']}{lot} {way}, now {body['on_hand']} sellable"
    return f"{body['sku']} at {body['location_id']}: {body['kind']} {body['delta']:+}{lot}, now {body['on_hand']}"


def _day(body: Body) -> str:
    return body["expected_at"][:10] if body.get("expected_at") else "at no known date"


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


def _changed(body: Body) -> str:
    what = [", ".join(body.get("changes") or dict.fromkeys(part["change"] for part in body.get("results", [])))]
    what += [f"{sign}{_pieces(body[name])}" for sign, name in (("+", "added"), ("-", "removed")) if body.get(name)]
    more = body.get("amount_minor", 0)
    currency = (body.get("order") or {}).get("currency", "")
    return "; ".join([*what, *([f"{more / 100:+,.2f} {currency}"] if more else [])])


def _parts(body: Body) -> str:
    told = []
    for part in body.get("results", []):
        where = " ".join(filter(None, (part.get("fulfilment_id"), part.get("detail"))))
        told.append(f"{part['change']} {part['result']}" + (f" ({where})" if where else ""))
    return "; ".join(told)


def _amended(body: Body) -> str:
    by = f" for {body['requested_by']}" if body.get("requested_by") else ""
    return f"{_changed(body)}{by}, decided by {body.get('decided_by', 'capture')}: {_parts(body)}"


_DESCRIBE: dict[str, Callable[[Body], str]] = {
    "order-captured": _captured,
    "order-held": lambda b: f"{b['hold']['reason']}: {b['hold'].get('detail', '')}",
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
    "goods-handed-over": _handed_over,
    "customers-merged": lambda b: f"{b['merged_id']} is {b['customer_id']}: the same {b['evidence']}",
    "refund-left-to-channel": lambda b: f"{_money(b['amount'])} for {b['reason']}; the channel pays it",
    "account-changed": _account,
    "payment-failed": lambda b: f"{b['purpose']} of {_money(b['amount'])}: {b['code']} {b.get('detail', '')}",
    "stock-reserved": _promised,
    "stock-backordered": _promised,
    "stock-allocated": lambda b: f"{b['fulfilment']['location_id']}: {_pieces(b['fulfilment']['lines'])}",
    "allocation-refused": lambda b: f"{b['location_id']}: {b['reason']}",
    "reservation-released": lambda b: f"{_pieces(b['lines'])}: {b['reason']}",
    "stock-moved": _moved,
    "backorder-promised": lambda b: f"{b['quantity']} × {b['sku']} expected {_day(b)} with {b['receipt_id']}",
    "backorder-date-changed": lambda b: (
        f"{b['quantity']} × {b['sku']} expected {_day(b)}, not {b['was_expected_at'][:10]}: {b['reason']}"
    ),
    "receipt-expected": lambda b: (
        f"{b['receipt_id']}: {b['quantity']} × {b['sku']} at {b['location_id']}, {b.get('received', 0)} of them here, "
        f"expected {_day(b)}"
    ),
    "receipt-closed": lambda b: (
        f"{b['receipt_id']} closed, {b['reason']}: {b['received']} of {b['quantity']} × {b['sku']} came"
    ),
    "lot-corrected": lambda b: (
        f"{b['quantity']} × {b['sku']} at {b['location_id']} are of lot {b['to_lot']}, not {b['from_lot']}"
    ),
    "lot-recalled": lambda b: f"lot {b['lot']} of {b['sku']}: {b['reason']} {b.get('note', '')}",
    "lot-quarantined": lambda b: (
        ", ".join(f"{p['quantity']} at {p['location_id']}" for p in b["places"]) or "nothing left on sale"
    ),
    "transfer-dispatched": lambda b: (
        f"{b['transfer_id']}: {b['quantity']} × {b['sku']} on their way to {b['to_location_id']}"
    ),
    "transfer-received": lambda b: (
        f"{b['transfer_id']}: {b['quantity']} × {b['sku']} at {b['to_location_id']}, {b.get('left', 0)} on their way, "
        f"{b.get('short', 0)} short, {b.get('over', 0)} over"
    ),
    "order-routed": _routed,
    "order-unroutable": lambda b: f"{b['reason']}: {b['detail']}",
    "fulfilment-stop-requested": lambda b: f"{b['fulfilment_id']}: {_pieces(b['lines'])}",
    "cancel-decided": lambda b: f"{_pieces(b['cancelled']) or 'nothing'} cancelled, decided by {b['decided_by']}",
    "order-completed": lambda b: f"{b['shipped']} pieces shipped, {b['cancelled']} cancelled",
    "location-changed": _location,
    "fulfilment-offered": lambda b: (
        f"{b['location_id']}: {_pieces(b['lines'])}, to be answered until {b['answer_by'][:16]}"
    ),
    "fulfilment-accepted": lambda b: (
        f"{b['location_id']} takes it on{_by(b.get('accepted_by'))}"
        + (f", as {b['reference']}" if b.get("reference") else "")
        + (f", to ship {b['expected_at'][:16]}" if b.get("expected_at") else "")
    ),
    "purchase-order-issued": lambda b: (
        f"{b['location_id']}: {_pieces(b['lines'])}, to be acknowledged until {b['acknowledge_by'][:16]}"
    ),
    "supplier-invoiced": lambda b: f"{b['location_id']} asks for {_money(b['amount'])}, invoice {b['reference']}",
    "fulfilment-declined": lambda b: (
        f"{b['location_id']}: {_pieces(b['lines'])}, {b['reason']}{_by(b.get('declined_by'))} {b.get('detail', '')}"
    ),
    "pickup-ready": lambda b: (
        f"{_pieces(b['lines'])} at {b['location_id']} until {b['hold_until'][:16]}, code number {b.get('issue', 1)}"
    ),
    "pickup-reminder": lambda b: f"at {b['location_id']} until {b['hold_until'][:16]}",
    "pickup-locked": lambda b: f"at {b['location_id']} after {b['attempts']} wrong codes",
    "pickup-expired": lambda b: f"{_pieces(b['lines'])} not collected at {b['location_id']}: cancelled",
    "parcel-uncollected": lambda b: (
        f"{_pieces(b['lines'])} not collected at {b['location_id']} until {b['hold_until'][:16]}; somebody has to act"
    ),
    "label-bought": _label,
    "label-refused": lambda b: f"{b['reason']}: {b['detail']}",
    "label-delayed": lambda b: f"no carrier can be reached; it is tried again by itself: {b['detail']}",
    "label-voided": lambda b: (
        f"{b['carrier']} {b['tracking_number']}" + (f": {b['reason']}" if b.get("reason") else "")
    ),
    "fulfilment-picked": lambda b: f"{b['location_id']}: {_pieces(b['lines'])}",
    "short-picked": lambda b: f"{b['location_id']}: {_pieces(b['missing'])} not found",
    "fulfilment-at-risk": lambda b: (
        f"{b['location_id']}: to {b['stage']} by {b['due_at'][:16]}; it is {b['status']}, {b.get('detail', '')}"
    ),
    "fulfilment-packed": _packed,
    "fulfilment-stopped": lambda b: f"stopped: {_pieces(b['stopped']) or 'nothing'} {b.get('detail', '')}",
    "steps-planned": lambda b: (
        f"{b['location_id']}: " + ", ".join(f"{s['step']} before {s['before']}" for s in b["steps"])
    ),
    "wave-planned": _wave,
    "wave-released": lambda b: f"wave {b['wave_id']} at {b['location_id']}",
    "wave-closed": lambda b: f"wave {b['wave_id']} at {b['location_id']}, {len(b.get('left', []))} not picked",
    "parcel-joined": lambda b: f"{b['joined_fulfilment_id']} is in the parcel of {b['fulfilment_id']}",
    "parcel-shared": lambda b: (
        f"{b['fulfilment_id']} goes with {b['lead_fulfilment_id']}: {b['parcel']['tracking_number']}"
    ),
    "parcel-unshared": lambda b: f"{b['fulfilment_id']} gets a label of its own: {b['detail']}",
    "substitution-wanted": lambda b: (
        f"{b['location_id']}: " + ", ".join(f"{one['by']} for {one['sku']}" for one in b["lines"])
    ),
    "substitution-decided": lambda b: (
        f"{b['location_id']}: "
        + (
            ", ".join(f"{one['quantity']} × {one['by']} for {one['sku']}" for one in b["substituted"])
            or "nothing is free"
        )
    ),
    "line-substituted": lambda b: (
        f"{b['quantity']} × {b['sku']} for {b['ordered_sku']}"
        + (f", {b['reduced_minor']} minor units less" if b.get("reduced_minor") else "")
    ),
    "step-done": _step,
    "step-failed": _step,
    "step-reopened": _step,
    "task-overdue": lambda b: (
        f"{b['fulfilment_id']} at {b['location_id']} was due in queue {b['queue']} {b['due_at'][:16]}"
    ),
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
