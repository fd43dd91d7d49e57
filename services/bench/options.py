"""How much is measured."""

from dataclasses import dataclass, replace

NAMES = (
    "spine",
    "reservations",
    "webhooks",
    "latency",
    "dead-letters",
    "endurance",
    "takeover",
    "growth",
    "assignment",
    "edges",
)
"""The measurements, in the order in which they are taken."""

Groups = tuple[tuple[str, ...], ...]

GROUPS: Groups = (("payments", "inventory"), ("routing", "shipping"))
"""The services between captured and labelled, as they share two processes; they load both about alike."""


@dataclass(frozen=True, slots=True)
class Options:
    """Sizes of all measurements."""

    orders: int = 20_000
    """Orders of one run of the spine, of reservations, and of webhooks."""
    skus: int = 1_000
    repeats: int = 3
    groups: Groups = GROUPS
    warm_up: int = 2_000
    """Orders before the first run, which are not measured."""
    heard: int = 10_000
    """Orders whose messages are counted, for the floor to move the same; not measured either."""
    rate: float = 100.0
    """Orders a second while latency is measured."""
    paced: int = 3_000
    """Orders at that rate."""
    single: int = 60
    """Orders one at a time."""
    letters: int = 10_000
    """Dead letters that are replayed."""
    stored: int = 100_000
    """Orders before memory, idle CPU and restart are measured."""
    idle_s: float = 10.0
    large: int = 1_000_000
    """Stored orders and SKUs that are compared with `small` ones."""
    small: int = 1_000
    growth_orders: int = 10_000
    """Orders that each of both has to carry."""
    assignments: int = 500
    """Orders whose best assignment is looked for."""
    sold: int = 2_000
    """Orders of one run through shops and carriers over HTTP."""
    sold_rate: float = 50.0
    """Orders a second that are sold while everything outside is down …"""
    outage_s: float = 60.0
    """… for so long."""
    connections: int = 32
    """Of the load generator."""

    def quick(self) -> "Options":
        """Small numbers: whether it works, not how fast it is."""
        return replace(
            self,
            orders=100,
            skus=50,
            repeats=1,
            warm_up=50,
            heard=100,
            paced=40,
            single=2,
            letters=100,
            stored=100,
            idle_s=0.5,
            large=1_000,
            small=200,
            growth_orders=100,
            assignments=5,
            sold=30,
            sold_rate=10.0,
            outage_s=2.0,
            connections=8,
        )


def chosen(text: str) -> list[str]:
    """Names of measurements, separated by commas; all where the text is empty.

    Raises:
        ValueError: one is unknown; the text names it.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        msg = f"no measurement {', '.join(unknown)}; there are: {', '.join(NAMES)}"
        raise ValueError(msg)
    return [name for name in NAMES if not names or name in names]


def read_groups(text: str) -> Groups:
    """Services by process as the command line has them: ``payments+inventory,routing+shipping``.

    Raises:
        ValueError: they are not the four services between captured and labelled, each once.
    """
    groups = tuple(tuple(part.strip().split("+")) for part in text.split(","))
    wanted = sorted(name for group in GROUPS for name in group)
    if sorted(name for group in groups for name in group) != wanted:
        msg = f"processes must name each of {', '.join(wanted)} once, for instance payments+inventory,routing+shipping"
        raise ValueError(msg)
    return groups
