"""Lines of a timeline about stock."""

from services.cli.timeline.words import Body, Lines, day, pieces


def _promised(body: Body) -> str:
    short = sum(line.get("backordered", 0) for line in body["lines"])
    return pieces(body["lines"]) + (f"; {short} not there yet" if short else "")


def _moved(body: Body) -> str:
    lot = f" of lot {body['lot']}" if body.get("lot") else ""
    if body.get("from_condition") or body.get("to_condition"):
        way = f"from {body.get('from_condition') or 'outside'} to {body.get('to_condition') or 'outside'}"
        return f"{body['sku']} at {body['location_id']}: {body['quantity']}{lot} {way}, now {body['on_hand']} sellable"
    return f"{body['sku']} at {body['location_id']}: {body['kind']} {body['delta']:+}{lot}, now {body['on_hand']}"


LINES: Lines = {
    "stock-reserved": _promised,
    "stock-backordered": _promised,
    "reservation-released": lambda b: f"{pieces(b['lines'])}: {b['reason']}",
    "stock-moved": _moved,
    "backorder-promised": lambda b: f"{b['quantity']} × {b['sku']} expected {day(b)} with {b['receipt_id']}",
    "backorder-date-changed": lambda b: (
        f"{b['quantity']} × {b['sku']} expected {day(b)}, not {b['was_expected_at'][:10]}: {b['reason']}"
    ),
    "receipt-expected": lambda b: (
        f"{b['receipt_id']}: {b['quantity']} × {b['sku']} at {b['location_id']}, {b.get('received', 0)} of them here, "
        f"expected {day(b)}"
    ),
    "receipt-closed": lambda b: (
        f"{b['receipt_id']} closed, {b['reason']}: {b['received']} of {b['quantity']} × {b['sku']} came"
    ),
    "lot-corrected": lambda b: (
        f"{b['quantity']} × {b['sku']} at {b['location_id']} are of lot {b['to_lot']}, not {b['from_lot']}"
    ),
    "lot-recalled": lambda b: f"lot {b['lot']} of {b['sku']}: {b['reason']} {b.get('note', '')}",
    "recall-lifted": lambda b: f"the recall of lot {b['lot']} of {b['sku']} is lifted",
    "lot-expired": lambda b: (
        f"{b['quantity']} × {b['sku']} of lot {b['lot']} at {b['location_id']} may not be sold any more: {b['reason']}"
    ),
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
}
