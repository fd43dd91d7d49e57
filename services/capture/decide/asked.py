"""What comes of asking and telling a channel: orders that it only pointed to, how far polls have come, levels."""

from collections.abc import Iterable
from datetime import datetime

from crossdock_contracts.capture import IngestV1
from crossdock_contracts.channels import FetchOrderV1, LevelsPublishedV1, OrderFetchedV1, PollFinishedV1
from services.capture.channels.api import AskOrder, Order
from services.capture.decide.ingest import ingest
from services.capture.rules import Channels
from services.capture.state_outward import Level, PollCursor
from services.hub.decision import Decision, Done, Failed, Intent, Later, Outcome, Refused, States, Unsettled, changed


class OrderGoneError(LookupError):
    """The channel does not show an order that it has told of; the text says what it answered."""


def fetch_order(_states: States, message: FetchOrderV1, _now: datetime) -> Decision:
    """Ask the channel. Asking twice does no harm: what comes is told from what is known already."""
    key = f"fetch:{message.owner}/{message.order_id}:{message.received_at:%Y%m%d%H%M%S%f}"
    return Decision(intent=Intent(message.channel, "order", key, AskOrder(channel_order_id=message.channel_order_id)))


def settle_fetch(
    channels: Channels, states: States, message: FetchOrderV1, outcome: Outcome, now: datetime
) -> Decision:
    """The order as the channel has it is taken in as if it had been handed in, and is kept as it came.

    Raises:
        OrderGoneError: the channel refuses to show it; it becomes a dead letter.
        UnmappableError: it cannot become an order; likewise.
    """
    match outcome:
        case Done(response=answer):
            assert isinstance(answer, Order)
            payload = answer.body.decode()
            about = {"owner": message.owner, "channel": message.channel, "order_id": message.order_id}
            kept = OrderFetchedV1(
                **about,
                body="" if answer.original else payload,
                original=answer.original,
                received_at=message.received_at,
            )
            handed_in = IngestV1(**about, body=payload, received_at=message.received_at, source=message.source)
            decision = ingest(channels, states, handed_in, now, payload)
            decision.events.insert(0, kept)
            return decision
        case Refused(code=code, detail=detail):
            msg = f"{message.channel} does not show order {message.channel_order_id}: {code} {detail}".rstrip()
            raise OrderGoneError(msg)
        case Failed(detail=detail, retry_after_s=wait):
            return Decision(later=Later(detail, not_before_s=wait))
        case Unsettled(detail=detail):
            return Decision(later=Later(detail))


def poll_finished(states: States, message: PollFinishedV1, _now: datetime) -> Decision:
    """A channel has been asked for all that had changed by then."""
    known = states.get(PollCursor, message.owner, message.channel)
    if known is not None and known.until >= message.until:
        return Decision.nothing()
    cursor = known or PollCursor(owner=message.owner, channel=message.channel, until=message.until)
    return Decision(writes=[changed(cursor, until=message.until, orders=cursor.orders + message.orders)])


def reads_levels(message: LevelsPublishedV1) -> Iterable[str]:
    """What the channel was told of the same before."""
    return [Level.at(message.owner, message.channel, one.sku, one.listing_id) for one in message.levels]


def levels_published(states: States, message: LevelsPublishedV1, _now: datetime) -> Decision:
    """A channel was told how much can be sold; what it was told later than this stands."""
    about = {"owner": message.owner, "channel": message.channel, "published_at": message.published_at}
    told = [Level(**about, **level.model_dump()) for level in message.levels]
    before = states.get_all(Level, [(one.owner, one.channel, one.sku, one.listing_id) for one in told])
    return Decision(
        writes=[
            one
            for one, known in zip(told, before, strict=True)
            if known is None or known.published_at <= one.published_at
        ]
    )
