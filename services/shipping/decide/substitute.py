"""Substitutes: what a rule sends in place of a short line, if inventory has it free at the same location.

A line is substituted as a whole: what was found of it goes back on the shelf. Nobody pays more than for what they
ordered; what it is worth less is given back once it ships.
"""

from datetime import datetime

from crossdock_contracts.fulfilments import Fulfilment, FulfilmentLine
from crossdock_contracts.inventory import Substitute, SubstitutionDecidedV1
from crossdock_contracts.warehouse import LineSubstitutedV1, SubstitutionWantedV1, WantedSubstitute
from services.hub.decision import Decision, States, changed
from services.shipping.decide.pick import finish_pick, missing_of, short
from services.shipping.rules import Rules
from services.shipping.rules.work import Substitution
from services.shipping.state import Pick, Shipment, ShipmentStatus, Substituting


def substitutes_for(rules: Rules, shipment: Shipment, missing: dict[str, int]) -> tuple[WantedSubstitute, ...]:
    """For each short line that a rule has something for, what that is; nothing is sent in place of a substitute."""
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    return tuple(
        WantedSubstitute(line_id=line.line_id, sku=line.sku, by=rule.by, missing=missing[line.line_id])
        for line in fulfilment.lines
        if line.line_id in missing and not line.ordered_sku
        if (rule := _rule(rules, shipment.owner, fulfilment, line.sku)) is not None
    )


def _rule(rules: Rules, owner: str, fulfilment: Fulfilment, sku: str, by: str = "") -> Substitution | None:
    for rule in rules.substitutions:
        applies = (
            rule.sku == sku
            and by in ("", rule.by)
            and (not rule.needs_consent or rules.consent in fulfilment.tags)
            and owner in (rule.owners or (owner,))
            and fulfilment.channel in (rule.channels or (fulfilment.channel,))
            and fulfilment.location_id in (rule.locations or (fulfilment.location_id,))
        )
        if applies:
            return rule
    return None


def look_for(shipment: Shipment, pick: Pick, wanted: tuple[WantedSubstitute, ...]) -> Decision:
    """Ask inventory for substitutes; what was picked is remembered until it answers."""
    assert shipment.fulfilment is not None
    attempt = shipment.attempts + 1
    standing = Substituting(
        attempt=attempt, found=pick.found, lots=pick.lots, serials=pick.serials, picked_by=pick.picked_by
    )
    asking = changed(shipment, attempts=attempt, substituting=standing)
    event = SubstitutionWantedV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=shipment.fulfilment.location_id,
        lines=wanted,
        attempt=attempt,
    )
    return Decision(writes=[asking], events=[event])


def substituted(rules: Rules, states: States, message: SubstitutionDecidedV1, now: datetime) -> Decision:
    """Inventory has answered: what is sent instead is to be picked, and what stays short is placed elsewhere."""
    shipment = states.get(Shipment, message.owner, message.fulfilment_id)
    pick = shipment.substituting if shipment else None
    to_pick = (ShipmentStatus.ALLOCATED, ShipmentStatus.LABELLED)
    if shipment is None or pick is None or pick.attempt != message.attempt or shipment.status not in to_pick:
        return Decision.nothing()
    fulfilment = shipment.fulfilment
    assert fulfilment is not None
    instead = {one.line_id: one for one in message.substituted}
    lines = {line.line_id: line for line in fulfilment.lines if line.line_id in instead}
    if not lines:
        return finish_pick(rules, states, shipment, pick, now)
    sent = {name: _sent(rules, shipment.owner, fulfilment, line, instead[name]) for name, line in lines.items()}
    less = sum(line.reduced_minor for line in sent.values())
    after = changed(
        shipment,
        substituting=None,
        fulfilment=changed(
            fulfilment,
            lines=tuple(sent.get(line.line_id, line) for line in fulfilment.lines),
            cash_on_delivery_minor=max(0, fulfilment.cash_on_delivery_minor - less),
        ),
    )
    decision = Decision(events=[_said(after, line, now) for line in sent.values()])
    missing = {name: n for name, n in missing_of(shipment, pick.found).items() if name not in sent}
    if missing:
        after, said = short(after, missing, pick, now)
        decision.events.append(said)
    decision.writes = [after]
    return decision


def _sent(
    rules: Rules, owner: str, fulfilment: Fulfilment, line: FulfilmentLine, instead: Substitute
) -> FulfilmentLine:
    """What is sent for a line, at its price or for less."""
    rule = _rule(rules, owner, fulfilment, line.sku, instead.by)
    value = line.value_minor
    if rule is not None and rule.price is not None and rule.price.currency == fulfilment.currency:
        value = min(value, rule.price.amount_minor * line.quantity)
    return changed(
        line,
        sku=instead.by,
        ordered_sku=line.sku,
        title=(rule.title if rule else "") or line.title,
        weight_g=rule.weight_g if rule and rule.weight_g is not None else line.weight_g,
        value_minor=value,
        reduced_minor=line.value_minor - value,
        lots=instead.lots,
        track_serial=instead.track_serial,
    )


def _said(shipment: Shipment, line: FulfilmentLine, now: datetime) -> LineSubstitutedV1:
    assert shipment.fulfilment is not None
    return LineSubstitutedV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=shipment.fulfilment.location_id,
        line_id=line.line_id,
        ordered_sku=line.ordered_sku,
        sku=line.sku,
        quantity=line.quantity,
        value_minor=line.value_minor,
        reduced_minor=line.reduced_minor,
        substituted_at=now,
    )
