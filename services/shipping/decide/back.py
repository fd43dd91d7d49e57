"""Labels for returns: bought once from the best carrier that brings parcels back, given back where nothing comes."""

from datetime import datetime

from crossdock_contracts.labels import CIRCUIT_OPEN, OUT_OF_REACH, REFUSED, Parcel
from crossdock_contracts.return_labels import (
    ReturnLabelBoughtV1,
    ReturnLabelDelayedV1,
    ReturnLabelRefusedV1,
    ReturnLabelVoidedV1,
    ReturnLabelWantedV1,
    SettleReturnLabelV1,
)
from crossdock_contracts.returns import ReturnCancelledV1
from services.hub.decision import Decision, Done, Failed, Later, Outcome, Refused, States, Unsettled, changed
from services.shipping.carriers.answers import Shopped
from services.shipping.decide import back_calls as calls
from services.shipping.decide.calls import RATE, VOID
from services.shipping.decide.label import IsOpen
from services.shipping.decide.rates import ranked
from services.shipping.decide.waits import again_at, awaited, may_sell
from services.shipping.rules import Rules
from services.shipping.state_back import BackStatus, ReturnLabel, ReturnLabelTimer

About = ReturnLabelWantedV1 | ReturnCancelledV1 | SettleReturnLabelV1 | ReturnLabelTimer


def want_label(
    rules: Rules, is_circuit_open: IsOpen, states: States, message: ReturnLabelWantedV1, now: datetime
) -> Decision:
    """The seller pays for the way back of a return: its label is bought, unless the return has been called off."""
    label = states.get(ReturnLabel, message.owner, message.order_id, message.return_id)
    if label is not None and (label.status is not BackStatus.REFUSED or message.attempt <= label.attempt):
        return resume(rules, label, now)
    sent_from = rules.locations.get(message.location_id)
    target = (sent_from.returns_to if sent_from else "") or message.location_id
    trouble = _trouble(rules, message, target)
    label = ReturnLabel(
        owner=message.owner,
        order_id=message.order_id,
        return_id=message.return_id,
        status=BackStatus.REFUSED if trouble else BackStatus.WANTED,
        attempt=message.attempt,
        way=None if trouble else calls.way_of(message, target),
        generation=label.generation if label else 0,
    )
    if trouble:
        return Decision(writes=[label], events=[_refusal(label, *trouble)])
    return _ask(rules, label, now, is_circuit_open)


def _trouble(rules: Rules, message: ReturnLabelWantedV1, target: str) -> tuple[str, str] | None:
    start = message.ship_from
    if not start.line1 or start.country is None:
        return "no-address", "it is not known where the parcel starts: send the label again with the buyer's address"
    if target not in rules.locations:
        return "no-location", f"it is not known where the goods go: locations.toml has no location {target!r}"
    return None


def _ask(rules: Rules, label: ReturnLabel, now: datetime, is_circuit_open: IsOpen = lambda _: False) -> Decision:
    """Ask all carriers anew."""
    label = changed(label, generation=label.generation + 1, intent=None, unsettled="")
    enquiry = calls.enquiry(rules, label)
    if enquiry is not None:
        return Decision(writes=[changed(label, intent=enquiry.record(now))], intent=enquiry)
    avoid = frozenset(name for name, carrier in rules.carriers.items() if is_circuit_open(carrier.adapter))
    return _try_next(rules, _ranked(rules, label, avoid), now)


def _ranked(rules: Rules, label: ReturnLabel, avoid: frozenset[str], shopped: Shopped | None = None) -> ReturnLabel:
    assert label.way is not None
    weight_g = calls.weight(rules, label.way)
    return changed(label, ranking=ranked(rules.returning, label.way, weight_g, avoid, shopped=shopped))


def _try_next(rules: Rules, label: ReturnLabel, now: datetime) -> Decision:
    """Set out to buy from the best carrier that has not failed yet; where all have, wait for one that may yet sell."""
    offer = next((rate for rate in label.ranking if not rate.refused), None)
    label = changed(label, generation=label.generation + 1, intent=None)
    if offer is None and may_sell(label.ranking):
        return _wait(rules, label, None, now)
    if offer is None:
        why = _why_none(label) or "no service in carriers.toml has returns = true"
        label = changed(label, status=BackStatus.REFUSED)
        return Decision(writes=[label], events=[_refusal(label, "no-carrier", why)])
    intent = calls.purchase(rules, label, offer)
    return Decision(writes=[changed(label, intent=intent.record(now))], intent=intent)


def _why_none(label: ReturnLabel) -> str:
    return "; ".join(f"{rate.carrier} {rate.service}: {rate.refused}" for rate in label.ranking)


def resume(rules: Rules, label: ReturnLabel, now: datetime) -> Decision:
    """The message came before. Where its call is still under way, the answer is looked up."""
    if label.intent is None:
        return Decision.nothing()
    if label.intent.operation == VOID:
        return Decision(writes=[label], intent=calls.void(rules, label).begun(label.intent))
    if label.intent.operation == RATE:
        enquiry = calls.enquiry(rules, label, resumed=True)
        return _ask(rules, label, now) if enquiry is None else Decision(writes=[label], intent=enquiry)
    offer = next(rate for rate in label.ranking if not rate.refused)
    return Decision(writes=[label], intent=calls.purchase(rules, label, offer).begun(label.intent))


def ask_again(
    rules: Rules, is_circuit_open: IsOpen, states: States, message: ReturnLabelTimer, now: datetime
) -> Decision:
    """No carrier could be reached a while ago: all of them are asked anew."""
    label = states.get(ReturnLabel, message.owner, message.order_id, message.return_id)
    if label is None or label.status is not BackStatus.WANTED or not label.waits:
        return Decision.nothing()
    return _ask(rules, label, now, is_circuit_open) if label.intent is None else resume(rules, label, now)


def call_off(rules: Rules, states: States, message: ReturnCancelledV1, now: datetime) -> Decision:
    """The return was called off: its label is given back, at once or as soon as it turns out that there is one."""
    if not message.labelled:
        return Decision.nothing()
    label = states.get(ReturnLabel, message.owner, message.order_id, message.return_id)
    if label is None:  # the cancellation has overtaken it
        about = {"owner": message.owner, "order_id": message.order_id, "return_id": message.return_id}
        return Decision(writes=[ReturnLabel(**about, status=BackStatus.OVER, why=message.reason)])
    if label.status is BackStatus.OVER:
        return resume(rules, label, now)
    return _over(rules, changed(label, status=BackStatus.OVER, why=message.reason), now)


def _over(rules: Rules, label: ReturnLabel, now: datetime) -> Decision:
    """None is wanted any more: what there is is given back; a purchase that is under way is looked up first."""
    if label.intent is not None or label.parcel is None or label.settled:
        return Decision(writes=[label])
    if label.parcel.carrier not in rules.carriers:
        return _kept(label, f"{label.parcel.carrier} is not worked with any more")
    intent = calls.void(rules, label)
    return Decision(writes=[changed(label, intent=intent.record(now))], intent=intent)


def settle_label(rules: Rules, states: States, message: About, outcome: Outcome, now: datetime) -> Decision:
    """What follows from the carrier's answer: a label, the next carrier, waiting; or that a label was given back."""
    label = states.get(ReturnLabel, message.owner, message.order_id, message.return_id)
    if label is None or label.intent is None or outcome.key != label.intent.key:
        return Decision.nothing()
    if label.intent.operation == VOID:
        return _voided(label, outcome, now)
    if label.intent.operation == RATE:
        return _shopped(rules, label, outcome, now)
    match outcome:
        case Done(response=parcel):
            return _bought(rules, label, parcel, now)
        case Unsettled(detail=detail):
            label = changed(label, unsettled=label.intent.key)
            return Decision(writes=[label], events=[_refusal(label, "outcome-unknown", detail)])
        case _:
            return _not_sold(rules, changed(label, intent=None), outcome, now)


def _not_sold(rules: Rules, label: ReturnLabel, outcome: Refused | Failed, now: datetime) -> Decision:
    """It is certain that nothing was bought: the next carrier is asked, or where none is left all of them later."""
    if label.status is BackStatus.OVER:
        return _over(rules, label, now)
    why, cause = f"{getattr(outcome, 'code', '')} {outcome.detail}".strip(), REFUSED
    if isinstance(outcome, Failed):
        cause = CIRCUIT_OPEN if outcome.unasked else OUT_OF_REACH
    failed = next(rate for rate in label.ranking if not rate.refused)
    told = changed(failed, refused=why[:200], cause=cause)
    label = changed(label, ranking=tuple(told if rate is failed else rate for rate in label.ranking))
    if isinstance(outcome, Failed) and all(rate.refused for rate in label.ranking):
        return _wait(rules, label, outcome.retry_after_s, now)
    return _try_next(rules, label, now)


def _shopped(rules: Rules, label: ReturnLabel, outcome: Outcome, now: datetime) -> Decision:
    if label.status is BackStatus.OVER:
        return _over(rules, changed(label, intent=None), now)
    shopped = outcome.response if isinstance(outcome, Done) else None
    if not isinstance(shopped, Shopped):
        return Decision(later=Later(f"carriers could not be asked: {outcome}"))
    label = _ranked(rules, label, frozenset(shopped.avoid), shopped)
    return _try_next(rules, label, now)


def _wait(rules: Rules, label: ReturnLabel, after_s: float | None, now: datetime) -> Decision:
    """Ask all carriers again once one works again, or after a while, longer each time; the first time it is said."""
    about = {"owner": label.owner, "order_id": label.order_id, "return_id": label.return_id}
    why = _why_none(label)[:1000]
    timer = ReturnLabelTimer(
        **about, due_at=again_at(label.waits, after_s, now), waits_for=awaited(rules, label.ranking), why=why
    )
    said = ReturnLabelDelayedV1(**about, detail=why, attempt=label.attempt, delayed_at=now)
    events = [] if label.waits else [said]
    return Decision(writes=[changed(label, intent=None, waits=min(label.waits + 1, 30)), timer], events=[*events])


def _bought(rules: Rules, label: ReturnLabel, parcel: Parcel, now: datetime) -> Decision:
    label = changed(label, parcel=parcel, intent=None, unsettled="", waits=0)
    if label.status is BackStatus.OVER:  # the return was called off while the label was bought
        return _over(rules, label, now)
    assert label.way is not None
    said = ReturnLabelBoughtV1(
        owner=label.owner,
        order_id=label.order_id,
        return_id=label.return_id,
        location_id=label.way.location_id,
        parcel=parcel,
        ranking=label.ranking,
        bought_at=now,
    )
    return Decision(writes=[changed(label, status=BackStatus.BOUGHT, way=None, ranking=())], events=[said])


def _voided(label: ReturnLabel, outcome: Outcome, now: datetime) -> Decision:
    if isinstance(outcome, Failed):
        return Decision(later=Later(outcome.detail, not_before_s=outcome.retry_after_s))
    parcel = label.parcel
    assert parcel is not None
    if not isinstance(outcome, Done):
        code = outcome.code if isinstance(outcome, Refused) else "outcome-unknown"
        return _kept(label, f"{parcel.carrier} keeps {parcel.tracking_number}: {code} {outcome.detail}")
    said = ReturnLabelVoidedV1(
        owner=label.owner,
        order_id=label.order_id,
        return_id=label.return_id,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        reason=label.why,
        voided_at=now,
    )
    return Decision(writes=[changed(label, intent=None, settled=True)], events=[said])


def _kept(label: ReturnLabel, why: str) -> Decision:
    """The carrier does not take the label back: it may have been used."""
    label = changed(label, intent=None, settled=True)
    return Decision(writes=[label], events=[_refusal(label, "void-refused", why)])


def _refusal(label: ReturnLabel, reason: str, detail: str) -> ReturnLabelRefusedV1:
    return ReturnLabelRefusedV1(
        owner=label.owner,
        order_id=label.order_id,
        return_id=label.return_id,
        reason=reason,
        detail=detail,
        ranking=label.ranking if reason == "no-carrier" else (),
        attempt=label.attempt,
    )


def settle_purchase(
    rules: Rules, is_circuit_open: IsOpen, states: States, message: SettleReturnLabelV1, now: datetime
) -> Decision:
    """Somebody has looked whether a label was bought: it is taken, or one is bought anew if it is still wanted."""
    label = states.get(ReturnLabel, message.owner, message.order_id, message.return_id)
    if label is None or label.intent is None or label.intent.key != label.unsettled:
        if label is not None and label.intent is not None and label.unsettled:
            return resume(rules, label, now)  # the call that followed upon this command is under way
        detail = f"no purchase of a label for return {message.return_id} waits for somebody to look"
        return Decision.refused(message, "wrong-state", detail, about=message.return_id)
    if not message.tracking_number:
        label = changed(label, intent=None, unsettled="")
        is_over = label.status is BackStatus.OVER
        return _over(rules, label, now) if is_over else _ask(rules, label, now, is_circuit_open)
    offer = next(rate for rate in label.ranking if not rate.refused)
    assert label.way is not None
    parcel = Parcel(
        parcel_id=f"{label.way.fulfilment_id}/1",
        carrier=offer.carrier,
        service=offer.service,
        tracking_number=message.tracking_number,
        weight_g=calls.weight(rules, label.way),
        cost=message.cost or offer.cost,
    )
    return _bought(rules, label, parcel, now)
