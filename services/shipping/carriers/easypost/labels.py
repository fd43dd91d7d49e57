"""Labels: bought, fetched in each format, given back."""

from services.hub.effects import PermanentError, TransientError, UnknownError
from services.hub.http import StatusError
from services.shipping.carriers.answers import Label, Voided
from services.shipping.carriers.easypost import build, parse
from services.shipping.carriers.easypost.account import Account
from services.shipping.carriers.easypost.payload import Rate, Shipment
from services.shipping.carriers.requests import BuyLabel, VoidLabel
from services.shipping.carriers.units import money

_BOUGHT_ALREADY = "SHIPMENT.POSTAGE.EXISTS"
_GIVEN_BACK = frozenset({"submitted", "refunded", "not_applicable"})
"""Where a refund does not apply, the carrier bills what it scans: a label that is not used costs nothing."""
_FILE_TYPES = {"application/pdf": "pdf", "application/zpl": "zpl", "image/png": "png"}


async def buy(account: Account, key: str, request: BuyLabel) -> Label:
    """Buy a label, once for each key: a shipment can be bought once only, and a key has one shipment.

    Raises:
        PermanentError: it is not sold.
        TransientError: it certainly was not bought.
        UnknownError: it may have been.
    """
    shipment = await account.made("shipments", key, Shipment, build.shipment(request, key))
    if not shipment.is_bought:
        rate = _wanted(account, shipment, request)
        try:
            path = f"/shipments/{shipment.id}/buy"
            shipment = await account.post("buy", path, Shipment, {"rate": {"id": rate.id}})
        except StatusError as error:
            shipment = await _bought_before(account, shipment.id, error)
    return await _label(account, shipment, request)


async def _bought_before(account: Account, shipment_id: str, refusal: StatusError) -> Shipment:
    """The shipment, where an earlier try came through, be it only now.

    Raises:
        StatusError: it did not, so it is refused.
        UnknownError: whether it did cannot be seen just now.
    """
    try:
        shipment = await account.get("look-up", f"/shipments/{shipment_id}", Shipment)
    except (TransientError, PermanentError) as error:
        msg = f"{account.name}: {shipment_id}: {refusal}; whether it was bought before cannot be seen: {error}"
        raise UnknownError(msg) from error
    if shipment.is_bought:
        return shipment
    if refusal.code == _BOUGHT_ALREADY:
        msg = f"{account.name}: {shipment_id} was bought before, and has no label yet"
        raise UnknownError(msg)
    raise refusal


async def bought(account: Account, key: str, request: BuyLabel) -> Label | None:
    """The label that was bought under a key; none if none was."""
    found = await account.standing("shipments", key, Shipment)
    return await _label(account, found, request) if found and found.is_bought else None


def _wanted(account: Account, shipment: Shipment, request: BuyLabel) -> Rate:
    service = parse.plain(request.service)
    for rate in shipment.rates:
        if account.is_carrier(request.carrier, rate.carrier) and parse.plain(rate.service) == service:
            return rate
    offered = ", ".join(f"{rate.carrier} {rate.service}" for rate in shipment.rates) or "nothing"
    said = "; ".join(parse.notices(shipment.messages))
    code = "no-rate"
    raise PermanentError(code, f"{request.carrier} {request.service} is not offered, {offered} is. {said}".rstrip())


async def _label(account: Account, shipment: Shipment, request: BuyLabel) -> Label:
    """The label of a shipment that is bought, with its documents.

    Raises:
        UnknownError: it was bought, and its documents cannot be had just now.
    """
    try:
        documents = await _documents(account, shipment, request.formats)
    except (TransientError, PermanentError) as error:
        msg = f"{account.name}: {shipment.id} was bought, and its label cannot be fetched: {error}"
        raise UnknownError(msg) from error
    paid = shipment.selected_rate
    return Label(
        tracking_number=shipment.tracking_code,
        cost=money(paid.rate, paid.currency) if paid else request.rate,
        documents=documents,
        handle=shipment.id,
    )


async def _documents(account: Account, shipment: Shipment, formats: tuple[str, ...]) -> dict[str, bytes]:
    documents: dict[str, bytes] = {}
    for wanted in formats:
        url = _url_of(shipment, wanted)
        if not url:
            params = {"file_format": wanted.upper()}
            converted = await account.get("label", f"/shipments/{shipment.id}/label", Shipment, params=params)
            url = _url_of(converted, wanted)
        if not url:
            msg = f"there is no label in {wanted} yet"
            raise TransientError(msg)
        documents[wanted] = await account.fetch(url)
    for form in shipment.forms:
        if form.form_type == "commercial_invoice" and form.form_url:
            documents["invoice.pdf"] = await account.fetch(form.form_url)
    return documents


def _url_of(shipment: Shipment, wanted: str) -> str:
    label = shipment.postage_label
    if label is None:
        return ""
    own = {"pdf": label.label_pdf_url, "zpl": label.label_zpl_url}.get(wanted, "")
    return own or (label.label_url if _FILE_TYPES.get(label.label_file_type) == wanted else "")


async def void(account: Account, request: VoidLabel) -> Voided:
    """Give a label back.

    Raises:
        PermanentError: it is not taken back, or was not bought here.
    """
    if not request.handle:
        code = "not-bought-here"
        raise PermanentError(code, f"no shipment of EasyPost is known for {request.tracking_number}")
    shipment = await account.post("void", f"/shipments/{request.handle}/refund", Shipment)
    if shipment.refund_status not in _GIVEN_BACK:
        code = "void-refused"
        raise PermanentError(code, f"refund of {request.tracking_number}: {shipment.refund_status or 'no answer'}")
    return Voided(tracking_number=shipment.tracking_code or request.tracking_number)


async def voided(account: Account, request: VoidLabel) -> Voided | None:
    """That a label was given back before; none if it was not."""
    shipment = await account.find(f"/shipments/{request.handle}", Shipment) if request.handle else None
    if shipment is None or shipment.refund_status not in _GIVEN_BACK:
        return None
    return Voided(tracking_number=shipment.tracking_code or request.tracking_number)
