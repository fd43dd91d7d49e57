"""What a channel may be promised: all that is there, less its buffer, and no more than its share."""

from datetime import datetime

from crossdock_contracts.stock import SetChannelLimitV1
from services.hub.decision import Decision, States
from services.inventory.decide.stocks import Stocks
from services.inventory.state import ChannelLimit, Stock


def open_to(stock: Stock, channel: str, limit: ChannelLimit | None) -> int:
    """Pieces that a channel may still be promised.

    A buffer is kept from what is available now. A share is one of all sellable pieces, promised and bound ones
    included; what the channel holds of them counts as used until it has shipped or was given back.
    """
    free = stock.promisable
    if limit is None:
        return max(0, free)
    free -= limit.buffer
    if limit.share_percent is not None:
        free = min(free, stock.sellable * limit.share_percent // 100 - stock.used.get(channel, 0))
    return max(0, free)


def set_limit(states: States, message: SetChannelLimitV1, now: datetime) -> Decision:
    """Set how much of a SKU a channel may have; lines that wait may be filled now."""
    stocks = Stocks(states, message.owner, now)
    limits = {name: one for name, one in stocks[message.sku].limits.items() if name != message.channel}
    if not message.as_configured:
        limits[message.channel] = ChannelLimit(buffer=message.buffer, share_percent=message.share_percent)
    if limits == stocks[message.sku].limits:
        return Decision.nothing()
    stocks.put(message.sku, limits=limits)
    return Decision(writes=[*stocks.writes()], events=[*stocks.freed()])
