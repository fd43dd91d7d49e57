"""The adapter: what is asked, and who answers it."""

from collections.abc import Mapping

import httpx

from services.hub.http import Http
from services.shipping.carriers import not_supported
from services.shipping.carriers.answers import AddressChecked, Answer, Rates, Tracks
from services.shipping.carriers.easypost import build, handover, labels, parse
from services.shipping.carriers.easypost.account import Account
from services.shipping.carriers.easypost.payload import CheckedAddress, Shipment, Tracker, Trackers
from services.shipping.carriers.requests import (
    BookPickup,
    BuyLabel,
    CancelPickup,
    GetRates,
    MakeManifest,
    TrackParcels,
    ValidateAddress,
    VoidLabel,
)

URL = "https://api.easypost.com/v2"


class EasyPost:
    """Speaks for many carriers: rates, labels, voids, tracking, addresses, manifests, pickups.

    ``names`` tells what EasyPost calls a carrier that is called otherwise here.
    """

    most_tracked = 50
    """Parcels that are asked about at a time."""

    def __init__(self, http: Http, name: str = "easypost", names: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._account = Account(http, name, names or {})

    @classmethod
    def at(cls, url: str, key: str, name: str = "easypost", names: Mapping[str, str] | None = None) -> "EasyPost":
        """The adapter for an account's key."""
        return cls(Http(name, url, auth=httpx.BasicAuth(key, "")), name, names)

    async def close(self) -> None:
        """Give the connections up."""
        await self._account.http.close()

    async def call(self, operation: str, key: str, request: object) -> Answer:  # noqa: PLR0911  # one for each request
        """Do what is asked, once for each key.

        Raises:
            TransientError, PermanentError, UnknownError: see `services.hub.effects`.
        """
        match request:
            case BuyLabel():
                return await labels.buy(self._account, key, request)
            case VoidLabel():
                return await labels.void(self._account, request)
            case GetRates():
                return await self._rate(request)
            case TrackParcels():
                return await self._track(request)
            case ValidateAddress():
                return await self._validate(request)
            case MakeManifest():
                return await handover.manifest(self._account, request)
            case BookPickup():
                return await handover.pickup(self._account, key, request)
            case CancelPickup():
                return await handover.cancel(self._account, request)
            case _:
                raise not_supported(self.name, operation)

    async def look_up(self, operation: str, key: str, request: object) -> Answer | None:
        """What was answered under this key; none if it never arrived, or may simply be asked again.

        Raises:
            TransientError: it cannot be looked up just now.
            UnknownError: it was done, and what it brought cannot be had just now.
        """
        del operation
        match request:
            case BuyLabel():
                return await labels.bought(self._account, key, request)
            case VoidLabel():
                return await labels.voided(self._account, request)
            case MakeManifest():
                return await handover.manifested(self._account, request)
            case BookPickup():
                return await handover.booked(self._account, key, request)
            case CancelPickup():
                return await handover.cancelled(self._account, request)
            case _:
                return None

    async def _rate(self, request: GetRates) -> Rates:
        shipment = await self._account.post("rate", "/shipments", Shipment, build.shipment(request), safe=True)
        return parse.rates(shipment, {code: self._account.carrier(code) for code in request.carriers})

    async def _track(self, request: TrackParcels) -> Tracks:
        """Of what was bought here there are trackers; for other parcels one is made, which EasyPost does once only."""
        numbers = {"tracking_codes": [one.tracking_number for one in request.parcels]}
        listed = await self._account.post("track", "/trackers/batch", Trackers, numbers, safe=True)
        found = {one.tracking_code: one for one in reversed(listed.trackers)}  # the newest first
        for one in request.parcels:
            if one.tracking_number not in found:
                wanted = {"tracking_code": one.tracking_number, "carrier": self._account.carrier(one.carrier)}
                made = await self._account.post("track", "/trackers", Tracker, {"tracker": wanted}, safe=True)
                found[one.tracking_number] = made
        return Tracks(parcels=tuple(map(parse.tracked, found.values())))

    async def _validate(self, request: ValidateAddress) -> AddressChecked:
        body = {"address": build.address(request.address), "verify": True}
        return parse.checked(await self._account.post("validate", "/addresses", CheckedAddress, body, safe=True))
