"""What is configured of shipping: its locations, its carriers, and the work that goes beyond a pick."""

from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from crossdock_contracts.values import Code
from services.hub.exchange import Exchange
from services.hub.toml import load_toml
from services.shipping.rules.carriers import Account, Carrier, CarriersFile, RateShopping
from services.shipping.rules.locations import LocationsFile, ShipFrom
from services.shipping.rules.work import StepRule, Substitution, SubstitutionsFile, WorkflowFile


class Rules(BaseModel):
    """All that shipping goes by."""

    model_config = ConfigDict(frozen=True)

    locations: dict[str, ShipFrom]
    carriers: dict[Code, Carrier]
    accounts: dict[Code, Account] = Field(default_factory=dict)
    rates: RateShopping = RateShopping()
    exchange: Exchange = Exchange()
    steps: tuple[StepRule, ...] = ()
    substitutions: tuple[Substitution, ...] = ()
    consent: str = ""
    """Tag of orders whose buyers take something else for what is short."""

    @cached_property
    def returning(self) -> "Rules":
        """The same with those carrier services alone that bring back what buyers return."""
        carriers = {
            name: carrier.model_copy(
                update={"service": {title: one for title, one in carrier.service.items() if one.returns}}
            )
            for name, carrier in self.carriers.items()
        }
        return self.model_copy(update={"carriers": carriers})

    @classmethod
    def load(cls, folder: Path) -> "Rules":
        """Read the files.

        Raises:
            RulesError: one is missing or wrong.
        """
        locations = load_toml(folder / "locations.toml", LocationsFile).location
        carriers = load_toml(folder / "carriers.toml", CarriersFile)
        steps = load_toml(folder / "workflow.toml", WorkflowFile).step
        instead = load_toml(folder / "substitutions.toml", SubstitutionsFile)
        return cls(
            locations=locations,
            carriers=carriers.carrier,
            accounts=carriers.account,
            rates=carriers.rates,
            exchange=carriers.exchange.at_home(carriers.carrier.values()),
            steps=steps,
            substitutions=instead.substitution,
            consent=instead.consent,
        )
