"""The formats that a channel may have in ``channels.toml``, apart from the wiring: to read the rules starts nothing."""

from collections.abc import Callable

from services.capture.channels import Format
from services.capture.channels.amazon import Amazon
from services.capture.channels.amazon.api import AmazonApi
from services.capture.channels.api import Api
from services.capture.channels.bigcommerce import BigCommerce
from services.capture.channels.bigcommerce.api import BigCommerceApi
from services.capture.channels.csv import Csv
from services.capture.channels.ebay import Ebay
from services.capture.channels.ebay.api import EbayApi
from services.capture.channels.etsy import Etsy
from services.capture.channels.etsy.api import EtsyApi
from services.capture.channels.flipkart import Flipkart
from services.capture.channels.flipkart.api import FlipkartApi
from services.capture.channels.magento import Magento
from services.capture.channels.magento.api import MagentoApi
from services.capture.channels.native import Native
from services.capture.channels.shopify import Shopify
from services.capture.channels.shopify.api import ShopifyApi
from services.capture.channels.signed import Signed
from services.capture.channels.square import Square
from services.capture.channels.square.api import SquareApi
from services.capture.channels.tiktok import TikTok
from services.capture.channels.tiktok.api import TikTokApi
from services.capture.channels.walmart import Walmart
from services.capture.channels.walmart.api import WalmartApi
from services.capture.channels.woocommerce import WooCommerce
from services.capture.channels.woocommerce.api import WooCommerceApi
from services.capture.rules import ApiConfig
from services.hub.secrets import Secrets

FORMATS: dict[str, Callable[[], Format]] = {
    "amazon": Amazon,
    "bigcommerce": BigCommerce,
    "csv": Csv,
    "ebay": Ebay,
    "etsy": Etsy,
    "flipkart": Flipkart,
    "magento": Magento,
    "native": Native,
    "shopify": Shopify,
    "signed": Signed,
    "square": Square,
    "tiktok": TikTok,
    "walmart": Walmart,
    "woocommerce": WooCommerce,
}
"""Who reads the payloads of a channel, by the name that ``channels.toml`` gives."""

APIS: dict[str, Callable[[str, ApiConfig, Secrets], Api]] = {
    "amazon": AmazonApi,
    "bigcommerce": BigCommerceApi,
    "ebay": EbayApi,
    "etsy": EtsyApi,
    "flipkart": FlipkartApi,
    "magento": MagentoApi,
    "shopify": ShopifyApi,
    "tiktok": TikTokApi,
    "square": SquareApi,
    "walmart": WalmartApi,
    "woocommerce": WooCommerceApi,
}
"""How the web APIs of formats are spoken to."""
