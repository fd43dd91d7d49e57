"""Lines of a timeline about fulfilments: where from, by whom, how, and on what way."""

from collections.abc import Iterable

from crossdock_contracts.labels import NO_EXCHANGE
from services.cli.output import counted
from services.cli.timeline.words import Body, Lines, by, money, pieces


def _routed(body: Body) -> str:
    places = "; ".join(f"{f['location_id']}: {pieces(f['lines'])}" for f in body["fulfilments"])
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
    return promised + (f"; not there yet: {pieces(body['waiting'])}" if body.get("waiting") else "")


def _location(body: Body) -> str:
    until = f" until {body['closed_until'][:16]}" if body.get("closed_until") else ""
    stands = f"closed{until}" if body.get("closed") else "open"
    capacity = body.get("daily_capacity")
    limit = (
        "as many fulfilments a day as configured" if capacity is None else f"{counted(capacity, 'fulfilment')} a day"
    )
    why = f" ({body['reason']})" if body.get("reason") else ""
    return f"{body['location_id']} is {stands}, {limit}{why}{by(body.get('changed_by'))}"


def _label(body: Body) -> str:
    parcel = body["parcel"]
    passed_over = body.get("passed_over", ())
    over = _passed_over(one for one in passed_over if one["cause"] != NO_EXCHANGE)
    unlike = _passed_over(one for one in passed_over if one["cause"] == NO_EXCHANGE)
    told = {(one["carrier"], one["service"]) for one in (parcel, *passed_over)}
    instead = ", ".join(
        f"{r['carrier']} {r['service']} {money(r['cost'])}" + (f" ({r['refused']})" if r.get("refused") else "")
        for r in body["ranking"]
        if (r["carrier"], r["service"]) not in told
    )
    chosen = f"{parcel['carrier']} {parcel['service']} {money(parcel['cost'])}, tracking {parcel['tracking_number']}"
    others = (("failed over from", over), ("not compared with", unlike), ("instead of", instead))
    return "; ".join([chosen, *(f"{how} {which}" for how, which in others if which)])


def _passed_over(offers: Iterable[Body]) -> str:
    """Carriers that would have been preferred, or might have been, and why they were not."""
    return ", ".join(
        f"{one['carrier']} {one['service']} through {one['account']} ({one['cause'].replace('-', ' ')}"
        + (f": {one['detail']})" if one.get("detail") else ")")
        for one in offers
    )


def _packed(body: Body) -> str:
    parcels = body.get("parcels", [])
    beside = f", in the parcel of {body['packed_with']}" if body.get("packed_with") else ""
    several = f" in {len(parcels)} parcels" if len(parcels) > 1 else ""
    return f"{body['location_id']}: {body['weight_g']} g{several}{beside}{by(body.get('packed_by'))}" + (
        f"; {body['detail']}" if body.get("detail") else ""
    )


def _wave(body: Body) -> str:
    positions = {member["position"] for member in body["members"]}
    left = f"; left out: {', '.join(body['left_out'])}" if body.get("left_out") else ""
    members = counted(len(body["members"]), "fulfilment")
    return f"wave {body['wave_id']} at {body['location_id']}: {members} in {counted(len(positions), 'parcel')}{left}"


def _step(body: Body) -> str:
    note = f": {body['note']}" if body.get("note") else ""
    return f"{body['step']} at {body['location_id']}{by(body.get('confirmed_by'))}{note}"


def _tracked(body: Body) -> str:
    said = [body[key] for key in ("code", "detail") if body.get(key)]
    left = body.get("parcels_left", 0)
    more = [f"{counted(left, 'more parcel')} to come"] if left else []
    return "; ".join([body["tracking_number"], *said, *more])


def _manifest(body: Body) -> str:
    stands = ", ".join(f"{one['bucket']}/{one['name']}" for one in body.get("documents", []))
    out = f"; left out: {', '.join(one['tracking_number'] for one in body['left_out'])}" if body.get("left_out") else ""
    return (
        f"{body['manifest_id']}: {counted(len(body['parcels']), 'parcel')} for {body['carrier']} at "
        f"{body['location_id']}, number {body['number']}{by(body.get('made_by'))}"
        + (f", document {stands}" if stands else "")
        + out
    )


def _fetched(body: Body) -> str:
    cost = f", for {money(body['cost'])}" if body.get("cost") else ""
    return (
        f"{body['pickup_id']}: {body['carrier']} comes to {body['location_id']} between {body['ready_at'][:16]} and "
        f"{body['closes_at'][:16]} for {counted(len(body['parcels']), 'parcel')}, confirmation {body['confirmation']}"
        f"{cost}{by(body.get('booked_by'))}"
    )


LINES: Lines = {
    "parcel-waits": lambda b: f"{b['fulfilment_id']}: for the next {b['purpose']} of {b['carrier']}",
    "manifest-made": _manifest,
    "manifest-delayed": lambda b: f"{b['manifest_id']}: waits until {b['carrier']} is back: {b['detail']}",
    "manifest-refused": lambda b: f"{b['manifest_id']} of {b['carrier']}: {b['reason']}: {b['detail']}",
    "manifest-wanted": lambda b: f"{b['manifest_id']} of {b['carrier']}, for what did not fit",
    "carrier-pickup-booked": _fetched,
    "carrier-pickup-delayed": lambda b: f"{b['pickup_id']}: waits until {b['carrier']} is back: {b['detail']}",
    "carrier-pickup-refused": lambda b: f"{b['pickup_id']} of {b['carrier']}: {b['reason']}: {b['detail']}",
    "carrier-pickup-cancelled": lambda b: f"{b['pickup_id']}: {b['carrier']} does not come{by(b.get('cancelled_by'))}",
    "shipment-in-transit": _tracked,
    "shipment-out-for-delivery": _tracked,
    "shipment-delivered": _tracked,
    "shipment-exception": _tracked,
    "stock-allocated": lambda b: f"{b['fulfilment']['location_id']}: {pieces(b['fulfilment']['lines'])}",
    "allocation-refused": lambda b: f"{b['location_id']}: {b['reason']}",
    "order-routed": _routed,
    "order-unroutable": lambda b: f"{b['reason']}: {b['detail']}",
    "fulfilment-stop-requested": lambda b: f"{b['fulfilment_id']}: {pieces(b['lines'])}",
    "location-changed": _location,
    "fulfilment-offered": lambda b: (
        f"{b['location_id']}: {pieces(b['lines'])}, to be answered until {b['answer_by'][:16]}"
    ),
    "fulfilment-accepted": lambda b: (
        f"{b['location_id']} takes it on{by(b.get('accepted_by'))}"
        + (f", as {b['reference']}" if b.get("reference") else "")
        + (f", to ship {b['expected_at'][:16]}" if b.get("expected_at") else "")
    ),
    "purchase-order-issued": lambda b: (
        f"{b['location_id']}: {pieces(b['lines'])}, to be acknowledged until {b['acknowledge_by'][:16]}"
    ),
    "supplier-invoiced": lambda b: f"{b['location_id']} asks for {money(b['amount'])}, invoice {b['reference']}",
    "fulfilment-declined": lambda b: (
        f"{b['location_id']}: {pieces(b['lines'])}, {b['reason']}{by(b.get('declined_by'))} {b.get('detail', '')}"
    ),
    "pickup-ready": lambda b: (
        f"{pieces(b['lines'])} at {b['location_id']} until {b['hold_until'][:16]}, code number {b.get('issue', 1)}"
        f"{by(b.get('confirmed_by'))}"
    ),
    "pickup-reminder": lambda b: f"at {b['location_id']} until {b['hold_until'][:16]}",
    "pickup-locked": lambda b: f"at {b['location_id']} after {counted(b['attempts'], 'wrong code')}",
    "pickup-expired": lambda b: f"{pieces(b['lines'])} not collected at {b['location_id']}: cancelled",
    "parcel-uncollected": lambda b: (
        f"{pieces(b['lines'])} not collected at {b['location_id']} until {b['hold_until'][:16]}; somebody has to act"
    ),
    "label-bought": _label,
    "label-refused": lambda b: f"{b['reason']}: {b['detail']}",
    "label-delayed": lambda b: f"no carrier can be reached; it is tried again by itself: {b['detail']}",
    "label-voided": lambda b: (
        f"{b['carrier']} {b['tracking_number']}" + (f": {b['reason']}" if b.get("reason") else "")
    ),
    "fulfilment-picked": lambda b: f"{b['location_id']}: {pieces(b['lines'])}{by(b.get('picked_by'))}",
    "short-picked": lambda b: f"{b['location_id']}: {pieces(b['missing'])} not found{by(b.get('picked_by'))}",
    "fulfilment-at-risk": lambda b: (
        f"{b['location_id']}: to {b['stage']} by {b['due_at'][:16]}; it is {b['status']}, {b.get('detail', '')}"
    ),
    "fulfilment-packed": _packed,
    "fulfilment-stopped": lambda b: f"stopped: {pieces(b['stopped']) or 'nothing'} {b.get('detail', '')}",
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
        + (f", {counted(b['reduced_minor'], 'minor unit')} less" if b.get("reduced_minor") else "")
    ),
    "step-done": _step,
    "step-failed": _step,
    "step-reopened": _step,
    "task-overdue": lambda b: (
        f"{b['fulfilment_id']} at {b['location_id']} was due in queue {b['queue']} {b['due_at'][:16]}"
    ),
}
