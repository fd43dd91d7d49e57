"""What a check of an audit comes to."""

from dataclasses import dataclass, field


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
