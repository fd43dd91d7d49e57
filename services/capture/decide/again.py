"""Payloads that came in before, and are read again with a mended mapping.

Such a copy keeps its place among the copies of its order: it is as new as its source says, and as the moment at which
it first came in. So it takes the place of what an older mapping made of the same payload, and gives way to any copy
that its source wrote later, or that came in later.
"""

from datetime import datetime
from hashlib import sha256

from crossdock_contracts.capture import IngestV1, SubmissionIgnoredV1
from crossdock_contracts.channels import ChannelRemappedV1, NoteRemapV1
from crossdock_contracts.values import LineKind, Order, PaymentMethod
from services.capture.decide.versions import is_older
from services.capture.state import ENDED, Copy, OrderRecord
from services.hub.decision import Decision, States, changed


def overtaken(record: OrderRecord, message: IngestV1, digest: str, version: str) -> SubmissionIgnoredV1 | None:
    """That a payload which is read again is not the copy that counts, or cannot be news; none where it may be."""
    came = message.received_at
    reason, detail = "", ""
    if record.heard_at is not None and record.heard_at > came:
        reason, detail = "older-version", f"it came in at {came}, and another copy at {record.heard_at}"
    elif record.heard_at != came and is_older(version, record.source_version):
        reason, detail = "older-version", f"version {version} is older than {record.source_version}"
    elif record.heard_at is not None and came > record.heard_at and _came_before(record, digest):
        reason, detail = "duplicate", "an earlier copy was sent again"
    elif digest == record.digest and (record.status in ENDED or record.fulfil_by != "hub"):
        reason, detail = "duplicate", "it reads as it did"
    if not reason:
        return None
    channel = record.order_id.partition(":")[0]
    return SubmissionIgnoredV1(
        owner=record.owner, order_id=record.order_id, channel=channel, reason=reason, detail=detail
    )


def _came_before(record: OrderRecord, digest: str) -> bool:
    return digest != record.digest and any(digest.startswith(one) for one in record.copies)


def reads_the_same(record: OrderRecord, copy: Copy) -> bool:
    """A payload comes to what it came to before: the same is said, and it stands for the same goods."""
    if record.reading:
        return record.reading == _reading(copy)
    said = record.source or record.order
    if copy.digest != record.digest or said is None:
        return copy.digest == record.digest
    return bool(said.kits) or _goods(said) == _goods(copy.order)


def heard(record: OrderRecord, message: IngestV1, copy: Copy | None = None) -> OrderRecord:
    """The record of an order of which a copy came in that is news."""
    came = max(message.received_at, record.heard_at or message.received_at)
    if not message.reread:
        return changed(record, heard_at=came, reading="")
    return changed(record, heard_at=came, readings=record.readings + 1, reading=_reading(copy) if copy else "")


def paid_already(copy: Copy, by_minor: int) -> str:
    """Why an order of which a mended mapping says that it costs less is looked at by somebody; empty: it is not.

    What its buyer paid elsewhere is what the source took, whatever was read of it here: paying back the difference by
    itself could be wrong.
    """
    policy = copy.order.policy
    elsewhere = copy.order.payment.method is PaymentMethod.PREPAID or policy.payment_by == "channel"
    if not (copy.reading and by_minor < 0 and elsewhere and policy.refund_by == "hub"):
        return ""
    return f"read again it costs {-by_minor} {copy.order.currency} minor units less, and it is paid: see what was paid"


def note_remap(_states: States, message: NoteRemapV1, _now: datetime) -> Decision:
    """A channel's past is read again: by whom, why and how far stands in the audit entry."""
    return Decision(events=[ChannelRemappedV1(**{name: getattr(message, name) for name in NoteRemapV1.model_fields})])


def _reading(copy: Copy) -> str:
    return sha256(repr((copy.digest, _goods(copy.order))).encode()).hexdigest()[:16]


def _goods(order: Order) -> list[tuple[str, str | None]]:
    """What each line stands for. Of kits it is left out: what they are made of may be another by now."""
    goods = () if order.kits else order.lines
    return [(line.line_id, line.sku) for line in goods if line.kind is LineKind.PHYSICAL]
