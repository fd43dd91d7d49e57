"""What the table ``account`` of a channel's web API says: whose account it is, and what else its page asks for.

All of it is checked when the services start. What is missing, misspelt, or nothing that the channel knows is refused;
no marketplace, country or place is taken for another.
"""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, model_validator
from pydantic_core import PydanticCustomError

from services.capture.channels.amazon.parts import CURRENCIES
from services.capture.channels.amazon.reach import TOKEN_URL as AMAZON_TOKENS
from services.capture.channels.ebay.listings import SITES
from services.capture.rules import ApiConfig, Url
from services.hub.toml import RulesError, checked


def _one_of(known: Collection[str]) -> AfterValidator:
    """It is one of these; the text of the refusal names them."""

    def check(text: str) -> str:
        if text not in known:
            raise PydanticCustomError("unknown", "it may be {known}", {"known": ", ".join(sorted(known))})  # noqa: EM101  # a kind, and a template
        return text

    return AfterValidator(check)


def _number(text: str) -> str:
    if not (text.isascii() and text.isdecimal()):
        kind, meant = "number", "it is a number"
        raise PydanticCustomError(kind, meant)
    return text


Digits = Annotated[str, AfterValidator(_number)]
"""An id that is a number."""
Maybe = Annotated[str, Field(min_length=0)]
"""What may be written as empty, which is as if it were left out."""


class Account(BaseModel):
    """A table ``account``; of a channel that asks for nothing it is empty."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_min_length=1)

    @classmethod
    def of(cls, channel: str, config: ApiConfig) -> Self:
        """Read the table of a channel.

        Raises:
            RulesError: it is wrong, or what stands beside it; the text says where, and what it may be.
        """
        found = checked(dict(config.account), cls, "channels.toml", f"{channel}.api.account")
        if wrong := found.wrong_beside(config):
            msg = f"channels.toml: {channel}.api.{wrong}"
            raise RulesError(msg)
        return found

    def wrong_beside(self, _config: ApiConfig) -> str:
        """What of the channel's other settings its API cannot do, and what to do; empty: nothing."""
        return ""


class AmazonAccount(Account):
    """One seller in one marketplace."""

    seller: str
    marketplace: Annotated[str, _one_of(CURRENCIES)]
    orders: Literal["2026-01-01", "v0"] = "2026-01-01"
    """The version of the Orders API."""
    restricted: Literal["true", "false"] = "false"
    """With v0: names and addresses are asked for with a token of their own."""
    token_url: Url = AMAZON_TOKENS


class BigCommerceAccount(Account):
    """One store."""

    location: PositiveInt = 1
    """Where stock is set; 1 is the place that each store has."""


class EbayAccount(Account):
    """One seller in one marketplace."""

    marketplace: Annotated[str, _one_of(SITES)]

    def wrong_beside(self, config: ApiConfig) -> str:
        """Polls end half a minute ago."""
        if config.poll_minutes and config.overlap_minutes < 1:
            return "overlap_minutes: a poll of eBay ends half a minute ago, so the next one needs 1 or more"
        return ""


class EtsyAccount(Account):
    """One shop."""

    shop: Digits
    token_url: Url = "https://api.etsy.com/v3/public/oauth/token"  # noqa: S105  # where tokens come from


class FlipkartAccount(Account):
    """One seller at one location, and where the seller's own carriers leave from."""

    location: str
    address1: Maybe = ""
    address2: Maybe = ""
    city: Maybe = ""
    state: Maybe = ""
    pincode: Maybe = ""
    delivery_days: NonNegativeInt = 7
    """How long after shipping the seller's own carriers deliver."""
    partners: Mapping[str, str] = {}
    """Flipkart's codes for carriers, by the first word of their names; written ``partner_<word>``."""

    @model_validator(mode="before")
    @classmethod
    def _by_word(cls, given: dict[str, Any]) -> dict[str, Any]:
        named = {name: value for name, value in given.items() if name.startswith("partner_")}
        rest = {name: value for name, value in given.items() if name not in named}
        return rest | ({"partners": {name.removeprefix("partner_"): v for name, v in named.items()}} if named else {})

    @property
    def address(self) -> dict[str, str]:
        """The parts of the address that are configured, as Flipkart calls them."""
        return self.model_dump(include={"address1", "address2", "city", "state", "pincode"}, exclude_defaults=True)

    def wrong_beside(self, config: ApiConfig) -> str:
        """Flipkart takes stock in one way."""
        if config.stock_seconds and config.stock_by != "sku":
            return 'stock_by: Flipkart takes stock by the seller\'s SKU: write "sku", or stock_seconds = 0'
        return ""


class MagentoAccount(Account):
    """One shop."""

    store: str = "all"
    """The store code in the address."""
    source: str = "default"
    """Where stock is written."""
    stock: Digits = "1"
    """The stock that the source belongs to."""


class ShopifyAccount(Account):
    """One shop."""

    location: Digits
    """Whose stock is set."""
    notify: Literal["yes", "no"] = "yes"
    """Whether the shop writes to buyers."""


class SquareAccount(Account):
    """One seller."""

    location: str
    """Where stock is counted."""


class TikTokAccount(Account):
    """One shop."""

    cipher: str
    warehouse: Maybe = ""
    """The one whose stock is set, where SKUs are in several."""
    token_url: Url = "https://auth.tiktok-shops.com/api/v2/token/refresh"  # noqa: S105  # where tokens come from


class WalmartAccount(Account):
    """One seller in one country."""

    market: Literal["us", "ca"]
    ship_node: Maybe = ""
    """The node that stock is kept at; empty: the seller has only one."""
