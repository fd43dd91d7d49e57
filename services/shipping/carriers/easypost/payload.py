"""What EasyPost answers, as far as the hub reads it. What it does not know is let pass."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from crossdock_contracts.base import Moment

Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
"""A text; nothing is an empty one."""
Items = BeforeValidator(lambda value: () if value is None else value)


class Payload(BaseModel):
    """Any part of an answer."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Rate(Payload):
    """A carrier's offer, or what it was bought at."""

    id: Text = ""
    carrier: str
    service: str
    rate: Decimal
    currency: str
    delivery_days: int | None = None
    delivery_date: Moment | None = None


class Notice(Payload):
    """Why a carrier made no offer."""

    carrier: Text = ""
    message: Any = ""


class PostageLabel(Payload):
    """Where a label's files are."""

    label_url: Text = ""
    label_file_type: Text = ""
    label_pdf_url: Text = ""
    label_zpl_url: Text = ""


class Form(Payload):
    """A document that goes with a shipment."""

    form_type: Text = ""
    form_url: Text = ""


class ScanForm(Payload):
    """A manifest."""

    id: str
    status: Text = ""
    message: Text = ""
    form_url: Text = ""
    tracking_codes: Annotated[tuple[str, ...], Items] = ()


class Shipment(Payload):
    """A parcel: at first an enquiry with rates; once one of them is bought, a label."""

    id: str
    tracking_code: Text = ""
    rates: Annotated[tuple[Rate, ...], Items] = ()
    messages: Annotated[tuple[Notice, ...], Items] = ()
    selected_rate: Rate | None = None
    postage_label: PostageLabel | None = None
    forms: Annotated[tuple[Form, ...], Items] = ()
    refund_status: Text = ""
    scan_form: ScanForm | None = None

    @property
    def is_bought(self) -> bool:
        """Its label has been bought."""
        return self.postage_label is not None or (self.selected_rate is not None and bool(self.tracking_code))


class Place(Payload):
    """Where something was seen."""

    city: Text = ""
    country: Text = ""


class Detail(Payload):
    """One thing that happened."""

    message: Text = ""
    status: Text = ""
    status_detail: Text = ""
    datetime: Moment
    tracking_location: Place | None = None


class Tracker(Payload):
    """A parcel on its way."""

    id: Text = ""
    tracking_code: str
    carrier: Text = ""
    status: Text = ""
    status_detail: Text = ""
    updated_at: Moment | None = None
    est_delivery_date: Moment | None = None
    tracking_details: Annotated[tuple[Detail, ...], Items] = ()


class Trackers(Payload):
    """A page of them."""

    trackers: Annotated[tuple[Tracker, ...], Items] = ()


class Problem(Payload):
    """What is wrong with an address."""

    code: Text = ""
    field: Text = ""
    message: Text = ""
    suggestion: Any = None
    """What would be right for the field."""


class Verification(Payload):
    """Whether an address stood a check."""

    success: bool = False
    errors: Annotated[tuple[Problem, ...], Items] = ()


class Verifications(Payload):
    """The checks that were made."""

    delivery: Verification | None = None


class CheckedAddress(Payload):
    """An address as it is properly written."""

    name: Text = ""
    company: Text = ""
    street1: Text = ""
    street2: Text = ""
    city: Text = ""
    state: Text = ""
    zip: Text = ""
    country: Text = ""
    phone: Text = ""
    email: Text = ""
    residential: bool | None = None
    verifications: Verifications = Verifications()


class Batch(Payload):
    """Several shipments."""

    id: str


class Pickup(Payload):
    """An appointment to fetch parcels."""

    id: str
    status: Text = ""
    confirmation: Text = ""
    pickup_rates: Annotated[tuple[Rate, ...], Items] = ()
    messages: Annotated[tuple[Notice, ...], Items] = ()

    @property
    def is_booked(self) -> bool:
        """Somebody will come."""
        return self.status == "scheduled" or bool(self.confirmation)


class Event(Payload):
    """What a webhook brings."""

    id: Text = ""
    description: Text = ""
    result: Any = None
