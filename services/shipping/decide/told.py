"""What is said of labels."""

from datetime import datetime

from crossdock_contracts.labels import NO_EXCHANGE, NO_SERVICE, LabelBoughtV1, LabelRefusedV1, PassedOver, RankedRate
from services.shipping.decide.parcels import labels_of
from services.shipping.decide.rates import merit
from services.shipping.rules import Rules
from services.shipping.state import Shipment


def refusal(shipment: Shipment, reason: str, detail: str) -> LabelRefusedV1:
    """That a fulfilment has no label, and why somebody has to look."""
    assert shipment.fulfilment is not None
    number = shipment.quote.number if shipment.quote else 1
    return LabelRefusedV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=shipment.fulfilment.location_id,
        reason=reason,
        detail=detail if number == 1 else f"parcel {number}: {detail}",
        ranking=shipment.ranking if reason == "no-carrier" else (),
        attempt=shipment.generation,
        looks=shipment.looks if reason == "outcome-unknown" else 0,
    )


def passed_over(rules: Rules, ranking: tuple[RankedRate, ...], taken: tuple[str, str] | None) -> tuple[PassedOver, ...]:
    """The offers that stood before the one that was taken, or all if none was, and why they were not.

    A carrier that does not take such parcels was never in question, and one whose turn had not come is none of these.
    Of one that asks in a currency without a rate of exchange nobody can tell: it comes last.
    """
    by_merit = sorted(ranking, key=lambda rate: merit(rules.exchange, rate))
    limit = next((merit(rules.exchange, rate) for rate in by_merit if (rate.carrier, rate.service) == taken), None)
    return tuple(
        PassedOver(
            carrier=rate.carrier,
            service=rate.service,
            account=rules.carriers[rate.carrier].adapter,
            cause=rate.cause,
            detail=rate.refused,
        )
        for rate in by_merit
        if rate.cause not in {"", NO_SERVICE} and rate.carrier in rules.carriers
        if limit is None or merit(rules.exchange, rate) < limit or _is_beyond_compare(rate, taken)
    )


def _is_beyond_compare(rate: RankedRate, taken: tuple[str, str] | None) -> bool:
    return rate.cause == NO_EXCHANGE and (rate.carrier, rate.service) != taken


def bought(shipment: Shipment, number: int, now: datetime, rules: Rules | None = None) -> LabelBoughtV1:
    """That a parcel of a fulfilment has its label; without rules: somebody else bought it, and offers are none here."""
    assert shipment.fulfilment is not None
    parcel = labels_of(shipment)[number]
    ranking = shipment.ranking if rules else ()
    return LabelBoughtV1(
        owner=shipment.owner,
        order_id=shipment.order_id,
        fulfilment_id=shipment.fulfilment_id,
        location_id=shipment.fulfilment.location_id,
        parcel=parcel,
        ranking=ranking,
        bought_at=now,
        passed_over=passed_over(rules, ranking, (parcel.carrier, parcel.service)) if rules else (),
    )
