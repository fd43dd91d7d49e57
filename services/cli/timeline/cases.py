"""Lines of a timeline about what went wrong or came back: returns, cases, claims."""

from services.cli.output import counted
from services.cli.timeline.words import Body, Lines, by, money, pieces


def _case(body: Body) -> str:
    until = f"; the carrier takes a claim until {body['claim_until'][:10]}" if body.get("claim_until") else ""
    note = f": {body['note']}" if body.get("note") else ""
    return (
        f"case {body['case_id']}: {body['fulfilment_id']} is {body['kind']}, says {body['opened_by']}{note}; "
        f"{pieces(body['lines'])}{until}"
    )


def _decided(body: Body) -> str:
    what = body["action"]
    if body.get("refund"):
        what += f" of {money(body['refund'])}"
    if body.get("replacement_id"):
        what += f" as {body['replacement_id']}"
    although = f", although there was a {body['although']} before" if body.get("although") else ""
    left = f"; {counted(body['undecided'], 'piece')} undecided" if body.get("undecided") else ""
    who = body.get("decided_by") or "somebody"
    note = f": {body['note']}" if body.get("note") else ""
    return f"case {body['case_id']}: {pieces(body['lines'])}: {what}{although}, by {who}{note}{left}"


def _turned_up(body: Body) -> str:
    decided = f"; decided before: {', '.join(body['decided'])}" if body.get("decided") else ""
    return f"case {body['case_id']}: the parcel that was {body['kind']} was delivered{decided}"


def _answered(body: Body) -> str:
    claimed, accepted = body["claimed"], {**body["claimed"], "amount_minor": body["accepted_minor"]}
    answer = f"the carrier pays {money(accepted)} of {money(claimed)}"
    return f"case {body['case_id']}: {answer if body['accepted_minor'] else 'the carrier refuses the claim'}"


def _case_closed(body: Body) -> str:
    left = f"; left: {'; '.join(body['left'])}" if body.get("left") else ""
    return f"case {body['case_id']}: closed by {body.get('closed_by') or 'somebody'}{left}"


def _inspected(body: Body) -> str:
    lines = ", ".join(
        f"{line['quantity']} × {line.get('sku') or 'line ' + line['line_id']} ({line['disposition']})"
        for line in body["lines"]
    )
    about = f"case {body['case_id']}" if body.get("case_id") else body["return_id"]
    return f"{about} at {body['location_id']}: {lines}{by(body.get('inspected_by'))}"


def _label(body: Body) -> str:
    parcel = body["parcel"]
    stands = ", ".join(f"{one['bucket']}/{one['name']}" for one in parcel.get("label", []))
    return (
        f"{body['return_id']} to {body['location_id']}: {parcel['carrier']} {parcel['service']} "
        f"{money(parcel['cost'])}, tracking {parcel['tracking_number']}" + (f", label {stands}" if stands else "")
    )


LINES: Lines = {
    "return-authorised": lambda b: f"{pieces(b['lines'])} ({b['reason']}), until {b['expires_at'][:10]}",
    "return-refused": lambda b: f"{b['reason']}: {b['detail']}",
    "return-cancelled": lambda b: f"{b['return_id']}: {b['reason']}{by(b.get('cancelled_by'))}",
    "return-label-wanted": lambda b: f"{b['return_id']}: {pieces(b['lines'])} from {b['ship_from'].get('city', '')}",
    "return-label-bought": _label,
    "return-label-refused": lambda b: f"{b['return_id']}: {b['reason']}: {b['detail']}",
    "return-label-delayed": lambda b: (
        f"{b['return_id']}: no carrier can be reached; it is tried again by itself: {b['detail']}"
    ),
    "return-tracked": lambda b: "; ".join(
        filter(None, (b["return_id"], b["tracking_number"], b["status"], b.get("code"), b.get("detail")))
    ),
    "return-label-voided": lambda b: f"{b['return_id']}: {b['carrier']} {b['tracking_number']}: {b['reason']}",
    "refund-requested": lambda b: money(b["amount"]) + (f" for case {b['case_id']}" if b.get("case_id") else ""),
    "case-opened": _case,
    "case-changed": lambda b: f"case {b['case_id']}: {b['kind']}, not {b['was']}",
    "case-decided": _decided,
    "replacement-ordered": lambda b: f"{pieces(b['lines'])} as {b['replacement_id']}",
    "case-parcel-delivered": _turned_up,
    "claim-due": lambda b: f"case {b['case_id']}: no claim yet; the carrier takes one until {b['claim_until'][:10]}",
    "claim-filed": lambda b: f"case {b['case_id']}: {money(b['amount'])} {b.get('reference', '')}",
    "claim-answered": _answered,
    "case-closed": _case_closed,
    "return-received": lambda b: f"{b['return_id']} at {b['location_id']}: {pieces(b['lines'])}",
    "return-inspected": _inspected,
}
