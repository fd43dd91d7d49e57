"""Handing over: manifests, which EasyPost calls scan forms, and pickups."""

import asyncio

from services.hub.effects import PermanentError, TransientError, UnknownError
from services.shipping.carriers.answers import Manifested, PickupBooked, PickupCancelled
from services.shipping.carriers.easypost import build, parse
from services.shipping.carriers.easypost.account import Account
from services.shipping.carriers.easypost.payload import Batch, Pickup, ScanForm, Shipment
from services.shipping.carriers.requests import BookPickup, CancelPickup, MakeManifest
from services.shipping.carriers.units import money

_FORM_S = 0.5
_FORM_TRIES = 20


async def manifest(account: Account, request: MakeManifest) -> Manifested:
    """Have one document made for all parcels."""
    body = {"shipments": [{"id": parcel.handle} for parcel in request.parcels]}
    return await _drawn_up(account, await account.post("manifest", "/scan_forms", ScanForm, body))


async def manifested(account: Account, request: MakeManifest) -> Manifested | None:
    """The document that the parcels stand in already; none if there is none."""
    first = await account.find(f"/shipments/{request.parcels[0].handle}", Shipment)
    form = first.scan_form if first else None
    return await _drawn_up(account, form) if form is not None and form.status != "failed" else None


async def _drawn_up(account: Account, form: ScanForm) -> Manifested:
    """A manifest once it is drawn up.

    Raises:
        PermanentError: it could not be.
        UnknownError: it is not yet, or its document cannot be had just now.
    """
    for _ in range(_FORM_TRIES):
        if form.status == "failed":
            code = "manifest-failed"
            raise PermanentError(code, form.message)
        try:
            if form.form_url:
                document = await account.fetch(form.form_url)
                return Manifested(
                    manifest_id=form.id, tracking_numbers=form.tracking_codes, documents={"pdf": document}
                )
            await asyncio.sleep(_FORM_S)
            form = await account.get("manifest", f"/scan_forms/{form.id}", ScanForm)
        except (TransientError, PermanentError) as error:  # of what comes after it was made, none says that it was not
            msg = f"{account.name}: {form.id} was made, and cannot be fetched: {error}"
            raise UnknownError(msg) from error
    msg = f"{account.name}: {form.id} is not drawn up yet"
    raise UnknownError(msg)


async def pickup(account: Account, key: str, request: BookPickup) -> PickupBooked:
    """Have parcels fetched, at the best price that their carrier asks; several of them as a batch.

    Raises:
        PermanentError: the carrier does not come.
    """
    batch = ""
    if len(request.parcels) > 1:
        ids = [{"id": parcel.handle} for parcel in request.parcels]
        batch = (await account.post("batch", "/batches", Batch, {"batch": {"shipments": ids}}, safe=True)).id
    made = await account.made("pickups", key, Pickup, build.pickup(request, key, batch))
    if made.is_booked:
        return _booked(account, request, made)
    offers = [rate for rate in made.pickup_rates if account.is_carrier(request.carrier, rate.carrier)]
    if not offers:
        code = "no-pickup"
        raise PermanentError(code, "; ".join(parse.notices(made.messages)) or f"{request.carrier} does not come")
    best = min(offers, key=lambda rate: rate.rate)
    chosen = {"carrier": best.carrier, "service": best.service}
    return _booked(account, request, await account.post("pickup", f"/pickups/{made.id}/buy", Pickup, chosen))


async def booked(account: Account, key: str, request: BookPickup) -> PickupBooked | None:
    """The pickup that was booked under a key; none if none was."""
    found = await account.standing("pickups", key, Pickup)
    return _booked(account, request, found) if found and found.is_booked else None


def _booked(account: Account, request: BookPickup, made: Pickup) -> PickupBooked:
    """EasyPost does not say which rate it was; it was the best of the carrier's."""
    offers = [rate for rate in made.pickup_rates if account.is_carrier(request.carrier, rate.carrier)]
    best = min(offers, key=lambda rate: rate.rate, default=None)
    cost = money(best.rate, best.currency) if best else None
    return PickupBooked(pickup_id=made.id, confirmation=made.confirmation, cost=cost)


async def cancel(account: Account, request: CancelPickup) -> PickupCancelled:
    """Call a pickup off."""
    await account.post("cancel-pickup", f"/pickups/{request.pickup_id}/cancel", Pickup)
    return PickupCancelled(pickup_id=request.pickup_id)


async def cancelled(account: Account, request: CancelPickup) -> PickupCancelled | None:
    """That a pickup was called off; none if it was not."""
    found = await account.find(f"/pickups/{request.pickup_id}", Pickup)
    return PickupCancelled(pickup_id=request.pickup_id) if found and found.status == "canceled" else None
