"""How channels' web APIs are reached: their clients, and the secrets that those need."""

from collections.abc import Mapping

from services.capture.channels.api import Api
from services.capture.formats import APIS
from services.capture.rules import ApiConfig, Channel
from services.hub.secrets import Secrets
from services.hub.toml import RulesError

_APPLICATION = ("client-id", "client-secret", "refresh-token")
_NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "amazon": (_APPLICATION,),
    "bigcommerce": (("token",),),
    "ebay": (_APPLICATION,),
    "etsy": (("api-key", "refresh-token"),),
    "flipkart": (("client-id", "client-secret"),),
    "magento": (("consumer-key", "consumer-secret", "token", "token-secret"), ("token",)),
    "shopify": (("token",), ("key", "secret")),
    "square": (("token",), _APPLICATION),
    "tiktok": (_APPLICATION,),
    "walmart": (("client-id", "client-secret"),),
    "woocommerce": (("key", "secret"),),
}
"""The secrets of each format's API: any of these sets of them."""


def connected(channel: Channel, reached: ApiConfig, secrets: Secrets) -> Api:
    """The client of a channel's web API.

    Raises:
        RulesError: its format has none, or it is not configured whole.
    """
    made = APIS.get(channel.format.name)
    if made is None:
        msg = f"channels.toml: {channel.name}.api: the format {channel.format.name} has no web API; take it out"
        raise RulesError(msg)
    return made(channel.name, reached.model_copy(update={"locations": channel.config.places}), secrets)


def missing(channel: Channel, secrets: Secrets) -> str:
    """What to do about the secrets that a channel's web API still needs; empty: it has all of them."""
    found = []
    for needed in _NEEDED.get(channel.format.name, ()):
        names = [f"channel.{channel.name}.{name}" for name in needed]
        found.append([name for name in names if not secrets.one(name)])
    fewest = min(found, key=len, default=[])
    return "; ".join(map(secrets.missing, fewest))
