"""`crossdock bench`."""

from services.cli.output import JsonFlag


def bench(json: JsonFlag = False) -> None:
    """Measure the hub on this machine, each figure beside its floor."""
