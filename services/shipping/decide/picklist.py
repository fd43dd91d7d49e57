"""Pick lists: what is fetched for a wave, bin by bin as one comes by, and for which orders."""

from pydantic import BaseModel

from services.hub.decision import States
from services.shipping.decide.bins import on_the_way
from services.shipping.rules import Rules
from services.shipping.state import Shipment, ShipmentStatus
from services.shipping.state_work import Bins, Member, Wave

_TO_PICK = {ShipmentStatus.ALLOCATED, ShipmentStatus.LABELLED}


class Put(BaseModel):
    """For whom pieces are fetched, and where they are put."""

    position: int
    fulfilment_id: str
    line_id: str
    quantity: int
    note: str = ""
    """What the buyer wrote to this line."""


class Fetch(BaseModel):
    """One stop of a walk: so many pieces of a SKU."""

    bin: str
    """Empty: nobody has said where it lies."""
    other_bins: tuple[str, ...]
    """Where there may be more of it."""
    sku: str
    title: str
    quantity: int
    puts: list[Put]


class Place(BaseModel):
    """A place that pieces are put to: one parcel."""

    position: int
    fulfilments: list[str]
    """The first is the one that is labelled; the others go in its parcel."""


class PickList(BaseModel):
    """What is still to be fetched for a wave."""

    location_id: str
    wave_id: str
    released: bool
    fetches: list[Fetch]
    places: list[Place]


def pick_list(rules: Rules, states: States, wave: Wave) -> PickList:
    """The walk of a wave: each SKU once, in the order of the bins; what has been picked is left out."""
    keys = [(wave.owner, member.fulfilment_id) for member in wave.members]
    shipments = {one.fulfilment_id: one for one in states.get_all(Shipment, keys) if one is not None}
    members = [m for m in wave.members if m.fulfilment_id in shipments]
    members = [m for m in members if shipments[m.fulfilment_id].status in _TO_PICK]
    fetches: dict[str, Fetch] = {}
    for member in members:
        fulfilment = shipments[member.fulfilment_id].fulfilment
        for line in fulfilment.lines if fulfilment else ():
            fetch = fetches.setdefault(
                line.sku, Fetch(bin="", other_bins=(), sku=line.sku, title=line.title, quantity=0, puts=[])
            )
            fetch.quantity += line.quantity
            fetch.puts.append(
                Put(
                    position=member.position,
                    fulfilment_id=member.fulfilment_id,
                    line_id=line.line_id,
                    quantity=line.quantity,
                    note=line.note,
                )
            )
    for bins in states.get_all(Bins, [(wave.owner, wave.location_id, sku) for sku in fetches]):
        if bins is not None and bins.bins:
            fetches[bins.sku].bin, fetches[bins.sku].other_bins = bins.bins[0], bins.bins[1:]
    location = rules.locations.get(wave.location_id)
    walk = location.walk if location else ()
    return PickList(
        location_id=wave.location_id,
        wave_id=wave.wave_id,
        released=wave.released_at is not None,
        fetches=sorted(fetches.values(), key=lambda one: (on_the_way(walk, one.bin), one.sku)),
        places=_places(members),
    )


def _places(members: list[Member]) -> list[Place]:
    places: dict[int, Place] = {}
    for member in members:
        place = places.setdefault(member.position, Place(position=member.position, fulfilments=[]))
        place.fulfilments.append(member.fulfilment_id)
    return [places[position] for position in sorted(places)]
