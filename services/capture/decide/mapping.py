"""Mapping: what the lines of an order stand for, in pieces of SKUs, and what is not known of that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from crossdock_contracts.mapping import MappingMissedV1
from crossdock_contracts.values import LineKind, Order, OrderLine
from services.capture.decide.kits import explode
from services.capture.rules import MOST_LINES
from services.capture.state import Item, Listing, OrderRecord, Want
from services.hub.decision import States, changed

Name = tuple[str, str]
"""How a channel names what was sold: its own id, and the SKU that it is or else is taken for; each may be empty."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one line stands for."""

    item: Item | None = None
    pieces: int = 1
    """Of the item in one as sold."""
    parts: Sequence[Item] = ()
    """Components, where the item is a kit."""
    wants: tuple[Want, ...] = ()
    """What has to be known first."""
    unknown: str = ""
    """The same in words; empty where all is known."""


_NO_GOODS = Meaning()


def meanings(states: States, owner: str, channel: str, names: Sequence[Name | None]) -> list[Meaning]:
    """What lines stand for, by how they are named; none for a line that is no goods."""
    listed = [(n, name[0]) for n, name in enumerate(names) if name and name[0]]
    keys = [(owner, channel, listing_id) for _, listing_id in listed]
    listings = {n: one for (n, _), one in zip(listed, states.get_all(Listing, keys), strict=True) if one is not None}
    skus = {n: listings[n].sku if n in listings else name[1] for n, name in enumerate(names) if name}
    named = [(n, sku) for n, sku in skus.items() if sku]
    found = states.get_all(Item, [(owner, sku) for _, sku in named])
    items = {n: item for (n, _), item in zip(named, found, strict=True) if item is not None}
    parts = _parts(states, owner, items.values())
    return [
        _meaning(channel, name, listings.get(n), items.get(n), parts) if name else _NO_GOODS
        for n, name in enumerate(names)
    ]


def _parts(states: States, owner: str, items: Iterable[Item]) -> dict[str, Item | None]:
    """The components of those items that are kits, by SKU."""
    skus = dict.fromkeys(part.sku for item in items if item.components for part in item.components)
    return dict(zip(skus, states.get_all(Item, [(owner, sku) for sku in skus]), strict=True)) if skus else {}


def _meaning(
    channel: str, name: Name, listing: Listing | None, item: Item | None, parts: dict[str, Item | None]
) -> Meaning:
    pieces = listing.quantity if listing else 1
    if item is not None and not item.components:
        return Meaning(item, pieces)
    components = [parts[part.sku] for part in item.components] if item else []
    known = [part for part in components if part is not None]
    if item is not None and len(known) == len(components):
        return Meaning(item, pieces, known)
    listing_id, sku = name[0], listing.sku if listing else name[1]
    missing = [part.sku for part in item.components if parts[part.sku] is None] if item else [sku] if sku else []
    again = [Want(wanted=listing_id, channel=channel, stands_for=listing.sku if listing else "")] if listing_id else []
    wants = (*again, *(Want(wanted=one) for one in missing))
    if item is not None:
        return Meaning(wants=wants, unknown=f"{', '.join(missing)} in kit {item.sku}")
    told = f"{listing_id} (mapped to {sku})" if listing else listing_id or sku or "a line that names nothing"
    return Meaning(wants=wants, unknown=told)


def in_pieces(
    lines: Sequence[OrderLine], found: Sequence[Meaning]
) -> tuple[tuple[OrderLine, ...], tuple[OrderLine, ...]]:
    """Lines with their kits taken apart, and the kits as they were sold."""
    if not any(meaning.parts for meaning in found):
        return tuple(lines), ()
    taken = {line.line_id for line in lines}
    pieces: list[OrderLine] = []
    kits: list[OrderLine] = []
    for line, meaning in zip(lines, found, strict=True):
        if meaning.item is not None and meaning.parts:
            kits.append(line)
            pieces += explode(line, meaning.item, meaning.parts, taken)
        else:
            pieces.append(line)
    return tuple(pieces), tuple(kits)


@dataclass(frozen=True, slots=True)
class Remapped:
    """An order whose lines are looked up again."""

    record: OrderRecord
    """With every line named, counted and its kits taken apart; as it was, if there is a problem."""
    wants: tuple[Want, ...] = ()
    reason: str = ""
    """Why it cannot go on; empty: it can."""
    detail: str = ""


def remapped(states: States, record: OrderRecord) -> Remapped:
    """The order with those lines named whose listings or products are known by now."""
    order = record.order
    assert order is not None
    unnamed = [line.sku is None and line.kind is LineKind.PHYSICAL for line in order.lines]
    if not any(unnamed):
        return Remapped(record)
    names = [
        (line.listing_id, line.unknown_sku) if open_ else None for line, open_ in zip(order.lines, unnamed, strict=True)
    ]
    found = meanings(states, record.owner, order.channel, names)
    unknown = [meaning.unknown for meaning in found if meaning.unknown]
    if unknown:
        return Remapped(record, all_wants(found), "still-unknown", not_known(unknown))
    named = [_named(line, meaning) for line, meaning in zip(order.lines, found, strict=True)]
    lines, kits = in_pieces(named, found)
    if len(lines) > MOST_LINES:
        detail = f"with its kits taken apart it has {len(lines)} lines; an order may have {MOST_LINES}"
        return Remapped(record, (), "too-many-lines", detail)
    cancelled = _recounted(record, order, lines)
    order = changed(order, lines=lines, kits=(*order.kits, *kits))
    return Remapped(changed(record, order=order, cancelled=cancelled, wants=()))


def waiting_named(states: States, record: OrderRecord) -> Remapped:
    """The order with the lines of the newer copy that waits named, and whether all is known of both."""
    found = remapped(states, record)
    if found.reason or record.waiting is None:
        return replace(found, record=record)
    copy = remapped(states, changed(record, order=record.waiting.order, cancelled={}))
    if copy.reason or copy.record.order is None:
        return replace(copy, record=record)
    return Remapped(changed(record, waiting=changed(record.waiting, order=copy.record.order)))


def _named(line: OrderLine, meaning: Meaning) -> OrderLine:
    """The line in pieces of the SKU that it stands for."""
    item = meaning.item
    if item is None:
        return line
    return changed(
        line,
        sku=item.sku,
        unknown_sku="",
        quantity=line.ordered_quantity * meaning.pieces,
        weight_g=item.weight_g,
        dimensions=item.dimensions,
        hazmat_class=item.hazmat_class,
        hs_code=item.hs_code,
        origin_country=item.origin_country,
        title=line.title or item.title,
    )


def _recounted(record: OrderRecord, order: Order, lines: Iterable[OrderLine]) -> dict[str, int]:
    """What is cancelled of each line: two packs of six, cancelled before anybody knew that, are twelve."""
    was = {line.line_id: line.quantity for line in order.lines}
    counted: dict[str, int] = {}
    for line in lines:
        source = line.line_id if line.line_id in was else line.kit_line_id
        if source in record.cancelled:
            counted[line.line_id] = record.cancelled[source] * line.quantity // was[source]
    return counted


def not_known(unknown: Sequence[str]) -> str:
    """The detail of a hold for what is not known."""
    return f"nothing is known yet of {', '.join(unknown[:20])}; map or create them"


def all_wants(found: Iterable[Meaning]) -> tuple[Want, ...]:
    """What has to be known, each once."""
    return tuple(dict.fromkeys(want for meaning in found for want in meaning.wants))


def missed(record: OrderRecord, wants: Iterable[Want]) -> list[MappingMissedV1]:
    """That an order is held for these."""
    return [
        MappingMissedV1(
            owner=record.owner,
            order_id=record.order_id,
            wanted=want.wanted,
            channel=want.channel,
            stands_for=want.stands_for,
        )
        for want in wants
    ]
