"""Names that an operator may type wrong, held against the files of rules before anything is sent.

Where the command line has no rules at hand, or cannot read them, the services have the say.
"""

from services.capture.formats import FORMATS
from services.capture.rules import Channels
from services.cli.output import NOT_FOUND, fail
from services.hub.settings import settings
from services.hub.toml import RulesError
from services.inventory.rules import Rules
from services.routing.rules import Rules as Routing
from services.shipping.rules import Rules as Shipping


def location(name: str) -> str:
    """A location of ``locations.toml``; the command ends where it is none: nothing ever ships from there."""
    try:
        names = sorted(Rules.load(settings().rules_dir).locations)
    except RulesError:
        return name
    if name not in names:
        fail(f"there is no location {name} in locations.toml; known: {', '.join(names)}", NOT_FOUND)
    return name


def works_with_the_hub(name: str) -> bool:
    """Whether a location works from the hub's queues; taken for granted where nobody can tell."""
    try:
        found = Shipping.load(settings().rules_dir).locations.get(name)
    except RulesError:
        return True
    return found is None or found.work == "hub"


def freight_currency() -> str:
    """The currency that freight is reckoned in; empty where nobody can tell."""
    try:
        return Routing.load(settings().rules_dir).exchange.currency or ""
    except RulesError:
        return ""


def channel(name: str) -> str:
    """A channel of ``channels.toml``; the command ends where it is none."""
    try:
        names = sorted(Channels.load(settings().rules_dir, FORMATS).names)
    except RulesError:
        return name
    if name not in names:
        fail(f"there is no channel {name} in channels.toml; known: {', '.join(names)}", NOT_FOUND)
    return name
