"""What channels' tables say of their accounts: whatever is wrong is refused at the start, and nothing is guessed."""

from pathlib import Path

import pytest

from services.capture.channels.accounts import FlipkartAccount
from services.capture.formats import APIS
from services.capture.rules import ChannelConfig
from services.hub.secrets import Secrets
from services.hub.toml import RulesError, checked
from tests.adapters.channels.speaking import config

AMAZON = {"seller": "S1", "marketplace": "A1PA6795UKMFR9"}
FLIPKART = {"location": "LOC1", "stock_by": "sku"}


@pytest.mark.parametrize(
    ("format_", "fields", "where", "what"),
    [
        ("amazon", {"seller": "S1", "marketplace": "DE"}, "account.marketplace", "it may be A13V1IB3VIYZZH, "),
        ("amazon", {"marketplace": "A1PA6795UKMFR9"}, "account.seller", "it is missing"),
        ("amazon", AMAZON | {"orders": "v1"}, "account.orders", "'2026-01-01' or 'v0'; 'v1' stands there"),
        ("amazon", AMAZON | {"restricted": "yes"}, "account.restricted", "'true' or 'false'"),
        ("amazon", AMAZON | {"token_url": "api.amazon.com"}, "account.token_url", "it begins with https://, as in "),
        ("bigcommerce", {"location": "Berlin"}, "account.location", "valid integer"),
        ("ebay", {"marketplace": "EBAY-DE"}, "account.marketplace", "EBAY_CH, EBAY_DE, "),
        ("ebay", {}, "account.marketplace", "it is missing"),
        ("ebay", {"marketplace": "EBAY_DE", "overlap_minutes": 0}, "overlap_minutes", "needs 1 or more"),
        ("etsy", {"shop": "Ada's"}, "account.shop", "it is a number; "),
        ("flipkart", FLIPKART | {"delivery_days": "five"}, "account.delivery_days", "'five' stands there"),
        ("flipkart", FLIPKART | {"delivery_day": "5"}, "account.delivery_day", "no such key"),
        ("flipkart", {"location": "LOC1"}, "stock_by", 'write "sku"'),
        ("magento", {"stock": "main"}, "account.stock", "it is a number; 'main' stands there"),
        ("shopify", {"location": "1", "notify": "never"}, "account.notify", "'yes' or 'no'"),
        ("square", {"location": ""}, "account.location", "at least 1 character"),
        ("tiktok", {}, "account.cipher", "it is missing"),
        ("walmart", {"market": "mx"}, "account.market", "'us' or 'ca'"),
        ("walmart", {}, "account.market", "it is missing"),
        ("woocommerce", {"location": "1"}, "account.location", "no such key"),
    ],
)
def test_what_is_wrong_with_an_account_is_refused_with_where_and_what(
    format_: str, fields: dict[str, str], where: str, what: str, tmp_path: Path
) -> None:
    with pytest.raises(RulesError) as refusal:
        APIS[format_]("shop", config("https://x", **fields), Secrets(tmp_path))
    assert f"channels.toml: shop.api.{where}: " in str(refusal.value)
    assert what in str(refusal.value)


@pytest.mark.parametrize("url", ["shop.example.com", "", "https://", "ftp://shop.example.com"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    channels = {"shop": {"format": "shopify", "api": {"url": url}}}
    with pytest.raises(RulesError, match=r"channels\.toml: shop\.api\.url: "):
        checked(channels, dict[str, ChannelConfig], "channels.toml")


def test_carriers_of_flipkart_are_known_by_the_first_word_of_their_names() -> None:
    known = {"location": "LOC1", "city": "Bengaluru", "partner_delhivery": "DELHIVERY", "delivery_days": "5"}
    found = FlipkartAccount.of("shop", config("https://x/", stock_by="sku", **known))
    assert (found.partners, found.delivery_days, found.address) == (
        {"delhivery": "DELHIVERY"},
        5,
        {"city": "Bengaluru"},
    )


@pytest.mark.parametrize(
    ("format_", "fields"),
    [
        ("flipkart", FLIPKART | {"city": "", "pincode": ""}),
        ("tiktok", {"cipher": "c", "warehouse": ""}),
        ("walmart", {"market": "us", "ship_node": ""}),
    ],
)
def test_what_may_be_left_out_may_be_written_as_empty(format_: str, fields: dict[str, str], tmp_path: Path) -> None:
    assert APIS[format_]("shop", config("https://x", **fields), Secrets(tmp_path)).name == "shop"
