"""What a check of an audit comes to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from services.verify.facts import Body, Facts, OrderKey


@dataclass(slots=True)
class Check:
    """One promise, how often it was checked, and where it does not hold."""

    name: str
    checked: int = 0
    violations: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """It holds everywhere."""
        return not self.violations


def order_name(key: OrderKey) -> str:
    """An order, as a violation names it."""
    return f"order {key[1]} of {key[0]}"


def said_once(name: str, facts: Facts, events: Iterable[str], identity: Callable[[Body], Any], what: str) -> Check:
    """No two events of a kind say the same."""
    check = Check(name)
    seen: dict[Any, str] = {}
    for event in events:
        for message_id, key, body in facts.events.get(event, []):
            check.checked += 1
            said = (key, identity(body))
            if seen.setdefault(said, message_id) != message_id:
                check.violations.append(
                    f"{order_name(key)}: {what} twice ({identity(body)}): {seen[said]} and {message_id}"
                )
    return check
