"""An account as it is asked in a thread: what is asked is built by karrio, sent, and read by karrio."""

from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import orjson

from crossdock_contracts.values import Money
from services.hub.effects import PermanentError, UnknownError
from services.shipping.carriers import not_supported
from services.shipping.carriers.answers import (
    AddressChecked,
    Answer,
    Label,
    PickupBooked,
    PickupCancelled,
    Rates,
    Tracks,
    Voided,
)
from services.shipping.carriers.karrio import build, library, parse
from services.shipping.carriers.karrio.shape import Connector, reference
from services.shipping.carriers.karrio.wire import CALL, Call, Reply, Tokens
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
from services.shipping.carriers.units import money


class Account:
    """One account, with the secrets of now."""

    def __init__(
        self,
        connector: Connector,
        settings: Mapping[str, Any],
        tokens: Tokens,
        *,
        name: str,
        url: str,
        options: Mapping[str, Any],
    ) -> None:
        module = library.connector(connector.carrier)
        kind = module.Settings
        if url:
            kind = type("Settings", (kind,), {"server_url": property(lambda _: url)})
        self.name = name
        self.settings = kind(**{**settings, "carrier_id": name})
        self.settings.cache = tokens
        self._connector = connector
        self._options = options
        self._mapper = module.Mapper(self.settings)
        self._proxy = module.Proxy(self.settings)

    @property
    def has_tokens(self) -> bool:
        """It shows tokens that expire, rather than a password."""
        return "username" not in self._connector.secrets

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a message with the account's proof."""
        content = None if body is None else orjson.dumps(body)
        told = {"Authorization": self._proof(path), "Accept": "application/json", **(headers or {})}
        if content is not None:
            told["Content-Type"] = "application/json"
        return CALL.get().send(method, f"{self.settings.server_url}{path}", told, content)

    def _proof(self, path: str) -> str:
        if not self.has_tokens:
            return f"Basic {self.settings.authorization}"
        which = {"auth_type": "track_auth"} if path.startswith("/track/") else {}
        asked = library.library().Serializable(None, ctx=which)
        return f"Bearer {self._proxy.authenticate(asked).deserialize()}"

    def buy(self, request: BuyLabel, key: str) -> Label:
        """Buy a label.

        Raises:
            PermanentError: refused.
            UnknownError: sold, or it seems so, and the label is not there.
        """
        wanted = request.formats[:1] or ("pdf",)
        told = build.purchase(request, reference(key), self._connector.label_types[wanted[0]], self._options)
        asked = self._model("ShipmentRequest", told)
        if request.is_return and self._connector.returns:
            sent = self._proxy.create_return_shipment(self._mapper.create_return_shipment_request(asked))
            details, messages = self._mapper.parse_return_shipment_response(sent)
        else:
            sent = self._proxy.create_shipment(self._mapper.create_shipment_request(asked))
            details, messages = self._mapper.parse_shipment_response(sent)
        details = self._given(details, messages)
        return parse.label(details, request, self._paid(), wanted)

    def _paid(self) -> Money | None:
        try:
            return self._connector.paid(orjson.loads(CALL.get().answer))
        except (ValueError, LookupError, TypeError):  # it does not say, or not in this shape: karrio may know
            return None

    def void(self, request: VoidLabel) -> Voided:
        """Give a label back; one that was given back before is.

        Raises:
            PermanentError: the carrier keeps it.
        """
        asked = self._model("ShipmentCancelRequest", {"shipment_identifier": request.handle or request.tracking_number})
        sent = self._proxy.cancel_shipment(self._mapper.create_cancel_shipment_request(asked))
        try:
            self._given(*self._mapper.parse_cancel_shipment_response(sent))
        except PermanentError as error:
            if not _is_over_already(str(error)):
                raise
        return Voided(tracking_number=request.tracking_number)

    def give_back(self, tracking_number: str) -> None:
        """Void a label that nobody has."""
        self.void(VoidLabel(carrier=self.name, tracking_number=tracking_number))

    def read(self, request: GetRates | TrackParcels | ValidateAddress) -> Rates | Tracks | AddressChecked:
        """Ask for something that changes nothing."""
        match request:
            case GetRates():
                return self._rates(request)
            case TrackParcels():
                return self._tracks(request)
            case ValidateAddress():
                if not self._connector.validates:
                    raise not_supported(self.name, "validate")
                asked = self._model("AddressValidationRequest", {"address": build.address(request.address)})
                sent = self._proxy.validate_address(self._mapper.create_address_validation_request(asked))
                checked, messages = self._mapper.parse_address_validation_response(sent)
                if checked is None and CALL.get().refused is None:
                    self._given(checked, messages)
                return parse.checked(checked, request.address)

    def _tracks(self, request: TrackParcels) -> Tracks:
        """Where parcels are. One that the carrier has not seen yet is not found, which is no refusal."""
        carriers = {one.tracking_number: one.carrier for one in request.parcels}
        asked = self._model("TrackingRequest", {"tracking_numbers": list(carriers)})
        sent = self._proxy.get_tracking(self._mapper.create_tracking_request(asked))
        details, messages = self._mapper.parse_tracking_response(sent)
        refused = CALL.get().refused
        if not details and refused is not None and refused.status != HTTPStatus.NOT_FOUND:
            raise refusal(CALL.get(), messages, self.name)
        told = {one.tracking_number: one for one in reversed(details or []) if one is not None}
        if told and len(carriers) == 1:  # whatever number the last carrier on its way gave it
            told = {number: told.get(number) or next(reversed(told.values())) for number in carriers}
        codes = self._connector.codes
        return Tracks(
            parcels=tuple(
                parse.tracked(told[number], codes, carrier).model_copy(update={"tracking_number": number})
                for number, carrier in carriers.items()
                if number in told
            )
        )

    def _rates(self, request: GetRates) -> Rates:
        asked = self._model("RateRequest", build.enquiry(request, self._options))
        sent = self._proxy.get_rates(self._mapper.create_rate_request(asked))
        details, messages = self._mapper.parse_rate_response(sent)
        if not details and CALL.get().refused is not None:
            raise refusal(CALL.get(), messages, self.name)
        return parse.rates(details or [], messages, self._connector.codes, request)

    def hand_over(self, request: MakeManifest | BookPickup) -> Answer:
        """Have parcels fetched; close a day."""
        match request:
            case MakeManifest():
                if not self._connector.manifests:
                    raise not_supported(self.name, "manifest")
                asked = self._model("ManifestRequest", build.manifest(request, self._options))
                sent = self._proxy.create_manifest(self._mapper.create_manifest_request(asked))
                return parse.manifested(self._given(*self._mapper.parse_manifest_response(sent)), request)
            case BookPickup():
                return self._booked(request)

    def call_off(self, request: CancelPickup, *, asked_before: bool) -> PickupCancelled:
        """Have nobody come; one that was called off before is.

        ``asked_before``: it was asked for, and the answer was lost. A carrier that knows nothing of such a pickup any
        more has then called it off.

        Raises:
            PermanentError: the carrier comes all the same.
        """
        number, _, rest = request.pickup_id.partition("|")
        date, _, place = rest.partition("|")
        options = {**self._options, **({"fedex_pickup_location": place} if place else {})}
        told = {"confirmation_number": number, "pickup_date": date or None, "options": options}
        asked = self._model("PickupCancelRequest", told)
        sent = self._proxy.cancel_pickup(self._mapper.create_cancel_pickup_request(asked))
        try:
            details, messages = self._mapper.parse_cancel_pickup_response(sent)
            if CALL.get().refused is not None:  # karrio reads some refusals as an answer
                raise refusal(CALL.get(), messages, self.name)
            self._given(details, messages)
        except PermanentError as error:
            if not _is_called_off(CALL.get(), str(error).lower(), asked_before=asked_before):
                raise
        return PickupCancelled(pickup_id=request.pickup_id)

    def _booked(self, request: BookPickup) -> PickupBooked:
        """A pickup's id is its number, and for those that want to hear more to cancel it, its date and place."""
        told = build.pickup(request, self._options)
        sent = self._proxy.schedule_pickup(self._mapper.create_pickup_request(self._model("PickupRequest", told)))
        details = self._given(*self._mapper.parse_pickup_response(sent))
        answer = orjson.loads(CALL.get().answer)
        place = str((answer.get("output") or {}).get("location") or "") if isinstance(answer, dict) else ""
        number = str(details.confirmation_number)
        charge = details.pickup_charge
        return PickupBooked(
            pickup_id=f"{number}|{told['pickup_date']}|{place}" if place else number,
            confirmation=number,
            cost=money(Decimal(str(charge.amount)), charge.currency)
            if charge and charge.amount and charge.currency
            else None,
        )

    def _model(self, name: str, told: dict[str, Any]) -> Any:
        return library.library().to_object(getattr(library.models(), name), told)

    def _given(self, details: Any, messages: list[Any]) -> Any:
        """What was read of an answer.

        Raises:
            PermanentError: it is a refusal.
            UnknownError: it is none, and says nothing; so what was asked for may have been done.
        """
        call = CALL.get()
        if details is not None:
            return details
        if call.refused is not None or call.safe:
            raise refusal(call, messages, self.name)
        msg = f"{self.name}: {call.operation} was answered, and the answer cannot be read: {parse.said(messages)}"
        raise UnknownError(msg)


def refusal(call: Call, messages: list[Any], name: str) -> PermanentError:
    """A refusal in the carrier's own words."""
    told = parse.said(messages, errors_only=True) or parse.said(messages)
    if not told and call.refused is not None:
        return call.refused
    return PermanentError(parse.code_of(messages), f"{name}: {told or 'no reason given'}")


def _is_over_already(text: str) -> bool:
    text = text.lower()
    return "already" in text and ("void" in text or "cancel" in text)


_PICKUP = ("pickup", "pick-up", "confirmation", "prn")
_NO_NUMBER = ("confirmation.invalid", "confirmation number is invalid", "invalid confirmation", "invalid prn")
_NOT_KNOWN = ("not found", "no such", "no pickup", "does not exist", "doesn't exist", *_NO_NUMBER)
"""How carriers say that there is no pickup of a number; they name no codes of it in what they publish. That something
else about it is invalid, such as its date, does not say so."""


def _is_called_off(call: Call, text: str, *, asked_before: bool) -> bool:
    """Whether a refusal to call a pickup off says that it has been.

    UPS says of one that it "has already been completed or canceled": which, is only known of what was asked before.
    """
    is_over = "already" in text and "cancel" in text
    if not asked_before:
        return is_over and "complet" not in text
    is_missing = call.refused is not None and call.refused.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
    is_unknown = any(what in text for what in _PICKUP) and any(words in text for words in _NOT_KNOWN)
    return is_over or is_missing or is_unknown
