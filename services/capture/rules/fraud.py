"""What makes an order suspicious, in ``fraud.toml``."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

from crossdock_contracts.values import Code
from services.capture.rules.when import When
from services.hub.toml import RulesError, load_lines, load_toml


class FraudRule(BaseModel):
    """Points for orders of which all these conditions hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    points: int
    """Negative ones speak for the order."""
    when: When = When()
    orders_from: PositiveInt | None = None
    """The customer placed at least so many orders, this one among them, within ``within_hours``."""
    spent_from_minor: PositiveInt | None = None
    """The customer's orders, this one among them, come to at least this within ``within_hours``, in its currency."""
    within_hours: PositiveFloat | None = None
    billing_country_differs: bool = False
    """It is billed to another country than it goes to."""
    disposable_email: bool = False
    """The e-mail address is of a domain that gives them away to be thrown away."""
    first_order: bool = False
    """The buyer is somebody, who never ordered anything before."""
    anonymous: bool = False
    """The buyer gave neither e-mail address nor phone, and the channel names no customer."""

    @model_validator(mode="after")
    def _window(self) -> "FraudRule":
        counts = self.orders_from is not None or self.spent_from_minor is not None
        if counts is (self.within_hours is None):
            msg = "orders_from and spent_from_minor need within_hours, and within_hours one of them"
            raise ValueError(msg)
        return self


class FraudFile(BaseModel):
    """``fraud.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: tuple[Code, ...] = ()
    """Channels whose orders are judged: those whose losses are yours; empty: all."""
    threshold: PositiveInt = 100
    """Orders with so many points are held …"""
    role: Code = "risk"
    """… for somebody of this role …"""
    hours: PositiveFloat | None = None
    """… for so long, or as long as the channel says …"""
    on_expiry: Literal["release", "reject"] = "reject"
    """… and then this happens."""
    disposable_domains: str = ""
    """File of domains beside this one, one a line; empty: none."""
    rule: tuple[FraudRule, ...] = ()


class FraudRules(BaseModel):
    """The file, and the list of domains that it names."""

    model_config = ConfigDict(frozen=True)

    config: FraudFile
    disposable: frozenset[str] = frozenset()

    @classmethod
    def load(cls, folder: Path, remembered: int) -> "FraudRules":
        """Read both files; ``remembered`` orders of a customer are there to count.

        Raises:
            RulesError: one is missing or wrong, or a rule counts more orders than are remembered.
        """
        config = load_toml(folder / "fraud.toml", FraudFile)
        for rule in config.rule:
            if (rule.orders_from or 0) > remembered + 1:
                msg = (
                    f"fraud.toml: rule {rule.name!r} counts {rule.orders_from} orders, and customers.toml has "
                    f"remember_orders = {remembered}"
                )
                raise RulesError(msg)
        domains = load_lines(folder / config.disposable_domains) if config.disposable_domains else []
        return cls(config=config, disposable=frozenset(domain.lower() for domain in domains))
