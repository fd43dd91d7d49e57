"""What products' rules share."""

_NAMED = 5


def some(names: list[str]) -> str:
    """The first few of these names."""
    left = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {left} more" if left > 0 else "")
