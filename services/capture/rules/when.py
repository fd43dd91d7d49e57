"""What an order must be like for a rule to apply: the vocabulary that all of capture's rules are written in."""

from pydantic import BaseModel, ConfigDict, NonNegativeInt

from crossdock_contracts.values import Code, Country, Currency, Order, PaymentMethod


class When(BaseModel):
    """Conditions on an order; all that are named have to hold, and what is left out does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    owners: tuple[str, ...] = ()
    channels: tuple[Code, ...] = ()
    countries: tuple[Country, ...] = ()
    """Countries that it goes to."""
    service_levels: tuple[Code, ...] = ()
    payment_methods: tuple[PaymentMethod, ...] = ()
    tags: tuple[str, ...] = ()
    """It has at least one of them."""
    sku_prefixes: tuple[str, ...] = ()
    """At least one line's SKU begins so."""
    customers: tuple[str, ...] = ()
    """Customer ids, as `crossdock customers show` tells them."""
    email_domains: tuple[str, ...] = ()
    """The buyer's e-mail address belongs to one of them, in lower case."""
    currencies: tuple[Currency, ...] = ()
    total_from_minor: NonNegativeInt | None = None
    """The total is at least this; name ``currencies`` with it, unless it is meant in any."""
    by_hand: bool | None = None
    """Somebody entered it by hand, or nobody did."""

    def matches(self, owner: str, order: Order) -> bool:
        """All conditions hold for this order."""
        country = order.ship_to.country if order.ship_to else None
        return (
            (not self.owners or owner in self.owners)
            and (not self.channels or order.channel in self.channels)
            and (not self.countries or country in self.countries)
            and (not self.service_levels or order.shipping.service_level in self.service_levels)
            and (not self.payment_methods or order.payment.method in self.payment_methods)
            and (not self.tags or not set(self.tags).isdisjoint(order.tags))
            and (not self.sku_prefixes or any((line.sku or "").startswith(self.sku_prefixes) for line in order.lines))
            and (not self.customers or order.customer.customer_id in self.customers)
            and (not self.email_domains or domain_of(order.customer.email) in self.email_domains)
            and (not self.currencies or order.currency in self.currencies)
            and (self.total_from_minor is None or order.totals.total_minor >= self.total_from_minor)
            and (self.by_hand is None or self.by_hand is bool(order.created_by))
        )


def domain_of(email: str) -> str:
    """The domain of an e-mail address, in lower case."""
    return email.rpartition("@")[2].strip().lower()
