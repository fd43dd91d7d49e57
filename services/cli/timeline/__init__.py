"""What an event decided, in one line."""

from services.cli.timeline import cases, fulfilments, orders, stock
from services.cli.timeline.words import Body, pieces

_LINES = orders.LINES | stock.LINES | fulfilments.LINES | cases.LINES


def describe(type_: str, body: Body) -> str:
    """What was decided and why, by the event's type (``capture.evt.order-captured.v1``) and body."""
    name = type_.split(".")[2]
    if name == "shipment-shipped":
        parcels = body.get("parcels") or [
            {"carrier": body.get("carrier"), "tracking_number": body.get("tracking_number")}
        ]
        return f"{pieces(body['lines'])} with " + ", ".join(f"{p['carrier']} {p['tracking_number']}" for p in parcels)
    tell = _LINES.get(name)
    if tell is not None:
        return tell(body)
    told = {
        key: value
        for key, value in body.items()
        if isinstance(value, str | int) and value != "" and key not in {"owner", "order_id"}
    }
    return ", ".join(f"{key} {value}" for key, value in told.items())
