"""What orders of Shopify are made of: amounts, attributes, addresses, people."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from services.capture.channels.reading import Amount, Payload, SomeRef, Text


class Money(Payload):
    """An amount in one currency."""

    amount: Amount = Decimal(0)
    currency_code: Text = ""


class MoneySet(Payload):
    """An amount in the currency of the shop, and in that of the buyer."""

    shop_money: Money | None = None
    presentment_money: Money | None = None


class Price(Payload):
    """A tax or duty."""

    price: Amount = Decimal(0)
    price_set: MoneySet | None = None


class Allocation(Payload):
    """The part of a discount that falls to a line."""

    amount: Amount = Decimal(0)
    amount_set: MoneySet | None = Field(
        default=None, validation_alias=AliasChoices("amount_set", "allocated_amount_set")
    )


def _value(given: Any) -> Any:
    return given if isinstance(given, str) else "" if given is None else str(given)


class Attribute(Payload):
    """Something that the shop asked the buyer for."""

    name: Text = Field(default="", validation_alias=AliasChoices("name", "key"))
    value: Annotated[str, BeforeValidator(_value)] = ""


class Named(Payload):
    """Something of which only id and title matter."""

    id: SomeRef = ""
    title: Text = Field(default="", validation_alias=AliasChoices("title", "name"))


class Address(Payload):
    """A postal address."""

    first_name: Text = ""
    last_name: Text = ""
    name: Text = ""
    company: Text = ""
    address1: Text = ""
    address2: Text = ""
    city: Text = ""
    province: Text = ""
    province_code: Text = ""
    zip: Text = ""
    country: Text = ""
    country_code: Text = Field(default="", validation_alias=AliasChoices("country_code", "country_code_v2"))
    phone: Text = ""
    latitude: float | None = None
    longitude: float | None = None


class Contact(Payload):
    """How the GraphQL API gives an e-mail address or a phone number."""

    email_address: Text = ""
    phone_number: Text = ""


class Customer(Payload):
    """The buyer."""

    id: SomeRef = ""
    first_name: Text = ""
    last_name: Text = ""
    email: Text = ""
    phone: Text = ""
    default_email_address: Contact | None = None
    default_phone_number: Contact | None = None


class Purchaser(Payload):
    """Who buys on behalf of a business."""

    company: Named | None = None
