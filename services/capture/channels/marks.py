"""How the hub marks what it does in a channel, so that it is found again there, and told from what others do."""

_PREFIX = "crossdock:"


def mark(what: str, name: str) -> str:
    """The mark of one thing that the channel was told: ``crossdock:cancel:<our id of the cancel>``."""
    return f"{_PREFIX}{what}:{name}"


def marked(text: str, what: str) -> str:
    """Our id of what bears this mark, which ends its text; empty: it is not ours."""
    _, found, name = text.rpartition(f"{_PREFIX}{what}:")
    return name.strip() if found else ""


def written(reason: str, mark_: str) -> str:
    """A note for people that ends with a mark."""
    return f"{reason.replace('-', ' ')} {mark_}".strip()
